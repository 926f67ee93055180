//! From the cells of a row, whatever the format, to a token or to problems.

mod collector;
mod dialect;
mod duplicates;
mod facts;
mod fields;
mod row;
mod trace;

pub(crate) use collector::{Again, Collector, Keep, Settled};
pub(crate) use dialect::{Dialect, MAX_SEED_BITS};
pub(crate) use facts::{Record, token2};
pub(crate) use fields::{is_printable, user_name};
pub(crate) use row::{Cell, Places, RawRow, Sink, Value};
pub(crate) use trace::{Digest, digest};
