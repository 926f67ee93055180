//! Unix seconds as dates.

use std::time::{Duration, SystemTime};

/// The first second of the year 10000, which has no HTTP date.
const END: Duration = Duration::from_secs(253_402_300_800);

/// `Sat, 21 Nov 2026 19:00:00 GMT`, as HTTP headers have it.
pub(crate) fn http_date(unix: Duration) -> Option<String> {
    let moment = SystemTime::UNIX_EPOCH.checked_add(unix);
    moment.filter(|_| unix < END).map(httpdate::fmt_http_date)
}

/// `2026-11-21T19:00:00`, in UTC.
pub(crate) fn iso_without_zone(unix: u64) -> String {
    let (days, second) = (unix / 86_400, unix % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// `2026-11-21T19:00:00Z`.
pub(crate) fn iso(unix: u64) -> String {
    iso_without_zone(unix) + "Z"
}

/// Year, month and day of the day with this number, counted from 1970-01-01.
///
/// Counts from 1 March of the year 0, so that the leap day is a year's last, in eras of 400 years.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + u64::from(month >= 10);
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(iso(1_111_111_109), "2005-03-18T01:58:29Z");
        assert_eq!(iso(4_107_542_399), "2100-02-28T23:59:59Z");
        assert_eq!(iso(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(iso(END.as_secs() - 1), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn a_moment_without_an_http_date_has_none() {
        let last = END - Duration::from_secs(1);
        assert_eq!(
            http_date(last).as_deref(),
            Some("Fri, 31 Dec 9999 23:59:59 GMT")
        );
        assert_eq!(http_date(END), None);
        assert_eq!(http_date(Duration::MAX), None);
    }
}
