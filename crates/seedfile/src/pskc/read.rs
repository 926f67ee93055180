//! From a container to its packages, one at a time.

use super::error::PskcRefusal;
use super::key::PskcKey;
use super::package::{KeyPackage, package};
use super::vault::Vault;
use super::xml::{Document, Element, Space};

/// Reads a container and hands its packages to `take`, in the file's order.
///
/// Nothing of a package is kept. `key` is needed only if a key for HOTP or TOTP codes is encrypted.
///
/// # Errors
/// [`PskcRefusal`] as the caller's own error type if the container cannot be trusted as a whole, and what `take` fails with. It may come
/// after packages were handed out, as a damaged end or a wrong passphrase shows late: they must not be used then.
///
/// ```
/// use seedfile::pskc::{PskcRefusal, read};
///
/// let text = r#"<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"><KeyPackage>
///     <DeviceInfo><SerialNo>987654321</SerialNo></DeviceInfo>
///     <Key Id="1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp">
///       <Data><Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data>
///     </Key></KeyPackage></KeyContainer>"#;
/// read(text, None, &mut |package| {
///     assert_eq!(package.serial, Ok(Some("987654321".into())));
///     assert_eq!(package.key.unwrap().secret.unwrap().as_slice(), b"12345678901234567890");
///     Ok::<(), PskcRefusal>(())
/// })?;
/// # Ok::<(), PskcRefusal>(())
/// ```
pub fn read<E: From<PskcRefusal>>(
    text: &str,
    key: Option<&PskcKey>,
    take: &mut dyn FnMut(KeyPackage<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut document = Document::new(text);
    refuse_other(&document.root()?)?;
    let mut vault = Vault::new(key);
    let mut packages = 0_usize;
    while let Some(child) = document.next_child()? {
        let line = document.line(child.span.start);
        let in_place = if child.is("EncryptionKey") {
            packages == 0 && vault.set_encryption(child)
        } else if child.is("MACMethod") {
            packages == 0 && vault.set_mac(child)
        } else {
            if child.is("KeyPackage") {
                packages += 1;
                take(package(&child, line, &mut vault)?)?;
            }
            true
        };
        if !in_place {
            return Err(PskcRefusal::Misplaced { line }.into());
        }
    }
    Ok(vault.close()?)
}

fn refuse_other(root: &Element<'_>) -> Result<(), PskcRefusal> {
    let version = root.attribute("Version").unwrap_or_default();
    if root.name != "KeyContainer" {
        Err(PskcRefusal::NotContainer)
    } else if root.space != Space::Pskc {
        Err(PskcRefusal::Namespace)
    } else if !is_version_1(version) {
        Err(PskcRefusal::Version)
    } else {
        Ok(())
    }
}

fn is_version_1(version: &str) -> bool {
    version
        .strip_prefix("1.")
        .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()))
}
