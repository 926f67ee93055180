//! How a seed file is read: the same options for every command that reads one.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args as ClapArgs;
use oath_core::{Algorithm, Digits, Period};
use seedfile::{Field, Format, Place, ReadOptions, SecretEncoding, TokenType};

use super::quoted;

const HEADING: &str = "How the seed file is read";

/// Everything about a seed file that its reader cannot or shall not find out.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct Reading {
    /// Read the file as this format instead of recognising it.
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub(crate) format: Option<Format>,
    #[command(flatten)]
    pub(crate) silence: Silence,
    #[command(flatten)]
    pub(crate) opening: Opening,
}

/// What opens an encrypted seed file.
#[derive(Clone, Debug, Default, ClapArgs)]
#[group(multiple = false)]
pub(crate) struct Opening {
    /// The pre-shared key of an encrypted PSKC file: a file with 16, 24 or 32 bytes, as they are, in
    /// hexadecimal or in Base64; `-` is standard input.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub(crate) key_file: Option<PathBuf>,
    /// The passphrase of an encrypted PSKC file: a file with one line; `-` is standard input.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Read the passphrase from standard input.
    #[arg(long, help_heading = HEADING)]
    pub(crate) passphrase_stdin: bool,
}

/// Where the secret that opens a file stands; `-` is standard input.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Secret<'a> {
    Key(&'a Path),
    Passphrase(&'a Path),
}

/// Something that is read, and what it is called.
pub(crate) type Input<'a> = (&'a Path, &'static str);

impl Opening {
    /// As a shell takes it: where the secret stands, not what it is.
    fn words(&self) -> String {
        let file = |name: &str, path: &Option<PathBuf>| {
            path.as_ref()
                .map_or_else(String::new, |path| format!(" --{name} {}", quoted(path)))
        };
        let stdin = if self.passphrase_stdin {
            " --passphrase-stdin"
        } else {
            ""
        };
        file("key-file", &self.key_file) + &file("passphrase-file", &self.passphrase_file) + stdin
    }

    pub(crate) fn secret(&self) -> Option<Secret<'_>> {
        let stdin = self.passphrase_stdin.then_some(Path::new("-"));
        let phrase = self.passphrase_file.as_deref().or(stdin);
        let key = self.key_file.as_deref().map(Secret::Key);
        key.or(phrase.map(Secret::Passphrase))
    }
}

impl<'a> Secret<'a> {
    fn input(self) -> Input<'a> {
        match self {
            Self::Key(path) => (path, "the key"),
            Self::Passphrase(path) => (path, "the passphrase"),
        }
    }
}

/// What is meant where a seed file is silent.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct Silence {
    /// The hash of tokens for which the file names none: sha1, sha256 or sha512.
    #[arg(long, help_heading = HEADING)]
    pub(crate) algorithm: Option<Algorithm>,
    /// Digits of a code where the file names none: 6, 7 or 8.
    #[arg(long, value_name = "N", value_parser = digits, help_heading = HEADING)]
    pub(crate) digits: Option<Digits>,
    /// Seconds a code lives where the file does not say it.
    #[arg(long, value_name = "SECONDS", value_parser = period, help_heading = HEADING)]
    pub(crate) period: Option<Period>,
    /// The type of tokens where the file does not say it: totp or hotp.
    #[arg(long = "type", value_name = "TYPE", help_heading = HEADING)]
    pub(crate) token_type: Option<TokenType>,
    /// How the secret keys are written: base32, hex or base64.
    #[arg(long, help_heading = HEADING)]
    pub(crate) encoding: Option<SecretEncoding>,
    /// Where a field of a table stands: the name of its column or its number, from 1. The fields are
    /// user, serial, secret, period, manufacturer, model, algorithm, digits, type and counter. May
    /// be given several times; with numbers only, the file has no header.
    #[arg(long, value_name = "FIELD=NAME|NUMBER", value_parser = column, help_heading = HEADING)]
    pub(crate) column: Vec<(Field, Place)>,
    /// The separator of a table: one character, or tab.
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter, help_heading = HEADING)]
    pub(crate) delimiter: Option<u8>,
    /// Accept secret keys under 128 bits.
    #[arg(long, help_heading = HEADING)]
    pub(crate) allow_short_seeds: bool,
}

impl Reading {
    /// As the library takes it, but for what opens the file: [`crate::files::options`] reads that.
    pub(crate) fn without_key(&self) -> ReadOptions {
        self.silence.options(self.format)
    }

    /// Everything that is read for a seed file.
    pub(crate) fn inputs<'a>(&'a self, seeds: &'a Path) -> Vec<Input<'a>> {
        let secret = self.opening.secret().map(Secret::input);
        [(seeds, "the seed file")]
            .into_iter()
            .chain(secret)
            .collect()
    }

    /// As a shell takes it, with a blank before each option.
    pub(crate) fn words(&self) -> String {
        let silence = &self.silence;
        let mut words = String::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = write!(words, " --{name} {}", quoted(value));
            }
        };
        add("format", self.format.map(|format| format.to_string()));
        add("algorithm", silence.algorithm.map(|name| name.to_string()));
        add(
            "digits",
            silence.digits.map(|digits| digits.get().to_string()),
        );
        add(
            "period",
            silence.period.map(|period| period.seconds().to_string()),
        );
        add("type", silence.token_type.map(|name| name.to_string()));
        add("encoding", silence.encoding.map(|name| name.to_string()));
        for (field, place) in &silence.column {
            let place = match place {
                Place::Named(name) => name.clone(),
                Place::Numbered(number) => number.to_string(),
            };
            add("column", Some(format!("{}={place}", field.word())));
        }
        add("delimiter", silence.delimiter.map(delimiter_word));
        if silence.allow_short_seeds {
            words += " --allow-short-seeds";
        }
        words + &self.opening.words()
    }
}

