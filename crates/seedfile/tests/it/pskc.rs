//! PSKC (RFC 6030) through the library's interface.

mod figures;
mod hostile;
mod key;
mod manifest;
mod peers;
mod problems;
mod refusals;
mod rows;
mod support;
mod written;
