//! A compact JSON Web Signature, taken apart and put together.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest token that is read or issued, in bytes.
pub(super) const MAX_LENGTH: usize = 32_768;

/// A token in its three parts; nothing is verified yet.
#[derive(Debug)]
pub(super) struct Jws<'a> {
    pub(super) header: Header,
    /// What the signature covers.
    pub(super) signed: &'a str,
    payload: &'a str,
    pub(super) signature: &'a str,
}

/// The protected header.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) typ: Option<String>,
    pub(super) alg: Option<String>,
    pub(super) kid: Option<String>,
    /// Extensions that a reader must understand; we understand none.
    pub(super) crit: Option<serde_json::Value>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart; `None` when it does not have the form of one.
    pub(super) fn parse(token: &'a str) -> Option<Jws<'a>> {
        if token.len() > MAX_LENGTH {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        if payload.contains('.') {
            return None;
        }
        Some(Jws {
            header: decode(header)?,
            signed,
            payload,
            signature,
        })
    }

    /// The payload as JSON of a known shape; `None` when it has another.
    pub(super) fn payload<T: DeserializeOwned>(&self) -> Option<T> {
        decode(self.payload)
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A part of a token: compact JSON in base64url.
///
/// # Errors
///
/// When `value` cannot be written as JSON.
pub(super) fn encode(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_vec(value).map(|json| URL_SAFE_NO_PAD.encode(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_exactly_three_parts() {
        let header = encode(&serde_json::json!({"alg": "ES256"})).unwrap();

        assert!(Jws::parse(&format!("{header}.e30.c2ln")).is_some());
        assert!(Jws::parse(&format!("{header}.e30")).is_none());
        assert!(Jws::parse(&format!("{header}.e30.c2ln.more")).is_none());
        assert!(Jws::parse("no.json.here").is_none());
        assert!(Jws::parse(&format!("{header}.{}.c2ln", "A".repeat(MAX_LENGTH))).is_none());
    }
}
