//! Pages of a list, and the `Link` headers between them (RFC 8288).

use http::HeaderMap;
use http::header::LINK;
use http::uri::{PathAndQuery, Uri};
use idp_http::{BadAnswer, BaseUrl};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// Where the next page is; `None` on the last one. A page that names itself is refused; a longer
    /// circle is for the caller to bound.
    pub next: Option<PageLink>,
}

/// Where the next page of a list is.
///
/// Made only from an answer whose link stays on the org it came from. Only path and query are kept:
/// the page is asked of the client's own org, whatever the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLink(PathAndQuery);

impl PageLink {
    pub(crate) fn uri(&self, base: &BaseUrl) -> Uri {
        // Origin and path come out of parsed URIs. The client refuses the empty default.
        let text = format!("{}{}", base.origin(), self.0);
        text.parse().unwrap_or_default()
    }
}

/// The page behind `rel="next"`.
///
/// A link that leads elsewhere or cannot be read is an error: to take it for the end of the list
/// would lose the rest silently.
pub(crate) fn next(base: &BaseUrl, headers: &HeaderMap) -> Result<Option<PageLink>, BadAnswer> {
    for line in headers.get_all(LINK) {
        let mut rest = line.to_str().map_err(|_| unreadable())?;
        while let Some((target, rel, after)) = link(rest)? {
            if rel.is_some_and(|rel| has_word(rel, "next")) {
                let uri = base.follow(target)?;
                return Ok(uri.path_and_query().cloned().map(PageLink));
            }
            rest = after;
        }
    }
    Ok(None)
}

fn unreadable() -> BadAnswer {
    BadAnswer::new("a Link header cannot be read")
}

fn has_word(words: &str, word: &str) -> bool {
    words
        .split_ascii_whitespace()
        .any(|w| w.eq_ignore_ascii_case(word))
}

type Link<'a> = (&'a str, Option<&'a str>, &'a str);

/// Takes one `<target>; name=value; …` off a header line: target, `rel`, what follows.
fn link(line: &str) -> Result<Option<Link<'_>>, BadAnswer> {
    let line = line.trim_start_matches([' ', '\t', ',']);
    if line.is_empty() {
        return Ok(None);
    }
    let inside = line.strip_prefix('<').ok_or_else(unreadable)?;
    let (target, mut rest) = inside.split_once('>').ok_or_else(unreadable)?;
    let mut rel = None;
    loop {
        let (name, value, after) = parameter(rest)?;
        // Only the first `rel` counts (RFC 8288 section 3.3).
        if rel.is_none() && name.eq_ignore_ascii_case("rel") {
            rel = Some(value);
        }
        rest = after;
        if rest.is_empty() || rest.starts_with(',') {
            return Ok(Some((target, rel, rest)));
        }
    }
}

/// Takes one `; name=value` off; the value may be quoted. Both are empty where none is left.
fn parameter(text: &str) -> Result<(&str, &str, &str), BadAnswer> {
    let text = text.trim_start();
    if text.is_empty() || text.starts_with(',') {
        return Ok(("", "", text));
    }
    let text = text.strip_prefix(';').ok_or_else(unreadable)?.trim_start();
    let name_end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, rest) = text.split_at(name_end);
    let (value, rest) = match rest.strip_prefix('=').map(str::trim_start) {
        None => ("", rest),
        Some(rest) => match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or_else(unreadable)?,
            None => rest.split_at(rest.find([';', ',']).unwrap_or(rest.len())),
        },
    };
    Ok((name.trim(), value.trim(), rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(lines: &[&str]) -> Result<Option<String>, BadAnswer> {
        let base = BaseUrl::parse("https://acme.test").unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(LINK, line.parse().unwrap());
        }
        let next = next(&base, &headers)?;
        Ok(next.map(|link| link.uri(&base).to_string()))
    }

    const SELF: &str = "<https://acme.test/api/v1/users?limit=2>; rel=\"self\"";
    const NEXT: &str = "https://acme.test/api/v1/users?after=a,b;c&limit=2";

    #[test]
    fn the_next_page_is_found_in_every_form() {
        let quoted = format!("<{NEXT}>; rel=\"next\"");
        for lines in [
            vec![SELF, &quoted],
            vec![&quoted, SELF],
            vec![&format!("{SELF}, {quoted}")],
            vec![&format!("{SELF},{quoted},")],
            vec![&format!("<{NEXT}>;rel=next")],
            vec![&format!(
                "<{NEXT}> ; title=\"a, b; rel=self\" ; REL = \"last Next\""
            )],
            vec![&format!("<{NEXT}>; crossorigin; rel=next; rel=self")],
        ] {
            assert_eq!(read(&lines).unwrap().as_deref(), Some(NEXT), "{lines:?}");
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let first_rel_counts = format!("<{NEXT}>; rel=self; rel=next");
        let in_title = format!("<{NEXT}>; title=\"rel=next\"; rel=nextish");
        for lines in [
            vec![],
            vec![SELF],
            vec![""],
            vec![&*first_rel_counts],
            vec![&*in_title],
        ] {
            assert_eq!(read(&lines).unwrap(), None, "{lines:?}");
        }
    }

    #[test]
    fn foreign_and_unreadable_links_are_errors() {
        for line in [
            "<https://evil.test/api/v1/users?after=x>; rel=\"next\"",
            "<http://acme.test/api/v1/users>; rel=next",
            "<https://acme.test:444/api/v1/users>; rel=next",
            "</api/v1/users>; rel=next",
            "https://acme.test/api/v1/users; rel=next",
            "<https://acme.test/api/v1/users; rel=next",
            "<https://acme.test/api/v1/users>; rel=\"next",
            "<https://acme.test/api/v1/users> rel=next",
        ] {
            assert!(read(&[line]).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_odd(line in "[ -~]{0,40}", tail in "[<>;,=\" a-z]{0,20}") {
            let _ = read(&[&line, &tail]);
            let _ = read(&[&format!("<https://acme.test/>{tail}")]);
        }
    }
}
