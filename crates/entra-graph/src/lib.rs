#![doc = include_str!("../README.md")]

mod aadsts;
mod bulk;
mod client;
mod credential;
mod device;
mod devices;
mod endpoint;
mod error;
mod exchange;
mod id;
mod methods;
mod page;
mod sign_in;
mod token;
mod users;
mod wire;

pub use bulk::{BulkItem, CreateDevices, ItemRefusal};
pub use client::{Answer, GraphClient, GraphOptions};
pub use credential::{ClientSecret, InvalidTenantId, TenantId};
pub use device::{Device, DeviceStatus, HashFunction, Identity, NewDevice};
pub use devices::{CreateDevice, ListDevices};
pub use endpoint::GraphEndpoint;
pub use error::{Error, ServiceError, SignInError};
pub use id::{InvalidObjectId, ObjectId, UserKey};
pub use idp_http;
pub use methods::{Activate, Assign, AssignAndActivate, AssignAndActivateBySerial};
pub use page::{Page, PageLink};
pub use secrecy;
pub use users::{GetUser, ListUsers, MAX_IN_VALUES, USERS_PAGE, User};
