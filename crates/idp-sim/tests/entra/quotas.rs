use idp_sim::switches::entra::QuotaForm;
use idp_sim::{EntraSwitches, Fault, Rate, Rule};
use std::time::Duration;

use crate::client::{Client, DEVICES};

fn rate(count: u32, seconds: u64) -> Option<Rate> {
    let per = Duration::from_secs(seconds);
    Some(Rate { count, per })
}

fn window(switches: &mut EntraSwitches) {
    switches.quota_form = QuotaForm::Window;
    switches.read_rate = rate(10, 60);
}

#[tokio::test(start_paused = true)]
async fn reads_have_a_quota_of_their_own() {
    let client = Client::new(window).await;
    for _ in 0..10 {
        assert_eq!(client.get(DEVICES).await.status, 200);
    }
    client.wait(20).await;
    let refused = client.get(DEVICES).await;
    assert_eq!(refused.refused(), (429, "TooManyRequests".into()));
    assert_eq!(refused.headers["retry-after"], "40");
    client.create("S1").await;
    client.wait(40).await;
    assert_eq!(client.get(DEVICES).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_nearly_used_up_is_told_where_it_is_wanted() {
    let client = Client::new(|switches| {
        window(switches);
        switches.throttle_percentage = true;
    })
    .await;
    let mut told = Vec::new();
    for _ in 0..11 {
        let headers = client.get(DEVICES).await.headers;
        let header = headers.get("x-ms-throttle-limit-percentage");
        told.push(header.map(|value| value.to_str().unwrap().to_owned()));
    }
    assert!(told[..8].iter().all(Option::is_none));
    assert_eq!(
        told[8..].iter().flatten().collect::<Vec<_>>(),
        ["0.90", "1.00", "1.00"]
    );
    let silent = Client::new(window).await;
    for _ in 0..11 {
        assert!(
            !silent
                .get(DEVICES)
                .await
                .headers
                .contains_key("x-ms-throttle-limit-percentage")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_told_in_any_form() {
    let client = Client::new(|_| {}).await;
    for form in [
        "7",
        "2.128",
        "Fri, 15 Jan 2027 08:00:30 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "-5",
        "99999999999999999999",
        "soon",
    ] {
        let fault = Fault::Status {
            status: 429,
            retry_after: Some(form.to_owned()),
            after_work: false,
        };
        client.sim.set_faults(vec![Rule::always(fault)].into());
        let answer = client.get(DEVICES).await;
        assert_eq!(
            (
                answer.status,
                answer.headers["retry-after"].to_str().unwrap()
            ),
            (429, form)
        );
    }
    let silent = Fault::Status {
        status: 429,
        retry_after: None,
        after_work: false,
    };
    client.sim.set_faults(vec![Rule::always(silent)].into());
    assert!(
        !client
            .get(DEVICES)
            .await
            .headers
            .contains_key("retry-after")
    );
}
