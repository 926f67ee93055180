//! What the pages and the API both do: find a token, plan what somebody wants of it, begin that. Who may
//! do it was asked at the door; what it looks like is not known here.

mod audit;
mod drafts;
mod drift;
mod fault;
mod meant;
mod patience;
mod proof;
mod replace;
mod runs;

use std::slice;
use std::sync::Arc;

use provisioner::{
    Decision, Estimate, FoundUser, Goal, InventoryToken, Plan, Problem, Roster, RunId, Stock,
    UserId,
};
use seedfile::Serial;

pub(crate) use self::drafts::{blocking, too_late};
pub(crate) use self::drift::{Drift, measure};
pub(crate) use self::fault::Fault;
use self::meant::meant;
pub(crate) use self::patience::NO_ANSWER;
pub(crate) use self::proof::Shown;
pub(crate) use self::replace::Swap;
pub(crate) use self::runs::{Deed, may_steer};
use crate::app::App;
use crate::door::Role;
use crate::jobs::{Errand, Order};
use crate::places::Place;
use crate::trouble::OrTold;

/// So many letters a search for users takes.
pub(crate) const SHORTEST: usize = 2;
/// The same in words.
pub(crate) const AT_LEAST: &str = "two letters at least";

/// A token, read just now.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) token: InventoryToken,
    /// What else its holder has.
    pub(crate) others: Vec<InventoryToken>,
}

/// A user and what that one holds, read just now.
#[derive(Debug)]
pub(crate) struct Holding {
    pub(crate) user: FoundUser,
    pub(crate) tokens: Vec<InventoryToken>,
}

/// What somebody wants of one token.
#[derive(Debug)]
pub(crate) enum Action {
    Assign {
        user: String,
    },
    /// For its holder where no user is named.
    Activate {
        user: Option<String>,
        shown: Shown,
    },
    Deactivate,
    /// From its holder, as far as the service keeps what nobody holds.
    TakeBack,
    Delete,
}

impl Action {
    /// The least role that may do it: what is deleted is brought back by its seed alone.
    pub(crate) fn needs(&self) -> Role {
        match self {
            Self::Delete => Role::Operator,
            Self::Assign { .. } | Self::Activate { .. } | Self::Deactivate | Self::TakeBack => {
                Role::HelpDesk
            }
        }
    }
}

/// What would be done: one plan, or two for a replacement.
pub(crate) struct Prepared {
    pub(crate) errands: Vec<Errand>,
    pub(crate) estimates: Vec<Estimate>,
    /// In between, the user has neither token.
    pub(crate) gap: bool,
}

impl Prepared {
    pub(crate) fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.errands.iter().map(|errand| &errand.plan)
    }

    /// What stands against it.
    pub(crate) fn objection(&self) -> Option<&Problem> {
        self.plans().find_map(objection)
    }

    /// Whether everything is so already.
    pub(crate) fn is_empty(&self) -> bool {
        self.plans().all(Plan::is_empty)
    }
}

fn objection(plan: &Plan) -> Option<&Problem> {
    let rows = plan.rows.iter().find_map(|row| match &row.decision {
        Decision::Conflict { problem } | Decision::Rejected { problem } => Some(problem),
        Decision::Steps { .. } | Decision::Unchanged { .. } => None,
    });
    rows.or_else(|| plan.unreadable.first().map(|row| &row.problem))
}

impl App {
    /// One token and what else its holder has.
    pub(crate) async fn look_at(&self, place: &Place, serial: &Serial) -> Result<Looked, Problem> {
        self.look_at_held(place, serial, None).await
    }

    /// The same for a token that may be one that only its holder shows.
    pub(crate) async fn look_at_held(
        &self,
        place: &Place,
        serial: &Serial,
        holder: Option<&UserId>,
    ) -> Result<Looked, Problem> {
        let look = async {
            let pace = place.pace();
            let stock = self.stock(place, &pace).await?;
            let token = find(&stock, serial, holder).await?;
            let token = token.ok_or_else(|| stock.missing(serial))?;
            let mut others = match &token.holder {
                Some(holder) => held_by(&stock, &holder.id).await?,
                None => Vec::new(),
            };
            others.retain(|other| other.id != token.id);
            Ok(Looked { token, others })
        };
        self.patiently(place.idp, look).await
    }

    /// The user whom a name or an id means, and what that one holds.
    pub(crate) async fn look_at_user(&self, place: &Place, name: &str) -> Result<Holding, Problem> {
        let look = async {
            let pace = place.pace();
            let stock = self.stock(place, &pace).await?;
            let user = meant(&stock, name).await?;
            let tokens = held_by(&stock, &user.id).await?;
            Ok(Holding { user, tokens })
        };
        self.patiently(place.idp, look).await
    }

    /// One user, as the directory has them.
    pub(crate) async fn user(&self, place: &Place, id: &UserId) -> Result<FoundUser, Problem> {
        let pace = place.pace();
        let look = async { self.stock(place, &pace).await?.user(id).await.or_told() };
        self.patiently(place.idp, look).await
    }

    /// Users by what somebody typed.
    pub(crate) async fn search_users(
        &self,
        place: &Place,
        text: &str,
        most: usize,
    ) -> Result<Vec<FoundUser>, Problem> {
        let pace = place.pace();
        let search = async {
            let found = self.stock(place, &pace).await?.search(text, most).await;
            found.map_err(|failure| failure.problem)
        };
        self.patiently(place.idp, search).await
    }

