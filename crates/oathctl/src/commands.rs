//! One module a command.

pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod code;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod doctor;
pub(crate) mod drift;
pub(crate) mod entra;
pub(crate) mod find;
pub(crate) mod inspect;
pub(crate) mod okta;
pub(crate) mod pair;
pub(crate) mod plan;
pub(crate) mod provision;
pub(crate) mod registration;
pub(crate) mod runs;
pub(crate) mod shell;
pub(crate) mod sim;
pub(crate) mod tokens;
pub(crate) mod users;
