//! One key of the hub: made, stored, published, signing and verifying.

use super::jose::{self, Algorithm};
use super::random;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_config::Secret;
use jiff::Timestamp;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;
use std::time::Duration;

/// How many token lifetimes a public key is published, counted from its making.
const PUBLISHED_LIFETIMES: u32 = 3;

/// A key of the hub: the private half while it signs, the public half for as long as it verifies.
pub(super) struct Key {
    /// The `kid` of its tokens.
    pub(super) id: SmolStr,
    /// From then on it signs no token.
    pub(super) signs_until: Timestamp,
    /// From then on it is neither published nor believed; never before the last of its tokens ends.
    pub(super) verifies_until: Timestamp,
    /// The one way in which it signs.
    pub(super) algorithm: Algorithm,
    jwk: Jwk,
    public: jose::PublicKey,
    private: Option<PrivateKey>,
}

/// The half of a key that signs.
pub(super) enum PrivateKey {
    /// For ES256.
    P256(Box<SigningKey>),
    /// For RS256. Such keys are not made here, only read.
    Rsa(Box<KeyPair>),
}

impl Key {
    /// Makes a key that signs for one `lifetime` of a token from `now` on.
    pub(super) fn generate(now: Timestamp, lifetime: Duration) -> Key {
        let private = loop {
            // One in 2^32 draws is no scalar of the curve.
            if let Ok(key) = SigningKey::from_slice(&random::bytes::<32>()) {
                break PrivateKey::P256(Box::new(key));
            }
        };
        Key {
            signs_until: now + lifetime,
            verifies_until: now + lifetime * PUBLISHED_LIFETIMES,
            ..Key::lasting(smol_str::format_smolstr!("{}", random::uuid()), private)
        }
    }

    /// A key that somebody else made, and that signs for as long as the hub runs.
    pub(super) fn lasting(id: SmolStr, private: PrivateKey) -> Key {
        let (jwk, public) = private.public_half(&id);
        Key {
            id,
            signs_until: Timestamp::MAX,
            verifies_until: Timestamp::MAX,
            algorithm: private.algorithm(),
            jwk,
            public,
            private: Some(private),
        }
    }

    /// The same key without the half that signs.
    #[must_use]
    pub(super) fn without_private(self) -> Key {
        Key {
            private: None,
            ..self
        }
    }

    /// Whether it may sign a token at `now`.
    pub(super) fn signs_at(&self, now: Timestamp) -> bool {
        self.private.is_some() && now < self.signs_until
    }

    /// Whether it is published and believed at `now`.
    pub(super) fn verifies_at(&self, now: Timestamp) -> bool {
        now < self.verifies_until
    }

    /// The signature over `text` in the form of a JWS; `None` when the private half is gone.
    pub(super) fn sign(&self, text: &str) -> Option<String> {
        let signature = self.private.as_ref()?.sign(text.as_bytes())?;
        Some(URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whether `signature` (base64url) is this key's over `text`.
    pub(super) fn verifies(&self, text: &str, signature: &str) -> bool {
        self.public.verifies(self.algorithm, text, signature)
    }

    /// The public half as `jwks.json` lists it.
    pub(super) fn to_jwk(&self) -> Jwk {
        self.jwk.clone()
    }

    /// The private half as it is stored; `None` when it is gone.
    ///
    /// # Errors
    ///
    /// [`KeyError::Private`] for a key that was not made here.
    pub(super) fn to_private_pem(&self) -> Result<Option<Secret<String>>, KeyError> {
        match &self.private {
            None => Ok(None),
            Some(PrivateKey::Rsa(_)) => Err(KeyError::Private),
            Some(PrivateKey::P256(key)) => {
                let pem = key.to_pkcs8_pem(LineEnding::LF);
                let pem = pem.map_err(|_| KeyError::Private)?;
                Ok(Some(Secret::new(String::clone(&pem))))
            }
        }
    }

    /// Reads a key back from its stored halves.
    pub(super) fn from_stored(
        public_jwk: &str,
        private_pem: Option<&Secret<String>>,
        signs_until: Timestamp,
        verifies_until: Timestamp,
    ) -> Result<Key, KeyError> {
        let jwk: Jwk = serde_json::from_str(public_jwk).map_err(|_| KeyError::Public)?;
        let public = jwk.to_public_key().ok_or(KeyError::Public)?;
        let private = private_pem.map(|pem| PrivateKey::p256_from_pem(pem.expose()));
        let private = match private {
            Some(private) => Some(private.ok_or(KeyError::Private)?),
            None => None,
        };
        let is_other = |private: &PrivateKey| private.public_half(&jwk.kid).1 != public;
        if private.as_ref().is_some_and(is_other) {
            return Err(KeyError::Private);
        }
        Ok(Key {
            id: jwk.kid.clone(),
            signs_until,
            verifies_until,
            algorithm: Algorithm::Es256,
            jwk,
            public,
            private,
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl PrivateKey {
    /// Reads a key of the curve P-256, PKCS #8 in PEM.
    pub(super) fn p256_from_pem(pem: &str) -> Option<PrivateKey> {
        let key = SigningKey::from_pkcs8_pem(pem).ok()?;
        Some(PrivateKey::P256(Box::new(key)))
    }

    /// How it signs.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            PrivateKey::P256(_) => Algorithm::Es256,
            PrivateKey::Rsa(_) => Algorithm::Rs256,
        }
    }

    fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            PrivateKey::P256(key) => {
                let signature: Signature = key.sign(text);
                Some(signature.to_vec())
            }
            PrivateKey::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    text,
                    &mut signature,
                )
                .ok()?;
                Some(signature)
            }
        }
    }

