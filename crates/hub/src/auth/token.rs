//! The user token and the limited token inside it.
//!
//! A user token carries, as its claim `uip`, the signature of a shorter token without ownership.
//! Whoever holds the one can put the other together without a key.

use super::jose::{Algorithm, JoseError};
use super::jws::{self, Jws};
use super::key::Key;
use super::keys::Keys;
use crate::error::Error;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

const USER: &str = "vnd.backstage.user";
const LIMITED_USER: &str = "vnd.backstage.limited-user";
pub(super) const PLUGIN: &str = "vnd.backstage.plugin";
const AUDIENCE: &str = "backstage";

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
struct UserPayload<'a> {
    iss: &'a str,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ent: Option<&'a [SmolStr]>,
    aud: &'static str,
    iat: i64,
    exp: i64,
    uip: &'a str,
}

#[derive(Serialize)]
struct LimitedPayload<'a> {
    sub: &'a str,
    iat: i64,
    exp: i64,
}

/// What a new user token says.
pub(super) struct NewToken<'a> {
    /// `iss`.
    pub(super) issuer: &'a str,
    /// `sub`: the reference of the user.
    pub(super) user_ref: &'a str,
    /// `ent`; absent when the configuration keeps it out of tokens.
    pub(super) ownership: Option<&'a [SmolStr]>,
    /// `iat`.
    pub(super) issued_at: Timestamp,
    /// `exp`.
    pub(super) expires_at: Timestamp,
}

impl NewToken<'_> {
    /// Signs the token.
    ///
    /// # Errors
    ///
    /// [`Error::Named`] with status 500 when it would be longer than clients accept.
    pub(super) fn sign(&self, key: &Key) -> Result<String, Error> {
        let (iat, exp) = (self.issued_at.as_second(), self.expires_at.as_second());
        let limited = signing_input(
            LIMITED_USER,
            key.algorithm,
            &key.id,
            &LimitedPayload {
                sub: self.user_ref,
                iat,
                exp,
            },
        )?;
        let (iss, sub, ent, uip) = (
            self.issuer,
            self.user_ref,
            self.ownership,
            sign(key, &limited)?,
        );
        let payload = UserPayload {
            iss,
            sub,
            ent,
            aud: AUDIENCE,
            iat,
            exp,
            uip: &uip,
        };
        let token = signed(USER, key, &payload)?;
        if token.len() > jws::MAX_LENGTH {
            return Err(Error::Named {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                name: "Error",
                message:
                    "Failed to issue a new user token. The resulting token is excessively large, \
                          with either too many ownership claims or too large custom claims."
                        .to_owned(),
            });
        }
        Ok(token)
    }
}

/// Signs a limited token by itself, for a plugin that asks on behalf of the user.
///
/// # Errors
///
/// [`Error::Internal`] when `key` cannot sign (any more).
pub(super) fn sign_limited(
    key: &Key,
    user_ref: &str,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<String, Error> {
    let payload = LimitedPayload {
        sub: user_ref,
        iat: issued_at.as_second(),
        exp: expires_at.as_second(),
    };
    signed(LIMITED_USER, key, &payload)
}

/// A whole token of type `typ`.
pub(super) fn signed(
    typ: &'static str,
    key: &Key,
    payload: &impl Serialize,
) -> Result<String, Error> {
    let mut token = signing_input(typ, key.algorithm, &key.id, payload)?;
    let signature = sign(key, &token)?;
    token.push('.');
    token.push_str(&signature);
    Ok(token)
}

fn signing_input(
    typ: &'static str,
    algorithm: Algorithm,
    kid: &str,
    payload: &impl Serialize,
) -> Result<String, Error> {
    let header = jws::encode(&Header {
        typ,
        alg: algorithm.as_str(),
        kid,
    })
    .map_err(Error::internal)?;
    let payload = jws::encode(payload).map_err(Error::internal)?;
    Ok(format!("{header}.{payload}"))
}

fn sign(key: &Key, text: &str) -> Result<String, Error> {
    key.sign(text)
        .ok_or_else(|| Error::internal("the signing key has no private half"))
}

/// The limited token inside a user token; `None` when there is none inside.
///
/// The token must have been verified before.
pub(super) fn limited_of(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Payload {
        sub: String,
        iat: i64,
        exp: i64,
        uip: String,
    }
    let token = Jws::parse(token)?;
    let Payload { sub, iat, exp, uip } = token.payload()?;
    let limited = signing_input(
        LIMITED_USER,
        Algorithm::parse(token.header.alg.as_deref()?)?,
        token.header.kid.as_deref()?,
        &LimitedPayload {
            sub: &sub,
            iat,
            exp,
        },
    );
    Some(format!("{}.{uip}", limited.ok()?))
}

/// Whose token it claims to be, before anything is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// A user token.
    User,
    /// A user token without ownership, which only few paths take.
    LimitedUser,
    /// A token that one plugin made for another.
    Plugin,
    /// Something else: perhaps an external program's.
    Other,
}

