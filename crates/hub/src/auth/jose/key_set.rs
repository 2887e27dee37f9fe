//! The keys that somebody publishes.

use super::algorithm::Algorithm;
use super::error::JoseError;
use super::key::PublicKey;
use crate::auth::jws::Jws;
use serde_json::Value;

/// How many keys of a set are read.
const MAX_KEYS: usize = 100;

/// A JSON Web Key Set: those of its keys that verify signatures.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::auth) struct KeySet(Vec<Member>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    id: Option<String>,
    /// The only way in which it verifies; absent means every one of its kind.
    algorithm: Option<Algorithm>,
    key: PublicKey,
}

impl KeySet {
    /// Reads `{"keys": […]}`; `None` for anything else.
    ///
    /// Keys that are of no use here are left out: those that encrypt, shared secrets, other
    /// curves, other algorithms.
    pub(in crate::auth) fn parse(set: &Value) -> Option<KeySet> {
        let keys = set["keys"].as_array()?.iter();
        Some(KeySet(keys.filter_map(member).take(MAX_KEYS).collect()))
    }

    /// Whether there is exactly one key that could have signed `token` with `algorithm`.
    pub(in crate::auth) fn has_key_for(&self, token: &Jws<'_>, algorithm: Algorithm) -> bool {
        self.find(token, algorithm).is_ok()
    }

    /// Checks the signature of `token`, and nothing else.
    ///
    /// Its header chooses among the `allowed` algorithms, never beyond them, and the key must be
    /// for the one that it chooses.
    ///
    /// # Errors
    ///
    /// [`JoseError`] for the first thing that is wrong.
    pub(in crate::auth) fn verify(
        &self,
        token: &Jws<'_>,
        allowed: &[Algorithm],
    ) -> Result<(), JoseError> {
        let algorithm = Algorithm::of(token, allowed)?;
        let key = self.find(token, algorithm)?;
        key.verifies(algorithm, token.signed, token.signature)
            .then_some(())
            .ok_or(JoseError::Signature)
    }

    fn find(&self, token: &Jws<'_>, algorithm: Algorithm) -> Result<&PublicKey, JoseError> {
        let mut keys = self.0.iter().filter(|member| {
            let kid = token.header.kid.as_deref();
            let is_named = kid.is_none_or(|kid| member.id.as_deref() == Some(kid));
            let is_for = member.algorithm.is_none_or(|only| only == algorithm);
            is_named && is_for && member.key.is_for(algorithm)
        });
        match (keys.next(), keys.next()) {
            (None, _) => Err(JoseError::NoMatchingKey),
            (Some(member), None) => Ok(&member.key),
            (Some(_), Some(_)) => Err(JoseError::SeveralMatchingKeys),
        }
    }
}

fn member(jwk: &Value) -> Option<Member> {
    let is_for_signatures = jwk.get("use").is_none_or(|usage| usage == "sig");
    let operations = jwk["key_ops"].as_array();
    let verifies = operations.is_none_or(|all| all.iter().any(|one| one == "verify"));
    let algorithm = match jwk.get("alg") {
        Some(alg) => Some(Algorithm::parse(alg.as_str()?)?),
        None => None,
    };
    (is_for_signatures && verifies).then_some(())?;
    Some(Member {
        id: jwk["kid"].as_str().map(str::to_owned),
        algorithm,
        key: PublicKey::from_jwk(jwk)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jws::encode;
    use crate::auth::key::Key;
    use jiff::Timestamp;
    use serde_json::json;
    use std::time::Duration;

    fn key() -> Key {
        Key::generate(Timestamp::UNIX_EPOCH, Duration::from_secs(3600))
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(&json!({"keys": keys})).unwrap()
    }

    fn jwk(key: &Key, over: &Value) -> Value {
        let mut jwk = serde_json::to_value(key.to_jwk()).unwrap();
        for (member, value) in over.as_object().unwrap() {
            jwk[member] = value.clone();
        }
        jwk
    }

    fn token(key: &Key, header: &Value) -> String {
        let signed = format!("{}.e30", encode(header).unwrap());
        let signature = key.sign(&signed).unwrap();
        format!("{signed}.{signature}")
    }

    fn verify(set: &KeySet, token: &str) -> Result<(), JoseError> {
        set.verify(&Jws::parse(token).unwrap(), &[Algorithm::Es256])
    }

    #[test]
    fn a_token_is_verified_with_the_key_that_it_names() {
        let (one, other) = (key(), key());
        let keys = set(&[jwk(&one, &json!({})), jwk(&other, &json!({}))]);
        let header = |kid: &str| json!({"alg": "ES256", "kid": kid});

        assert_eq!(verify(&keys, &token(&one, &header(&one.id))), Ok(()));
        assert_eq!(
            verify(&keys, &token(&one, &header(&other.id))),
            Err(JoseError::Signature)
        );
        assert_eq!(
            verify(&keys, &token(&one, &header("another"))),
            Err(JoseError::NoMatchingKey)
        );
    }

    #[test]
    fn a_token_that_names_no_key_is_verified_where_only_one_fits() {
        let (one, other) = (key(), key());
        let token = token(&one, &json!({"alg": "ES256"}));

        assert_eq!(verify(&set(&[jwk(&one, &json!({}))]), &token), Ok(()));
        assert_eq!(
            verify(
                &set(&[jwk(&one, &json!({})), jwk(&other, &json!({}))]),
                &token
            ),
            Err(JoseError::SeveralMatchingKeys)
        );
    }

    #[test]
    fn keys_that_are_not_for_signatures_are_left_out() {
        let key = key();
        let left_out = [
            json!({"use": "enc"}),
            json!({"key_ops": ["sign"]}),
            json!({"alg": "ECDH-ES"}),
            json!({"alg": "HS256"}),
            json!({"kty": "oct"}),
        ];

        for over in left_out {
            assert_eq!(set(&[jwk(&key, &over)]), KeySet::default(), "{over}");
        }
        assert_ne!(
            set(&[jwk(&key, &json!({"use": "sig", "key_ops": ["verify"]}))]),
            KeySet::default()
        );
    }

    #[test]
    fn the_header_chooses_among_the_allowed_algorithms_only() {
        let key = key();
        let keys = set(&[jwk(&key, &json!({}))]);
        let of = |alg: &str| token(&key, &json!({"alg": alg, "kid": key.id}));
        let against =
            |alg: &str, allowed: &[Algorithm]| keys.verify(&Jws::parse(&of(alg)).unwrap(), allowed);

        assert_eq!(
            against("ES256", &[Algorithm::Rs256]),
            Err(JoseError::AlgorithmNotAllowed)
        );
        assert_eq!(
            against("none", &Algorithm::ALL),
            Err(JoseError::NotSupported)
        );
        assert_eq!(
            against("HS256", &Algorithm::ALL),
            Err(JoseError::NotSupported)
        );
        assert_eq!(
            against("ES384", &Algorithm::ALL),
            Err(JoseError::NoMatchingKey)
        );
        let crit = token(
            &key,
            &json!({"alg": "ES256", "kid": key.id, "crit": ["exp"]}),
        );
        assert_eq!(verify(&keys, &crit), Err(JoseError::NotSupported));
    }

    #[test]
    fn what_is_no_set_is_none() {
        assert_eq!(KeySet::parse(&json!({})), None);
        assert_eq!(KeySet::parse(&json!([])), None);
        assert_eq!(KeySet::parse(&json!({"keys": "k"})), None);
    }
}
