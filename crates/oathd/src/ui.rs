//! What pages are made of: pure functions and values that become `maud::Markup`.
//!
//! Values with a `Render` go into a page as they are: `(Button::primary("Import"))`. Everything that
//! is text is escaped by maud; only the icons are written unescaped.

mod address;
mod assets;
mod badge;
mod blocks;
mod button;
mod confirm;
mod field;
mod fold;
mod form;
mod format;
mod frame;
mod icon;
mod list;
mod names;
mod notice;
mod page;
mod progress;
mod table;
mod way;

#[cfg(test)]
mod gallery;

pub(crate) use address::Address;
pub(crate) use assets::asset;
pub(crate) use badge::{Badge, JobState, Tone};
pub(crate) use blocks::{
    Empty, Event, Tile, code_block, columns, copyable, facts, help, history, panel, section, tiles,
};
pub(crate) use button::{Button, buttons};
pub(crate) use confirm::Confirm;
pub(crate) use field::{Choice, Errors, Field};
pub(crate) use fold::fold;
pub(crate) use form::{Form, filter, form, hidden, post_button, sign_in_now, upload};
pub(crate) use format::{
    capital, duration, moment, number, plural, sentence, serial, time_text, time_to_the_second,
};
pub(crate) use frame::{Flash, Frame, Section, Theme, Who};
pub(crate) use icon::Icon;
pub(crate) use list::{Bulk, Pager, list};
pub(crate) use notice::{Notice, ProblemGroup, finding, problem, refused};
pub(crate) use page::{Head, page};
pub(crate) use progress::{Progress, RowUpdate, when};
pub(crate) use table::{Column, Row, Table};
pub(crate) use way::{Tab, steps, tabs};
