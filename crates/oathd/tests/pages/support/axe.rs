//! axe-core: what a page would deny to people who cannot see it, or use a mouse.

use std::fmt;
use std::fs;
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use fantoccini::error::CmdError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Browser, Ready};

static AXE: LazyLock<String> = LazyLock::new(|| fs::read_to_string(&Ready::get().axe).unwrap());

/// WCAG 2.2 at level AA, with all that it builds on.
const ALL: &[&str] = &[
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
];
/// What depends on the colours.
const COLOURS: &[&str] = &["color-contrast", "link-in-text-block"];
/// How often a page is looked at that does not stay.
const LOOKS: u32 = 3;
const RUN: &str = "
    return axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'] }).then(({ violations }) =>
        violations.flatMap(({ id, impact, help, nodes }) => nodes.map(({ target, failureSummary }) =>
            ({ rule: id, impact, help, selector: target.flat().join(' '), summary: failureSummary }))));";

/// Once scripts may run, what is shown in their place is shown no longer; on a page that was loaded without them it is
/// made a plain part of the page.
const KEEP_NOSCRIPT: &str =
    "document.querySelectorAll('noscript').forEach(part => part.replaceWith(...part.childNodes));";

/// One element that breaks one rule.
#[derive(Deserialize)]
pub(crate) struct Violation {
    pub(crate) rule: String,
    pub(crate) impact: String,
    pub(crate) help: String,
    pub(crate) selector: String,
    pub(crate) summary: String,
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            impact,
            help,
            selector,
            summary,
        } = self;
        write!(
            f,
            "{rule} ({impact}): {help}\n  at {selector}\n  {}",
            summary.replace('\n', "\n  ")
        )
    }
}

impl Browser {
    /// Everything that axe has against the page; nothing on a good page. It needs the page's JavaScript, and gets it.
    pub(crate) async fn axe(&self) -> Vec<Violation> {
        self.violations(ALL).await
    }

    /// The same as far as it depends on the colours: of a page that axe has seen in others.
    pub(crate) async fn axe_of_colours(&self) -> Vec<Violation> {
        self.violations(COLOURS).await
    }

    async fn looked_at(&self, of: &[&str]) -> Result<Value, CmdError> {
        let is_there = self.client.execute("return !!window.axe;", vec![]).await?;
        if is_there != Value::Bool(true) {
            self.client.execute(&AXE, vec![]).await?;
        }
        self.client.execute(RUN, vec![json!(of)]).await
    }

    async fn violations(&self, of: &[&str]) -> Vec<Violation> {
        let is_off = self.is_script_off.load(Ordering::Relaxed);
        if is_off {
            self.execute(KEEP_NOSCRIPT, vec![]).await;
            self.allow_script(true).await;
        }
        let mut violations = self.looked_at(of).await;
        // A page that is loaded again takes axe with it.
        for _ in 1..LOOKS {
            if let Err(why) = &violations {
                eprintln!("axe looks once more: {why}");
                violations = self.looked_at(of).await;
            }
        }
        let violations =
            violations.unwrap_or_else(|why| panic!("axe does not come to its end: {why}"));
        if is_off {
            self.allow_script(false).await;
        }
        serde_json::from_value(violations).unwrap()
    }
}