impl Silence {
    /// As the library takes it.
    fn options(&self, format: Option<Format>) -> ReadOptions {
        let mut options = ReadOptions::default().allow_short_seeds(self.allow_short_seeds);
        options.format = format;
        options.algorithm = self.algorithm;
        options.digits = self.digits;
        options.period = self.period;
        options.token_type = self.token_type;
        options.encoding = self.encoding;
        options.columns.clone_from(&self.column);
        options.delimiter = self.delimiter;
        options.threads = threads();
        options
    }
}

fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn column(text: &str) -> Result<(Field, Place), String> {
    let expected = "FIELD=NAME or FIELD=NUMBER, such as serial=2";
    let (field, place) = text.split_once('=').ok_or(expected)?;
    let field: Field = field.trim().parse().map_err(|error| format!("{error}"))?;
    let place = match (place.trim(), place.trim().parse()) {
        ("", _) | (_, Ok(0)) => return Err(expected.to_owned()),
        (_, Ok(number)) => Place::Numbered(number),
        (name, Err(_)) => Place::Named(name.to_owned()),
    };
    Ok((field, place))
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" | b"\t" => Ok(b'\t'),
        [byte] if byte.is_ascii_graphic() && *byte != b'"' => Ok(*byte),
        _ => Err("one character other than a quotation mark, or tab".to_owned()),
    }
}

fn delimiter_word(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "tab".to_owned(),
        other => char::from(other).to_string(),
    }
}

fn digits(text: &str) -> Result<Digits, String> {
    let number = text.parse().map_err(|_| "6, 7 or 8".to_owned())?;
    Digits::new(number).map_err(|error| error.to_string())
}

fn period(text: &str) -> Result<Period, String> {
    let number = text.parse().map_err(|_| "a number of seconds".to_owned())?;
    Period::new(number).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        reading: Reading,
    }

    fn read(words: &[&str]) -> Result<Reading, clap::Error> {
        let words = ["test"].iter().chain(words);
        Line::try_parse_from(words).map(|line| line.reading)
    }

    #[test]
    fn every_option_comes_to_the_library_and_back_to_the_shell() {
        let words = [
            "--format",
            "csv",
            "--algorithm",
            "sha256",
            "--digits",
            "8",
            "--period",
            "60",
            "--type",
            "hotp",
            "--encoding",
            "hex",
            "--column",
            "serial=2",
            "--column",
            "secret=key of it",
            "--delimiter",
            "tab",
            "--allow-short-seeds",
        ];
        let reading = read(&words).unwrap();
        let options = reading.without_key();
        assert_eq!(options.format, Some(Format::Csv));
        assert_eq!(options.algorithm, Some(Algorithm::Sha256));
        assert_eq!(options.digits, Some(Digits::EIGHT));
        assert_eq!(options.period, Some(Period::SIXTY));
        assert_eq!(options.token_type, Some(TokenType::Hotp));
        assert_eq!(options.encoding, Some(SecretEncoding::Hex));
        let columns = [
            (Field::Serial, Place::Numbered(2)),
            (Field::Secret, Place::Named("key of it".to_owned())),
        ];
        assert_eq!(options.columns, columns);
        assert_eq!(options.delimiter, Some(b'\t'));
        assert!(options.allow_short_seeds);
        let spelt = words
            .join(" ")
            .replace("secret=key of it", "'secret=key of it'");
        assert_eq!(reading.words(), format!(" {spelt}"));
    }

    #[test]
    fn what_opens_a_file_is_named_by_its_place() {
        let place = |words: &[&str]| {
            let reading = read(words).unwrap();
            let inputs = reading.inputs(Path::new("seeds.xml"));
            let found: Vec<_> = inputs
                .iter()
                .map(|(path, what)| (path.to_str().unwrap(), *what))
                .collect();
            assert_eq!(found[0], ("seeds.xml", "the seed file"));
            assert_eq!(reading.words(), format!(" {}", words.join(" ")));
            (found[1].0.to_owned(), found[1].1)
        };
        assert_eq!(place(&["--key-file", "k"]), ("k".to_owned(), "the key"));
        let phrase = |path: &str| (path.to_owned(), "the passphrase");
        assert_eq!(place(&["--passphrase-file", "p"]), phrase("p"));
        assert_eq!(place(&["--passphrase-stdin"]), phrase("-"));
        for second in [&["--passphrase-file", "p"][..], &["--passphrase-stdin"]] {
            assert!(read(&[&["--key-file", "k"], second].concat()).is_err());
        }
        assert!(read(&["--passphrase-stdin", "--passphrase-file", "p"]).is_err());
    }

    #[test]
    fn nothing_is_said_unless_it_was() {
        let reading = read(&[]).unwrap();
        assert_eq!(reading.words(), "");
        let mut options = reading.without_key();
        // How many threads there are is the machine's matter.
        options.threads = ReadOptions::default().threads;
        assert_eq!(
            format!("{options:?}"),
            format!("{:?}", ReadOptions::default())
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for words in [
            ["--column", "serial"],
            ["--column", "pin=2"],
            ["--column", "serial=0"],
            ["--column", "serial="],
            ["--delimiter", ""],
            ["--delimiter", "\""],
            ["--delimiter", "ab"],
            ["--digits", "9"],
            ["--period", "0"],
            ["--type", "ocra"],
            ["--encoding", "rot13"],
        ] {
            assert!(read(&words).is_err(), "{words:?}");
        }
    }
}
