//! Who gets which token, as somebody wrote it down: `serial,user` lines.

use seedfile::Serial;

/// A line that is no `serial,user`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct PairsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// Reads `serial,user` lines. Empty lines, those that begin with `#`, and a header are left out.
///
/// # Errors
/// [`PairsError`] for the first line that cannot be read.
pub fn pairs(text: &str) -> Result<Vec<(Serial, String)>, PairsError> {
    let lines = text.trim_start_matches('\u{feff}').lines();
    let lines = lines.map(str::trim).zip(1..);
    let says_something = |line: &str| {
        let is_header = line.eq_ignore_ascii_case("serial,user");
        !line.is_empty() && !line.starts_with('#') && !is_header
    };
    let said = lines.filter(|(line, _)| says_something(line));
    said.map(|(text, line)| pair(text).map_err(|why| PairsError { line, why }))
        .collect()
}

fn pair(line: &str) -> Result<(Serial, String), String> {
    let pair = line.split_once(',');
    let (serial, user) = pair.ok_or("not a serial number, a comma and a user")?;
    let serial = Serial::new(serial.trim());
    let serial = serial.map_err(|error| format!("no serial number: {error}"))?;
    match user.trim() {
        "" => Err("no user".to_owned()),
        user => Ok((serial, user.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_pairs_and_the_first_bad_one_is_named() {
        let read = pairs("\u{feff}serial,user\n# spare\n 7 , ann@x.test \n\n8,bob@x.test").ok();
        let read = read.unwrap_or_default();
        let read: Vec<_> = read
            .iter()
            .map(|(serial, user)| (serial.as_str(), &**user))
            .collect();
        assert_eq!(read, [("7", "ann@x.test"), ("8", "bob@x.test")]);
        let wrong = |text| pairs(text).err().map(|error| error.to_string());
        assert_eq!(wrong("7,ann\n8,").as_deref(), Some("line 2: no user"));
        let no_pair = "line 1: not a serial number, a comma and a user";
        assert_eq!(wrong("ann").as_deref(), Some(no_pair));
        assert!(wrong("7 7,ann").is_some_and(|why| why.contains("no serial number")));
    }
}
