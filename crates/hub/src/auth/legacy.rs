//! Callers that sign with a shared secret: external access of type `legacy`.

use super::jws::Jws;
use super::token;
use crate::error::Error;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use callboard_config::{ConfigError, Secret, View};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Secrets come in both alphabets, with and without padding.
const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A shared secret.
#[derive(Debug)]
pub(super) struct LegacyKey(Secret<Vec<u8>>);

impl LegacyKey {
    /// Reads the secret at `path` of an entry.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the original's text when it is not base64.
    pub(super) fn read(entry: &View<'_>, path: &str) -> Result<LegacyKey, ConfigError> {
        let text = Secret::new(entry.string(path)?.replace('-', "+").replace('_', "/"));
        let bytes = LENIENT_BASE64
            .decode(text.expose())
            .ok()
            .filter(|bytes| !bytes.is_empty());
        let bytes = bytes
            .ok_or_else(|| entry.error(path, "Illegal secret, must be a valid base64 string"))?;
        Ok(LegacyKey(Secret::new(bytes)))
    }

    /// Whether both are the same secret.
    pub(super) fn is(&self, other: &LegacyKey) -> bool {
        self.0.expose().ct_eq(other.0.expose()).into()
    }

    fn signs(&self, text: &str, signature: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose()) else {
            return false;
        };
        mac.update(text.as_bytes());
        mac.verify_slice(signature).is_ok()
    }
}

/// The key that signed `token`, if it is a token of this kind and one of `keys` did.
///
/// # Errors
///
/// 401 when it did, but the token is over, or not yet good.
pub(super) fn signer<'k, T: AsRef<LegacyKey>>(
    token: &str,
    keys: &'k [T],
    now: Timestamp,
) -> Result<Option<&'k T>, Error> {
    if keys.is_empty() {
        return Ok(None);
    }
    let Some(token) = Jws::parse(token) else {
        return Ok(None);
    };
    let Some(payload) = token.payload::<Value>() else {
        return Ok(None);
    };
    let is_legacy = token.header.alg.as_deref() == Some("HS256")
        && token.header.crit.is_none()
        && payload["sub"] == "backstage-server"
        && (payload["aud"].is_null() || payload["aud"] == "");
    if !is_legacy {
        return Ok(None);
    }
    let Ok(signature) = URL_SAFE_NO_PAD.decode(token.signature) else {
        return Ok(None);
    };
    let Some(key) = keys
        .iter()
        .find(|key| key.as_ref().signs(token.signed, &signature))
    else {
        return Ok(None);
    };
    check_times(&payload, now)?;
    Ok(Some(key))
}

/// Both times may be absent.
fn check_times(payload: &Value, now: Timestamp) -> Result<(), Error> {
    let seconds = now.as_second() as f64;
    let meets = |time: &Value, test: fn(f64, f64) -> bool| {
        time.is_null() || time.as_f64().is_some_and(|time| test(time, seconds))
    };
    if !meets(&payload["exp"], |exp, now| exp > now) {
        return Err(token::expired());
    }
    if !meets(&payload["nbf"], |nbf, now| nbf <= now) {
        return Err(token::invalid(
            "JWTClaimValidationFailed: \"nbf\" claim timestamp check failed",
        ));
    }
    Ok(())
}
