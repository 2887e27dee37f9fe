//! The token with which one plugin asks another, of this hub or of another backend.
//!
//! It names who asks (`sub`) and who is asked (`aud`), and carries the limited token of the user
//! on whose behalf that happens, if there is one (`obo`).

use super::jose::Algorithm;
use super::jws::Jws;
use super::key::Key;
use super::token::{self, PLUGIN};
use crate::discovery::is_plugin_id;
use crate::error::Error;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

/// What a new token says.
#[derive(Serialize)]
pub(super) struct NewPluginToken<'a> {
    #[serde(rename = "sub")]
    pub(super) plugin: &'a str,
    #[serde(rename = "aud")]
    pub(super) target: &'a str,
    #[serde(
        rename = "iat",
        serialize_with = "jiff::fmt::serde::timestamp::second::required::serialize"
    )]
    pub(super) issued_at: Timestamp,
    #[serde(
        rename = "exp",
        serialize_with = "jiff::fmt::serde::timestamp::second::required::serialize"
    )]
    pub(super) expires_at: Timestamp,
    /// A limited token.
    #[serde(rename = "obo", skip_serializing_if = "Option::is_none")]
    pub(super) on_behalf_of: Option<&'a str>,
}

impl NewPluginToken<'_> {
    /// Signs the token.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] when `key` cannot sign (any more).
    pub(super) fn sign(&self, key: &Key) -> Result<String, Error> {
        token::signed(PLUGIN, key, self)
    }
}

/// What a token says of itself; only its signature is left to verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PluginClaims {
    /// The plugin that asks.
    pub(super) plugin: SmolStr,
    /// The id of the key that it claims to be signed with.
    pub(super) key_id: String,
    /// From then on the token is worth nothing.
    pub(super) expires_at: Timestamp,
    /// The token of the user on whose behalf the plugin asks, not verified.
    pub(super) on_behalf_of: Option<String>,
}

#[derive(Deserialize)]
struct Payload {
    sub: Option<SmolStr>,
    #[serde(default)]
    aud: Value,
    iat: Option<f64>,
    exp: Option<f64>,
    nbf: Option<f64>,
    obo: Option<String>,
}

/// Reads a token of [`token::Family::Plugin`] that was shown to the plugin `audience`.
///
/// Everything that needs no key is checked here, so that a token that would be refused anyhow
/// never sends the hub out for one.
///
/// # Errors
///
/// 401 for what is wrong first: the audience, the caller's id, the times, the algorithm.
pub(super) fn read(token: &Jws<'_>, audience: &str, now: Timestamp) -> Result<PluginClaims, Error> {
    let payload: Payload = token.payload().ok_or_else(|| invalid("malformed claims"))?;
    if !names(&payload.aud, audience) {
        return Err(invalid("unexpected audience"));
    }
    let plugin = payload.sub.unwrap_or_default();
    if plugin.is_empty() {
        return Err(invalid("missing subject"));
    }
    if !is_plugin_id(&plugin) {
        return Err(invalid("forbidden subject format"));
    }
    let (Some(_), Some(exp)) = (payload.iat, payload.exp) else {
        return Err(invalid("missing issue or expiry time"));
    };
    let seconds = now.as_second() as f64;
    if exp <= seconds {
        return Err(expired());
    }
    if payload.nbf.is_some_and(|nbf| nbf > seconds) {
        return Err(invalid("not yet valid"));
    }
    if Algorithm::of(token, &Algorithm::ALL).is_err() {
        return Err(invalid("unsupported algorithm"));
    }
    let key_id = token.header.kid.clone();
    Ok(PluginClaims {
        plugin,
        key_id: key_id.ok_or_else(|| invalid("missing key id"))?,
        // A time beyond what a timestamp can hold comes to the same as the last one that it can.
        expires_at: Timestamp::from_second(exp as i64).unwrap_or(Timestamp::MAX),
        on_behalf_of: payload.obo,
    })
}

/// An audience is one name or several.
fn names(aud: &Value, audience: &str) -> bool {
    match aud {
        Value::Array(several) => several.iter().any(|one| one == audience),
        one => one == audience,
    }
}

/// 401 for a token that was good once.
pub(super) fn expired() -> Error {
    invalid("expired")
}

/// 401 with what is wrong.
pub(super) fn invalid(what: &str) -> Error {
    Error::Authentication(format!("Invalid plugin token: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jws;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    /// What becomes of a good token after `change`.
    fn outcome(change: &Value) -> Result<PluginClaims, String> {
        let mut header = json!({"typ": PLUGIN, "alg": "ES256", "kid": "k"});
        let mut payload = json!({"sub": "props", "aud": "catalog", "iat": NOW, "exp": NOW + 60});
        for (name, value) in change.as_object().unwrap() {
            let is_of_header = header.get(name).is_some() || name == "crit";
            let part = if is_of_header {
                &mut header
            } else {
                &mut payload
            };
            part[name] = value.clone();
        }
        let (header, payload) = (
            jws::encode(&header).unwrap(),
            jws::encode(&payload).unwrap(),
        );
        let token = format!("{header}.{payload}.c2ln");
        read(&Jws::parse(&token).unwrap(), "catalog", now()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_says_who_asks_whom_and_for_whom() {
        let claims = outcome(&json!({"obo": "a.b.c"})).unwrap();

        assert_eq!(
            (claims.plugin.as_str(), claims.key_id.as_str()),
            ("props", "k")
        );
        assert_eq!(claims.expires_at.as_second(), NOW + 60);
        assert_eq!(claims.on_behalf_of.as_deref(), Some("a.b.c"));
        assert!(outcome(&json!({"aud": ["permission", "catalog"]})).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refusal = |change: Value| outcome(&change).unwrap_err();

        let audience = "Invalid plugin token: unexpected audience";
        assert_eq!(refusal(json!({"aud": "permission"})), audience);
        assert_eq!(refusal(json!({"aud": null})), audience);
        assert_eq!(refusal(json!({"aud": ["permission"]})), audience);
        assert_eq!(
            refusal(json!({"sub": ""})),
            "Invalid plugin token: missing subject"
        );
        assert_eq!(
            refusal(json!({"sub": "../props"})),
            "Invalid plugin token: forbidden subject format"
        );
        assert_eq!(
            refusal(json!({"exp": NOW})),
            "Invalid plugin token: expired"
        );
        let times = "Invalid plugin token: missing issue or expiry time";
        assert_eq!(refusal(json!({"exp": null})), times);
        assert_eq!(refusal(json!({"iat": null})), times);
        assert_eq!(
            refusal(json!({"nbf": NOW + 1})),
            "Invalid plugin token: not yet valid"
        );
        let algorithm = "Invalid plugin token: unsupported algorithm";
        assert_eq!(refusal(json!({"alg": "none"})), algorithm);
        assert_eq!(refusal(json!({"alg": "HS256"})), algorithm);
        assert_eq!(refusal(json!({"crit": ["exp"]})), algorithm);
        assert_eq!(
            refusal(json!({"kid": null})),
            "Invalid plugin token: missing key id"
        );
        assert_eq!(
            refusal(json!({"obo": 7})),
            "Invalid plugin token: malformed claims"
        );
    }

    #[test]
    fn members_come_in_the_order_of_the_original() {
        let token = NewPluginToken {
            plugin: "permission",
            target: "props",
            issued_at: now(),
            expires_at: now(),
            on_behalf_of: Some("a.b.c"),
        };

        assert_eq!(
            serde_json::to_string(&token).unwrap(),
            r#"{"sub":"permission","aud":"props","iat":1800000000,"exp":1800000000,"obo":"a.b.c"}"#
        );
    }
}
