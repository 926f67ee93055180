//! What a form asks of a device to activate it: a code that it shows, or its seed.

use maud::{Markup, html};
use provisioner::Problem;
use serde::Deserialize;

use crate::desk::{Fault, Shown};
use crate::places::Hidden;
use crate::ui::{Choice, Errors, Field};
use crate::upload::Reading;

/// What such a form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Proof {
    pub(super) code: Hidden,
    pub(super) seed: Hidden,
    algorithm: String,
    period: String,
}

impl Proof {
    pub(super) fn shown(self) -> Result<Shown, Fault> {
        Ok(Shown {
            reading: self.reading()?,
            code: self.code,
            seed: self.seed,
            ..Shown::default()
        })
    }

    /// What the seed does not say itself.
    pub(super) fn reading(&self) -> Result<Reading, Fault> {
        let period = Some(&*self.period).filter(|period| !period.is_empty());
        let no_number = |_| {
            let next = "choose another value";
            Fault::at("period", Problem::new("option", "this is no number", next))
        };
        Ok(Reading {
            algorithm: self.algorithm.clone(),
            period: period.map(str::parse).transpose().map_err(no_number)?,
            ..Reading::default()
        })
    }
}

/// Where a seed is pasted.
pub(super) fn seed(errors: &Errors) -> Markup {
    let hint =
        "Its line of the seed file, its otpauth link, or its key. It is used once and not kept.";
    let seed = Field::new("seed", "Seed").hint(hint).errors(errors);
    let said = || Choice::new("", "As the seed or the service says");
    let algorithms = [
        said(),
        Choice::new("sha1", "SHA-1"),
        Choice::new("sha256", "SHA-256"),
        Choice::new("sha512", "SHA-512"),
    ];
    let periods = [
        said(),
        Choice::new("30", "30 seconds"),
        Choice::new("60", "60 seconds"),
    ];
    html! {
        (seed.mono().autocomplete("off").area(3))
        (Field::new("algorithm", "Hash").hint("A key alone does not say it.").errors(errors).select(&algorithms))
        (Field::new("period", "Time step").hint("A key alone does not say it.").errors(errors).select(&periods))
    }
}

/// The same, folded as long as nothing is wrong with it.
pub(super) fn folded_seed(errors: &Errors, summary: &str) -> Markup {
    let is_wrong = ["seed", "algorithm", "period"].map(|field| errors.of(field).is_some());
    html! {
        details open[is_wrong.contains(&true)] {
            summary { (summary) }
            (seed(errors))
        }
    }
}
