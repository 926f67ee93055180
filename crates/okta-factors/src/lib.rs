#![doc = include_str!("../README.md")]

mod advice;
mod client;
mod error;
mod factors;
mod id;
mod open;
mod page;
mod profiles;
mod rate;
mod users;
mod verify;
mod wire;

pub use client::{Answer, OktaClient, SswsToken, org_url};
pub use error::{Error, ServiceError};
pub use factors::{DeleteFactor, EnrollFactor, Factor, FactorStatus, GetFactor, ListFactors};
pub use id::{FactorId, InvalidId, ProfileId, UserId};
pub use idp_http;
pub use page::{Page, PageLink};
pub use profiles::{
    Authenticator, Engine, FactorProfile, GetOrganization, GetOtpSettings, HmacAlgorithm,
    ListAuthenticators, ListHotpProfiles, Organization, OtpSettings, SecretEncoding,
};
pub use rate::RateLimit;
pub use secrecy;
pub use users::{GetUser, ListUsers, User, UserStatus};
pub use verify::{Rejection, Verification, VerifyFactor};
