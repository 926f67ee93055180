//! Texts that are asked for, and that others tell: none of them is ever more than a text.
//!
//! Each page is visited in a world of payloads, without the policy of content, and once in a world of the
//! same shape with harmless texts. No script of a payload has run, and no element is there that the harmless world does
//! not have.

mod asked;
mod told;
mod world;

use self::world::World;
