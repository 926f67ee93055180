//! Kept plans: nothing is carried out but what was written, and no plan holds a seed.

use std::collections::BTreeMap;

use provisioner::entra::{EntraOptions, capabilities};
use provisioner::{Goal, Made, Plan, PlanError, Roster, Tenant};
use seedfile::ReadOptions;
use seedfile::secrecy::ExposeSecret;

use crate::hidden;

/// Any bytes as a kept plan, as a plan without its digest, and as the seed file of a plan.
pub fn plan(data: &[u8]) {
    match Plan::read(data) {
        Ok(plan) => assert_eq!(plan.document().as_bytes(), data),
        Err(PlanError::OtherVersion(schema)) => assert!(schema.len() < 40),
        Err(error) => hidden::no_long_word(&format!("{error} {error:?}"), &hidden::plain(data)),
    }
    if let Ok(plan) = serde_json::from_slice::<Plan>(data) {
        is_kept(plan);
    }
    if let Ok(roster) = Roster::read(data, &ReadOptions::default()) {
        of_file(data, &roster);
    }
}

/// A plan that says who made it reads back as it was written, and not if a byte of it is another.
fn is_kept(mut plan: Plan) {
    Plan::SCHEMA.clone_into(&mut plan.schema);
    plan.made = Some(Made {
        by: "ann@office".to_owned(),
        at: 1_800_000_000,
        with: "oathkit-fuzz".to_owned(),
    });
    plan.carries_out = None;
    plan.approval = None;
    let document = plan.document();
    assert_eq!(Plan::read(document.as_bytes()).as_ref(), Ok(&plan));

    let mut changed = document.into_bytes();
    let middle = changed.len() / 2;
    if let Some(byte) = changed.get_mut(middle) {
        *byte ^= 1;
    }
    assert!(Plan::read(&changed).is_err());
}

fn of_file(data: &[u8], roster: &Roster) {
    let tenant = Tenant {
        idp: "entra".to_owned(),
        id: "t".to_owned(),
    };
    let able = capabilities(EntraOptions::default());
    let (people, observed) = (BTreeMap::new(), BTreeMap::new());
    let plan = Plan::new(&tenant, &able, Goal::Imported, roster, &people, &observed);
    assert_eq!(plan.rows.len(), roster.tokens().len());
    let document = plan.document().to_ascii_lowercase();
    // A vendor's slip may put a seed into a field that everybody sees, of its row or of another one.
    let public = serde_json::to_string(roster.tokens()).unwrap();
    let public = public.to_ascii_lowercase();
    for token in roster.tokens() {
        let seed = roster
            .seed(&token.serial)
            .expect("every token has its seed");
        for form in [seed.to_base32(), seed.to_hex(), seed.to_base64()] {
            let form = form.expose_secret().to_ascii_lowercase();
            assert!(!document.contains(&form) || public.contains(&form));
        }
    }
    assert!(!data.is_empty());
    is_kept(plan);
}
