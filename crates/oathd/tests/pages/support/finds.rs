//! Things on a page by the name that a person reads.

use std::fmt;
use std::time::Instant;

use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::{CmdError, ErrorStatus};
use serde_json::{Value, json};

use super::{Browser, PAUSE};

const NAMES: &str = include_str!("names.js");

/// One thing on a page.
#[derive(Clone, Copy)]
pub(super) struct Thing<'a> {
    kind: &'static str,
    name: &'a str,
    option: Option<&'a str>,
}

impl<'a> Thing<'a> {
    pub(super) fn field(name: &'a str) -> Self {
        Self::of("field", name)
    }

    pub(super) fn button(name: &'a str) -> Self {
        Self::of("button", name)
    }

    pub(super) fn link(name: &'a str) -> Self {
        Self::of("link", name)
    }

    /// An entry of a list, or one of several round buttons.
    pub(super) fn option(of: &'a str, name: &'a str) -> Self {
        Self {
            option: Some(name),
            ..Self::of("field", of)
        }
    }

    fn of(kind: &'static str, name: &'a str) -> Self {
        Self {
            kind,
            name,
            option: None,
        }
    }

    fn args(&self) -> Vec<Value> {
        vec![json!(self.kind), json!(self.name), json!(self.option)]
    }
}

impl fmt::Display for Thing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(option) = self.option {
            write!(f, "option {option:?} of ")?;
        }
        write!(f, "{} {:?}", self.kind, self.name)
    }
}

impl Browser {
    /// Does something with the one thing of this name. A page may still be on its way or changing, so it is tried again
    /// until it works.
    pub(super) async fn act(
        &self,
        thing: Thing<'_>,
        act: impl AsyncFn(Element) -> Result<(), CmdError>,
    ) {
        let deadline = Instant::now() + self.patience;
        loop {
            let why = match self.find(thing).await {
                Ok(element) => match act(element).await {
                    Ok(()) => return,
                    Err(error) if passes(&error) => format!("{thing}: {error}"),
                    Err(error) => panic!("{thing}: {error}"),
                },
                Err(why) => why,
            };
            if Instant::now() > deadline {
                self.fail(&why).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(super) async fn find(&self, thing: Thing<'_>) -> Result<Element, String> {
        let found = self.named("find(...arguments)", thing.args()).await?;
        let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
        let [one] = found else {
            let offers = self.named("offers(...arguments)", thing.args()).await?;
            return Err(format!(
                "{} times {thing} where one is wanted; there are: {offers}",
                found.len()
            ));
        };
        let id = one
            .as_object()
            .and_then(|keys| keys.values().next()?.as_str());
        let id = ElementRef::from(id.unwrap().to_owned());
        Ok(Element::from_element_id(self.client.clone(), id))
    }

    /// The value of an expression that knows the names of things; none while the page is being left.
    pub(super) async fn named(&self, expression: &str, args: Vec<Value>) -> Result<Value, String> {
        let script = format!("{NAMES}\nreturn {expression};");
        let result = self.client.execute(&script, args).await;
        result.map_err(|error| error.to_string())
    }
}

/// Whether it may work a moment later.
fn passes(error: &CmdError) -> bool {
    use ErrorStatus as Is;
    let CmdError::Standard(error) = error else {
        return false;
    };
    // The driver's word for an element of a page that was just left.
    let is_left = error.message.contains("does not belong to the document");
    is_left
        || matches!(
            error.error,
            Is::StaleElementReference
                | Is::NoSuchElement
                | Is::ElementNotInteractable
                | Is::ElementClickIntercepted
                | Is::InvalidElementState
        )
}
