//! The report as a page: no text of a file or of a service becomes a part of it.
#![allow(clippy::unwrap_used, reason = "tests")]

use provisioner::{Calls, Counts, Goal, Outcome, Problem, Report, ReportRow, RunId, State, Tenant};

/// Texts that have become code in one page or another.
const PAYLOADS: &[&str] = &[
    "<script>alert(1)</script>",
    "</td></tr></table><script src=//evil.example></script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<!-- ",
    "--><script>alert(1)</script>",
    "<![CDATA[<script>]]>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    "');alert(1)//.csv",
    "\\');alert(1)//",
    "</scr<script>ipt>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<form action=//evil.example><button>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<plaintext>",
    "<textarea>",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "&amp;",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "\u{202e}<script>",
    "<\u{0}script>",
];

fn report(text: &str) -> (Report, Tenant) {
    let mut problem = Problem::new("service-refused", text, text);
    text.clone_into(&mut problem.code);
    let row = ReportRow {
        row: 2,
        // It has no room for anything but letters, digits and three signs.
        serial: "60234501".parse().ok(),
        user: Some(text.to_owned()),
        outcome: Outcome::Failed,
        state: Some(State::Assigned),
        activated_by: None,
        error: Some(problem),
        not_before: Some(1_800_000_000),
    };
    let report = Report {
        schema: text.to_owned(),
        run: RunId(text.to_owned()),
        idp: text.to_owned(),
        wanted: Goal::Activated,
        counts: Counts::default(),
        rows: vec![row],
        calls: Calls::default(),
        elapsed_ms: 1,
    };
    let (idp, id) = (text.to_owned(), text.to_owned());
    (report, Tenant { idp, id })
}

/// The marks of a page, one after the other, as they are written: elements with their attributes,
/// comments, whatever else begins with `<`.
fn marks(page: &str) -> Vec<&str> {
    let pieces = page.split('<').skip(1);
    let marks = pieces.map(|piece| piece.split_once('>').map_or(piece, |(mark, _)| mark));
    marks.collect()
}

/// What a reader sees.
fn shown(page: &str) -> String {
    let mut pieces = page.split('<');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    text.extend(pieces.filter_map(|piece| piece.split_once('>').map(|(_, text)| text)));
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    let read = |text: String, (name, sign): (&str, &str)| text.replace(name, sign);
    named.into_iter().fold(text, read)
}

#[test]
fn no_text_becomes_a_part_of_the_page() {
    let (harmless, tenant) = report("60234501");
    let page = harmless.to_html(&tenant);
    let wanted = marks(&page);
    assert!(wanted.len() > 40, "{page}");
    for payload in PAYLOADS {
        let (report, tenant) = report(payload);
        let page = report.to_html(&tenant);
        assert_eq!(marks(&page), wanted, "{payload}");
        // The title, the heading, the tenant's two parts, the user, the message and the advice.
        assert_eq!(shown(&page).matches(payload).count(), 7, "{page}");
    }
}
