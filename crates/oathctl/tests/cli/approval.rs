//! Approvals by a second person: what a profile requires, what a signature proves.

use std::fs;

use serde_json::{Value, json};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use crate::support::{Home, Sim, Token, all_rows, csv, plain, text, wait_until};

const PLAN: &str = "batch.plan";

fn key(n: u8, name: &str) -> PrivateKey {
    let mut key = PrivateKey::from(Ed25519Keypair::from_seed(&[n; 32]));
    key.set_comment(name);
    key
}

/// A home whose profile names approvers.
fn home(sim: &Sim, required: bool, approvers: &[&PrivateKey]) -> Home {
    let keys: Vec<String> = approvers
        .iter()
        .map(|key| format!("{:?}", key.public_key().to_openssh().unwrap()))
        .collect();
    let home = Home::at(sim).with("OATHKIT_CONFIG", "config.toml");
    let config = format!(
        "[profiles.default.approval]\nrequired = {required}\napprovers = [{}]\n",
        keys.join(", ")
    );
    home.file("config.toml", config);
    home
}

fn keep(home: &Home, tokens: &[Token]) -> String {
    let file = home.file("tokens.csv", csv(tokens));
    let args = ["plan", &file, "--to", "entra", "--out", PLAN];
    home.oathctl(&args).ends(0);
    file
}

/// What `ssh-keygen -Y sign` writes.
fn sign(home: &Home, key: &PrivateKey) {
    let plan = fs::read(home.path(PLAN)).unwrap();
    let signature = key.sign("oathkit-plan", HashAlg::Sha512, &plan).unwrap();
    home.file("batch.plan.sig", signature.to_pem(LineEnding::LF).unwrap());
}

const APPLY: [&str; 7] = [
    "apply",
    PLAN,
    "--seeds",
    "tokens.csv",
    "--yes",
    "--approval",
    "batch.plan.sig",
];

#[test]
fn an_approved_plan_is_carried_out_and_the_run_says_who_approved_it() {
    let tokens = plain(3);
    let sim = Sim::of(&tokens);
    let bob = key(1, "bob@example.com");
    let home = home(&sim, true, &[&bob]);
    keep(&home, &tokens);
    sign(&home, &bob);
    all_rows(&home.json(0, &APPLY), "done", &tokens);
    let kept: Value = serde_json::from_slice(&fs::read(home.path(PLAN)).unwrap()).unwrap();
    let run = home.json(0, &["runs", "show", &home.last_run()]);
    let plan = &run["plan"];
    assert_eq!(plan["carries_out"], kept["digest"]);
    assert_eq!(plan["made"], kept["made"]);
    assert_eq!(plan["approval"]["plan"], kept["digest"]);
    assert_eq!(plan["approval"]["by"], "bob@example.com");
    let fingerprint = bob.fingerprint(HashAlg::Sha256).to_string();
    assert_eq!(text(&plan["approval"]["key"]), fingerprint);
    let shown = home.oathctl(&["runs", "show", &home.last_run()]).ends(0);
    let line = format!("Approved by bob@example.com with the key {fingerprint}");
    assert!(shown.stdout.contains(&line), "{}", shown.stdout);
}

#[test]
fn where_an_approval_is_required_nothing_goes_without_one() {
    let tokens = plain(3);
    let sim = Sim::of(&tokens);
    let bob = key(1, "bob@example.com");
    let home = home(&sim, true, &[&bob]);
    let file = keep(&home, &tokens);
    let required = "this profile requires an approval by a second person";
    home.oathctl(&["provision", &file, "--to", "entra", "--yes"])
        .ends(4)
        .says(&[
            required,
            "--to entra --until activate --out PLAN",
            "ssh-keygen -Y sign -n oathkit-plan -f KEY PLAN",
            "--approval PLAN.sig",
        ]);
    home.oathctl(&["apply", PLAN, "--seeds", &file, "--yes"])
        .ends(4)
        .says(&[required, "-f KEY batch.plan", "--approval batch.plan.sig"]);
    sim.is_untouched();
    assert_eq!(home.json(0, &["runs", "list"])["runs"], json!([]));

    // A rehearsal needs none, and neither does what is so already.
    home.oathctl(&["provision", &file, "--to", "entra", "--yes", "--sandbox"])
        .ends(0);
    sign(&home, &bob);
    home.oathctl(&APPLY).ends(0);
    let again = home.json(0, &["provision", &file, "--to", "entra"]);
    all_rows(&again, "unchanged", &tokens);
}