    /// What everybody may have of it, for the world and for verifying.
    fn public_half(&self, id: &SmolStr) -> (Jwk, jose::PublicKey) {
        match self {
            PrivateKey::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                // INVARIANT: uncompressed, a point is a tag and two coordinates of 32 bytes.
                let point = <[u8; 65]>::try_from(point.as_bytes()).expect("a point has 65 bytes");
                let jwk = Jwk::p256(id, &point);
                (jwk, jose::PublicKey::P256(Box::new(point)))
            }
            PrivateKey::Rsa(key) => {
                let PublicKeyComponents::<Vec<u8>> { n, e } = key.public().into();
                let jwk = Jwk::rsa(id, &n, &e);
                (jwk, jose::PublicKey::Rsa { n, e })
            }
        }
    }
}

/// A public key on the wire, with its members in the order of the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Jwk {
    kty: SmolStr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crv: Option<SmolStr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    /// The id by which tokens name it.
    pub(super) kid: SmolStr,
    alg: SmolStr,
}

impl Jwk {
    fn p256(id: &SmolStr, point: &[u8; 65]) -> Jwk {
        let (x, y) = point[1..].split_at(32);
        Jwk {
            kty: "EC".into(),
            x: Some(URL_SAFE_NO_PAD.encode(x)),
            y: Some(URL_SAFE_NO_PAD.encode(y)),
            crv: Some("P-256".into()),
            e: None,
            n: None,
            kid: id.clone(),
            alg: Algorithm::Es256.as_str().into(),
        }
    }

    fn rsa(id: &SmolStr, n: &[u8], e: &[u8]) -> Jwk {
        Jwk {
            kty: "RSA".into(),
            x: None,
            y: None,
            crv: None,
            e: Some(URL_SAFE_NO_PAD.encode(e)),
            n: Some(URL_SAFE_NO_PAD.encode(n)),
            kid: id.clone(),
            alg: Algorithm::Rs256.as_str().into(),
        }
    }

    /// The key, when it is one of those that are made here; `None` for any other.
    fn to_public_key(&self) -> Option<jose::PublicKey> {
        let is_ours = self.alg == Algorithm::Es256.as_str();
        let key = jose::PublicKey::from_jwk(&serde_json::to_value(self).ok()?)?;
        (is_ours && key.is_for(Algorithm::Es256)).then_some(key)
    }
}

/// Why a stored key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    /// The public half is no P-256 key.
    #[error("the public half of a stored key cannot be read")]
    Public,
    /// The private half is no P-256 key, or belongs to another public half.
    #[error("the private half of a stored key cannot be used")]
    Private,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::generate(Timestamp::UNIX_EPOCH, Duration::from_secs(3600))
    }

    fn stored(key: &Key) -> Key {
        let public = serde_json::to_string(&key.to_jwk()).unwrap();
        let private = key.to_private_pem().unwrap();
        Key::from_stored(
            &public,
            private.as_ref(),
            key.signs_until,
            key.verifies_until,
        )
        .unwrap()
    }

    #[test]
    fn a_key_read_back_signs_what_the_first_one_verifies() {
        let key = key();

        let signature = stored(&key).sign("curtain").unwrap();

        assert!(key.verifies("curtain", &signature));
        assert!(!key.verifies("curtains", &signature));
        assert!(!key.verifies("curtain", "AAAA"));
    }

    #[test]
    fn a_key_signs_for_one_lifetime_and_verifies_for_three() {
        let key = key();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();

        assert!(key.signs_at(at(3599)) && !key.signs_at(at(3600)));
        assert!(key.verifies_at(at(3 * 3600 - 1)) && !key.verifies_at(at(3 * 3600)));
    }

    #[test]
    fn a_jwk_has_the_members_of_the_original_in_their_order() {
        let key = key();

        let text = serde_json::to_string(&key.to_jwk()).unwrap();

        let names: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).unwrap();
        assert_eq!(
            names.keys().collect::<Vec<_>>(),
            ["kty", "x", "y", "crv", "kid", "alg"]
        );
        assert_eq!(names["kid"], key.id.as_str());
    }

    #[test]
    fn a_private_half_of_another_key_is_refused() {
        let (one, other) = (key(), key());
        let public = serde_json::to_string(&one.to_jwk()).unwrap();
        let private = other.to_private_pem().unwrap();

        let read = Key::from_stored(
            &public,
            private.as_ref(),
            one.signs_until,
            one.verifies_until,
        );

        assert_eq!(read.unwrap_err(), KeyError::Private);
    }

    #[test]
    fn debug_output_shows_no_key() {
        let key = key();

        assert_eq!(
            format!("{key:?}"),
            format!("Key {{ id: {:?}, .. }}", key.id)
        );
    }
}
