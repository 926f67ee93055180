//! What is done to tokens as methods of their users: given and taken.

use entra_graph::{
    Activate, Answer, Assign, AssignAndActivate, Deactivate, DeleteDevice, Error, GraphEndpoint,
    ListMethods, OathMethod, ObjectId, Unassign, UserKey,
};
use idp_http::http::StatusCode;
use secrecy::SecretString;

use super::failures::{code_refused, failure, not_offered};
use super::{Entra, object_id};
use crate::{Failure, Operation, Problem, Receipt, Step, Token, Verdict, Work};

impl Entra {
    /// Takes something away. The answers have no content: the state is read back.
    pub(super) async fn take(&self, step: &Step, work: &Work<'_>) -> Result<Receipt, Failure> {
        let device = device_id(work)?;
        let answer = match step.0.as_slice() {
            [Operation::Deactivate] => {
                let user = &user_key(work)?;
                let deactivate = |method| Deactivate {
                    user: user.clone(),
                    method,
                };
                self.to_method(user, device, deactivate).await
            }
            [Operation::Unassign] => {
                let user = &user_key(work)?;
                let unassign = |method| Unassign {
                    user: user.clone(),
                    method,
                };
                self.to_method(user, device, unassign).await
            }
            [Operation::Delete] => self.client.send(&DeleteDevice(device)).await,
            _ => return Err(not_offered(step)),
        };
        Ok(receipt(written(answer)?.request_id))
    }

    /// Assigns, activates, or both. The answers do not show the device: it is read back.
    pub(super) async fn enable(&self, step: &Step, work: &Work<'_>) -> Result<Receipt, Failure> {
        let (user, device) = (user_key(work)?, device_id(work)?);
        let request_id = match (step.0.as_slice(), code(work)) {
            ([Operation::Assign], None) => {
                let assign = Assign {
                    user: user.clone(),
                    device: device.clone(),
                };
                match written(self.client.send(&assign).await) {
                    Err(refused) => return Err(self.crowded(&user, &device, refused).await),
                    Ok(answer) => answer.request_id,
                }
            }
            ([Operation::Activate], Some(code)) => {
                let activate = |method| Activate {
                    user: user.clone(),
                    method,
                    code: code.clone(),
                    display_name: None,
                };
                let answer = self.to_method(&user, device, activate).await;
                code_written(answer, work.token)?.request_id
            }
            ([Operation::Assign, Operation::Activate], Some(code)) => {
                let both = AssignAndActivate {
                    user: user.clone(),
                    device: device.clone(),
                    code,
                    display_name: None,
                };
                match code_written(self.client.send(&both).await, work.token) {
                    Err(refused) => return Err(self.crowded(&user, &device, refused).await),
                    Ok(answer) => answer.request_id,
                }
            }
            _ => return Err(not_offered(step)),
        };
        Ok(receipt(request_id))
    }

    /// Whoever has as many tokens as one user can have is given no other: the service says only that the
    /// request is bad, or that the code is.
    async fn crowded(&self, user: &UserKey, device: &ObjectId, refused: Failure) -> Failure {
        if refused.verdict != Verdict::Refused {
            return refused;
        }
        let methods = self.client.send(&ListMethods::with_devices_of(user)).await;
        let methods = methods.map_or_else(|_| Vec::new(), |answer| answer.value.items);
        // What was given and not activated is the user's, and was not one too many.
        let is_it = |method: &OathMethod| {
            let shown = method.device.as_ref().map(|shown| &shown.id);
            method.id == *device || shown == Some(device)
        };
        let has = methods.len();
        if has < self.capabilities.tokens_per_user || methods.iter().any(is_it) {
            return refused;
        }
        Failure {
            problem: Problem::new(
                "user-has-too-many",
                format!("the user has {has} tokens, and no more are possible"),
                "take those back that are not used any more",
            ),
            ..refused
        }
    }

    /// Does something to the method that a device is at its user. All that is published calls both by
    /// the same id; where the service knows no such method, the user's methods tell which one it is.
    async fn to_method<E: GraphEndpoint>(
        &self,
        user: &UserKey,
        device: ObjectId,
        call: impl Fn(ObjectId) -> E,
    ) -> Result<Answer<E::Output>, Error> {
        let unknown = match self.client.send(&call(device.clone())).await {
            Err(Error::Service(error)) if error.status == StatusCode::NOT_FOUND => error,
            answer => return answer,
        };
        let methods = self
            .client
            .send(&ListMethods::with_devices_of(user))
            .await?;
        let is_it = |method: &OathMethod| {
            let shown = method.device.as_ref();
            shown.is_some_and(|shown| shown.id == device) && method.id != device
        };
        match methods.value.items.into_iter().find(is_it) {
            Some(method) => self.client.send(&call(method.id)).await,
            None => Err(Error::Service(unknown)),
        }
    }
}

/// The end of a write about one token.
pub(super) fn written<T>(answer: Result<Answer<T>, Error>) -> Result<Answer<T>, Failure> {
    answer.map_err(|error| failure(&error).of_one())
}

/// The end of a write that carried a code. A bad request is in all likelihood a bad code.
fn code_written<T>(answer: Result<Answer<T>, Error>, token: &Token) -> Result<Answer<T>, Failure> {
    match answer {
        Err(Error::Service(error)) if error.status == StatusCode::BAD_REQUEST => {
            Err(code_refused(failure(&Error::Service(error)), token))
        }
        answer => written(answer),
    }
}

fn receipt(request_id: Option<String>) -> Receipt {
    Receipt {
        id: None,
        state: None,
        request_id,
    }
}

fn user_key(work: &Work<'_>) -> Result<UserKey, Failure> {
    object_id(work.user.map(|user| user.0.as_str())).map(UserKey::id)
}

fn device_id(work: &Work<'_>) -> Result<ObjectId, Failure> {
    object_id(work.id.map(|id| id.0.as_str()))
}

fn code(work: &Work<'_>) -> Option<SecretString> {
    work.code
        .as_ref()
        .map(|code| SecretString::from(code.as_str()))
}
