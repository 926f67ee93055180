#![doc = include_str!("../README.md")]

mod advice;
mod client;
mod enrollments;
mod error;
mod factors;
mod id;
mod kind;
mod open;
mod organization;
mod page;
mod profiles;
mod rate;
mod users;
mod verify;
mod wire;

pub use client::{Answer, OktaClient, SswsToken, org_url};
pub use enrollments::{
    Enrollment, ListEnrollments, ListSupportedFactors, Requirement, SupportedFactor,
};
pub use error::{Error, ServiceError};
pub use factors::{DeleteFactor, EnrollFactor, Factor, FactorStatus, GetFactor, ListFactors};
pub use id::{FactorId, InvalidId, ProfileId, UserId};
pub use idp_http;
pub use kind::ErrorKind;
pub use organization::{Engine, GetOrganization, ListOrgFactors, OrgFactor, Organization};
pub use page::{Page, PageLink};
pub use profiles::{
    Authenticator, FactorProfile, GetOtpSettings, HmacAlgorithm, ListAuthenticators,
    ListHotpProfiles, OtpSettings, ProfileStatus, SecretEncoding,
};
pub use rate::RateLimit;
pub use secrecy;
pub use users::{GetUser, ListUsers, User, UserStatus};
pub use verify::{Rejection, Verification, VerifyFactor};
