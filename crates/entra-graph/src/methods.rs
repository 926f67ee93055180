//! A user's hardware tokens: assigning and activating, and the way back.

use http::Method;
use idp_http::{BadAnswer, BaseUrl, Body, Effect, Endpoint, Query, Request, Response, Segment};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::device::{Reference, object_id};
use crate::endpoint::{GraphEndpoint, METHODS, OWN_METHODS, conceal, request};
use crate::{ObjectId, UserKey, wire};

/// Assigns a device to a user. The answer is the id of the user's new method; every published sample
/// shows the device's own id there.
#[derive(Debug)]
pub struct Assign {
    /// Who gets it.
    pub user: UserKey,
    /// The device.
    pub device: ObjectId,
}

/// Activates a token that its user already has.
///
/// The service accepts a code up to a day off (two days for a 60-second token) and remembers the
/// drift that it saw; at sign-in it accepts a minute (two minutes) around that. So the code is for
/// the service's own time ([`GraphClient::unix`](crate::GraphClient::unix)) plus the token's drift.
#[derive(Debug)]
pub struct Activate {
    /// Who has the token.
    pub user: UserKey,
    /// The user's method.
    pub method: ObjectId,
    /// A code of the token: six digits, leading zeros included.
    pub code: SecretString,
    /// A display name to set.
    pub display_name: Option<String>,
}

/// Assigns a device and activates it in one call. About the code see [`Activate`].
#[derive(Debug)]
pub struct AssignAndActivate {
    /// Who gets it.
    pub user: UserKey,
    /// The device.
    pub device: ObjectId,
    /// A code of the token: six digits, leading zeros included.
    pub code: SecretString,
    /// A display name to set.
    pub display_name: Option<String>,
}

/// Assigns the device with this serial number and activates it in one call. About the code see
/// [`Activate`].
#[derive(Debug)]
pub struct AssignAndActivateBySerial {
    /// Who gets it.
    pub user: UserKey,
    /// The serial number.
    pub serial: String,
    /// A code of the token: six digits, leading zeros included.
    pub code: SecretString,
    /// A display name to set.
    pub display_name: Option<String>,
}

/// Takes a token from its user, activated or not. A token that was created through Graph goes back to
/// the inventory; one that was uploaded as CSV can then be deleted by
/// [`DeleteDevice`](crate::DeleteDevice).
#[derive(Clone, Debug)]
pub struct Unassign {
    /// Who has the token.
    pub user: UserKey,
    /// The user's method.
    pub method: ObjectId,
}

/// Deactivates a token. Its user keeps it and cannot sign in with it until it is activated again.
#[derive(Clone, Debug)]
pub struct Deactivate {
    /// Who has the token.
    pub user: UserKey,
    /// The user's method.
    pub method: ObjectId,
}

impl Endpoint for Assign {
    type Output = ObjectId;
    const NAME: &'static str = "assign a device";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let body = Activation {
            device: Some(Reference { id: &self.device }),
            ..Activation::default()
        };
        post(base, &self.user, &[], &body)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<ObjectId, BadAnswer> {
        let method: WireMethod = wire::decode(response.body())?;
        object_id(method.id.as_deref(), "the new method")
    }
}

impl Endpoint for Activate {
    type Output = ();
    const NAME: &'static str = "activate a token";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let body = Activation {
            verification_code: Some(self.code.expose_secret()),
            display_name: self.display_name.as_deref(),
            ..Activation::default()
        };
        let path = [self.method.segment(), Segment::literal("activate")];
        post(base, &self.user, &path, &body)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        wire::done(response)
    }
}

impl Endpoint for AssignAndActivate {
    type Output = ();
    const NAME: &'static str = "assign and activate a device";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let body = Activation {
            device: Some(Reference { id: &self.device }),
            verification_code: Some(self.code.expose_secret()),
            display_name: self.display_name.as_deref(),
            ..Activation::default()
        };
        let path = [Segment::literal("assignAndActivate")];
        post(base, &self.user, &path, &body)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        wire::done(response)
    }
}

impl Endpoint for AssignAndActivateBySerial {
    type Output = ();
    const NAME: &'static str = "assign and activate a device by serial number";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let body = Activation {
            serial_number: Some(&self.serial),
            verification_code: Some(self.code.expose_secret()),
            display_name: self.display_name.as_deref(),
            ..Activation::default()
        };
        let path = [Segment::literal("assignAndActivateBySerialNumber")];
        post(base, &self.user, &path, &body)
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        wire::done(response)
    }
}

impl Endpoint for Unassign {
    type Output = ();
    const NAME: &'static str = "unassign a token";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let path = path(&self.user, &[self.method.segment()]);
        let uri = base.uri(&path, &Query::new());
        request(Method::DELETE, uri, Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        wire::done(response)
    }
}

impl Endpoint for Deactivate {
    type Output = ();
    const NAME: &'static str = "deactivate a token";
    const EFFECT: Effect = Effect::Write;

    fn request(&self, base: &BaseUrl) -> Request {
        let below = [self.method.segment(), Segment::literal("deactivate")];
        let uri = base.uri(&path(&self.user, &below), &Query::new());
        request(Method::POST, uri, Body::empty())
    }

    fn response(&self, _: &BaseUrl, response: &Response) -> Result<(), BadAnswer> {
        wire::done(response)
    }
}

impl GraphEndpoint for Unassign {
    fn permission(&self) -> &'static str {
        permission(&self.user)
    }
}

impl GraphEndpoint for Deactivate {
    fn permission(&self) -> &'static str {
        permission(&self.user)
    }
}

impl GraphEndpoint for Assign {
    fn permission(&self) -> &'static str {
        permission(&self.user)
    }
}

impl GraphEndpoint for Activate {
    fn permission(&self) -> &'static str {
        permission(&self.user)
    }

    fn conceal(&self, text: String) -> String {
        conceal(text, &self.code)
    }
}

impl GraphEndpoint for AssignAndActivate {
    fn permission(&self) -> &'static str {
        permission(&self.user)
    }

    fn conceal(&self, text: String) -> String {
        conceal(text, &self.code)
    }
}

impl GraphEndpoint for AssignAndActivateBySerial {
    fn permission(&self) -> &'static str {
        permission(&self.user)
    }

    fn conceal(&self, text: String) -> String {
        conceal(text, &self.code)
    }
}

/// The bodies of all four operations. No `Debug`: it borrows the code.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Activation<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
}

#[derive(Deserialize)]
struct WireMethod {
    id: Option<String>,
}

/// What managing the methods of `user` needs.
pub(crate) fn permission(user: &UserKey) -> &'static str {
    if user.is_me() { OWN_METHODS } else { METHODS }
}

/// The path of a user's methods, with `below` below.
pub(crate) fn path(user: &UserKey, below: &[Segment]) -> Vec<Segment> {
    let methods = ["authentication", "hardwareOathMethods"].map(Segment::literal);
    user.path("beta", &[&methods, below].concat())
}

fn post(base: &BaseUrl, user: &UserKey, below: &[Segment], body: &Activation<'_>) -> Request {
    let uri = base.uri(&path(user, below), &Query::new());
    request(Method::POST, uri, wire::encode(body))
}
