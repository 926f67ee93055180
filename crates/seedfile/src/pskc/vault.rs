//! Opening encrypted values: one key and one MAC for the whole container.

use zeroize::Zeroizing;

use super::crypto::{Derivation, Hash, decrypt};
use super::envelope::{self, Encrypted, Source};
use super::error::{Fault, PskcProblem, PskcRefusal};
use super::key::PskcKey;
use super::xml::Element;

/// A shorter MAC key is no secret: a wrong key decrypts to an empty one by chance, once in a few hundred times.
const MIN_MAC_KEY: usize = 16;

/// The container's keys. Nothing is derived or decrypted before the first encrypted value.
pub(super) struct Vault<'a, 'k> {
    key: Option<&'k PskcKey>,
    encryption: Option<Element<'a>>,
    mac: Option<Element<'a>>,
    opened: Option<Opened>,
    right: bool,
    wrong: bool,
}

struct Opened {
    key: Zeroizing<Vec<u8>>,
    hash: Hash,
    mac_key: Zeroizing<Vec<u8>>,
}

impl<'a, 'k> Vault<'a, 'k> {
    pub(super) fn new(key: Option<&'k PskcKey>) -> Self {
        Self {
            key,
            encryption: None,
            mac: None,
            opened: None,
            right: false,
            wrong: false,
        }
    }

    /// Takes `EncryptionKey` in. False if there is one already.
    pub(super) fn set_encryption(&mut self, element: Element<'a>) -> bool {
        self.encryption.replace(element).is_none()
    }

    /// Takes `MACMethod` in. False if there is one already.
    pub(super) fn set_mac(&mut self, element: Element<'a>) -> bool {
        self.mac.replace(element).is_none()
    }

    /// Checks the MAC of a value, then decrypts it.
    pub(super) fn open(
        &mut self,
        value: &Element<'_>,
        tag: Option<&Element<'_>>,
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let value = envelope::encrypted(value)?;
        let opened = match self.opened.take() {
            Some(opened) => opened,
            None => self.unlock()?,
        };
        let opened = self.opened.insert(opened);
        refuse_length(&opened.key, &value)?;
        let tag = envelope::base64(tag.ok_or(PskcProblem::MacMissing)?.text()?)?;
        if !opened.hash.verifies(&opened.mac_key, &value.data, &tag) {
            self.wrong = true;
            return Err(PskcProblem::MacWrong.into());
        }
        self.right = true;
        Ok(decrypt(&opened.key, &value.data).ok_or(PskcProblem::Ciphertext)?)
    }

    /// If every MAC is wrong, the key is.
    pub(super) fn close(&self) -> Result<(), PskcRefusal> {
        if self.wrong && !self.right {
            Err(PskcRefusal::WrongKey)
        } else {
            Ok(())
        }
    }

    fn unlock(&self) -> Result<Opened, PskcRefusal> {
        let source = envelope::source(self.encryption.as_ref())?;
        let mac = self.mac.as_ref().ok_or(PskcRefusal::NoMac)?;
        let (hash, mac_key) = envelope::mac(mac)?;
        let key = match source {
            Source::PreShared => self.pre_shared()?,
            Source::Passphrase(derivation) => self.derived(&derivation)?,
        };
        let mac_key = match mac_key {
            None => key.clone(),
            Some(encrypted) => {
                refuse_length(&key, &encrypted)?;
                decrypt(&key, &encrypted.data)
                    .filter(|key| key.len() >= MIN_MAC_KEY)
                    .ok_or(PskcRefusal::WrongKey)?
            }
        };
        Ok(Opened { key, hash, mac_key })
    }

    fn pre_shared(&self) -> Result<Zeroizing<Vec<u8>>, PskcRefusal> {
        let bytes = self.key.and_then(PskcKey::bytes);
        let bytes = bytes.ok_or(PskcRefusal::NeedsKey)?;
        Ok(Zeroizing::new(bytes.to_vec()))
    }

    fn derived(&self, derivation: &Derivation) -> Result<Zeroizing<Vec<u8>>, PskcRefusal> {
        let key = self.key.and_then(|key| key.derived(derivation));
        key.ok_or(PskcRefusal::NeedsPassphrase)
    }
}

fn refuse_length(key: &[u8], encrypted: &Encrypted) -> Result<(), PskcRefusal> {
    if key.len() == encrypted.key_length {
        Ok(())
    } else {
        Err(PskcRefusal::KeyLength {
            needed: encrypted.key_length,
            given: key.len(),
        })
    }
}
