//! The proof that a provider gives of who signed in.

use super::claims::Claims;
use crate::auth::jose::{Algorithm, JoseError};
use crate::auth::jws::Jws;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

/// How far the clocks of provider and hub may be apart, in seconds.
const SKEW: f64 = 60.0;

/// The longest subject that the specification lets a provider give, in bytes.
const MAX_SUBJECT: usize = 255;

/// What a token must say to be believed.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) algorithm: Algorithm,
    /// The nonce of the flow; absent at a refresh, where providers may leave it out.
    pub(super) nonce: Option<&'a str>,
    /// The access token that came with it.
    pub(super) access_token: &'a str,
    pub(super) now: Timestamp,
}

/// Why a token is not believed; a part of a message to people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Disbelief(String);

fn no(why: impl Into<String>) -> Disbelief {
    Disbelief(why.into())
}

impl From<JoseError> for Disbelief {
    fn from(error: JoseError) -> Disbelief {
        no(match error {
            JoseError::NoMatchingKey => "no valid key found in issuer's jwks_uri".to_owned(),
            JoseError::SeveralMatchingKeys => {
                "several keys of issuer's jwks_uri fit, and the JWT names none".to_owned()
            }
            JoseError::Signature => "failed to validate JWT signature".to_owned(),
            other => other.to_string(),
        })
    }
}

impl Expected<'_> {
    /// Takes a token apart and looks at what its header says: nothing is verified yet.
    ///
    /// # Errors
    ///
    /// When it is no token, is too long, or names another algorithm than the configured one.
    pub(super) fn parse<'t>(&self, token: &'t str) -> Result<Jws<'t>, Disbelief> {
        let jws = Jws::parse(token).ok_or_else(|| no("failed to decode JWT"))?;
        let found = jws.header.alg.as_deref().unwrap_or("none");
        if Algorithm::parse(found) != Some(self.algorithm) {
            let expected = self.algorithm;
            let message = format!("unexpected JWT alg received, expected {expected}, got: {found}");
            return Err(no(message));
        }
        if jws.header.crit.is_some() {
            return Err(no("critical headers are not understood"));
        }
        Ok(jws)
    }

    /// What a token claims whose signature was verified, once every claim is as expected.
    ///
    /// # Errors
    ///
    /// What is wrong with it first.
    pub(super) fn check(&self, token: &Jws<'_>) -> Result<Claims, Disbelief> {
        let claims: Claims = token.payload().ok_or_else(|| no("failed to decode JWT"))?;
        self.check_parties(&claims)?;
        self.check_times(&claims)?;
        self.check_bindings(&claims)?;
        Ok(claims)
    }

    /// Who says what of whom to whom.
    fn check_parties(&self, claims: &Claims) -> Result<(), Disbelief> {
        let subject = claims
            .text("sub")
            .ok_or_else(|| no("missing required JWT property sub"))?;
        if subject.len() > MAX_SUBJECT {
            return Err(no("sub is too long"));
        }
        let issuer = claims
            .text("iss")
            .ok_or_else(|| no("missing required JWT property iss"))?;
        if issuer != self.issuer {
            let expected = self.issuer;
            return Err(no(format!(
                "unexpected iss value, expected {expected}, got: {issuer}"
            )));
        }
        let (is_named, is_alone) = match claims.0.get("aud") {
            Some(Value::String(one)) => (one == self.client_id, true),
            Some(Value::Array(several)) => (
                several.iter().any(|one| one == self.client_id),
                several.len() == 1,
            ),
            Some(_) | None => return Err(no("missing required JWT property aud")),
        };
        if !is_named {
            return Err(no("aud mismatch, the token is not for this client"));
        }
        match claims.0.get("azp") {
            None if is_alone => Ok(()),
            None => Err(no("missing required JWT property azp")),
            Some(party) if party == self.client_id => Ok(()),
            Some(_) => Err(no("azp mismatch, the token was given to another client")),
        }
    }

    fn check_times(&self, claims: &Claims) -> Result<(), Disbelief> {
        let now = self.now.as_second() as f64;
        let time = |name: &str| {
            let missing = || no(format!("missing required JWT property {name}"));
            claims.seconds(name).ok_or_else(missing)
        };
        if time("exp")? <= now - SKEW {
            return Err(no("JWT expired"));
        }
        if time("iat")? > now + SKEW {
            return Err(no("JWT issued in the future"));
        }
        if claims.seconds("nbf").is_some_and(|nbf| nbf > now + SKEW) {
            return Err(no("JWT not active yet"));
        }
        Ok(())
    }

    /// That it belongs to this flow and to the token beside it.
    fn check_bindings(&self, claims: &Claims) -> Result<(), Disbelief> {
        if let Some(nonce) = self.nonce {
            let found = claims.text("nonce").unwrap_or_default();
            if !bool::from(found.as_bytes().ct_eq(nonce.as_bytes())) {
                return Err(no("nonce mismatch"));
            }
        }
        match claims.0.get("at_hash") {
            None => Ok(()),
            Some(hash) if *hash == left_half(self.algorithm, self.access_token) => Ok(()),
            Some(_) => Err(no(
                "at_hash mismatch, the access token is of another sign-in",
            )),
        }
    }
}

/// What `at_hash` says of an access token: the left half of its hash.
fn left_half(algorithm: Algorithm, token: &str) -> String {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => Sha256::digest(token).to_vec(),
        Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => Sha384::digest(token).to_vec(),
        Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::EdDsa => Sha512::digest(token).to_vec(),
    };
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_an_access_token_is_that_of_the_specification() {
        // The example of OpenID Connect Core, appendix A.4.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

        assert_eq!(left_half(Algorithm::Rs256, token), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