    /// Plans what somebody wants of one token. Nothing is written.
    pub(crate) async fn prepare(
        &self,
        place: &Place,
        serial: &Serial,
        action: Action,
    ) -> Result<Prepared, Problem> {
        let prepared = self.prepare_held(place, (serial, None), action).await;
        Ok(prepared?)
    }

    /// The same for a token that may be one that only its holder shows.
    pub(crate) async fn prepare_held(
        &self,
        place: &Place,
        (serial, holder): (&Serial, Option<&UserId>),
        action: Action,
    ) -> Result<Prepared, Fault> {
        let prepare = async {
            let (roster, goal) = self.wanted(place, (serial, holder), action).await?;
            let mut prepared = Prepared {
                errands: Vec::new(),
                estimates: Vec::new(),
                gap: false,
            };
            self.add_errand(&mut prepared, place, roster, goal).await?;
            Ok(prepared)
        };
        self.patiently(place.idp, prepare).await
    }

    /// Begins what was prepared, and gives the name of its first run; none where everything is so already.
    pub(crate) async fn begin(
        &self,
        place: &Arc<Place>,
        by: &str,
        prepared: Prepared,
    ) -> Result<Option<RunId>, Problem> {
        if let Some(problem) = prepared.objection() {
            return Err(problem.clone());
        }
        if prepared.is_empty() {
            return Ok(None);
        }
        let order = Order {
            idp: place.idp,
            by: by.to_owned(),
            errands: prepared.errands,
            // Whoever may have lost the old token is still to be given the new one.
            even_so: prepared.gap,
            file: None,
        };
        self.jobs.start(order).await.map(Some)
    }

    async fn wanted(
        &self,
        place: &Place,
        (serial, holder): (&Serial, Option<&UserId>),
        action: Action,
    ) -> Result<(Roster, Goal), Fault> {
        let read_off_at = place.clock.monotonic();
        let pace = place.pace();
        let stock = self.stock(place, &pace).await?;
        let found = find(&stock, serial, holder).await?;
        let there = || found.as_ref().ok_or_else(|| stock.missing(serial));
        let goal = match action {
            Action::Assign { user } => {
                let mut roster = Roster::of_inventory([there()?])?;
                roster.set_user(serial, meant(&stock, &user).await?.login);
                return Ok((roster, Goal::Assigned));
            }
            Action::Activate { user, shown } => {
                let user = match user {
                    Some(user) => meant(&stock, &user).await?.login,
                    None => login_of_holder(&stock, serial, found.as_ref()).await?,
                };
                let roster = shown.roster(place, serial, found.as_ref(), &user, read_off_at)?;
                return Ok((roster, Goal::Activated));
            }
            Action::Deactivate => Goal::Deactivated,
            Action::TakeBack => place.provider.capabilities().taken_back(),
            Action::Delete => Goal::Deleted,
        };
        let mut taken = there()?.clone();
        stock.name_holders(slice::from_mut(&mut taken)).await;
        Ok((Roster::of_inventory([&taken])?, goal))
    }

    async fn add_errand(
        &self,
        prepared: &mut Prepared,
        place: &Place,
        roster: Roster,
        goal: Goal,
    ) -> Result<(), Problem> {
        let planned = self.plan(place, &roster, goal).await?;
        prepared.estimates.push(planned.estimate);
        prepared.errands.push(Errand {
            plan: planned.plan,
            roster,
        });
        Ok(())
    }

    async fn stock<'p>(
        &self,
        place: &'p Place,
        pace: &'p provisioner::Pace,
    ) -> Result<Stock<'p>, Problem> {
        let stock = Stock::of(&*place.provider, pace, &self.ledger).await;
        stock.or_told()
    }
}

/// A token that this user holds, or that its serial number finds.
async fn find(
    stock: &Stock<'_>,
    serial: &Serial,
    holder: Option<&UserId>,
) -> Result<Option<InventoryToken>, Problem> {
    if let Some(holder) = holder {
        let held = held_by(stock, holder).await?;
        if let Some(found) = among(&held, serial) {
            return Ok(Some(found.clone()));
        }
    }
    stock.find(serial).await.map_err(|failure| failure.problem)
}

async fn held_by(stock: &Stock<'_>, holder: &UserId) -> Result<Vec<InventoryToken>, Problem> {
    let held = stock.of_holder(holder.clone()).await;
    held.map_err(|failure| failure.problem)
}

/// One of these tokens. Of two with one serial number, it is the one that was not uploaded.
fn among<'t>(held: &'t [InventoryToken], serial: &Serial) -> Option<&'t InventoryToken> {
    let is_it = |token: &&InventoryToken| token.serial_or_id().is_ok_and(|its| its == *serial);
    let found = held.iter().filter(is_it);
    found.min_by_key(|token| token.uploaded)
}

async fn login_of_holder(
    stock: &Stock<'_>,
    serial: &Serial,
    token: Option<&InventoryToken>,
) -> Result<String, Problem> {
    let holder = token.and_then(|token| token.holder.as_ref());
    let holder = holder.ok_or_else(|| nobody_holds(serial))?;
    Ok(stock.user(&holder.id).await.or_told()?.login)
}

fn nobody_holds(serial: &Serial) -> Problem {
    Problem::new(
        "no-user",
        format!("nobody holds the token {serial}"),
        "name the user who is to have it; nothing was sent",
    )
}
