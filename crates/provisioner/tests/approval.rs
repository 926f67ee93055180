//! Approvals: a second person's signature over this very plan, and nothing that resembles it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;

use provisioner::entra::{EntraOptions, capabilities};
use provisioner::{Approval, ApprovalError, ApprovalRules, Goal, Made, Plan, Roster, Tenant};
use seedfile::ReadOptions;
use sha2::{Digest, Sha256};
use ssh_key::private::Ed25519Keypair;
use ssh_key::public::{KeyData, SkEd25519};
use ssh_key::{
    Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SigningKey, SshSig,
};

/// Made by `ssh-keygen` of OpenSSH 9: a plan, its signatures and the keys.
const KEPT: &[u8] = include_bytes!("data/approval/batch.plan");
const KEYS: &str = include_str!("data/approval/approvers");
const SIGNATURES: [(&str, &str); 3] = [
    ("ann@example.com", include_str!("data/approval/ann.sig")),
    ("bob@example.com", include_str!("data/approval/bob.sig")),
    ("cid@example.com", include_str!("data/approval/cid.sig")),
];

const RSA: &str = include_str!("data/approval/rsa.pub");

fn key(n: u8, name: &str) -> PrivateKey {
    let mut key = PrivateKey::from(Ed25519Keypair::from_seed(&[n; 32]));
    key.set_comment(name);
    key
}

fn public(key: &PrivateKey) -> String {
    key.public_key().to_openssh().unwrap()
}

fn plan() -> Plan {
    let file = "upn,serial number,secret key,timeinterval,manufacturer,model\n\
                ,60234501,UME6JFYF376OSFBFQ3FV4IJEWQNBWFIO,30,Token2,C301-i\n";
    let roster = Roster::read(file.as_bytes(), &ReadOptions::default()).unwrap();
    let tenant = Tenant {
        idp: "entra".to_owned(),
        id: "t".to_owned(),
    };
    let capabilities = capabilities(EntraOptions::default());
    let (nobody, nothing) = (BTreeMap::new(), BTreeMap::new());
    let goal = Goal::Imported;
    let mut plan = Plan::new(&tenant, &capabilities, goal, &roster, &nobody, &nothing);
    plan.made = Some(Made {
        by: "eve@office".to_owned(),
        at: 1_800_000_000,
        with: "oathctl 0.1.0".to_owned(),
    });
    plan
}

fn signed(key: &PrivateKey, namespace: &str, bytes: &[u8]) -> Vec<u8> {
    let signature = key.sign(namespace, HashAlg::Sha512, bytes).unwrap();
    signature.to_pem(LineEnding::LF).unwrap().into_bytes()
}

fn rules(keys: &[&PrivateKey]) -> ApprovalRules {
    let lines: Vec<String> = keys.iter().map(|key| public(key)).collect();
    ApprovalRules::new(true, &lines).unwrap()
}

const NAMESPACE: &str = ApprovalRules::NAMESPACE;

#[test]
fn openssh_signatures_are_accepted() {
    let plan = Plan::read(KEPT).unwrap();
    let lines: Vec<String> = KEYS.lines().map(str::to_owned).collect();
    let rules = ApprovalRules::new(true, &lines).unwrap();
    for (name, signature) in SIGNATURES {
        let approval = rules
            .verify(&plan, signature.as_bytes(), "dan@office")
            .unwrap();
        assert_eq!(approval.by, name);
        assert_eq!(approval.plan, plan.digest());
        assert!(approval.key.starts_with("SHA256:"), "{}", approval.key);
    }
}

/// What a security key signs: its application, a flag for the touch, a counter, and the message.
fn touched(key: &PrivateKey, bytes: &[u8]) -> (PublicKey, Vec<u8>) {
    fn raw<K: SigningKey>(key: &K, message: &[u8]) -> Signature {
        key.sign(message)
    }
    let message = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, bytes).unwrap();
    let state = [1, 0, 0, 0, 7];
    let (application, message) = (Sha256::digest("ssh:"), Sha256::digest(&message));
    let to_sign = [application.as_slice(), &state, message.as_slice()].concat();
    let pair = key.key_data().ed25519().unwrap();
    let data = [raw(key, &to_sign).as_bytes(), &state].concat();
    let signature = Signature::new(Algorithm::SkEd25519, data).unwrap();
    let public = KeyData::SkEd25519(SkEd25519::new(pair.public, "ssh:"));
    let signature = SshSig::new(public.clone(), NAMESPACE, HashAlg::Sha512, signature).unwrap();
    let pem = signature.to_pem(LineEnding::LF).unwrap();
    (PublicKey::new(public, key.comment()), pem.into_bytes())
}

