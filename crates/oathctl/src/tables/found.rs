//! The tokens that show a code as a table for people.

use indicatif::HumanCount;
use seedfile::Found;

use super::{LONG, add, table};
use crate::commands::{drift::Seconds, find::Line};
use crate::words;

/// Which tokens were found, and how many would be by chance.
pub(crate) fn found(lines: &[Line<'_>], found: &Found<'_>) -> String {
    let mut rows = table(
        ["row", "serial", "user", "model", "drift", "clock"],
        &[0, 1, 4],
    );
    for line in lines.iter().take(LONG) {
        let clock = line.drift_seconds.as_ref().map(Seconds::in_words);
        add(
            &mut rows,
            [
                line.row.to_string(),
                line.serial.to_owned(),
                line.user.unwrap_or_default().to_owned(),
                format!("{} {}", line.manufacturer, line.model),
                line.drift.to_string(),
                clock.unwrap_or_default(),
            ],
        );
    }
    let mut text = String::new();
    if rows.row_count() > 0 {
        text += &format!("{}\n\n", rows.trim_fmt());
    }
    if lines.len() > LONG {
        text += &format!(
            "… and {} more; --output json lists all.\n",
            lines.len() - LONG
        );
    }
    let [matches, searched] = [lines.len(), found.searched].map(|count| HumanCount(count as u64));
    let expected = words::average(found.expected_by_chance);
    text + &format!("Matching: {matches} of {searched} tokens. Expected by chance: {expected}.\n")
}
