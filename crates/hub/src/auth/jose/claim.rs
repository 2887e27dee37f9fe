//! The claims that every kind of token has: who issued it, for whom, and when.

use super::error::JoseError;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub(in crate::auth) struct Expected<'a> {
    /// One of these in `iss`; empty asks for none.
    pub(in crate::auth) issuers: &'a [String],
    /// One of these in `aud`; empty asks for none.
    pub(in crate::auth) audiences: &'a [String],
    /// The time.
    pub(in crate::auth) now: Timestamp,
    /// By how much the clock of the issuer may be off.
    pub(in crate::auth) leeway: SignedDuration,
}

impl Expected<'_> {
    /// Checks `aud`, `iss`, `nbf` and `exp`, in this order. A token need not say when it ends.
    ///
    /// # Errors
    ///
    /// [`JoseError`] for the first claim that is not as expected.
    pub(in crate::auth) fn check(&self, claims: &Map<String, Value>) -> Result<(), JoseError> {
        self.check_name("aud", self.audiences, claims)?;
        self.check_name("iss", self.issuers, claims)?;
        let leeway = self.leeway.as_secs_f64();
        let now = self.now.as_second() as f64;
        if time("nbf", claims)?.is_some_and(|nbf| nbf > now + leeway) {
            return Err(JoseError::NotYet("nbf"));
        }
        if time("exp", claims)?.is_some_and(|exp| exp <= now - leeway) {
            return Err(JoseError::Expired);
        }
        Ok(())
    }

    fn check_name(
        &self,
        claim: &'static str,
        expected: &[String],
        claims: &Map<String, Value>,
    ) -> Result<(), JoseError> {
        if expected.is_empty() {
            return Ok(());
        }
        let is_expected = |name: &Value| expected.iter().any(|one| name == one);
        let holds = match claims.get(claim).ok_or(JoseError::MissingClaim(claim))? {
            // Only an audience may be several.
            Value::Array(names) => claim == "aud" && names.iter().any(is_expected),
            name => is_expected(name),
        };
        holds.then_some(()).ok_or(JoseError::UnexpectedClaim(claim))
    }
}

fn time(claim: &'static str, claims: &Map<String, Value>) -> Result<Option<f64>, JoseError> {
    let read = |time: &Value| time.as_f64().ok_or(JoseError::NotANumber(claim));
    claims.get(claim).map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn check(claims: &Value) -> Result<(), String> {
        let expected = Expected {
            issuers: &["https://id.example.com".to_owned()],
            audiences: &["callboard".to_owned(), "hub".to_owned()],
            now: Timestamp::from_second(NOW).unwrap(),
            leeway: SignedDuration::from_secs(5),
        };
        let mut good = json!({"iss": "https://id.example.com", "aud": "hub"});
        for (claim, value) in claims.as_object().unwrap() {
            good[claim] = value.clone();
        }
        expected
            .check(good.as_object().unwrap())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn issuer_and_audience_are_among_those_that_were_agreed() {
        assert_eq!(check(&json!({})), Ok(()));
        assert_eq!(check(&json!({"aud": ["other", "callboard"]})), Ok(()));
        let unexpected = |claim| {
            Err(format!(
                "JWTClaimValidationFailed: unexpected \"{claim}\" claim value"
            ))
        };
        assert_eq!(check(&json!({"aud": ["other"]})), unexpected("aud"));
        assert_eq!(check(&json!({"aud": null})), unexpected("aud"));
        assert_eq!(
            check(&json!({"iss": "https://id.example.com/"})),
            unexpected("iss")
        );
        assert_eq!(
            check(&json!({"iss": ["https://id.example.com"]})),
            unexpected("iss")
        );
    }

    #[test]
    fn a_claim_that_was_agreed_cannot_be_left_out() {
        let expected = Expected {
            issuers: &["https://id.example.com".to_owned()],
            audiences: &[],
            now: Timestamp::UNIX_EPOCH,
            leeway: SignedDuration::ZERO,
        };

        let refused = expected.check(&Map::new());

        assert_eq!(refused, Err(JoseError::MissingClaim("iss")));
    }

    #[test]
    fn times_are_judged_with_the_leeway() {
        assert_eq!(check(&json!({"exp": NOW - 4, "nbf": NOW + 5})), Ok(()));
        assert_eq!(
            check(&json!({"exp": NOW - 5})),
            Err("JWTExpired: \"exp\" claim timestamp check failed".to_owned())
        );
        assert_eq!(
            check(&json!({"nbf": NOW + 6})),
            Err("JWTClaimValidationFailed: \"nbf\" claim timestamp check failed".to_owned())
        );
        assert_eq!(
            check(&json!({"exp": "never"})),
            Err("JWTInvalid: \"exp\" claim must be a number".to_owned())
        );
    }
}
