//! One token in the place of another.

use std::slice;
use std::time::Duration;

use provisioner::{Problem, Replacement, UserId};
use seedfile::Serial;

use super::meant::meant;
use super::{Action, Fault, Prepared, Shown, among, held_by, objection};
use crate::app::App;
use crate::door::Role;
use crate::places::Place;
use crate::trouble::OrTold;

/// Which token goes, and which one takes its place.
#[derive(Debug)]
pub(crate) struct Swap {
    pub(crate) user: String,
    pub(crate) old: Serial,
    pub(crate) new: Serial,
    /// What proves the new one.
    pub(crate) shown: Shown,
    /// The old one does not stay in the inventory.
    pub(crate) delete: bool,
}

impl Swap {
    /// The least role that may do it.
    pub(crate) fn needs(&self) -> Role {
        match self.delete {
            true => Action::Delete.needs(),
            false => Role::HelpDesk,
        }
    }
}

impl App {
    /// Plans a replacement: two plans, in the order in which they are carried out. Nothing is written.
    pub(crate) async fn prepare_swap(
        &self,
        place: &Place,
        swap: &Swap,
    ) -> Result<Prepared, Problem> {
        Ok(self.look_into_swap(place, swap).await?)
    }

    /// The same, saying what of the wish stands in the way: `user`, `old`, `new`, `code` or `seed`.
    pub(crate) async fn look_into_swap(
        &self,
        place: &Place,
        swap: &Swap,
    ) -> Result<Prepared, Fault> {
        let prepare = async {
            let at = place.clock.monotonic();
            let wanted = self.swapped(place, swap, at).await?;
            let mut prepared = Prepared {
                errands: Vec::new(),
                estimates: Vec::new(),
                gap: wanted.gap,
            };
            for (roster, goal) in [wanted.first, wanted.second] {
                self.add_errand(&mut prepared, place, roster, goal).await?;
            }
            Ok(prepared)
        };
        self.patiently(place.idp, prepare).await
    }

    async fn swapped(
        &self,
        place: &Place,
        swap: &Swap,
        at: Duration,
    ) -> Result<Replacement, Fault> {
        let pace = place.pace();
        let stock = self.stock(place, &pace).await?;
        let user = meant(&stock, &swap.user).await;
        let user = user.map_err(|problem| Fault::from(problem).or_at("user"))?;
        let holder = user.id;
        let held = held_by(&stock, &holder).await?;
        // What only its holder shows is among these.
        let mut old = match among(&held, &swap.old) {
            Some(old) => old.clone(),
            None => stock
                .one(&swap.old)
                .await
                .or_told()
                .map_err(|problem| Fault::at("old", problem))?,
        };
        stock.name_holders(slice::from_mut(&mut old)).await;
        let capabilities = place.provider.capabilities();
        if held.len() >= capabilities.tokens_per_user {
            may_go_first(place, swap, &holder).await?;
        }
        let new = stock.find(&swap.new).await.map_err(|f| f.problem)?;
        let given = (swap.shown).roster(place, &swap.new, new.as_ref(), &user.login, at);
        let given = given.map_err(|fault| fault.or_at("new"))?;
        let wanted = Replacement::new(capabilities, &old, given, &holder, held.len(), swap.delete);
        wanted.map_err(|problem| match problem.code.as_str() {
            "not-held" => Fault::at("old", problem),
            _ => Fault::at("new", problem),
        })
    }
}

impl Prepared {
    /// What stands against a replacement, and which of the two tokens it is about.
    pub(crate) fn objection_to_swap(&self, old: &Serial) -> Option<Fault> {
        self.plans().find_map(|plan| {
            let problem = objection(plan)?.clone();
            let mut rows = plan.rows.iter();
            let is_old = rows.any(|row| row.token.serial == *old);
            Some(match is_old {
                true => Fault::at("old", problem),
                false => Fault::from(problem).or_at("new"),
            })
        })
    }
}

/// Where the old token goes first, all that can be checked of the new one is checked before that.
async fn may_go_first(place: &Place, swap: &Swap, holder: &UserId) -> Result<(), Fault> {
    if !swap.shown.has_seed() {
        let problem = Problem::new(
            "seed-needed",
            "the old token would go first, and a code alone cannot be checked before that",
            "give the seed of the new token; nothing was sent",
        );
        return Err(problem.into());
    }
    let objection = place.provider.objection(&place.pace(), holder).await;
    let objection = objection.map_err(|failure| failure.problem)?;
    objection.map_or(Ok(()), |problem| Err(Fault::at("user", problem)))
}