#[test]
fn a_signature_that_does_not_prove_it_sends_nothing() {
    let tokens = plain(2);
    let sim = Sim::of(&tokens);
    let (bob, mallory) = (key(1, "bob@example.com"), key(2, "bob@example.com"));
    let home = home(&sim, true, &[&bob]);
    keep(&home, &tokens);
    let calls = sim.get("/calls")["total"].clone();
    home.oathctl(&APPLY)
        .ends(2)
        .says(&["batch.plan.sig cannot be read"]);
    sign(&home, &mallory);
    home.oathctl(&APPLY)
        .ends(4)
        .says(&["which is not an approver's", "nothing was sent"]);

    // A good signature does not go with another plan.
    sign(&home, &bob);
    fs::remove_file(home.path(PLAN)).unwrap();
    let args = ["plan", "tokens.csv", "--to", "entra", "--until", "import"];
    home.oathctl(&[&args[..], &["--out", PLAN]].concat())
        .ends(0);
    home.oathctl(&APPLY)
        .ends(4)
        .says(&["the signature by bob@example.com is not for this plan"]);
    home.file("batch.plan.sig", "yes");
    home.oathctl(&APPLY)
        .ends(4)
        .says(&["this is not an SSH signature"]);
    sim.is_untouched();
    let after = sim.get("/calls")["total"].as_u64().unwrap();
    // Only the second plan was made meanwhile.
    assert!(after > calls.as_u64().unwrap() && after < 20, "{after}");
}

#[test]
fn nobody_approves_their_own_plan() {
    let tokens = plain(2);
    let sim = Sim::of(&tokens);
    let home_of_nobody = home(&sim, false, &[]);
    keep(&home_of_nobody, &tokens);
    let kept = fs::read(home_of_nobody.path(PLAN)).unwrap();
    let plan: Value = serde_json::from_slice(&kept).unwrap();
    let me = text(&plan["made"]["by"]).split('@').next().unwrap();
    let own = key(1, &format!("{me}@example.com"));
    let home = home(&sim, true, &[&own]);
    keep(&home, &tokens);
    sign(&home, &own);
    home.oathctl(&APPLY)
        .ends(4)
        .says(&["a second person has to approve it"]);
    sim.is_untouched();
}

#[test]
fn a_run_that_began_approved_goes_on_and_another_does_not() {
    let tokens = plain(4);
    let sim = Sim::of(&tokens);
    let bob = key(1, "bob@example.com");
    // Killed after its first call: the tokens are assigned and not activated.
    let begin = |home: &Home, args: &[&str]| {
        let before = sim.calls("devices.bulk-create");
        let fault = json!({"kind": "delay-after", "ms": 600_000});
        sim.faults(json!([{"route": "devices.bulk-create", "fault": fault}]));
        let running = home.begin(args);
        wait_until("the import", || sim.calls("devices.bulk-create") > before);
        running.kill();
        sim.faults(json!([]));
    };
    let resume = |home: &Home, exit| {
        let run = home.last_run();
        home.oathctl(&["runs", "resume", &run, "--seeds", "tokens.csv"])
            .ends(exit)
    };
    let statuses = || -> Vec<Value> {
        let devices = sim.devices().into_iter();
        devices.map(|device| device["status"].clone()).collect()
    };

    // While no approval was required.
    let home = home(&sim, false, &[&bob]);
    let file = home.file("tokens.csv", csv(&tokens[..2]));
    begin(&home, &["provision", &file, "--to", "entra", "--yes"]);
    let config = fs::read_to_string(home.path("config.toml")).unwrap();
    home.file("config.toml", config.replace("= false", "= true"));
    resume(&home, 4).says(&["was begun without one", "have the plan approved"]);
    assert_eq!(statuses(), ["assigned", "assigned"]);

    // With one.
    keep(&home, &tokens[2..]);
    sign(&home, &bob);
    begin(&home, &APPLY);
    resume(&home, 0);
    let (assigned, activated) = ("assigned", "activated");
    assert_eq!(statuses(), [assigned, assigned, activated, activated]);
}

#[test]
fn approvers_that_cannot_be_used_are_named() {
    let sim = Sim::of(&plain(1));
    let nobody = home(&sim, true, &[]);
    let file = nobody.file("tokens.csv", csv(&plain(1)));
    let args = ["provision", &file, "--to", "entra", "--yes"];
    nobody
        .oathctl(&args)
        .ends(4)
        .says(&["approval cannot be used: no approvers are named"]);
    let twice = key(1, "bob@example.com");
    let home = home(&sim, true, &[&twice, &twice]);
    home.oathctl(&args)
        .ends(4)
        .says(&["approver 2 cannot be used"]);
    sim.is_untouched();
}

/// What is done by hand has no plan that could be approved.
#[test]
fn nothing_is_taken_by_hand_where_an_approval_is_required() {
    let tokens = plain(1);
    let sim = Sim::of(&tokens);
    let free = home(&sim, false, &[]);
    let file = free.file("tokens.csv", csv(&tokens));
    free.json(0, &["provision", &file, "--to", "entra", "--yes"]);
    let before = sim.writes();
    let args = [
        "tokens",
        "delete",
        &tokens[0].serial,
        "--idp",
        "entra",
        "--yes",
    ];
    let ran = home(&sim, true, &[&key(1, "ann@desk")]).oathctl(&args);
    ran.ends(4)
        .says(&["requires an approval", "nothing was sent"]);
    assert_eq!(sim.writes(), before);
    free.oathctl(&args).ends(0);
}
