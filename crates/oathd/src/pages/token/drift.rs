//! By how much a device's clock is off: reckoned here, from its seed and two codes. Nothing is sent, and
//! nothing is kept.

use axum::extract::{Path, Query as Params};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::{Form, Sight, Where, errors, missing};
use crate::desk::{Drift, Fault, measure};
use crate::door::Sent;
use crate::pages::{Page, proof};
use crate::places::Idp;
use crate::trouble;
use crate::ui::{self, Button, Field, Notice, Tone};

/// What to do with a clock that is off.
const OFF: &str = "Activate it with a code that it shows now: the service then reckons with it. Replace a device \
    that is off by more than a day.";

pub(super) async fn show(
    page: Page,
    Path((idp, serial)): Path<(Idp, String)>,
    Params(at): Params<Where>,
) -> Response {
    match Sight::of(&page, (idp, &serial), &at).await {
        Ok(sight) => ask(&page, &sight, None, None).into_response(),
        Err(problem) => missing(&page, idp, &serial, &problem),
    }
}

pub(super) async fn check(
    page: Page,
    Path((idp, serial)): Path<(Idp, String)>,
    Params(at): Params<Where>,
    Sent { form, .. }: Sent<Form>,
) -> Response {
    let sight = match Sight::of(&page, (idp, &serial), &at).await {
        Ok(sight) => sight,
        Err(problem) => return missing(&page, idp, &serial, &problem),
    };
    let codes = [&form.first, &form.second];
    let reading = form.proof.reading();
    let drift = reading.and_then(|reading| {
        let reading = reading.where_silent(Some(&sight.token));
        measure(
            &sight.place,
            &sight.serial,
            &form.proof.seed,
            &reading,
            codes,
        )
    });
    match drift {
        Ok(drift) => ask(&page, &sight, None, Some(&drift)).into_response(),
        Err(fault) => {
            let again = ask(&page, &sight, Some(&fault), None);
            trouble::again(&fault.problem, again)
        }
    }
}

fn ask(page: &Page, sight: &Sight, fault: Option<&Fault>, drift: Option<&Drift>) -> Markup {
    let errors = errors(fault);
    let code = |name: &str, label: &str| Field::new(name, label).errors(&errors).code();
    let content = html! {
        (errors.summary())
        (proof::seed(&errors))
        (code("first", "A code that the device showed"))
        (code("second", "The code that it shows now, right after that one"))
        (ui::buttons(Button::primary("Check")))
    };
    let content = html! {
        @if let Some(drift) = drift { (said(drift)) }
        (ui::help("The seed and two codes tell by how much the device's clock is off. Nothing is sent, and nothing is kept."))
        (ui::form(&page.frame, sight.address(&["drift"]), content))
    };
    let head = sight.head_of("Check its clock");
    page.show(&head.failed(fault.is_some()), content)
}

fn said(drift: &Drift) -> Notice {
    let steps = drift.drift;
    let is_right = (-1..=1).contains(&steps);
    let tone = if is_right { Tone::Good } else { Tone::Warning };
    let what = match steps {
        0 => "The clock is right: it is in the same time step.".to_owned(),
        1.. => format!(
            "The clock is {} ahead.",
            ui::plural(steps.unsigned_abs(), "time step")
        ),
        _ => format!(
            "The clock is {} behind.",
            ui::plural(steps.unsigned_abs(), "time step")
        ),
    };
    let offset = drift.drift_seconds.as_ref();
    let exactly = offset.map(|offset| format!("That is {}.", clock(offset.min, offset.max)));
    let next = (!is_right).then(|| OFF.to_owned());
    let next: Vec<String> = exactly.into_iter().chain(next).collect();
    match next.is_empty() {
        true => Notice::new(tone, what),
        false => Notice::new(tone, what).next(next.join(" ")),
    }
}

/// A clock that is ahead by so many seconds, at least and at most.
fn clock(least: i64, most: i64) -> String {
    let [from, to] = [least, most].map(|seconds| ui::number(seconds.unsigned_abs()));
    match (least, most) {
        (0.., _) => format!("{from} to {to} s ahead"),
        (_, ..=0) => format!("{to} to {from} s behind"),
        _ => format!("between {from} s behind and {to} s ahead"),
    }
}
