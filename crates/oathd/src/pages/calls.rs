//! The log of the calls to the services: for their support, and to see what is slow.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query as Params;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::Page;
use crate::app::App;
use crate::calls::Call;
use crate::door::{Role, Sent};
use crate::routes::Routes;
use crate::ui::{
    self, Address, Badge, Button, Choice, Column, Empty, Field, Head, Icon, Pager, Row, Section,
    Table, Tone,
};

pub(super) fn routes() -> Routes<Arc<App>> {
    Routes::new()
        .get("/calls", Role::Operator, show)
        .get("/calls/log.json", Role::Operator, json)
        .post("/calls/switch", Role::Operator, switch)
        .post("/calls/clear", Role::Operator, clear)
}

/// Calls on a page.
const ROWS: usize = 100;

/// The view, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct View {
    q: String,
    failed: String,
    after: usize,
}

impl View {
    fn address(&self) -> Address {
        self.parameters(Address::of(["calls"]))
    }

    fn parameters(&self, address: Address) -> Address {
        address.with("q", &*self.q).with("failed", &*self.failed)
    }

    fn fits(&self, call: &Call) -> bool {
        let text = self.q.trim().to_lowercase();
        let fields = [&call.method, &call.host, &call.path];
        let shows = fields
            .iter()
            .any(|field| field.to_lowercase().contains(&text));
        shows && (self.failed.is_empty() || has_failed(call))
    }

    fn calls(&self, page: &Page) -> Vec<Call> {
        let calls = page.app.calls.list().into_iter();
        calls.filter(|call| self.fits(call)).collect()
    }
}

fn has_failed(call: &Call) -> bool {
    call.status.is_none_or(|status| status >= 400)
}

async fn show(page: Page, Params(view): Params<View>) -> Response {
    let calls = view.calls(&page);
    let is_on = page.app.calls.is_on();
    let head = Head::new("Calls")
        .section(Section::Calls)
        .lead(html! {
            "Who was asked for what, how it was answered, and how long it took. Neither bodies nor "
            "credentials are in it; it is in memory alone, and ends with the program."
        })
        .actions(actions(&page, &view, is_on, calls.is_empty()));
    let content = ui::list(html! {
        (filter(&view))
        (table(&view, &calls, is_on))
        @if !calls.is_empty() { (pager(&view, calls.len())) }
    });
    page.show(&head, content).into_response()
}

fn actions(page: &Page, view: &View, is_on: bool, is_empty: bool) -> Markup {
    let (label, value) = match is_on {
        true => ("Stop logging", "off"),
        false => ("Log calls", "on"),
    };
    let switch = Button::secondary(label).value("log", value);
    let export = view.parameters(Address::of(["calls", "log.json"]));
    html! {
        @if !is_empty {
            (Button::secondary("Export").icon(Icon::Download).download(export))
            (ui::post_button(&page.frame, "/calls/clear", &Button::secondary("Clear")))
        }
        (ui::post_button(&page.frame, "/calls/switch", &switch))
    }
}

fn filter(view: &View) -> Markup {
    let choices = [
        Choice::new("", "All"),
        Choice::new("yes", "Failed ones only"),
    ];
    let content = html! {
        (Field::new("q", "Method, host or path").value(&*view.q).search())
        (Field::new("failed", "Which").value(&*view.failed).select(&choices))
    };
    ui::filter(&view.address(), &[], &Address::of(["calls"]), content)
}

fn table(view: &View, calls: &[Call], is_on: bool) -> Table {
    let columns = vec![
        Column::new("When").tight(),
        Column::new("Call").heads_rows(),
        Column::new("Answer"),
        Column::new("Took").number(),
        Column::new("Request id"),
    ];
    let rows = calls.iter().skip(view.after).take(ROWS).map(row).collect();
    let empty = match (view.address() == Address::of(["calls"]), is_on) {
        (true, false) => Empty::new(
            Icon::Calls,
            "Calls are not logged",
            "Switch the log on, then do what you want to look at.",
        ),
        (true, true) => Empty::new(
            Icon::Calls,
            "No call yet",
            "Do what you want to look at, then come back.",
        ),
        (false, _) => Empty::new(
            Icon::Calls,
            "No call fits",
            "Look for less, or clear the filter.",
        ),
    };
    Table::new("Calls", columns, rows).empty(empty)
}

