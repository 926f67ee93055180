//! Screens in light and dark, narrow and wide: nothing that axe has against it, nothing that reaches beyond the
//! window, the focus is seen, and the browser complains of nothing.
//!
//! `sweep/addresses.txt` has every address that is read, each with the part that visits it; `file` is what is not a
//! page. With `OATHD_PICTURES` set to a directory, each visit leaves its pictures there: `cargo xtask pictures`.

mod admin;
mod desk;
mod door;
mod inventory;
mod runs;
mod tour;
mod world;

use self::tour::Tour;
