//! Values that the browser keeps for the hub and can neither read nor change.

use crate::auth::random;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callboard_config::Secret;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

/// Seals and opens values with a key that every hub of one configuration derives alike, so that
/// one replica opens what another sealed.
pub(super) struct Seal(XChaCha20Poly1305);

/// How long a nonce is, in bytes: long enough to be drawn at random each time.
const NONCE: usize = 24;

impl Seal {
    /// Derives the key from `auth.session.secret`.
    pub(super) fn new(secret: &Secret<String>) -> Seal {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
        // INVARIANT: HMAC takes a key of any length.
        let mut mac = mac.expect("a key of any length");
        mac.update(b"callboard sign-in flow");
        Seal(XChaCha20Poly1305::new(&mac.finalize().into_bytes()))
    }

    /// A text that stands for `value`, for `purpose` only; `None` when it cannot be written.
    pub(super) fn seal(&self, purpose: &str, value: &impl Serialize) -> Option<String> {
        let nonce = random::bytes::<NONCE>();
        let plain = serde_json::to_vec(value).ok()?;
        let payload = Payload {
            msg: &plain,
            aad: purpose.as_bytes(),
        };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// The value that a text stands for; `None` for one that was not sealed here for `purpose`.
    pub(super) fn open<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: sealed,
            aad: purpose.as_bytes(),
        };
        let opened = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        serde_json::from_slice(&opened).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secret: &str) -> Seal {
        Seal::new(&Secret::new(secret.to_owned()))
    }

    #[test]
    fn what_one_hub_seals_another_with_the_same_secret_opens() {
        let sealed = seal("curtain").seal("flow", &"verifier").unwrap();

        assert_eq!(
            seal("curtain").open::<String>("flow", &sealed).unwrap(),
            "verifier"
        );
        assert!(!sealed.contains("verifier"));
    }

    #[test]
    fn what_was_changed_or_sealed_otherwise_stays_shut() {
        let sealed = seal("curtain").seal("flow", &"verifier").unwrap();
        let open = |secret: &str, purpose: &str, text: &str| {
            seal(secret).open::<String>(purpose, text).is_some()
        };

        assert!(!open("curtains", "flow", &sealed));
        assert!(!open("curtain", "notice", &sealed));
        assert!(!open("curtain", "flow", &sealed[1..]));
        assert!(!open("curtain", "flow", ""));
        assert!(!open("curtain", "flow", &format!("{sealed}AAAA")));
    }
}
