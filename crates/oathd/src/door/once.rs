//! A form that is sent twice is carried out once.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use idp_http::Clock;
use sha2::{Digest, Sha256};

use super::moment::Moment;
use super::{Caller, Refusal};

/// Forms that are remembered; the oldest makes room.
const MOST: usize = 4096;
const LASTING: Duration = Duration::from_secs(12 * 60 * 60);
/// Of a form's own word.
const LONGEST: usize = 400;

/// Where the first submit led. Who comes meanwhile waits for it.
type Outcome = Arc<tokio::sync::Mutex<Option<String>>>;

/// Whose form, and its own word.
type Form = (String, String);

/// What makes two submits one: the form's own word, and all that was sent. Who goes back and sends something
/// else wants something else.
pub(super) fn of(word: &str, sent: Sha256) -> String {
    format!("{word} {}", HEXLOWER.encode(&sent.finalize()))
}

/// Remembers, for each form that was sent, where that led.
#[derive(Debug)]
pub(crate) struct Once {
    clock: Arc<dyn Clock>,
    forms: Mutex<HashMap<Form, (Outcome, Moment)>>,
}

impl Once {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            forms: Mutex::default(),
        }
    }

    /// Carries `work` out, and gives the address that it leads to. Where the same form was sent before,
    /// that is what the first one led to; where the first one failed, this one is carried out. Work that
    /// has begun goes on when the browser goes away.
    pub(crate) async fn run<E>(
        &self,
        caller: &Caller,
        once: Option<&str>,
        work: impl Future<Output = Result<String, E>> + Send + 'static,
    ) -> Result<String, E>
    where
        E: From<Refusal> + Send + 'static,
    {
        let outcome = once
            .filter(|once| (1..=LONGEST).contains(&once.len()))
            .map(|once| self.outcome((caller.name.clone(), once.to_owned())))
            .unwrap_or_default();
        let first = async move {
            let mut led = outcome.lock().await;
            if let Some(led) = &*led {
                return Ok(led.clone());
            }
            let address = work.await?;
            *led = Some(address.clone());
            Ok(address)
        };
        let done = tokio::spawn(first).await;
        done.unwrap_or_else(|_| Err(Refusal::Broken.into()))
    }

    fn outcome(&self, form: Form) -> Outcome {
        let now = Moment::now(&*self.clock);
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        forms.retain(|_, (_, begun)| now.since(*begun) < LASTING);
        if forms.len() >= MOST && !forms.contains_key(&form) {
            let oldest = forms.iter().max_by_key(|(_, (_, begun))| now.since(*begun));
            if let Some(oldest) = oldest.map(|(form, _)| form.clone()) {
                forms.remove(&oldest);
            }
        }
        let (outcome, _) = forms
            .entry(form)
            .or_insert_with(|| (Outcome::default(), now));
        Arc::clone(outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use idp_http::TokioClock;

    use super::super::{Role, Via};
    use super::*;

    fn caller(name: &str) -> Caller {
        Caller {
            name: name.to_owned(),
            role: Role::Operator,
            csrf: "csrf".to_owned().into(),
            via: Via::Password,
        }
    }

    struct Bench {
        clock: Arc<dyn Clock>,
        once: Once,
        runs: Arc<AtomicU32>,
    }

    impl Bench {
        fn new() -> Self {
            let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(Duration::ZERO));
            let (once, runs) = (Once::new(Arc::clone(&clock)), Arc::default());
            Self { clock, once, runs }
        }

        async fn send(
            &self,
            name: &str,
            once: Option<&str>,
            fail: bool,
        ) -> Result<String, Refusal> {
            let (clock, runs) = (Arc::clone(&self.clock), Arc::clone(&self.runs));
            let work = async move {
                let n = runs.fetch_add(1, Ordering::Relaxed);
                clock.sleep(Duration::from_secs(1)).await;
                if fail {
                    Err(Refusal::Broken)
                } else {
                    Ok(format!("/jobs/{n}"))
                }
            };
            self.once.run(&caller(name), once, work).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn two_submits_of_one_form_lead_to_one_place() {
        let bench = Bench::new();
        let (one, two) = tokio::join!(
            bench.send("ada", Some("x"), false),
            bench.send("ada", Some("x"), false)
        );
        assert_eq!(
            (one.unwrap(), two.unwrap()),
            ("/jobs/0".to_owned(), "/jobs/0".to_owned())
        );
        assert_eq!(
            bench.send("ada", Some("x"), false).await.unwrap(),
            "/jobs/0"
        );
        assert_eq!(
            bench.send("bob", Some("x"), false).await.unwrap(),
            "/jobs/1"
        );
        assert_eq!(
            bench.send("ada", Some("y"), false).await.unwrap(),
            "/jobs/2"
        );
        assert_eq!(bench.send("ada", None, false).await.unwrap(), "/jobs/3");
        assert_eq!(bench.send("ada", None, false).await.unwrap(), "/jobs/4");
        bench.clock.sleep(LASTING).await;
        assert_eq!(
            bench.send("ada", Some("x"), false).await.unwrap(),
            "/jobs/5"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_can_be_sent_again() {
        let bench = Bench::new();
        assert!(bench.send("ada", Some("x"), true).await.is_err());
        assert_eq!(
            bench.send("ada", Some("x"), false).await.unwrap(),
            "/jobs/1"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_when_the_browser_goes_away() {
        let bench = Bench::new();
        tokio::select! {
            biased;
            _ = bench.send("ada", Some("x"), false) => panic!("too fast"),
            () = bench.clock.sleep(Duration::from_millis(1)) => {}
        }
        assert_eq!(
            bench.send("ada", Some("x"), false).await.unwrap(),
            "/jobs/0"
        );
        assert_eq!(bench.runs.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let bench = Bench::new();
        for n in 0..MOST + 10 {
            bench.once.outcome(("ada".to_owned(), n.to_string()));
        }
        assert_eq!(bench.once.forms.lock().unwrap().len(), MOST);
    }
}
