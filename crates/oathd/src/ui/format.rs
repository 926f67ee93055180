//! Numbers, sizes, durations and times as people read them.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use super::names::in_forms;

/// `12,345`
pub(crate) fn number(count: impl TryInto<u64>) -> String {
    let digits = count.try_into().unwrap_or(u64::MAX).to_string();
    let places = digits.len();
    let mut text = String::with_capacity(places + places / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (places - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A serial number, or that none could be read: a row is headed by something.
pub(crate) fn serial(serial: &str) -> Markup {
    html! { @if serial.is_empty() { span.hint { "not read" } } @else { (serial) } }
}

/// `1 token`, `12,345 tokens`: of a word whose plural has an s.
pub(crate) fn plural(count: impl TryInto<u64>, word: &str) -> String {
    let text = number(count);
    if text == "1" {
        format!("1 {word}")
    } else {
        format!("{text} {word}s")
    }
}

/// With a capital letter; a login, a serial number or a name with capitals within stays as it is.
pub(crate) fn capital(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    let word = word.trim_end_matches([',', ':', ';', '.']);
    let is_plain = word
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'\'');
    let mut letters = text.chars();
    match letters.next().filter(|_| is_plain) {
        Some(first) => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        None => text.to_owned(),
    }
}

/// What a library says, as a sentence of its own.
pub(crate) fn sentence(text: &str) -> String {
    let text = &in_forms(text);
    let end = if text.ends_with(['.', '!', '?']) || text.is_empty() {
        ""
    } else {
        "."
    };
    capital(text) + end
}

/// `340 ms`, `45 s`, `3 min 20 s`, `1 h 5 min`, `2 d 3 h`
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let two = |one: u64, its: &str, rest: u64, word: &str| match rest {
        0 => format!("{one} {its}"),
        rest => format!("{one} {its} {rest} {word}"),
    };
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{seconds} s"),
        60..600 => two(seconds / 60, "min", seconds % 60, "s"),
        600..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// A time in UTC, which the script turns into that of the reader.
pub(crate) fn time(at: Timestamp) -> Markup {
    let shown = at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    html! { time datetime=(at) { (shown) } }
}

/// The same with seconds, where things follow close upon each other.
pub(crate) fn time_to_the_second(at: Timestamp) -> Markup {
    let shown = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(at) data-seconds { (shown) } }
}

/// A moment in Unix seconds.
pub(crate) fn moment(unix: u64) -> Markup {
    let unix = i64::try_from(unix).ok();
    let at = unix.and_then(|unix| Timestamp::from_second(unix).ok());
    html! { @if let Some(at) = at { (time(at)) } }
}

/// A time as somebody wrote it down: as [`time`] where it is one, and otherwise as it is.
pub(crate) fn time_text(text: &str) -> Markup {
    match text.parse() {
        Ok(at) => time(at),
        Err(_) => html! { (text) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let shown = [0_u64, 12, 123, 1_234, 12_345, 1_234_567].map(number);
        assert_eq!(shown, ["0", "12", "123", "1,234", "12,345", "1,234,567"]);
        assert_eq!(plural(1_u64, "token"), "1 token");
        assert_eq!(plural(0_usize, "token"), "0 tokens");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let shown = [0, 45, 60, 200, 1_930, 3_900, 7_200, 183_600];
        let shown = shown.map(|seconds| duration(Duration::from_secs(seconds)));
        let wanted = [
            "0 ms",
            "45 s",
            "1 min",
            "3 min 20 s",
            "32 min",
            "1 h 5 min",
            "2 h",
            "2 d 3 h",
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn a_sentence_begins_with_a_capital_and_a_name_stays() {
        let shown = [
            "no file was chosen",
            "é",
            "",
            "ann@example.com is a guest",
            "t1: no",
        ];
        let shown = shown.map(sentence);
        let wanted = [
            "No file was chosen.",
            "é.",
            "",
            "ann@example.com is a guest.",
            "t1: no.",
        ];
        assert_eq!(shown, wanted);
    }

    #[test]
    fn a_time_is_in_utc_for_machines_and_people() {
        let shown = time_text("2027-01-15T08:00:07Z").into_string();
        let wanted = r#"<time datetime="2027-01-15T08:00:07Z">2027-01-15 08:00 UTC</time>"#;
        assert_eq!(shown, wanted);
        assert_eq!(time_text("<never>").into_string(), "&lt;never&gt;");
    }
}
