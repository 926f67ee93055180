#![doc = include_str!("../README.md")]

mod aadsts;
mod bulk;
mod claims;
mod client;
mod cloud;
mod credential;
mod device;
mod devices;
mod endpoint;
mod error;
mod exchange;
mod form;
mod id;
mod managed_identity;
mod methods;
mod options;
mod page;
mod sign_in;
mod token;
mod user_sign_in;
mod users;
mod wire;

pub use bulk::{BulkItem, CreateDevices, ItemRefusal};
pub use claims::TokenClaims;
pub use client::{Answer, GraphClient};
pub use cloud::{Cloud, UnknownCloud};
pub use credential::{
    AccessToken, Application, AssertionSource, Certificate, CertificateError, ClientAssertion,
    ClientCertificate, ClientSecret, Credential, CredentialKind, Delegated, InvalidTenantId,
    Source, SourceError, TenantId, TokenSource,
};
pub use device::{Device, DeviceStatus, HashFunction, Identity, NewDevice};
pub use devices::{CreateDevice, ListDevices};
pub use endpoint::GraphEndpoint;
pub use error::{Error, ServiceError, SignInError};
pub use id::{InvalidObjectId, ObjectId, UserKey};
pub use idp_http;
pub use managed_identity::{ArcChallenge, InvalidIdentityEndpoint, ManagedIdentity};
pub use methods::{Activate, Assign, AssignAndActivate, AssignAndActivateBySerial};
pub use options::GraphOptions;
pub use page::{Page, PageLink};
pub use secrecy;
pub use user_sign_in::{Authorization, DeviceCode, DeviceCodeAnswer, UserSignIn};
pub use users::{GetUser, ListUsers, MAX_IN_VALUES, USERS_PAGE, User};
