//! What every handler of the API has of its request.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use data_encoding::HEXLOWER;
use provisioner::Problem;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::answer::{Done, Failed, Reply};
use crate::app::App;
use crate::desk;
use crate::door::{Caller, Door, Refusal, Role};
use crate::jobs::Job;
use crate::places::{Idp, Place};

/// What makes two requests one.
pub(super) const KEY_HEADER: &str = "Idempotency-Key";
/// How often something is looked for that takes a moment: ten seconds in all.
const LOOKS: usize = 50;
const PAUSE: Duration = Duration::from_millis(200);
/// The longest such key.
const LONGEST_KEY: usize = 64;

pub(super) struct Call {
    pub(super) app: Arc<App>,
    caller: Caller,
    door: Arc<Door>,
    key: Option<String>,
    /// Method and address.
    what: String,
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let caller = parts.extensions.get::<Caller>().cloned();
        let door = parts.extensions.get::<Arc<Door>>().cloned();
        Ok(Self {
            app: Arc::clone(app),
            caller: caller.ok_or(Refusal::SignIn)?,
            door: door.ok_or(Refusal::Broken)?,
            key: key(parts)?,
            what: format!("{} {}", parts.method, parts.uri),
        })
    }
}

fn key(parts: &Parts) -> Result<Option<String>, Refusal> {
    let Some(key) = parts.headers.get(KEY_HEADER) else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default().trim();
    match key.len() {
        1..=LONGEST_KEY => Ok(Some(key.to_owned())),
        _ => Err(Refusal::Unreadable(format!(
            "{KEY_HEADER} has 1 to {LONGEST_KEY} characters"
        ))),
    }
}

/// Where a request led, but for the text, and which one it was.
#[derive(Serialize, Deserialize)]
struct Led {
    of: String,
    reply: Reply,
}

impl Call {
    /// Who acts, as the audit and drafts name them. No account can be called so.
    pub(super) fn by(&self) -> String {
        format!("api:{}", self.caller.name)
    }

    /// Whether the caller may do what takes more than the address itself.
    pub(super) fn may(&self, role: Role) -> Result<(), Refusal> {
        self.allowed(self.caller.may(role), role)
    }

    /// Whether the caller may steer this run.
    pub(super) fn may_steer(&self, job: Option<&Job>) -> Result<(), Refusal> {
        let may = desk::may_steer(&self.caller, &self.by(), job);
        self.allowed(may, Role::Operator)
    }

    fn allowed(&self, may: bool, needs: Role) -> Result<(), Refusal> {
        let has = self.caller.role;
        may.then_some(()).ok_or(Refusal::Role { needs, has })
    }

    pub(super) async fn place(&self, idp: Idp) -> Result<Arc<Place>, Problem> {
        self.app.places.get(idp).await
    }

    /// Looks again and again for what takes a moment, and not for long.
    pub(super) async fn patiently<T>(&self, look: impl Fn() -> Option<T>) -> Option<T> {
        for _ in 0..LOOKS {
            if let Some(found) = look() {
                return Some(found);
            }
            self.app.clock.sleep(PAUSE).await;
        }
        None
    }

    /// Does what was asked for, once for each key. Whoever comes again with the same key and the same
    /// content has the first answer, maybe without its body; with another content, none. What has begun goes on when the caller
    /// goes away.
    pub(super) async fn once(
        &self,
        content: &[u8],
        work: impl Future<Output = Done> + Send + 'static,
    ) -> Done {
        self.once_for(self.fingerprint(content), work).await
    }

    /// The same for a content that work takes along.
    pub(super) async fn once_for(
        &self,
        of: String,
        work: impl Future<Output = Done> + Send + 'static,
    ) -> Done {
        let kept = of.clone();
        let key = self.key.as_ref().map(|key| format!("api {key}"));
        let work = async move {
            let (reply, body) = work.await?.without_body();
            let led = serde_json::to_string(&Led { of: kept, reply });
            let led = led.map_err(|_| Refusal::Broken)?;
            Ok::<_, Failed>((led, body))
        };
        let once = self.door.once();
        let led = once.run_with_text(&self.caller, key.as_deref(), work);
        let (led, body) = led.await?;
        let led: Led = serde_json::from_str(&led).map_err(|_| Refusal::Broken)?;
        match led.of == of {
            true => Ok(led.reply.with_body(body.map(Arc::unwrap_or_clone))),
            false => Err(used().into()),
        }
    }

    /// Tells this request from another one.
    pub(super) fn fingerprint(&self, content: &[u8]) -> String {
        let mut digest = Sha256::new();
        digest.update(&self.what);
        digest.update(b"\n");
        digest.update(content);
        HEXLOWER.encode(&digest.finalize())
    }
}

fn used() -> Problem {
    Problem::new(
        "key-used",
        format!("this {KEY_HEADER} came with another request before"),
        "use a new key for each thing that is to be done; nothing was sent",
    )
}
