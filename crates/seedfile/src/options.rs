//! What a caller can say about a file.

use oath_core::Algorithm;

use crate::format::Format;

/// How to read a file. The default finds everything out from the file.
///
/// ```
/// use seedfile::{ReadOptions, oath_core::Algorithm};
///
/// let options = ReadOptions::default().algorithm(Algorithm::Sha256);
/// assert_eq!(options.algorithm, Some(Algorithm::Sha256));
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The format, if the caller knows it. A file of another kind is refused; the two CSV spellings count as one
    /// kind.
    pub format: Option<Format>,
    /// The algorithm of tokens for which the file names none, in place of the length rule.
    pub algorithm: Option<Algorithm>,
    /// Whether seeds under 128 bits (RFC 4226, section 4, R6) are accepted with a warning.
    pub allow_short_seeds: bool,
}

impl ReadOptions {
    /// Sets [`ReadOptions::format`].
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets [`ReadOptions::algorithm`].
    #[must_use]
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Sets [`ReadOptions::allow_short_seeds`].
    #[must_use]
    pub fn allow_short_seeds(mut self, allow: bool) -> Self {
        self.allow_short_seeds = allow;
        self
    }
}
