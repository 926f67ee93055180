//! A browser in the words of a test. What cannot be done fails the test after [`PATIENCE`], with what the page says.

mod acts;
mod axe;
mod browser;
mod driver;
mod finds;
mod keys;
mod log;
mod looks;
mod offers;
mod ready;
mod secrets;
mod sees;
mod site;
mod story;
mod tokens;
mod xss;

use std::time::Duration;

pub(crate) use self::browser::Browser;
pub(crate) use self::driver::remains;
pub(crate) use self::keys::Key;
pub(crate) use self::ready::Ready;
pub(crate) use self::site::{Site, page};
pub(crate) use self::story::{Server, Story, seed_file};
pub(crate) use self::tokens::{SEED, code, code_in, seeds, wrong_code};
pub(crate) use self::xss::{Payload, payloads};

/// Longer than a page takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks at a page.
const PAUSE: Duration = Duration::from_millis(25);
