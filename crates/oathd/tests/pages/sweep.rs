//! Screens in light and dark, narrow and wide: nothing that axe has against it, nothing that reaches beyond the
//! window, the focus is seen, and the browser complains of nothing.
//!
//! `sweep/addresses.txt` has the addresses that are read, each with the part that is to visit it; only `door` is there
//! yet, and nothing compares the list with the router's own. With `OATHD_PICTURES` set to a directory, each visit leaves
//! its pictures there.

mod door;
mod tour;

use self::tour::Tour;
