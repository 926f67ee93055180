//! What a device is: what can be read of it, and what only the service knows.

use oath_core::{Algorithm, Digits, Key, Period, Totp};

/// A device's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Available,
    Assigned,
    Activated,
    FailedActivation,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Assigned => "assigned",
            Self::Activated => "activated",
            Self::FailedActivation => "failedActivation",
        }
    }
}

/// What can be read of a device.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) id: String,
    pub(super) serial: String,
    pub(super) manufacturer: String,
    pub(super) model: String,
    pub(super) display_name: Option<String>,
    pub(super) period: Period,
    pub(super) algorithm: Algorithm,
    pub(super) status: Status,
    /// The id of the user who has it.
    pub(super) holder: Option<String>,
    pub(super) assigned_at: Option<u64>,
    pub(super) last_used: Option<u64>,
    /// It was uploaded as CSV.
    pub(super) legacy: bool,
}

impl Facts {
    pub(super) fn totp(&self) -> Totp {
        Totp::new(Digits::SIX, self.period)
    }

    pub(super) fn hash(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Sha1 => "hmacsha1",
            Algorithm::Sha256 => "hmacsha256",
            Algorithm::Sha512 => "hmacsha512",
        }
    }
}

/// What only the service knows of a device.
pub(super) struct Secret {
    /// The key bytes prepared for both algorithms: an update may change the algorithm.
    pub(super) sha1: Key,
    pub(super) sha256: Key,
    pub(super) drift: i64,
    pub(super) last_step: Option<u64>,
    pub(super) activations: u64,
    /// How many of them were another operator's.
    pub(super) operator_activations: u64,
}

impl Secret {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self {
            sha1: Key::new(Algorithm::Sha1, bytes),
            sha256: Key::new(Algorithm::Sha256, bytes),
            drift: 0,
            last_step: None,
            activations: 0,
            operator_activations: 0,
        }
    }

    pub(super) fn key(&self, algorithm: Algorithm) -> &Key {
        match algorithm {
            Algorithm::Sha1 => &self.sha1,
            Algorithm::Sha256 | Algorithm::Sha512 => &self.sha256,
        }
    }
}