impl Family {
    /// Reads what the token says of itself.
    pub(super) fn of(token: &Jws<'_>) -> Family {
        match token.header.typ.as_deref() {
            Some(USER) => Family::User,
            Some(LIMITED_USER) => Family::LimitedUser,
            Some(PLUGIN) => Family::Plugin,
            None | Some("JWT") if has_our_audience(token) => Family::User,
            None | Some(_) => Family::Other,
        }
    }
}

/// Tokens of old versions say so in their audience only.
fn has_our_audience(token: &Jws<'_>) -> bool {
    let payload: Option<Value> = token.payload();
    payload.is_some_and(|payload| payload["aud"] == AUDIENCE)
}

/// What a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    /// The reference of the user.
    pub(super) user_ref: SmolStr,
    /// The ownership references; absent in limited tokens, and where they are configured away.
    pub(super) ownership: Option<Vec<SmolStr>>,
    /// From then on the token is worth nothing.
    pub(super) expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Payload {
    sub: Option<SmolStr>,
    ent: Option<Vec<SmolStr>>,
    iat: Option<f64>,
    exp: Option<f64>,
    nbf: Option<f64>,
}

/// Checks signature and times of a token of [`Family::User`] or [`Family::LimitedUser`].
///
/// # Errors
///
/// [`Error::Authentication`] `Invalid token; caused by …` with the cause as the original names
/// it, and what [`Keys::find`] gives when the database is needed and away.
pub(super) async fn verify(token: &Jws<'_>, keys: &Keys, now: Timestamp) -> Result<Claims, Error> {
    let algorithm = Algorithm::of(token, &Algorithm::ALL).map_err(refused)?;
    let key = match &token.header.kid {
        Some(kid) => keys.find(kid).await?,
        None => None,
    };
    // INVARIANT: the key says how it signs; the header may only agree.
    let key = key
        .filter(|key| key.algorithm == algorithm)
        .ok_or_else(|| refused(JoseError::NoMatchingKey))?;
    if !key.verifies(token.signed, token.signature) {
        return Err(refused(JoseError::Signature));
    }
    let payload: Payload = token.payload().ok_or_else(|| refused(JoseError::Claims))?;
    claims(payload, now)
}

fn claims(payload: Payload, now: Timestamp) -> Result<Claims, Error> {
    let missing = |claim| refused(JoseError::MissingClaim(claim));
    payload.iat.ok_or_else(|| missing("iat"))?;
    let exp = payload.exp.ok_or_else(|| missing("exp"))?;
    let user_ref = payload
        .sub
        .filter(|sub| !sub.is_empty())
        .ok_or_else(|| missing("sub"))?;
    let seconds = now.as_second() as f64;
    if payload.nbf.is_some_and(|nbf| nbf > seconds) {
        return Err(refused(JoseError::NotYet("nbf")));
    }
    if exp <= seconds {
        return Err(expired());
    }
    // A time beyond what a timestamp can hold comes to the same as the last one that it can.
    let expires_at = Timestamp::from_second(exp as i64).unwrap_or(Timestamp::MAX);
    Ok(Claims {
        user_ref,
        ownership: payload.ent,
        expires_at,
    })
}

/// 401 for a token that was good once.
pub(super) fn expired() -> Error {
    refused(JoseError::Expired)
}