#[test]
fn a_security_key_approves() {
    let plan = plan();
    let (public, signature) = touched(&key(5, "cid@example.com"), plan.document().as_bytes());
    let line = public.to_openssh().unwrap();
    assert!(line.starts_with("sk-ssh-ed25519@openssh.com "));
    let rules = ApprovalRules::new(true, &[line]).unwrap();
    let approval = rules.verify(&plan, &signature, "eve@office").unwrap();
    assert_eq!(approval.by, "cid@example.com");
    let (_, other) = touched(&key(5, "cid@example.com"), b"other");
    assert!(rules.verify(&plan, &other, "eve@office").is_err());
}

#[test]
fn a_listed_second_person_approves_and_the_plan_may_go() {
    let (ann, bob) = (key(1, "ann@example.com"), key(2, "bob@example.com"));
    let (plan, rules) = (plan(), rules(&[&ann, &bob]));
    assert!(!rules.permits(&plan));
    let signature = signed(&bob, NAMESPACE, plan.document().as_bytes());
    let approval = rules.verify(&plan, &signature, "eve@office").unwrap();
    let fingerprint = bob.public_key().fingerprint(HashAlg::Sha256).to_string();
    let expected = Approval {
        by: "bob@example.com".to_owned(),
        key: fingerprint,
        plan: plan.digest(),
    };
    assert_eq!(approval, expected);
    let mut carried_out = plan.rechecked(&plan);
    assert!(!rules.permits(&carried_out));
    carried_out.approval = Some(approval.clone());
    assert!(rules.permits(&carried_out));
    // An approval of something else permits nothing.
    carried_out.approval = Some(Approval {
        plan: "other".to_owned(),
        ..approval
    });
    assert!(!rules.permits(&carried_out));
}

#[test]
fn what_does_not_prove_it_is_refused_with_its_reason() {
    let (ann, mallory) = (key(1, "ann@example.com"), key(3, "ann@example.com"));
    let (plan, rules) = (plan(), rules(&[&ann]));
    let document = plan.document();
    let refused = |signature: &[u8]| rules.verify(&plan, signature, "eve@office").unwrap_err();

    let unlisted = refused(&signed(&mallory, NAMESPACE, document.as_bytes()));
    assert!(
        matches!(unlisted, ApprovalError::Unlisted { .. }),
        "{unlisted}"
    );
    let other = document.replacen("60234501", "60234502", 1);
    for bytes in [other.as_bytes(), document.trim_end().as_bytes(), b""] {
        let error = refused(&signed(&ann, NAMESPACE, bytes));
        assert!(matches!(error, ApprovalError::OtherPlan { .. }), "{error}");
    }
    for namespace in ["git", "file", "oathkit-plan "] {
        let error = refused(&signed(&ann, namespace, document.as_bytes()));
        assert!(
            matches!(error, ApprovalError::OtherPurpose { .. }),
            "{error}"
        );
    }
    let good = String::from_utf8(signed(&ann, NAMESPACE, document.as_bytes())).unwrap();
    assert!(rules.verify(&plan, good.as_bytes(), "eve@office").is_ok());
    let half = &good.as_bytes()[..good.len() / 2];
    for bytes in [b"".as_slice(), b"yes", half, document.as_bytes()] {
        let error = refused(bytes);
        assert!(matches!(error, ApprovalError::NotASignature(_)), "{error}");
    }
}

#[test]
fn nobody_approves_what_is_their_own() {
    let plan = plan();
    for (name, applied_by, did) in [
        ("eve@example.com", "dan@office", Some("made")),
        ("EVE", "dan@office", Some("made")),
        ("dan@example.com", "dan@office", Some("applies")),
        ("Dan@office", "dan@laptop", Some("applies")),
        ("danny@example.com", "dan@office", None),
    ] {
        let key = key(1, name);
        let signature = signed(&key, NAMESPACE, plan.document().as_bytes());
        let found = match rules(&[&key]).verify(&plan, &signature, applied_by) {
            Ok(_) => None,
            Err(ApprovalError::SamePerson { did, .. }) => Some(did),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, did, "{name} {applied_by}");
    }
}

#[test]
fn rules_that_cannot_work_are_refused() {
    let ann = public(&key(1, "ann@example.com"));
    let nameless = public(&key(2, ""));
    let rsa = RSA.to_owned();
    for (lines, word) in [
        (vec!["ann".to_owned()], "approver 1"),
        (
            vec![ann.clone(), nameless],
            "approver 2 cannot be used: it has no name",
        ),
        (vec![ann.clone(), ann.clone()], "stands in the list already"),
        (vec![rsa], "only Ed25519 and ECDSA"),
        (vec![], "no approvers"),
    ] {
        let error = ApprovalRules::new(true, &lines).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let none = ApprovalRules::new(false, &[]).unwrap();
    assert!(none.permits(&plan()));
    let error = none.verify(&plan(), b"", "dan@office");
    assert_eq!(error, Err(ApprovalError::NoApprovers));
}

#[test]
fn where_nothing_is_to_be_done_nothing_is_to_be_approved() {
    let rules = rules(&[&key(1, "ann@example.com")]);
    let mut done = plan();
    done.rows.clear();
    assert!(done.is_empty() && rules.permits(&done));
}
