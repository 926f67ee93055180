//! A progress bar on the terminal; nothing where there is none.

use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use provisioner::Event;

/// Says what the program reads while it plans.
pub(crate) fn reading(what: &'static str) -> ProgressBar {
    // indicatif draws on standard error, and only on a terminal.
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// Shows a run.
#[derive(Clone)]
pub(crate) struct RunBar(ProgressBar);

impl RunBar {
    pub(crate) fn new() -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} tokens {msg}");
        let bar = ProgressBar::new(0);
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(crate) fn show(&self, event: &Event) {
        match event {
            Event::Settled { settled, total, .. } => {
                self.0.set_length(*total as u64);
                self.0.set_position(*settled as u64);
            }
            Event::Answered {
                step,
                successes,
                time_left,
            } => {
                let left = HumanDuration(*time_left);
                self.0
                    .set_message(format!("({step}: {successes}, about {left} left)"));
            }
            Event::Waiting { wait } => {
                let wait = HumanDuration(*wait);
                self.0
                    .set_message(format!("(waiting {wait}, as the service wants it)"));
            }
            _ => {}
        }
    }

    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
