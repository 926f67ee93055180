//! A form that is sent twice is carried out once.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
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
/// Bytes of texts that are remembered; the oldest text makes room.
const MOST_TEXT: usize = 64 * 1024 * 1024;

/// Where the first submit led, and the text that came with that, as long as it is remembered. Who comes
/// meanwhile waits for it.
type Outcome = Arc<tokio::sync::Mutex<Option<(String, Weak<String>)>>>;

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
    texts: Arc<Texts>,
}

/// What was answered, oldest first.
#[derive(Debug, Default)]
struct Texts(Mutex<VecDeque<(Arc<String>, Moment)>>);

impl Once {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            forms: Mutex::default(),
            texts: Arc::default(),
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
        let work = async { Ok::<_, E>((work.await?, None)) };
        let (address, _) = self.run_with_text(caller, once, work).await?;
        Ok(address)
    }

    /// The same where a text comes with the address. Who comes again gets it, too, unless younger ones
    /// took its room: then the address alone.
    pub(crate) async fn run_with_text<E>(
        &self,
        caller: &Caller,
        once: Option<&str>,
        work: impl Future<Output = Result<(String, Option<String>), E>> + Send + 'static,
    ) -> Result<(String, Option<Arc<String>>), E>
    where
        E: From<Refusal> + Send + 'static,
    {
        let once = once.filter(|once| (1..=LONGEST).contains(&once.len()));
        let Some(once) = once else {
            let done = tokio::spawn(work).await;
            let (address, text) = done.unwrap_or_else(|_| Err(Refusal::Broken.into()))?;
            return Ok((address, text.map(Arc::new)));
        };
        let outcome = self.outcome((caller.name.clone(), once.to_owned()));
        let (texts, clock) = (Arc::clone(&self.texts), Arc::clone(&self.clock));
        let first = async move {
            let mut led = outcome.lock().await;
            if let Some((address, text)) = &*led {
                return Ok((address.clone(), text.upgrade()));
            }
            let (address, text) = work.await?;
            let text = text.map(Arc::new);
            let kept = text.as_ref().map(Arc::downgrade).unwrap_or_default();
            *led = Some((address.clone(), kept));
            if let Some(text) = &text {
                texts.keep(text, Moment::now(&*clock));
            }
            Ok((address, text))
        };
        let done = tokio::spawn(first).await;
        done.unwrap_or_else(|_| Err(Refusal::Broken.into()))
    }

    fn outcome(&self, form: Form) -> Outcome {
        let now = Moment::now(&*self.clock);
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        forms.retain(|_, (_, begun)| now.since(*begun) < LASTING);
        self.texts.forget(now);
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

impl Texts {
    fn keep(&self, text: &Arc<String>, now: Moment) {
        let mut texts = self.texts();
        texts.push_back((Arc::clone(text), now));
        let mut bytes: usize = texts.iter().map(|(text, _)| text.capacity()).sum();
        while bytes > MOST_TEXT
            && let Some((oldest, _)) = texts.pop_front()
        {
            bytes -= oldest.capacity();
        }
    }

    fn forget(&self, now: Moment) {
        self.texts().retain(|(_, kept)| now.since(*kept) < LASTING);
    }

    fn texts(&self) -> MutexGuard<'_, VecDeque<(Arc<String>, Moment)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// What a text of so many bytes leads to: where, how long the text is, and how often the work was done.
    async fn say(bench: &Bench, word: &str, bytes: usize) -> (String, Option<usize>, u32) {
        let runs = Arc::clone(&bench.runs);
        let work = async move {
            let n = runs.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Refusal>((format!("/drafts/{n}"), Some("x".repeat(bytes))))
        };
        let ada = caller("ada");
        let said = bench.once.run_with_text(&ada, Some(word), work).await;
        let (address, text) = said.unwrap();
        let text = text.map(|text| text.len());
        (address, text, bench.runs.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_text_makes_room_and_its_work_is_not_done_again() {
        let bench = Bench::new();
        let half = MOST_TEXT / 2;
        for word in ["a", "b", "c"] {
            assert_eq!(say(&bench, word, half).await.1, Some(half));
        }
        let again = async |word| say(&bench, word, half).await;
        assert_eq!(again("a").await, ("/drafts/0".to_owned(), None, 3));
        assert_eq!(again("b").await, ("/drafts/1".to_owned(), Some(half), 3));
        assert_eq!(again("c").await, ("/drafts/2".to_owned(), Some(half), 3));
        let whole = MOST_TEXT + 1;
        assert_eq!(say(&bench, "d", whole).await.1, Some(whole));
        assert_eq!(again("d").await, ("/drafts/3".to_owned(), None, 4));
        assert_eq!(bench.once.texts.texts().len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn texts_are_forgotten_with_their_forms() {
        let bench = Bench::new();
        say(&bench, "a", 10).await;
        bench.clock.sleep(LASTING).await;
        assert_eq!(
            say(&bench, "a", 10).await,
            ("/drafts/1".to_owned(), Some(10), 2)
        );
        assert_eq!(bench.once.texts.texts().len(), 1);
    }
}
