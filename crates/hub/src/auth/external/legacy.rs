//! Callers that sign with a shared secret: external access of type `legacy`.

use crate::auth::caller::Caller;
use crate::auth::jose::JoseError;
use crate::auth::jws::Jws;
use crate::auth::token;
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

/// Every shared secret with its caller.
#[derive(Debug, Default)]
pub(super) struct LegacyKeys(Vec<(LegacyKey, Caller)>);

/// A shared secret.
#[derive(Debug)]
pub(super) struct LegacyKey(Secret<Vec<u8>>);

impl LegacyKeys {
    /// Adds the secret of one entry.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the original's text when it comes twice.
    pub(super) fn add(
        &mut self,
        entry: &View<'_>,
        key: LegacyKey,
        caller: Caller,
    ) -> Result<(), ConfigError> {
        if self.0.iter().any(|(known, _)| known.is(&key)) {
            let message = "Legacy externalAccess token was declared more than once";
            return Err(entry.error("", message));
        }
        self.0.push((key, caller));
        Ok(())
    }

    /// The caller whose secret signed `token`, if it is a token of this kind and one did.
    ///
    /// # Errors
    ///
    /// 401 when one did, but the token is over, or not yet good.
    pub(super) fn caller(&self, token: &str, now: Timestamp) -> Result<Option<&Caller>, Error> {
        let Some(token) = Jws::parse(token).filter(|_| !self.0.is_empty()) else {
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
        let mut keys = self.0.iter();
        let Some((_, caller)) = keys.find(|(key, _)| key.signs(token.signed, &signature)) else {
            return Ok(None);
        };
        check_times(&payload, now)?;
        Ok(Some(caller))
    }

    /// Who may call.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, caller)| caller.subject.as_str())
    }
}

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
    fn is(&self, other: &LegacyKey) -> bool {
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
        return Err(token::refused(JoseError::NotYet("nbf")));
    }
    Ok(())
}
