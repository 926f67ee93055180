//! Making seed files, in clear or encrypted.

use std::io::{self, Write};
use std::path::Path;

use seedfile::pskc::{DEFAULT_ITERATIONS, Protection};
use seedfile::{Format, LeftOut, PskcKey, TokenRecord, WriteError, WriteOptions};
use zeroize::Zeroizing;

use crate::exit::Failed;
use crate::{files, keys, system};

/// How new seed files are made.
pub(crate) struct Maker {
    pub(crate) format: Format,
    key: Option<PskcKey>,
}

/// A new seed file.
pub(crate) struct Made {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) left_out: LeftOut,
}

impl Maker {
    /// Reads the passphrase of the new files, if they shall have one.
    pub(crate) fn new(format: Format, passphrase: Option<&Path>) -> Result<Self, Failed> {
        if passphrase.is_some() && format != Format::Pskc {
            let message = format!("{format} cannot be encrypted");
            return Err(Failed::usage(message).next("--protect-with is for --to pskc"));
        }
        let key = passphrase.map(keys::passphrase).transpose()?;
        Ok(Self { format, key })
    }

    /// Makes a file. A container gets a salt and keys of its own.
    pub(crate) fn make(&self, tokens: &[TokenRecord]) -> Result<Made, WriteError> {
        self.make_with(tokens, system::fill_randomly)
    }

    fn make_with(
        &self,
        tokens: &[TokenRecord],
        mut fill: impl FnMut(&mut [u8]) -> io::Result<()>,
    ) -> Result<Made, WriteError> {
        let mut failed = None;
        // A buffer that stayed empty must not be forgotten when the next one is filled.
        let mut random = |buffer: &mut [u8]| failed = failed.take().or(fill(buffer).err());
        let protection = match &self.key {
            None => Protection::Plain,
            Some(key) => Protection::Encrypted {
                key,
                iterations: DEFAULT_ITERATIONS,
                random: &mut random,
            },
        };
        let options = WriteOptions::default().protection(protection);
        let mut wiped = Wiped::default();
        let written = seedfile::write(tokens, self.format, options, &mut wiped)?;
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(Made {
                bytes: wiped.0,
                left_out: written.left_out,
            }),
        }
    }

    /// Says so where the keys could have been encrypted and are not.
    pub(crate) fn say_whether_open(&self) {
        if self.format == Format::Pskc && self.key.is_none() {
            files::say(
                "warning: the keys stand in clear in the new file; --protect-with FILE encrypts \
                 them with the passphrase in FILE",
            );
        }
    }
}

/// Why no file could be made.
pub(crate) fn unmade(error: &WriteError) -> Failed {
    match error {
        WriteError::Io(error) => Failed::internal(format!("the file cannot be made: {error}")),
        other => Failed::usage(other.to_string()),
    }
}

/// Bytes that leave no copy behind when they need more room.
#[derive(Default)]
struct Wiped(Zeroizing<Vec<u8>>);

impl Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.saturating_mul(2)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use seedfile::ReadOptions;

    use super::*;

    #[test]
    fn a_source_of_randomness_that_fails_once_makes_no_file() {
        let text = b"upn,serial number,secret key,timeinterval,manufacturer,model\n\
            ,1,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202\n";
        let tokens = seedfile::read(text, &ReadOptions::default())
            .unwrap()
            .tokens;
        let maker = Maker {
            format: Format::Pskc,
            key: Some(PskcKey::passphrase("correct horse".to_owned().into())),
        };
        let make = |failing: Option<usize>| {
            let mut calls = 0;
            let made = maker.make_with(&tokens, |buffer| {
                calls += 1;
                buffer.fill(7);
                match failing {
                    Some(call) if call == calls => Err(io::Error::other("no random numbers")),
                    _ => Ok(()),
                }
            });
            (made.map(|_| ()), calls)
        };
        let (made, calls) = make(None);
        made.unwrap();
        assert!(calls > 1, "{calls}");
        for call in 1..=calls {
            let error = make(Some(call)).0.unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert_eq!(cause, "no random numbers", "call {call}");
        }
    }
}
