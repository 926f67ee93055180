//! The connected identity providers: their settings, sealed; their providers, connected when they are
//! first needed; their inventories, in memory.

mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use entra_graph::{Certificate, GraphClient};
use idp_http::{Clock, Transport};
use okta_factors::OktaClient;
use provisioner::entra::{self, Entra, EntraOptions};
use provisioner::okta::{self, Okta, SurveyedProfile, examine, survey};
use provisioner::{
    Capabilities, Failure, Finding, IdentityProvider, Limits, Operation, Pace, Problem, Step,
    Verdict,
};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

pub(crate) use self::settings::{EntraKey, EntraSettings, Hidden, OktaKey, OktaSettings, Settings};
use crate::inventory::Shelf;
use crate::trouble::OrTold;
use crate::vault::{Vault, VaultError};

/// The services that tokens go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Idp {
    Entra,
    Okta,
}

impl Idp {
    pub(crate) const ALL: [Self; 2] = [Self::Entra, Self::Okta];

    /// The word in addresses and documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Okta => "okta",
        }
    }

    /// Its name for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Entra => "Entra ID",
            Self::Okta => "Okta",
        }
    }

    /// What it takes at the most, as far as that is known without asking it.
    pub(crate) fn capabilities(self) -> Capabilities {
        match self {
            Self::Entra => entra::capabilities(EntraOptions::default()),
            Self::Okta => okta::capabilities_of_any_profile(),
        }
    }
}

impl fmt::Display for Idp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Idp {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|idp| idp.name() == text)
            .ok_or("this is neither entra nor okta")
    }
}

/// A connected identity provider.
pub(crate) struct Place {
    pub(crate) idp: Idp,
    pub(crate) provider: Box<dyn IdentityProvider>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shelf: Shelf,
    limits: Limits,
}

impl Place {
    /// The pace of one sitting.
    pub(crate) fn pace(&self) -> Pace {
        Pace::within(Arc::clone(&self.clock), self.limits)
    }

    /// Whether it has a call for just this.
    pub(crate) fn offers(&self, operation: Operation) -> bool {
        let step = Step(vec![operation]);
        let rules = &self.provider.capabilities().steps;
        rules.iter().any(|rule| rule.step == step)
    }
}

/// What every connection is made with.
pub(crate) struct Wires {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) request_ids: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) fill: fn(&mut [u8]) -> std::io::Result<()>,
}

/// One identity provider as it is set up, connected or not.
struct Slot {
    settings: Settings,
    place: OnceCell<Arc<Place>>,
}

/// All that are set up.
pub(crate) struct Places {
    wires: Wires,
    vault: Arc<Vault>,
    slots: RwLock<BTreeMap<Idp, Arc<Slot>>>,
}

impl Places {
    /// Reads what was set up earlier; nothing is asked of any service.
    pub(crate) fn open(wires: Wires, vault: Arc<Vault>) -> Result<Self, VaultError> {
        let mut slots = BTreeMap::new();
        for idp in Idp::ALL {
            if let Some(settings) = vault.load::<Settings>(document(idp))? {
                slots.insert(idp, Arc::new(Slot::new(settings)));
            }
        }
        let slots = RwLock::new(slots);
        Ok(Self {
            wires,
            vault,
            slots,
        })
    }

