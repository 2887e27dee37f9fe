//! Keys that an administrator made, read from files.

use super::key::{Key, PrivateKey};
use callboard_config::{ConfigError, Secret, View};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ring::rsa::KeyPair;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use std::sync::Arc;

/// Reads the list `keys` of a section `static`: the first signs, all of them verify.
///
/// # Errors
///
/// [`ConfigError`] for a list without keys, a name that comes twice, an algorithm other than
/// ES256 and RS256, a file that cannot be read or holds no key of the kind, and for halves that do
/// not belong together.
pub(super) fn read(section: &View<'_>) -> Result<Arc<[Arc<Key>]>, ConfigError> {
    let entries = section.optional_object_list("keys")?.unwrap_or_default();
    if entries.is_empty() {
        return Err(section.error("keys", "a key store of files needs at least one key"));
    }
    let mut keys: Vec<Arc<Key>> = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = key(&entry)?;
        if keys.iter().any(|known| known.id == key.id) {
            let message = format!("there is another key with the id `{}`", key.id);
            return Err(entry.error("keyId", message));
        }
        let is_first = keys.is_empty();
        keys.push(Arc::new(if is_first { key } else { key.without_private() }));
    }
    Ok(keys.into())
}

fn key(entry: &View<'_>) -> Result<Key, ConfigError> {
    let id = entry.string("keyId")?;
    let algorithm = entry.optional_string("algorithm")?;
    let algorithm = algorithm.as_deref().unwrap_or("ES256");
    let private = Secret::new(file(entry, "privateKeyFile")?);
    let public = file(entry, "publicKeyFile")?;
    let halves = match algorithm {
        "ES256" => p256(&private, &public),
        "RS256" => rsa(&private, &public),
        other => {
            let message = format!("keys sign with ES256 or RS256; `{other}` is not served");
            return Err(entry.error("algorithm", message));
        }
    };
    let halves = halves.map_err(|half| match half {
        Half::Private => {
            let message = format!("the file holds no private key for {algorithm} (in PEM)");
            entry.error("privateKeyFile", message)
        }
        Half::Public => {
            let message = format!("the file holds no public key for {algorithm} (in PEM)");
            entry.error("publicKeyFile", message)
        }
        Half::Other => entry.error("publicKeyFile", "the public key is of another private key"),
    })?;
    Ok(Key::lasting(id.into(), halves))
}

fn file(entry: &View<'_>, key: &str) -> Result<String, ConfigError> {
    let path = entry.string(key)?;
    std::fs::read_to_string(&path)
        .map_err(|error| entry.error(key, format!("cannot read `{path}`: {error}")))
}

/// What is wrong with a pair of files.
enum Half {
    Private,
    Public,
    /// Both are good, and not of one key.
    Other,
}

fn p256(private: &Secret<String>, public: &str) -> Result<PrivateKey, Half> {
    let secret = p256::SecretKey::from_pkcs8_pem(private.expose()).map_err(|_| Half::Private)?;
    let public = p256::PublicKey::from_public_key_pem(public).map_err(|_| Half::Public)?;
    if secret.public_key() != public {
        return Err(Half::Other);
    }
    Ok(PrivateKey::P256(Box::new(secret.into())))
}

fn rsa(private: &Secret<String>, public: &str) -> Result<PrivateKey, Half> {
    let pair = match PrivateKeyDer::from_pem_slice(private.expose().as_bytes()) {
        Ok(PrivateKeyDer::Pkcs8(der)) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        // `openssl genrsa` has written this form for decades.
        Ok(PrivateKeyDer::Pkcs1(der)) => KeyPair::from_der(der.secret_pkcs1_der()),
        Ok(_) | Err(_) => return Err(Half::Private),
    };
    let pair = pair.map_err(|_| Half::Private)?;
    let public = SubjectPublicKeyInfoDer::from_pem_slice(public.as_bytes());
    let public = public.map_err(|_| Half::Public)?;
    // The numbers stand at the end of this form, after the name of the algorithm.
    if !public.as_ref().ends_with(pair.public().as_ref()) {
        return Err(Half::Other);
    }
    Ok(PrivateKey::Rsa(Box::new(pair)))
}
