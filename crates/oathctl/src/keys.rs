//! What opens and closes encrypted seed files: keys and passphrases, which come from files or
//! standard input, never from arguments.

use std::path::Path;

use seedfile::PskcKey;
use seedfile::pskc::PskcRefusal;
use seedfile::secrecy::SecretString;

use crate::args::Secret;
use crate::exit::Failed;
use crate::files;

/// Longer than any key or passphrase.
const MAX_BYTES: usize = 64 * 1024;

const MARK: &str = "\u{feff}";

/// Reads what opens a file.
pub(crate) fn read(secret: Secret<'_>) -> Result<PskcKey, Failed> {
    match secret {
        Secret::Passphrase(path) => passphrase(path),
        Secret::Key(path) => files::read_at_most(path, MAX_BYTES)?
            .map(|content| PskcKey::from_file(&content))
            .ok_or_else(|| wrong(path, "this is longer than any key"))?
            .map_err(|error| wrong(path, &error.to_string())),
    }
}

/// The passphrase in the first line of a file, which is its only one.
pub(crate) fn passphrase(path: &Path) -> Result<PskcKey, Failed> {
    let content = files::read_at_most(path, MAX_BYTES)?;
    let content = content.ok_or_else(|| wrong(path, "this is longer than any passphrase"))?;
    first_line(&content)
        .map(|line| PskcKey::passphrase(SecretString::from(line)))
        .map_err(|why| wrong(path, why))
}

/// Blanks count. A byte order mark is an editor's, and nobody types it.
fn first_line(content: &[u8]) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(content).map_err(|_| "a passphrase is text in UTF-8")?;
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        Err("there is no passphrase in the first line")
    } else if !rest.trim().is_empty() {
        Err("a passphrase is one line, and here are more")
    } else {
        Ok(line)
    }
}

fn wrong(path: &Path, why: &str) -> Failed {
    if path == Path::new("-") {
        return Failed::usage(format!("standard input: {why}"));
    }
    Failed::usage(format!("{}: {why}", path.display()))
}

/// Which option opens a file that is closed.
pub(crate) fn advice(refusal: &PskcRefusal) -> Option<&'static str> {
    match refusal {
        PskcRefusal::NeedsPassphrase => {
            Some("give it with --passphrase-file FILE or --passphrase-stdin")
        }
        PskcRefusal::NeedsKey | PskcRefusal::KeyLength { .. } => {
            Some("give the key of this file with --key-file FILE")
        }
        PskcRefusal::WrongKey => Some(
            "give what came with this very file, with --passphrase-file FILE or --key-file FILE",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn a_passphrase_is_one_line_without_its_end() {
        for (content, line) in [
            ("qwerty", "qwerty"),
            ("qwerty\n", "qwerty"),
            ("qwerty\r\n", "qwerty"),
            ("\u{feff}qwerty\r\n\n", "qwerty"),
            (" two words \n", " two words "),
        ] {
            assert_eq!(first_line(content.as_bytes()), Ok(line), "{content:?}");
        }
        for content in ["", "\n", "\r\n", "\nqwerty\n", "one\ntwo\n", "\u{feff}"] {
            assert!(first_line(content.as_bytes()).is_err(), "{content:?}");
        }
        assert!(first_line(b"zo\xeb\n").is_err());
    }
}