    /// Those that are set up.
    pub(crate) fn set_up(&self) -> Vec<Idp> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.keys().copied().collect()
    }

    /// What is set up for one, without its secrets.
    pub(crate) fn settings(&self, idp: Idp) -> Option<Settings> {
        self.slot(idp).map(|slot| slot.settings.without_secrets())
    }

    /// Seals other settings and forgets the connection by the old ones. Secrets that were left out are
    /// those of before; where there are none for this very sign-in, everything stays as it is.
    pub(crate) fn set(&self, settings: Settings) -> Result<(), Problem> {
        let settings = self.completed(settings.checked(&self.wires)?);
        if !settings.has_secret() {
            return Err(secret_missing());
        }
        self.vault
            .save(document(settings.idp()), &settings)
            .or_told()?;
        self.put(settings);
        Ok(())
    }

    /// Whether a secret has to be given with these settings: none was kept for this very sign-in.
    pub(crate) fn lacks_secret(&self, settings: &Settings) -> bool {
        !self.completed(settings.clone()).has_secret()
    }

    fn completed(&self, settings: Settings) -> Settings {
        match self.slot(settings.idp()) {
            Some(before) => settings.keeping_secrets_of(&before.settings),
            None => settings,
        }
    }

    /// The certificate that signs in to Entra ID, where it is one.
    pub(crate) fn certificate(&self) -> Option<Certificate> {
        match &self.slot(Idp::Entra)?.settings {
            Settings::Entra(settings) => settings.certificate(),
            Settings::Okta(_) => None,
        }
    }

    /// The same for settings that are not kept: a simulator has new ones each time.
    pub(crate) fn put(&self, settings: Settings) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.insert(settings.idp(), Arc::new(Slot::new(settings)));
    }

    pub(crate) fn remove(&self, idp: Idp) -> Result<(), VaultError> {
        self.vault.remove(document(idp))?;
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&idp);
        Ok(())
    }

    /// The provider, which is connected when it is first asked for.
    pub(crate) async fn get(&self, idp: Idp) -> Result<Arc<Place>, Problem> {
        let reached = self.reach(idp).await;
        reached.map_err(|failure| failure.problem)
    }

    /// The same, saying whether it makes sense to try again.
    pub(crate) async fn reach(&self, idp: Idp) -> Result<Arc<Place>, Failure> {
        let slot = self.slot(idp).ok_or_else(|| Failure {
            verdict: Verdict::Stop,
            problem: not_set_up(idp),
            request_id: None,
        })?;
        let connect = || self.connect(&slot.settings);
        let place = slot.place.get_or_try_init(connect).await;
        place.cloned()
    }

    /// Looks whether the sign-in can do its job, also where no run could be begun.
    pub(crate) async fn examine(&self, idp: Idp) -> Result<Vec<Finding>, Problem> {
        let slot = self.slot(idp).ok_or_else(|| not_set_up(idp))?;
        let pace = self.pace();
        match &slot.settings {
            Settings::Entra(settings) => {
                let tenant = settings.tenant_id().map_err(|failure| failure.problem)?;
                let client = self.graph(settings).map_err(|failure| failure.problem)?;
                let entra = Entra::new(client, &tenant.to_string(), EntraOptions::default());
                Ok(entra.examine(&pace).await)
            }
            Settings::Okta(settings) => {
                let client = self.okta(settings).map_err(|failure| failure.problem)?;
                Ok(examine(&client, &pace).await)
            }
        }
    }

    /// The factor profiles of the organisation that is set up.
    pub(crate) async fn profiles(&self) -> Result<Vec<SurveyedProfile>, Problem> {
        let slot = self.slot(Idp::Okta).ok_or_else(|| not_set_up(Idp::Okta))?;
        let Settings::Okta(settings) = &slot.settings else {
            return Err(not_set_up(Idp::Okta));
        };
        let client = self.okta(settings).map_err(|failure| failure.problem)?;
        let profiles = survey(&client, &self.pace()).await;
        profiles.map_err(|failure| failure.problem)
    }

    async fn connect(&self, settings: &Settings) -> Result<Arc<Place>, Failure> {
        let pace = self.pace();
        let provider: Box<dyn IdentityProvider> = match settings {
            Settings::Entra(settings) => {
                let (client, tenant) = (self.graph(settings)?, settings.tenant_id()?);
                Box::new(Entra::connect(client, &pace, &tenant, EntraOptions::default()).await?)
            }
            Settings::Okta(settings) => {
                let client = self.okta(settings)?;
                let okta = Okta::connect(client, &pace, settings.profile.as_deref()).await?;
                Box::new(okta.matching_mail(settings.match_mail))
            }
        };
        Ok(Arc::new(Place {
            idp: settings.idp(),
            provider,
            clock: Arc::clone(&self.wires.clock),
            shelf: Shelf::default(),
            limits: settings.limits(),
        }))
    }

    fn graph(&self, settings: &EntraSettings) -> Result<GraphClient, Failure> {
        settings.client(&self.wires)
    }

    fn okta(&self, settings: &OktaSettings) -> Result<OktaClient, Failure> {
        settings.client(&self.wires)
    }

    fn pace(&self) -> Pace {
        Pace::new(Arc::clone(&self.wires.clock))
    }

    fn slot(&self, idp: Idp) -> Option<Arc<Slot>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.get(&idp).cloned()
    }
}

impl Slot {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            place: OnceCell::new(),
        }
    }
}

/// The name under which settings lie sealed.
fn document(idp: Idp) -> &'static str {
    match idp {
        Idp::Entra => "place-entra",
        Idp::Okta => "place-okta",
    }
}

fn secret_missing() -> Problem {
    Problem::new(
        "secret-missing",
        "the secret of this sign-in is missing: one that is kept for another sign-in is sent nowhere else",
        "give it with the settings; nothing was changed",
    )
}

fn not_set_up(idp: Idp) -> Problem {
    Problem::new(
        "not-set-up",
        format!("{} is not connected", idp.title()),
        "connect it in the settings",
    )
}