/// 401 with the cause as the original names it.
pub(super) fn refused(cause: JoseError) -> Error {
    Error::Authentication(format!("Invalid token; caused by {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::keys::{KeyStore, Owner};
    use crate::auth::test::{ManualClock, store};
    use crate::clock::Clock;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use std::sync::Arc;
    use std::time::Duration;

    const HOUR: Duration = Duration::from_secs(3600);

    struct Setting {
        clock: ManualClock,
        keys: Keys,
        key: Arc<Key>,
    }

    async fn setting() -> Setting {
        let clock = ManualClock::default();
        let keys = Keys::new(
            Owner::Users,
            KeyStore::Database(store().await),
            Arc::new(clock.clone()),
            HOUR,
        );
        let key = keys.signing(clock.now() + HOUR).await.unwrap();
        Setting { clock, keys, key }
    }

    impl Setting {
        fn issue(&self) -> String {
            let ownership = ["user:default/mara".into(), "group:default/stage".into()];
            let token = NewToken {
                issuer: "http://localhost:7007/api/auth",
                user_ref: "user:default/mara",
                ownership: Some(&ownership),
                issued_at: self.clock.now(),
                expires_at: self.clock.now() + HOUR,
            };
            token.sign(&self.key).unwrap()
        }

        async fn verify(&self, token: &str) -> Result<Claims, String> {
            let token = Jws::parse(token).expect("a token of three parts");
            verify(&token, &self.keys, self.clock.now())
                .await
                .map_err(|error| error.to_string())
        }
    }

    fn part(token: &str, index: usize) -> String {
        let bytes = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(index).unwrap())
            .unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn members_come_in_the_order_of_the_original() {
        let setting = setting().await;
        let (kid, iat) = (&setting.key.id, setting.clock.now().as_second());

        let token = setting.issue();

        assert_eq!(
            part(&token, 0),
            format!(r#"{{"typ":"vnd.backstage.user","alg":"ES256","kid":"{kid}"}}"#)
        );
        let expected = format!(
            r#"{{"iss":"http://localhost:7007/api/auth","sub":"user:default/mara","ent":["user:default/mara","group:default/stage"],"aud":"backstage","iat":{iat},"exp":{},"uip":""#,
            iat + 3600,
        );
        assert!(
            part(&token, 1).starts_with(&expected),
            "{}",
            part(&token, 1)
        );
    }

    #[tokio::test]
    async fn the_limited_token_inside_verifies_and_has_no_ownership() {
        let setting = setting().await;

        let limited = limited_of(&setting.issue()).unwrap();

        assert_eq!(
            part(&limited, 0),
            format!(
                r#"{{"typ":"vnd.backstage.limited-user","alg":"ES256","kid":"{}"}}"#,
                setting.key.id
            )
        );
        assert_eq!(
            Family::of(&Jws::parse(&limited).unwrap()),
            Family::LimitedUser
        );
        let claims = setting.verify(&limited).await.unwrap();
        assert_eq!(
            (claims.user_ref.as_str(), claims.ownership),
            ("user:default/mara", None)
        );
    }

    #[tokio::test]
    async fn a_token_gives_its_claims_until_it_expires() {
        let setting = setting().await;
        let token = setting.issue();

        setting.clock.advance(HOUR - Duration::from_secs(1));
        let claims = setting.verify(&token).await.unwrap();
        setting.clock.advance(Duration::from_secs(1));
        let late = setting.verify(&token).await.unwrap_err();

        assert_eq!(
            claims.ownership.unwrap(),
            ["user:default/mara", "group:default/stage"]
        );
        assert_eq!(
            late,
            "Invalid token; caused by JWTExpired: \"exp\" claim timestamp check failed"
        );
    }

    #[tokio::test]
    async fn a_changed_payload_has_a_bad_signature() {
        let setting = setting().await;
        let token = setting.issue();
        let payload = part(&token, 1).replace("mara", "root");
        let mut parts: Vec<&str> = token.split('.').collect();
        let payload = URL_SAFE_NO_PAD.encode(payload);
        parts[1] = &payload;

        let error = setting.verify(&parts.join(".")).await.unwrap_err();

        assert_eq!(
            error,
            "Invalid token; caused by JWSSignatureVerificationFailed: signature verification failed"
        );
    }

    #[tokio::test]
    async fn other_algorithms_and_other_keys_are_refused() {
        let setting = setting().await;
        let payload =
            jws::encode(&serde_json::json!({"sub": "user:default/mara", "iat": 1, "exp": 9e9}))
                .unwrap();
        let token = |header| format!("{}.{payload}.c2ln", jws::encode(&header).unwrap());

        let none = setting
            .verify(&token(serde_json::json!({"typ": USER, "alg": "none"})))
            .await
            .unwrap_err();
        let other = serde_json::json!({"typ": USER, "alg": "ES256", "kid": "other"});
        let other = setting.verify(&token(other)).await.unwrap_err();

        assert!(none.contains("JOSENotSupported"), "{none}");
        assert!(other.contains("JWKSNoMatchingKey"), "{other}");
    }

    #[tokio::test]
    async fn the_audience_makes_a_user_token_only_without_another_type() {
        let of = |typ: Option<&str>, aud: &str| {
            let header = jws::encode(&serde_json::json!({"typ": typ, "alg": "ES256"})).unwrap();
            let payload = jws::encode(&serde_json::json!({"aud": aud})).unwrap();
            Family::of(&Jws::parse(&format!("{header}.{payload}.c2ln")).unwrap())
        };

        assert_eq!(of(None, "backstage"), Family::User);
        assert_eq!(of(Some("JWT"), "backstage"), Family::User);
        assert_eq!(of(Some("at+jwt"), "backstage"), Family::Other);
        assert_eq!(of(None, "elsewhere"), Family::Other);
        assert_eq!(of(Some(PLUGIN), "catalog"), Family::Plugin);
    }

    #[tokio::test]
    async fn an_excessive_ownership_list_is_refused() {
        let setting = setting().await;
        let ownership: Vec<SmolStr> = (0..2000)
            .map(|n| smol_str::format_smolstr!("group:default/g{n}"))
            .collect();
        let token = NewToken {
            issuer: "http://localhost:7007/api/auth",
            user_ref: "user:default/mara",
            ownership: Some(&ownership),
            issued_at: setting.clock.now(),
            expires_at: setting.clock.now() + HOUR,
        };

        let error = token.sign(&setting.key).unwrap_err();

        assert!(error.to_string().contains("excessively large"), "{error}");
    }
}
