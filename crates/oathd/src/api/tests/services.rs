//! What a service cannot do now is told apart from what it refuses.

use idp_sim::{Fault, Faults, Rule};

use super::*;

fn answered(bench: &Bench, fault: Fault) {
    let rules = vec![Rule::always(fault)];
    bench.rehearsal.sim.set_faults(Faults { rules });
}

fn status(status: u16) -> Fault {
    Fault::Status {
        status,
        retry_after: None,
        after_work: false,
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_now_is_503_and_one_that_refuses_is_422() {
    let bench = Bench::new(Role::Admin).await;
    let search = |idp: &str| format!("/api/v1/places/{idp}/users?q=user");
    for idp in ["entra", "okta"] {
        assert_eq!(bench.get(&search(idp)).await.status, 200);
    }
    for fault in [status(500), status(503), status(429), Fault::ResetBefore] {
        answered(&bench, fault.clone());
        for idp in ["entra", "okta"] {
            let said = bench.get(&search(idp)).await;
            let found = (said.status.as_u16(), said.header("retry-after"));
            assert_eq!(found, (503, "30"), "{fault:?} {idp} {}", said.text);
            let page = bench.client.get(&format!("/users/{idp}?q=user")).await;
            assert_eq!(page.status, 503, "{fault:?} {idp}");
            assert_eq!(page.headers["retry-after"], "30");
        }
    }
    answered(&bench, status(400));
    for idp in ["entra", "okta"] {
        let said = bench.get(&search(idp)).await;
        let found = (said.status.as_u16(), said.code());
        assert_eq!(found, (422, "service-refused".to_owned()), "{idp}");
        assert_eq!(said.header("retry-after"), "");
    }
    let found = bench.get("/api/v1/places/entra/doctor").await;
    assert_eq!(found.json()["health"], "bad");
}
