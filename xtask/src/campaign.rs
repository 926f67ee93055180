//! `cargo xtask campaign`: a claim tried at full length.

use anyhow::{Context, Result, bail};

use crate::sh;

/// A campaign: its name, and the tests it consists of.
struct Campaign {
    name: &'static str,
    package: &'static str,
    target: &'static str,
    filter: &'static str,
    profile: Profile,
    shows: &'static str,
}

enum Profile {
    Release,
    /// For campaigns that wait more than they compute, with builds that are not for release.
    Debug,
}

const CAMPAIGNS: &[Campaign] = &[
    Campaign {
        name: "survival",
        package: "provisioner",
        target: "campaign",
        filter: "survival::with",
        profile: Profile::Release,
        shows: "10,000 tokens while three calls in ten fail: every one ends as wanted, once, and at what cost",
    },
    Campaign {
        name: "sweep",
        package: "provisioner",
        target: "campaign",
        filter: "survival::sweep",
        profile: Profile::Release,
        shows: "the same from calm to six calls in ten",
    },
    Campaign {
        name: "wall",
        package: "provisioner",
        target: "campaign",
        filter: "wall::",
        profile: Profile::Release,
        shows: "the time of a run is that of its latency or its quota; no refusal that was avoidable",
    },
    Campaign {
        name: "clock",
        package: "provisioner",
        target: "campaign",
        filter: "clock::",
        profile: Profile::Release,
        shows: "one code a token at any moment of a time step, on slow lines, with clocks that are off",
    },
    Campaign {
        name: "outage",
        package: "provisioner",
        target: "campaign",
        filter: "outage::",
        profile: Profile::Release,
        shows: "a service that goes away for minutes and for hours",
    },
    Campaign {
        name: "crash",
        package: "provisioner",
        target: "campaign",
        filter: "crash::",
        profile: Profile::Release,
        shows: "a process that dies at any point loses, doubles and misreports nothing",
    },
    Campaign {
        name: "kill",
        package: "oathctl",
        target: "cli",
        filter: "kill::",
        profile: Profile::Debug,
        shows: "the same for the program, killed with SIGKILL and started again",
    },
    Campaign {
        name: "scale",
        package: "oathctl",
        target: "cli",
        filter: "scale::",
        profile: Profile::Release,
        shows: "bad files as long as is read at all get their answer soon, in bounded memory",
    },
    Campaign {
        name: "power-loss",
        package: "ledger",
        target: "ledger",
        filter: "power::",
        profile: Profile::Release,
        shows: "a disk whose power failed opens to a beginning of its history",
    },
    Campaign {
        name: "operators",
        package: "provisioner",
        target: "campaign",
        filter: "operators::",
        profile: Profile::Release,
        shows: "several people with one file make each token once",
    },
    Campaign {
        name: "replay",
        package: "provisioner",
        target: "campaign",
        filter: "replay::",
        profile: Profile::Release,
        shows: "the same seed gives the same run, request by request",
    },
    Campaign {
        name: "pskc",
        package: "seedfile",
        target: "it",
        filter: "pskc::peers::",
        profile: Profile::Debug,
        shows: "hundreds of PSKC files, python-pskc's read here and ours read there (needs python3 with python-pskc)",
    },
    Campaign {
        name: "codes",
        package: "oath-core",
        target: "peers",
        filter: "codes::",
        profile: Profile::Release,
        shows: "100,000 random codes are those of Python's hmac and hashlib, made and found in both directions",
    },
];

/// Runs one campaign, or all of them.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    let Some(name) = name else {
        return CAMPAIGNS.iter().try_for_each(start);
    };
    match CAMPAIGNS.iter().find(|campaign| campaign.name == name) {
        Some(campaign) => start(campaign),
        None => bail!("`{name}` is no campaign\n\n{}", list()),
    }
}

fn start(campaign: &Campaign) -> Result<()> {
    println!("\n== {}: {}", campaign.name, campaign.shows);
    sh::run(&mut command(campaign)).with_context(|| format!("campaign {}", campaign.name))
}

fn command(campaign: &Campaign) -> std::process::Command {
    let (package, target) = (campaign.package, campaign.target);
    let mut command = sh::cargo(match campaign.profile {
        Profile::Release => "test --release --locked",
        Profile::Debug => "test --locked",
    });
    command
        .args(["--package", package, "--test", target, campaign.filter])
        .args(["--", "--nocapture"])
        .env("OATHKIT_CAMPAIGN", "full");
    command
}

/// The campaigns, one a line.
pub(crate) fn list() -> String {
    let mut list = String::from("campaigns:\n");
    for campaign in CAMPAIGNS {
        list += &format!("\n  {:<11}{}", campaign.name, campaign.shows);
    }
    list
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{CAMPAIGNS, command, list, run};

    #[test]
    fn a_campaign_runs_its_tests_at_full_length() {
        let command = command(&CAMPAIGNS[0]);
        let args: Vec<_> = command.get_args().filter_map(|arg| arg.to_str()).collect();
        assert_eq!(
            args.join(" "),
            "test --release --locked --package provisioner --test campaign survival::with -- --nocapture"
        );
        let full = ("OATHKIT_CAMPAIGN".as_ref(), Some("full".as_ref()));
        assert!(command.get_envs().eq([full]));
    }

    #[test]
    fn each_campaign_is_listed_and_has_its_tests() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
        for campaign in CAMPAIGNS {
            assert!(list().contains(campaign.name));
            let (modules, _) = campaign.filter.rsplit_once("::").unwrap();
            let tests = crates
                .join(campaign.package)
                .join("tests")
                .join(campaign.target);
            let file = tests.join(modules.replace("::", "/") + ".rs");
            assert!(file.exists(), "{}", file.display());
        }
        let unknown = run(Some("wedding")).unwrap_err().to_string();
        assert!(unknown.contains("`wedding` is no campaign"), "{unknown}");
    }
}
