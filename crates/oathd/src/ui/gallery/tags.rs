//! The tags of a page that maud wrote: attributes are in double quotes, and `<` is nowhere else.

/// A tag with its attributes.
#[derive(Debug)]
pub(super) struct Tag<'p> {
    pub(super) name: &'p str,
    attributes: Vec<(&'p str, &'p str)>,
}

impl<'p> Tag<'p> {
    pub(super) fn get(&self, name: &str) -> Option<&'p str> {
        let mut attributes = self.attributes.iter();
        let (_, value) = attributes.find(|(there, _)| *there == name)?;
        Some(value)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'p str> {
        self.attributes.iter().map(|(name, _)| *name)
    }

    /// Its name and those of its attributes.
    pub(super) fn shape(self) -> (&'p str, Vec<&'p str>) {
        (self.name, self.names().collect())
    }
}

pub(super) fn tags(page: &str) -> Vec<Tag<'_>> {
    page.split('<').skip(1).map(tag).collect()
}

fn tag(text: &str) -> Tag<'_> {
    let ends = |c: char| c.is_whitespace() || c == '>';
    let (name, mut rest) = text.split_at(text.find(ends).unwrap());
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\n', '/']);
        if rest.starts_with('>') {
            return Tag { name, attributes };
        }
        let end = rest.find(['=', '>', ' ']).unwrap();
        let (attribute, after) = rest.split_at(end);
        let quoted = after.strip_prefix("=\"");
        let (value, after) = quoted.map_or(("", after), |text| text.split_once('"').unwrap());
        attributes.push((attribute, value));
        rest = after;
    }
}

#[test]
fn a_tag_is_read_with_its_attributes() {
    let read = tags(r#"<a href="/x?a>b" hidden>text</a><br>"#);
    let shapes: Vec<_> = read.into_iter().map(Tag::shape).collect();
    let wanted = [
        ("a", vec!["href", "hidden"]),
        ("/a", vec![]),
        ("br", vec![]),
    ];
    assert_eq!(shapes, wanted);
}
