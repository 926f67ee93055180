//! Tables: real ones, whose rows become blocks on narrow screens.

use maud::{Markup, Render, html};

use super::{Address, Empty, Icon};

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    label: String,
    class: Vec<&'static str>,
    heads: bool,
    live: Option<&'static str>,
    sort: Option<Sort>,
}

#[derive(Clone, Debug)]
struct Sort {
    href: String,
    order: Option<&'static str>,
}

impl Column {
    pub(crate) fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            class: Vec::new(),
            heads: false,
            live: None,
            sort: None,
        }
    }

    /// Its cells name their rows. One a table.
    pub(crate) fn heads_rows(self) -> Self {
        let heads = true;
        Self { heads, ..self }
    }

    /// Numbers, which stand below each other.
    pub(crate) fn number(self) -> Self {
        self.class("number")
    }

    /// Serials, ids.
    pub(crate) fn mono(self) -> Self {
        self.class("mono")
    }

    /// Logins are not broken while there is room.
    pub(crate) fn roomy(self) -> Self {
        self.class("roomy")
    }

    /// Never broken into lines.
    pub(crate) fn tight(self) -> Self {
        self.class("tight")
    }

    /// Left out where there is little room.
    pub(crate) fn wide_only(self) -> Self {
        self.class("wide-only")
    }

    /// Its cells change while a run goes on: `outcome`, `state`, `note`.
    pub(crate) fn live(self, hook: &'static str) -> Self {
        let live = Some(hook);
        Self { live, ..self }
    }

    /// Sorted by a link: the parameter `sort` of the view is `name`, or `-name` for the other way
    /// round. A page further on (`after`, `before`) is left.
    pub(crate) fn sort(self, name: &str, view: &Address) -> Self {
        let down = format!("-{name}");
        let (order, next) = match view.get("sort") {
            Some(by) if by == name => (Some("ascending"), &*down),
            Some(by) if by == down => (Some("descending"), name),
            _ => (None, name),
        };
        let view = view.clone().without("after").without("before");
        let href = view.with("sort", next).into();
        let sort = Some(Sort { href, order });
        Self { sort, ..self }
    }

    fn class(mut self, class: &'static str) -> Self {
        self.class.push(class);
        self
    }

    fn classes(&self) -> Option<String> {
        (!self.class.is_empty()).then(|| self.class.join(" "))
    }

    fn head(&self) -> Markup {
        let order = self.sort.as_ref().and_then(|sort| sort.order);
        html! {
            th scope="col" role="columnheader" class=[self.classes()] aria-sort=[order] {
                @if let Some(sort) = &self.sort {
                    a href=(sort.href) { (self.label) (sort.icon()) }
                } @else { (self.label) }
            }
        }
    }

    fn cell(&self, content: &Markup) -> Markup {
        let class = self.classes();
        html! {
            @if self.heads {
                th scope="row" role="rowheader" class=[class] data-label=(self.label)
                    data-cell=[self.live] { (content) }
            } @else {
                td role="cell" class=[class] data-label=(self.label)
                    data-cell=[self.live] { (content) }
            }
        }
    }
}

impl Sort {
    fn icon(&self) -> Icon {
        match self.order {
            Some("ascending") => Icon::Ascending,
            Some(_) => Icon::Descending,
            None => Icon::Sortable,
        }
    }
}

/// A row: a cell for each column.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    cells: Vec<Markup>,
    name: Option<String>,
}

impl Row {
    pub(crate) fn new(cells: Vec<Markup>) -> Self {
        Self { cells, name: None }
    }

    /// What it is called: the label of its checkbox, and by which the script finds it.
    pub(crate) fn named(self, serial: impl Into<String>) -> Self {
        let name = Some(serial.into());
        Self { name, ..self }
    }

    fn tick(&self, field: &str, form: &str) -> Markup {
        let name = self.name.as_deref().unwrap_or_default();
        html! {
            td.tick role="cell" { label {
                input type="checkbox" name=(field) value=(name) form=(form) data-pick;
                span.unseen { "Select " (name) }
            } }
        }
    }
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    selection: Option<(String, String)>,
    empty: Option<Empty>,
}

impl Table {
    /// The caption is read out.
    pub(crate) fn new(caption: impl Into<String>, columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self {
            caption: caption.into(),
            columns,
            rows,
            selection: None,
            empty: None,
        }
    }

    /// A checkbox for each row, which sends `field` with the form of this id.
    pub(crate) fn selectable(self, form: impl Into<String>, field: impl Into<String>) -> Self {
        let selection = Some((form.into(), field.into()));
        Self { selection, ..self }
    }

    /// What stands there in place of a table without rows.
    pub(crate) fn empty(self, empty: Empty) -> Self {
        let empty = Some(empty);
        Self { empty, ..self }
    }

    fn head(&self) -> Markup {
        html! {
            thead role="rowgroup" { tr role="row" {
                @if self.selection.is_some() {
                    th.tick scope="col" role="columnheader" {
                        span.unseen { "Selected" }
                        label data-pick-all hidden {
                            input type="checkbox";
                            span.unseen { "Select all rows of this page" }
                        }
                    }
                }
                @for column in &self.columns { (column.head()) }
            } }
        }
    }

    fn row(&self, row: &Row) -> Markup {
        html! {
            tr role="row" data-row=[&row.name] {
                @if let Some((form, field)) = &self.selection { (row.tick(field, form)) }
                @for (column, cell) in self.columns.iter().zip(&row.cells) { (column.cell(cell)) }
            }
        }
    }
}

impl Render for Table {
    fn render(&self) -> Markup {
        if let (true, Some(empty)) = (self.rows.is_empty(), &self.empty) {
            return empty.render();
        }
        html! {
            div.table { table role="table" {
                caption.unseen { (self.caption) }
                (self.head())
                tbody role="rowgroup" { @for row in &self.rows { (self.row(row)) } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(view: &Address) -> String {
        let column = Column::new("Serial").sort("serial", view);
        column.head().into_string()
    }

    #[test]
    fn a_column_says_how_it_is_sorted_and_turns_round() {
        let view = Address::of(["inventory"]).with("state", "assigned");
        let none = head(&view);
        assert!(none.contains("/inventory?state=assigned&amp;sort=serial"));
        assert!(!none.contains("aria-sort"));
        let up = head(&view.clone().with("sort", "serial").with("after", "17"));
        assert!(up.contains(r#"aria-sort="ascending""#));
        assert!(up.contains("sort=-serial") && !up.contains("after"));
        let down = head(&view.with("sort", "-serial"));
        assert!(down.contains(r#"aria-sort="descending""#));
    }

    #[test]
    fn a_row_is_selected_by_a_checkbox_with_its_serial() {
        let row = Row::new(vec![html! { "00123" }]).named("00123");
        let table = Table::new(
            "Tokens",
            vec![Column::new("Serial").heads_rows()],
            vec![row],
        );
        let table = table.selectable("bulk", "token").render().into_string();
        let input = r#"<input type="checkbox" name="token" value="00123" form="bulk" data-pick>"#;
        assert!(table.contains(input), "{table}");
        assert!(table.contains("Select 00123"));
        assert!(
            table.contains(r#"<th scope="row" role="rowheader" data-label="Serial">00123</th>"#)
        );
    }

    #[test]
    fn without_rows_there_is_what_to_do_next() {
        let empty = Empty::new(Icon::Inventory, "No tokens", "Import a seed file.");
        let table = Table::new("Tokens", vec![Column::new("Serial")], Vec::new()).empty(empty);
        let table = table.render().into_string();
        assert!(table.contains("Import a seed file.") && !table.contains("<table"));
    }
}
