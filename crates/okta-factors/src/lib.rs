#![doc = include_str!("../README.md")]

mod advice;
mod client;
mod credential;
mod enrollments;
mod error;
mod factors;
mod id;
mod kind;
mod open;
mod org_url;
mod organization;
mod page;
mod profiles;
mod rate;
mod refusal;
mod request_id;
mod sign_in;
mod users;
mod verify;
mod wire;

pub use client::{Answer, OktaClient};
pub use credential::{
    Credential, CredentialKind, InvalidKey, InvalidScopes, PrivateKey, ProofKey, Scopes,
    ServiceApp, SswsToken,
};
pub use enrollments::{
    Enrollment, ListEnrollments, ListSupportedFactors, Requirement, SupportedFactor,
};
pub use error::{Error, ServiceError};
pub use factors::{DeleteFactor, EnrollFactor, Factor, FactorStatus, GetFactor, ListFactors};
pub use id::{FactorId, InvalidId, ProfileId, UserId};
pub use idp_http;
pub use kind::ErrorKind;
pub use org_url::{InvalidOrgUrl, org_url};
pub use organization::{Engine, GetOrganization, ListOrgFactors, OrgFactor, Organization};
pub use page::{Page, PageLink};
pub use profiles::{
    Authenticator, FactorProfile, GetOtpSettings, HmacAlgorithm, ListAuthenticators,
    ListHotpProfiles, OtpSettings, ProfileStatus, SecretEncoding,
};
pub use rate::RateLimit;
pub use refusal::SignInError;
pub use secrecy;
pub use users::{GetUser, ListUsers, User, UserStatus};
pub use verify::{Rejection, Verification, VerifyFactor};