fn row(call: &Call) -> Row {
    let at = i64::try_from(call.at_ms).ok();
    let at = at.and_then(|at| Timestamp::from_millisecond(at).ok());
    Row::new(vec![
        html! { @if let Some(at) = at { (ui::time_to_the_second(at)) } },
        html! { (call.method) " " span.mono { (call.path) } " " span.hint { (call.host) } },
        answer(call),
        html! { (ui::duration(Duration::from_millis(call.took_ms))) },
        html! { @if let Some(id) = &call.request_id { (ui::copyable("the request id", id)) } },
    ])
}

fn answer(call: &Call) -> Markup {
    let badge = match has_failed(call) {
        true => Badge::new(Tone::Bad, Icon::Failed, "failed"),
        false => Badge::new(Tone::Good, Icon::Done, "ok"),
    };
    html! {
        span {
            (badge) " "
            @if let Some(status) = call.status { (status) }
            @if let Some(error) = &call.error { span.hint { (error) } }
        }
    }
}

fn pager(view: &View, total: usize) -> Pager {
    let at = |after: usize| {
        let after = if after == 0 {
            String::new()
        } else {
            after.to_string()
        };
        view.address().with("after", after).to_string()
    };
    let shown = ROWS.min(total.saturating_sub(view.after));
    Pager::of("call", (view.after, ROWS), (shown, total), at)
}

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    calls: Vec<Call>,
}

async fn json(page: Page, Params(view): Params<View>) -> Response {
    let document = Document {
        schema: "oathkit.calls/1",
        calls: view.calls(&page),
    };
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"calls.json\""),
    ];
    let json = serde_json::to_string(&document).unwrap_or_default();
    (headers, json).into_response()
}

#[derive(Deserialize)]
struct Switch {
    log: String,
}

async fn switch(page: Page, Sent { form, .. }: Sent<Switch>) -> Redirect {
    let on = form.log == "on";
    page.app.calls.switch(on);
    Redirect::to(match on {
        true => "/calls?said=switched-on",
        false => "/calls?said=switched-off",
    })
}

async fn clear(page: Page) -> Redirect {
    page.app.calls.clear();
    Redirect::to("/calls?said=cleared")
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use crate::door::Role;
    use crate::places::Idp;
    use crate::testing::{Client, Rehearsal};

    #[tokio::test(start_paused = true)]
    async fn calls_are_logged_while_somebody_wants_it_and_without_secrets() {
        let rehearsal = Rehearsal::new().await;
        let client = Client::with_role(&rehearsal, Role::Operator).await;
        let off = client.get("/calls").await.body;
        assert!(off.contains("Calls are not logged") && off.contains("Neither bodies nor"));
        let on = client.post("/calls/switch", &[("log", "on")]).await;
        assert!(client.follow(&on).await.body.contains("No call yet"));
        rehearsal.app.places.examine(Idp::Entra).await.unwrap();
        rehearsal.app.places.examine(Idp::Okta).await.unwrap();
        let page = client.get("/calls").await.body;
        let calls = rehearsal.app.calls.list();
        let id = calls.iter().find_map(|call| call.request_id.as_deref());
        for words in ["GET", "/v1.0/", "/api/v1/", "200", id.unwrap()] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let json = client.get("/calls/log.json").await.body;
        for secret in [
            rehearsal.sim.entra().client_secret,
            rehearsal.sim.okta().token,
            "Bearer".to_owned(),
        ] {
            assert!(!page.contains(&secret) && !json.contains(&secret));
        }
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(document["calls"].as_array().unwrap().len(), calls.len());
        client.post("/calls/switch", &[("log", "off")]).await;
        rehearsal.app.places.examine(Idp::Okta).await.unwrap();
        assert_eq!(rehearsal.app.calls.list().len(), calls.len());
        client.post("/calls/clear", &[]).await;
        assert_eq!(rehearsal.app.calls.list(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn the_log_is_filtered_and_escaped() {
        let rehearsal = Rehearsal::new().await;
        let client = Client::new(&rehearsal).await;
        rehearsal.app.calls.switch(true);
        rehearsal.app.places.examine(Idp::Okta).await.unwrap();
        let rows = async |query: &str| {
            let page = client.get(&format!("/calls?{query}")).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(!page.body.contains("<img"));
            page.body.matches("data-label=\"Answer\"").count()
        };
        let all = rows("").await;
        assert!(all > 0);
        assert_eq!(rows("failed=yes").await, 0);
        assert_eq!(rows("q=POST").await + rows("q=get").await, all);
        assert_eq!(rows("q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E").await, 0);
        assert_eq!(rows(&format!("after={all}")).await, 0);
        let viewer = Client::with_role(&rehearsal, Role::Viewer).await;
        assert_eq!(viewer.get("/calls").await.status, StatusCode::FORBIDDEN);
    }
}
