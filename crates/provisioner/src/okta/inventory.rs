//! Which token is whose, as the ledger says and as Okta confirms.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use okta_factors::{Factor, ListFactors};
use seedfile::Serial;

use super::calls::{USERS, read};
use super::{Okta, WORKERS, is_out_of_reach, okta_user, state};
use crate::{
    Failure, Holder, InventoryFilter, InventoryToken, Known, Pace, State, TokenId, UserId,
};

/// The state of what nobody asked Okta for.
const RECORDED: &str = "recorded";

impl Okta {
    /// Tokens that fit a filter. Those of one holder, those that are named, and those that are to be
    /// checked are asked for; the others are what the ledger says.
    pub(super) async fn recorded_tokens(
        &self,
        pace: &Pace,
        known: &BTreeMap<Serial, Known>,
        filter: &InventoryFilter,
        take: &mut (dyn FnMut(InventoryToken) + Send),
    ) -> Result<(), Failure> {
        if let Some(holder) = &filter.holder {
            return self.tokens_of(pace, known, holder, filter, take).await;
        }
        let named = |serial: &Serial| {
            let serials = filter.serials.as_ref();
            serials.is_none_or(|serials| serials.contains(serial))
        };
        let chosen = known.iter().filter(|(serial, _)| named(serial));
        if !filter.check && filter.serials.is_none() {
            let recorded = chosen.map(|(serial, known)| recorded(serial, known));
            recorded.filter(|token| filter.takes(token)).for_each(take);
            return Ok(());
        }
        let each = chosen.map(|(serial, known)| self.checked(pace, serial, known));
        let each: Vec<_> = each.collect();
        let mut checked = stream::iter(each).buffered(WORKERS.get());
        while let Some(token) = checked.try_next().await? {
            token.filter(|token| filter.takes(token)).map(&mut *take);
        }
        Ok(())
    }

    /// The factors of one user, those of which the ledger knows nothing among them. A list shows what
    /// the user's policy allows; what the ledger knows beyond it is asked for.
    async fn tokens_of(
        &self,
        pace: &Pace,
        known: &BTreeMap<Serial, Known>,
        holder: &UserId,
        filter: &InventoryFilter,
        take: &mut (dyn FnMut(InventoryToken) + Send),
    ) -> Result<(), Failure> {
        let of_holder = known
            .iter()
            .filter(|(_, known)| known.user.as_ref() == Some(holder));
        let of_holder: Vec<(&Serial, &Known)> = of_holder.collect();
        let list = ListFactors(okta_user(Some(holder))?);
        let factors = read(&self.client, pace, USERS, &list).await?;
        let mut found: Vec<InventoryToken> = Vec::new();
        for factor in factors.iter().filter(|factor| factor.is_custom_totp()) {
            let is_this = |(_, known): &&(&Serial, &Known)| known.id.0 == factor.id.as_str();
            let record = of_holder.iter().find(is_this).copied();
            found.push(token_of(factor, holder, record));
        }
        for (serial, known) in of_holder {
            if found.iter().all(|token| token.id != known.id) {
                found.extend(self.checked(pace, serial, known).await?);
            }
        }
        let fitting = found.into_iter().filter(|token| filter.takes(token));
        fitting.for_each(take);
        Ok(())
    }

    /// A token of the ledger as Okta has it; none where it is gone.
    async fn checked(
        &self,
        pace: &Pace,
        serial: &Serial,
        known: &Known,
    ) -> Result<Option<InventoryToken>, Failure> {
        let Some(holder) = &known.user else {
            return Ok(None);
        };
        match self.factor(pace, holder, &known.id).await {
            Ok(factor) => Ok(factor.map(|factor| token_of(&factor, holder, Some((serial, known))))),
            // One holder out of reach hides nobody else's tokens.
            Err(failure) if is_out_of_reach(&failure) => Ok(Some(InventoryToken {
                status: InventoryToken::UNREADABLE.to_owned(),
                ..recorded(serial, known)
            })),
            Err(failure) => Err(failure),
        }
    }
}

fn recorded(serial: &Serial, known: &Known) -> InventoryToken {
    let holder = known.user.as_ref().map(|id| Holder {
        id: id.clone(),
        name: known.name.clone(),
    });
    let (serial, id) = (serial.to_string(), known.id.clone());
    token(serial, id, State::Activated, RECORDED, holder)
}

fn token_of(factor: &Factor, holder: &UserId, record: Option<(&Serial, &Known)>) -> InventoryToken {
    let holder = Holder {
        id: holder.clone(),
        name: record.and_then(|(_, known)| known.name.clone()),
    };
    let serial = record.map(|(serial, _)| serial.to_string());
    let id = TokenId(factor.id.to_string());
    let status = factor.status.as_str();
    InventoryToken {
        name: factor.vendor_name.clone().unwrap_or_default(),
        ..token(
            serial.unwrap_or_default(),
            id,
            state(factor),
            status,
            Some(holder),
        )
    }
}

fn token(
    serial: String,
    id: TokenId,
    state: State,
    status: &str,
    holder: Option<Holder>,
) -> InventoryToken {
    InventoryToken {
        id,
        serial,
        state,
        status: status.to_owned(),
        holder,
        manufacturer: String::new(),
        model: String::new(),
        name: String::new(),
        algorithm: None,
        period: None,
        last_used: None,
        uploaded: false,
    }
}
