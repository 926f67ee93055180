//! One token in the place of another.

use crate::{Capabilities, Goal, InventoryToken, Problem, Roster, UserId};

/// A token that is taken back and one that is given in its place: two plans, the second of which is
/// begun only when the first has come to its end.
///
/// The new one is given first: whoever lost a token is not locked out by what goes wrong. Where the user
/// has as many as possible, in Okta one, the old one is taken first.
#[derive(Debug)]
pub struct Replacement {
    /// What is done first.
    pub first: (Roster, Goal),
    /// What is done then.
    pub second: (Roster, Goal),
    /// True where the old one goes first: in between the user has one token less, in Okta none.
    pub gap: bool,
}

impl Replacement {
    /// Gives the one token of `new` to its user, in place of `old`, which `holder` has to hold,
    /// and with it `held` tokens in all. With `delete` the old one does not stay in the inventory.
    ///
    /// # Errors
    /// [`Problem`] where both are one token, or `holder` does not hold the old one.
    pub fn new(
        capabilities: &Capabilities,
        old: &InventoryToken,
        new: Roster,
        holder: &UserId,
        held: usize,
        delete: bool,
    ) -> Result<Self, Problem> {
        let taken = Roster::of_inventory([old])?;
        let serial = |roster: &Roster| roster.tokens().first().map(|token| token.serial.clone());
        if serial(&taken) == serial(&new) {
            return Err(Problem::new(
                "same-token",
                "the old token and the new one are the same",
                "name the serial number of the one that takes its place; nothing was sent",
            ));
        }
        if old.holder.as_ref().is_none_or(|has| has.id != *holder) {
            return Err(Problem::new(
                "not-held",
                format!("this user does not hold the token {}", old.serial),
                "look which token the user has, and name that one; nothing was sent",
            ));
        }
        let goal = match delete {
            true => Goal::Deleted,
            false => capabilities.taken_back(),
        };
        let gap = held >= capabilities.tokens_per_user;
        let new = if gap { new.replacing(&old.id) } else { new };
        let (take, give) = ((taken, goal), (new, Goal::Activated));
        let (first, second) = if gap { (take, give) } else { (give, take) };
        Ok(Self { first, second, gap })
    }
}
