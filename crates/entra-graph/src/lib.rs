#![doc = include_str!("../README.md")]

mod aadsts;
mod applications;
mod batch;
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
mod id;
mod inventory;
mod managed_identity;
mod method;
mod methods;
mod options;
mod organization;
mod page;
mod permission;
mod policy;
mod refusal;
mod registration;
mod service_principals;
mod sign_in;
mod user_sign_in;
mod users;
mod wire;

pub use applications::{
    AddCertificate, CreateApplication, GetApplication, ListApplications, RegisteredApplication,
};
pub use batch::{Batch, InvalidBatch, MAX_BATCH};
pub use bulk::{BulkItem, CreateDevices, ItemRefusal};
pub use claims::TokenClaims;
pub use client::{Answer, GraphClient};
pub use cloud::{Cloud, UnknownCloud};
pub use credential::{
    AccessToken, Application, AssertionSource, Certificate, CertificateError, ClientAssertion,
    ClientCertificate, ClientSecret, Credential, CredentialKind, Delegated, InvalidTenantId,
    Source, SourceError, TenantId, TokenSource,
};
pub use device::{Device, DeviceStatus, HashFunction, Identity, NewDevice, TokenStore};
pub use devices::{
    CountDevices, DEVICES_PAGE, DeviceFilter, DeviceProperty, DeviceQuery, GetDevice, ListDevices,
};
pub use endpoint::GraphEndpoint;
pub use error::{Error, ServiceError, SignInError};
pub use id::{InvalidObjectId, ObjectId, UserKey};
pub use idp_http;
pub use inventory::{CreateDevice, DeleteDevice, DeviceChanges, UpdateDevice};
pub use managed_identity::{ArcChallenge, InvalidIdentityEndpoint, ManagedIdentity};
pub use method::{GetMethod, ListMethods, OathMethod};
pub use methods::{
    Activate, Assign, AssignAndActivate, AssignAndActivateBySerial, Deactivate, Unassign,
};
pub use options::GraphOptions;
pub use organization::{Domain, GetOrganization, Organization};
pub use page::{Page, PageLink};
pub use permission::{Permission, Scopes};
pub use policy::{GetPolicy, OathPolicy, PolicyState, PolicyTarget, UpdatePolicy};
pub use registration::{Registration, RegistrationStep};
pub use secrecy;
pub use service_principals::{
    CreateServicePrincipal, GrantRole, GrantedRole, ListGrantedRoles, ListServicePrincipals,
    ServicePrincipal,
};
pub use user_sign_in::{Authorization, DeviceCode, DeviceCodeAnswer, UserSignIn};
pub use users::{GetUser, ListUsers, MAX_IN_VALUES, USERS_PAGE, User};
