//! Probabilities and clocks in words.

use indicatif::HumanCount;

/// How often something happens: `once in 174,000,000 tries`.
pub(crate) fn how_often(probability: f64) -> String {
    match 1.0 / probability {
        ..2.0 => "in most tries".to_owned(),
        tries if tries < 1e15 => format!("once in {} tries", HumanCount(three_figures(tries))),
        _ => "less than once in 10^15 tries".to_owned(),
    }
}

/// A number from 1 to 10^15, rounded to three figures.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it fits"
)]
fn three_figures(number: f64) -> u64 {
    let unit = 10_f64.powf((number.log10().floor() - 2.0).max(0.0));
    ((number / unit).round() * unit) as u64
}

/// An average count, as exact as anybody needs it: `12`, `0.03`, less than `0.001`.
pub(crate) fn average(count: f64) -> String {
    match count {
        9.95.. => format!("{count:.0}"),
        0.95.. => format!("{count:.1}"),
        0.095.. => format!("{count:.2}"),
        0.001.. => format!("{count:.3}"),
        _ => "less than 0.001".to_owned(),
    }
}

/// A clock that is ahead by so many seconds, at least and at most.
pub(crate) fn clock(least: i64, most: i64) -> String {
    let [from, to] = [least, most].map(|seconds| HumanCount(seconds.unsigned_abs()));
    match (least, most) {
        (0, 0) => "right".to_owned(),
        (0.., _) => format!("{from} to {to} s ahead"),
        (_, ..=0) => format!("{to} to {from} s behind"),
        _ => format!("between {from} s behind and {to} s ahead"),
    }
}

#[cfg(test)]
mod tests {
    use super::{average, clock, how_often};

    #[test]
    fn how_often_something_happens() {
        let cases = [
            (1.0, "in most tries"),
            (0.51, "in most tries"),
            (0.5, "once in 2 tries"),
            (0.005_744_44, "once in 174 tries"),
            (0.000_123_4, "once in 8,100 tries"),
            (5.761e-9, "once in 174,000,000 tries"),
            (1.01e-15, "once in 990,000,000,000,000 tries"),
            (1e-16, "less than once in 10^15 tries"),
            (0.0, "less than once in 10^15 tries"),
        ];
        for (probability, words) in cases {
            assert_eq!(how_often(probability), words);
        }
    }

    #[test]
    fn averages_have_the_figures_that_say_something() {
        let cases = [
            (0.0, "less than 0.001"),
            (0.0301, "0.030"),
            (0.21, "0.21"),
            (1.04, "1.0"),
            (57.6, "58"),
        ];
        for (count, words) in cases {
            assert_eq!(average(count), words);
        }
    }

    #[test]
    fn clocks_are_ahead_or_behind() {
        assert_eq!(clock(31, 60), "31 to 60 s ahead");
        assert_eq!(clock(0, 29), "0 to 29 s ahead");
        assert_eq!(clock(-29, 0), "0 to 29 s behind");
        assert_eq!(clock(-3629, -3600), "3,600 to 3,629 s behind");
        assert_eq!(clock(-12, 17), "between 12 s behind and 17 s ahead");
        assert_eq!(clock(0, 0), "right");
    }
}
