//! Arguments of the commands that look for codes: how far they look.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args as ClapArgs;
use jiff::{Span, SpanRelativeTo};
use oath_core::{Period, Window};

use super::{Reading, SeedSource};

#[derive(Debug, ClapArgs)]
pub(crate) struct Drift {
    /// A code that the token showed.
    pub(crate) first: String,
    /// The code that it showed right after that, now.
    pub(crate) second: String,
    #[command(flatten)]
    pub(crate) seed: SeedSource,
    /// How far to look each way: time steps (`20`) or a time (`90s`, `12h`, `30d`), up to 366 days.
    #[arg(long, value_name = "STEPS|TIME", default_value_t = Reach::DAY)]
    pub(crate) window: Reach,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Find {
    /// The seed file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// The code that the token shows.
    pub(crate) code: String,
    /// The code that it showed right after that, now. Two codes tell apart what one cannot.
    pub(crate) next: Option<String>,
    /// How far to look each way: time steps (`2`) or a time (`90s`, `12h`), up to 366 days [default:
    /// `1m` for one code, `1h` for two].
    #[arg(long, value_name = "STEPS|TIME")]
    pub(crate) window: Option<Reach>,
    /// When the last code was read, in Unix seconds [default: now].
    #[arg(long, value_name = "UNIX")]
    pub(crate) at: Option<u64>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How far to look on each side of the present time step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Steps(u64),
    Seconds(u64),
}

impl Reach {
    pub(crate) const MINUTE: Self = Self::Seconds(60);
    pub(crate) const HOUR: Self = Self::Seconds(3600);
    pub(crate) const DAY: Self = Self::Seconds(86_400);

    /// In days, begun ones too.
    pub(crate) fn days(self, period: Period) -> u64 {
        let seconds = match self {
            Self::Steps(steps) => steps.saturating_mul(u64::from(period.seconds())),
            Self::Seconds(seconds) => seconds,
        };
        seconds.div_ceil(86_400)
    }

    /// Whether it ends with the time steps beside the present one, however long they are.
    pub(crate) fn is_next_to_now(self) -> bool {
        matches!(self, Self::Steps(0 | 1))
    }

    pub(crate) fn window(self, period: Period) -> Window {
        match self {
            Self::Steps(steps) => Window::symmetric(steps),
            Self::Seconds(seconds) => Window::lasting(seconds, period),
        }
    }
}

impl FromStr for Reach {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let steps = text.parse().map(Self::Steps);
        let seconds = || seconds(text).map(Self::Seconds);
        let expected = "a number of time steps, or a time such as 90s, 12h or 30d";
        steps.ok().or_else(seconds).ok_or(expected.to_owned())
    }
}

fn seconds(text: &str) -> Option<u64> {
    let span: Span = text.parse().ok()?;
    let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    u64::try_from(time.as_secs()).ok()
}

/// As it can be typed.
impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match *self {
            Self::Steps(steps) => (steps, ""),
            Self::Seconds(seconds) => match seconds {
                0 => (0, "s"),
                _ if seconds % 86_400 == 0 => (seconds / 86_400, "d"),
                _ if seconds % 3600 == 0 => (seconds / 3600, "h"),
                _ if seconds % 60 == 0 => (seconds / 60, "m"),
                _ => (seconds, "s"),
            },
        };
        write!(f, "{number}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use oath_core::{Period, Window};

    use super::Reach;

    #[test]
    fn windows_are_steps_or_times() {
        let read = |text: &str| text.parse::<Reach>();
        assert_eq!(read("2880"), Ok(Reach::Steps(2880)));
        assert_eq!(read("0"), Ok(Reach::Steps(0)));
        assert_eq!(read("90s"), Ok(Reach::Seconds(90)));
        assert_eq!(read("1d"), Ok(Reach::DAY));
        assert_eq!(read("2h 30m"), Ok(Reach::Seconds(9000)));
        assert_eq!(read("1 week"), Ok(Reach::Seconds(604_800)));
        for wrong in ["", "-1", "-1h", "1h ago", "soon", "1.5", "1 month", "1y"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn begun_days_count() {
        let days = |text: &str, period| text.parse::<Reach>().unwrap().days(period);
        assert_eq!(days("0", Period::THIRTY), 0);
        assert_eq!(days("366d", Period::THIRTY), 366);
        assert_eq!(days("8784h 1s", Period::THIRTY), 367);
        assert_eq!(days("1440", Period::SIXTY), 1);
        assert_eq!(days("1441", Period::SIXTY), 2);
        assert_eq!(
            days("18446744073709551615", Period::SIXTY),
            u64::MAX / 86_400 + 1
        );
    }

    #[test]
    fn windows_are_shown_as_typed() {
        for text in ["20", "0", "0s", "1d", "30d", "36h", "90m", "90s"] {
            let reach: Reach = text.parse().unwrap();
            assert_eq!(reach.to_string(), text);
        }
    }

    #[test]
    fn a_time_is_as_many_steps_as_it_takes() {
        let window = |reach: Reach, period| reach.window(period);
        assert_eq!(window(Reach::DAY, Period::THIRTY), Window::symmetric(2880));
        assert_eq!(window(Reach::DAY, Period::SIXTY), Window::symmetric(1440));
        assert_eq!(window(Reach::MINUTE, Period::SIXTY), Window::symmetric(1));
        let steps = Reach::Steps(7);
        assert_eq!(window(steps, Period::SIXTY), Window::symmetric(7));
    }
}
