//! One ES256 key: made, stored, published, signing and verifying.

use super::random;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_config::Secret;
use jiff::Timestamp;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use p256::{EncodedPoint, FieldBytes};
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
    public: PublicKey,
    signing: Option<SigningKey>,
}

/// The half of a P-256 key that everybody may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PublicKey(VerifyingKey);

impl Key {
    /// Makes a key that signs for one `lifetime` of a token from `now` on.
    pub(super) fn generate(now: Timestamp, lifetime: Duration) -> Key {
        let signing = loop {
            // One in 2^32 draws is no scalar of the curve.
            if let Ok(key) = SigningKey::from_slice(&random::bytes::<32>()) {
                break key;
            }
        };
        Key {
            id: smol_str::format_smolstr!("{}", random::uuid()),
            signs_until: now + lifetime,
            verifies_until: now + lifetime * PUBLISHED_LIFETIMES,
            public: PublicKey(*signing.verifying_key()),
            signing: Some(signing),
        }
    }

    /// Whether it may sign a token at `now`.
    pub(super) fn signs_at(&self, now: Timestamp) -> bool {
        self.signing.is_some() && now < self.signs_until
    }

    /// Whether it is published and believed at `now`.
    pub(super) fn verifies_at(&self, now: Timestamp) -> bool {
        now < self.verifies_until
    }

    /// The signature over `text` in the form of a JWS; `None` when the private half is gone.
    pub(super) fn sign(&self, text: &str) -> Option<String> {
        let signature: Signature = self.signing.as_ref()?.sign(text.as_bytes());
        Some(URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Whether `signature` (base64url) is this key's over `text`.
    pub(super) fn verifies(&self, text: &str, signature: &str) -> bool {
        self.public.verifies(text, signature)
    }

    /// The public half as `jwks.json` lists it.
    pub(super) fn to_jwk(&self) -> Jwk {
        let point = self.public.0.to_encoded_point(false);
        let coordinate =
            |bytes: Option<&FieldBytes>| URL_SAFE_NO_PAD.encode(bytes.copied().unwrap_or_default());
        Jwk {
            kty: "EC".into(),
            x: coordinate(point.x()),
            y: coordinate(point.y()),
            crv: "P-256".into(),
            kid: self.id.clone(),
            alg: "ES256".into(),
        }
    }

    /// The private half as it is stored; `None` when it is gone.
    pub(super) fn to_private_pem(&self) -> Result<Option<Secret<String>>, KeyError> {
        let Some(signing) = &self.signing else {
            return Ok(None);
        };
        let pem = signing
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| KeyError::Private)?;
        Ok(Some(Secret::new(String::clone(&pem))))
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
        let signing = private_pem
            .map(|pem| SigningKey::from_pkcs8_pem(pem.expose()))
            .transpose();
        let signing = signing.map_err(|_| KeyError::Private)?;
        if signing
            .as_ref()
            .is_some_and(|signing| *signing.verifying_key() != public.0)
        {
            return Err(KeyError::Private);
        }
        Ok(Key {
            id: jwk.kid,
            signs_until,
            verifies_until,
            public,
            signing,
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

impl PublicKey {
    /// Whether `signature` (base64url) is of this key over `text`.
    pub(super) fn verifies(&self, text: &str, signature: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(signature) else {
            return false;
        };
        let Ok(signature) = Signature::from_slice(&bytes) else {
            return false;
        };
        self.0.verify(text.as_bytes(), &signature).is_ok()
    }
}

/// A public key on the wire, with its members in the order of the original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Jwk {
    kty: SmolStr,
    x: String,
    y: String,
    crv: SmolStr,
    /// The id by which tokens name it.
    pub(super) kid: SmolStr,
    alg: SmolStr,
}

impl Jwk {
    /// The key, when it is one of ours or of the same kind; `None` for any other.
    pub(super) fn to_public_key(&self) -> Option<PublicKey> {
        let is_ours = self.kty == "EC" && self.crv == "P-256" && self.alg == "ES256";
        let coordinate = |text: &str| -> Option<FieldBytes> {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            <[u8; 32]>::try_from(bytes).ok().map(FieldBytes::from)
        };
        let point = EncodedPoint::from_affine_coordinates(
            &coordinate(&self.x)?,
            &coordinate(&self.y)?,
            false,
        );
        let key = VerifyingKey::from_encoded_point(&point).ok()?;
        is_ours.then_some(PublicKey(key))
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
