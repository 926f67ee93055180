#![doc = include_str!("../README.md")]

mod advice;
mod client;
mod credential;
mod error;
mod exchange;
mod factors;
mod id;
mod open;
mod org_url;
mod page;
mod profiles;
mod rate;
mod refusal;
mod sign_in;
mod users;
mod verify;
mod wire;

pub use client::{Answer, OktaClient};
pub use credential::{
    Credential, CredentialKind, InvalidKey, InvalidScopes, PrivateKey, ProofKey, Scopes,
    ServiceApp, SswsToken,
};
pub use error::{Error, ServiceError};
pub use factors::{DeleteFactor, EnrollFactor, Factor, FactorStatus, GetFactor, ListFactors};
pub use id::{FactorId, InvalidId, ProfileId, UserId};
pub use idp_http;
pub use org_url::{InvalidOrgUrl, org_url};
pub use page::{Page, PageLink};
pub use profiles::{
    Authenticator, Engine, FactorProfile, GetOrganization, GetOtpSettings, HmacAlgorithm,
    ListAuthenticators, ListHotpProfiles, Organization, OtpSettings, SecretEncoding,
};
pub use rate::RateLimit;
pub use refusal::SignInError;
pub use secrecy;
pub use users::{GetUser, ListUsers, User, UserStatus};
pub use verify::{Rejection, Verification, VerifyFactor};
