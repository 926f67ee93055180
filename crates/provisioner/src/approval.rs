//! Approval of a kept plan by a second person: an OpenSSH signature over the plan's document.
//!
//! `ssh-keygen -Y sign -n oathkit-plan -f KEY PLAN` makes one.

use ssh_key::{Algorithm, EcdsaCurve, HashAlg, PublicKey, SshSig};

use crate::{Approval, Plan};

/// Who may approve plans, and whether somebody has to.
#[derive(Clone, Debug, Default)]
pub struct ApprovalRules {
    required: bool,
    approvers: Vec<PublicKey>,
}

/// Why a plan is not approved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// A line of the rules is no public key that can be used.
    #[error("approver {number} cannot be used: {why}")]
    Approver {
        /// Its place in the list, from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody is named who could approve.
    #[error("no approvers are named")]
    NoApprovers,
    /// Not a signature, or a damaged one.
    #[error("this is not an SSH signature: {0}")]
    NotASignature(String),
    /// Signed for another purpose.
    #[error(
        "the signature is for {found:?}, not for {:?}",
        ApprovalRules::NAMESPACE
    )]
    OtherPurpose {
        /// Its namespace.
        found: String,
    },
    /// Signed with a key that is not named.
    #[error("the signature is by the key {key}, which is not an approver's")]
    Unlisted {
        /// The key's fingerprint.
        key: String,
    },
    /// Signed over something else.
    #[error("the signature by {by} is not for this plan")]
    OtherPlan {
        /// The approver.
        by: String,
    },
    /// The approver is not a second person.
    #[error(
        "{approver} approved the plan, and {other} {did} it: a second person has to approve it"
    )]
    SamePerson {
        /// The name of the approver's key.
        approver: String,
        /// Who made or applies the plan.
        other: String,
        /// `made` or `applies`.
        did: &'static str,
    },
}

impl ApprovalRules {
    /// The namespace of a signature that approves a plan (`ssh-keygen -n`).
    pub const NAMESPACE: &'static str = "oathkit-plan";

    /// Rules with approvers as OpenSSH writes public keys, one a line: `ssh-ed25519 AAAA… name`. The
    /// comment is the approver's name.
    ///
    /// # Errors
    /// [`ApprovalError::Approver`] for a line that is no such key, has no name, is of a type that is not
    /// verified here, or stands twice; [`ApprovalError::NoApprovers`] where an approval is required that
    /// nobody could give.
    pub fn new(required: bool, approvers: &[String]) -> Result<Self, ApprovalError> {
        let mut keys: Vec<PublicKey> = Vec::new();
        for (line, number) in approvers.iter().zip(1..) {
            let bad = |why: &str| ApprovalError::Approver {
                number,
                why: why.to_owned(),
            };
            let key = PublicKey::from_openssh(line).map_err(|error| bad(&error.to_string()))?;
            if !is_verified_here(&key.algorithm()) {
                return Err(bad(
                    "only Ed25519 and ECDSA keys (P-256, P-384) can be used",
                ));
            }
            if key.comment().trim().is_empty() {
                return Err(bad("it has no name; write one behind the key"));
            }
            if keys.iter().any(|other| other.key_data() == key.key_data()) {
                return Err(bad("this key stands in the list already"));
            }
            keys.push(key);
        }
        if required && keys.is_empty() {
            return Err(ApprovalError::NoApprovers);
        }
        Ok(Self {
            required,
            approvers: keys,
        })
    }

    /// True where the plan may be carried out as it is: it changes nothing, is approved, or needs no
    /// approval.
    #[must_use]
    pub fn permits(&self, plan: &Plan) -> bool {
        let approved = plan.approval.as_ref().map(|approval| &approval.plan);
        !self.required
            || plan.is_empty()
            || approved.is_some() && approved == plan.carries_out.as_ref()
    }

    /// Verifies a signature over the document of a kept plan, which `applied_by` wants carried out.
    ///
    /// Names count as one person's where they are equal up to an `@`, whatever their case. Somebody
    /// with two names, or with another's key, is not found out.
    ///
    /// # Errors
    /// [`ApprovalError`] unless a second person, who is named here, signed this very plan.
    pub fn verify(
        &self,
        plan: &Plan,
        signature: &[u8],
        applied_by: &str,
    ) -> Result<Approval, ApprovalError> {
        if self.approvers.is_empty() {
            return Err(ApprovalError::NoApprovers);
        }
        let signature = SshSig::from_pem(signature)
            .map_err(|error| ApprovalError::NotASignature(error.to_string()))?;
        if signature.namespace() != Self::NAMESPACE {
            return Err(ApprovalError::OtherPurpose {
                found: signature.namespace().to_owned(),
            });
        }
        let signer = signature.public_key();
        let approver = self.approvers.iter().find(|key| key.key_data() == signer);
        let Some(approver) = approver else {
            return Err(ApprovalError::Unlisted {
                key: signer.fingerprint(HashAlg::Sha256).to_string(),
            });
        };
        let by = approver.comment().trim().to_owned();
        approver
            .verify(Self::NAMESPACE, plan.document().as_bytes(), &signature)
            .map_err(|_| ApprovalError::OtherPlan { by: by.clone() })?;
        second_person(&by, plan.made.as_ref().map(|made| &*made.by), "made")?;
        second_person(&by, Some(applied_by), "applies")?;
        Ok(Approval {
            by,
            key: signer.fingerprint(HashAlg::Sha256).to_string(),
            plan: plan.digest(),
        })
    }
}

fn is_verified_here(algorithm: &Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::Ed25519
            | Algorithm::SkEd25519
            | Algorithm::SkEcdsaSha2NistP256
            | Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256 | EcdsaCurve::NistP384
            }
    )
}

fn second_person(
    approver: &str,
    other: Option<&str>,
    did: &'static str,
) -> Result<(), ApprovalError> {
    let Some(other) = other.filter(|other| login(other) == login(approver)) else {
        return Ok(());
    };
    Err(ApprovalError::SamePerson {
        approver: approver.to_owned(),
        other: other.to_owned(),
        did,
    })
}

/// What stands before the `@` of `ann@example.com` and `ann@laptop`.
fn login(name: &str) -> String {
    let login = name.split('@').next().unwrap_or_default();
    login.trim().to_lowercase()
}
