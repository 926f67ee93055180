//! What is saved as CSV, as a spreadsheet opens it: no cell is a formula.

use idp_sim::{Fault, Faults, Rule};
use serde_json::json;

use crate::places::Idp;
use crate::testing::{Rehearsal, Wizard};

const HOSTILE: [&str; 5] = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1+1"];

/// Every way in which a text may get into a cell.
fn file() -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\n");
    for (hostile, row) in HOSTILE.into_iter().zip(1..) {
        let seed = data_encoding::BASE32.encode(&[row; 20]);
        let maker = hostile.trim();
        text += &format!("user000{row}@example.com,-{row},{seed},30,{maker},{maker}\n");
        let seed = data_encoding::BASE32.encode(&[row + 100; 20]);
        text += &format!("{maker}@example.com,6002{row},{seed},30,,\n");
        text += &format!("{maker},{maker}.,{maker},{maker},,\n");
    }
    text
}

fn cells(csv: &str) -> impl Iterator<Item = &str> {
    let cells = csv.lines().flat_map(|line| line.split(','));
    cells.map(|cell| cell.trim_start_matches('"'))
}

/// The cells that a spreadsheet would take for formulas.
fn formulas(csv: &str) -> Vec<&str> {
    let begins = ['=', '+', '-', '@', '\t', '\r'];
    cells(csv).filter(|cell| cell.starts_with(begins)).collect()
}

#[tokio::test(start_paused = true)]
async fn no_cell_of_a_saved_file_is_a_formula() {
    let rehearsal = Rehearsal::new().await;
    let wizard = Wizard::new(rehearsal).await;
    let draft = wizard.import("=cmd.csv", &file()).await;
    let page = wizard.want(&draft, "entra-activated").await;
    let rejected = wizard.get(&format!("{draft}/rejected.csv")).await;
    assert!(rejected.lines().count() > HOSTILE.len(), "{rejected}");
    assert_eq!(formulas(&rejected), [""; 0]);

    let body = json!({ "error": { "code": "=1+1", "message": "=1+1" } }).to_string();
    let fault = Fault::Replace {
        status: 400,
        content_type: "application/json".to_owned(),
        body,
    };
    let rule = Rule::nth("methods.activate", 1, fault);
    wizard
        .rehearsal
        .sim
        .set_faults(Faults { rules: vec![rule] });
    let run = wizard.begin(&draft, &page).await;
    wizard.end(&run).await;
    wizard.rehearsal.sim.set_faults(Faults::default());
    wizard.rehearsal.listed(Idp::Entra).await;
    for path in [
        format!("/runs/{run}/report.csv"),
        format!("/runs/{run}/failed.csv"),
        "/inventory/entra/tokens.csv".to_owned(),
    ] {
        let csv = wizard.get(&path).await;
        assert_eq!(formulas(&csv), [""; 0], "{path}");
        let made_harmless = cells(&csv).filter(|cell| cell.starts_with('\''));
        assert!(made_harmless.count() > 0, "{path}: {csv}");
    }
}
