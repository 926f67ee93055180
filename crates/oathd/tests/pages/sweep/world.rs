//! A world in which something goes on: tokens in all states at both services, runs, and people who are not all alike.

use data_encoding::BASE32;
use idp_sim::{Act, Fault, Faults, Rule};

use super::Tour;
use super::tour::LONG;

/// Twelve tokens, each with its user.
pub(super) const BATCH: &str = include_str!("../../../../../docs/examples/token2-batch.csv");
/// Ten rows, of which some are wrong.
pub(super) const MIXED: &str = include_str!("../../../../../docs/examples/token2-mixed.csv");

pub(super) const ACTIVATE: &str = "Import, assign and activate in Entra ID";
pub(super) const IMPORT: &str = "Import into Entra ID";
pub(super) const ENROL: &str = "Enrol in Okta";

/// What is in the devices of somebody else's tokens.
pub(super) const SEED: [u8; 20] = [7; 20];
/// Tokens that somebody else has brought into Entra: in stock, given to somebody, in use.
pub(super) const IN_STOCK: &str = "60300001";
pub(super) const GIVEN: &str = "60300002";
pub(super) const IN_USE: &str = "60300003";

impl Tour {
    /// Both services are connected, a delivery was activated and another one lies in stock.
    pub(super) async fn at_work(part: &'static str) -> Self {
        let tour = Self::begin(part).await;
        tour.story.connect_entra().await;
        tour.story.connect_okta().await;
        tour.another_operator();
        for (name, content, goal) in [
            ("token2-batch.csv", BATCH.to_owned(), ACTIVATE),
            (
                "stock.csv",
                tokens(60_240_101..=60_240_108, |_| String::new()),
                IMPORT,
            ),
            ("okta.csv", tokens(60_250_001..=60_250_004, numbered), ENROL),
        ] {
            tour.send(name, &content).await;
            tour.plan(goal).await;
            tour.carry_out().await;
            tour.browser().see("finished").await;
        }
        tour
    }

    fn another_operator(&self) {
        for (serial, user) in [
            (IN_STOCK, None),
            (GIVEN, Some("marc@example.com")),
            (IN_USE, Some(LONG)),
        ] {
            self.act(&Act::CreateDevice {
                serial: Some(serial.to_owned()),
                secret: Some(BASE32.encode(&SEED)),
                user: user.map(str::to_owned),
            });
        }
        let serial = Some(IN_USE.to_owned());
        self.act(&Act::ActivateDevice { serial });
        let user = Some("omar@example.com".to_owned());
        self.act(&Act::DisableUser { user });
    }

    pub(super) fn act(&self, act: &Act) {
        self.story.sim.interfere(act).unwrap();
    }

    /// After so many requests that change something every other one of them goes wrong.
    pub(super) fn hinder(&self, skip: u64, fault: Fault) {
        let rule = Rule {
            route: None,
            idp: None,
            writes_only: true,
            skip,
            rate: None,
            nth: None,
            every: None,
            times: None,
            from_ms: None,
            until_ms: None,
            fault,
        };
        let rules = vec![rule];
        self.story.sim.set_faults(Faults { rules });
    }

    pub(super) fn hinder_nothing(&self) {
        self.story.sim.set_faults(Faults::default());
    }

    /// Sends a file, and goes to the page on which it is looked at.
    pub(super) async fn send(&self, name: &str, content: &str) {
        let file = self.story.file(name, content);
        self.story.open("/import").await;
        self.browser().upload("Seed file", &file).await;
        self.browser().press("Read it").await;
        self.browser().see("What is to be done").await;
    }

    /// Lets a plan be made for the file that was sent.
    pub(super) async fn plan(&self, goal: &str) {
        self.browser().choose("What is to be done", goal).await;
        self.browser().press("Make the plan").await;
        self.browser().see("Look at the plan").await;
    }

    /// Confirms the plan, whatever its number of changes, and goes to the page of its run.
    pub(super) async fn carry_out(&self) {
        let button = self.browser().text("#plan .button.primary").await;
        self.browser().press(&button).await;
        self.browser().see("begun").await;
    }

    /// Goes to the page of a user.
    pub(super) async fn meet(&self, idp: &str, login: &str) {
        self.story.open(&format!("/users/{idp}?q={login}")).await;
        self.browser().follow(login).await;
        self.browser().see("What is known").await;
    }
}

/// A file with a token for each of these serial numbers.
pub(super) fn tokens(
    serials: std::ops::RangeInclusive<u32>,
    user: impl Fn(u32) -> String,
) -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    for (serial, number) in serials.zip(1..) {
        let seed = BASE32.encode(&[u8::try_from(number).unwrap(); 20]);
        text += &format!("{},{serial},{seed},30,Token2,C301-i\n", user(number));
    }
    text
}

pub(super) fn numbered(number: u32) -> String {
    format!("user{number:04}@example.com")
}
