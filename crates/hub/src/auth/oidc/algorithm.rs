//! The algorithms with which a provider may sign, and the keys that fit each.

use super::key_set::Jwk;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm as Jose, DecodingKey};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The shortest modulus of an RSA key that is believed, in bytes.
const MIN_MODULUS: usize = 256;

/// An algorithm that needs the public half of a key only. Shared secrets are not among them: who
/// could verify with one could sign as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

/// Every algorithm, by the name that `tokenSignedResponseAlg` and the header `alg` give it.
const NAMES: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::Rs256),
    ("RS384", Algorithm::Rs384),
    ("RS512", Algorithm::Rs512),
    ("PS256", Algorithm::Ps256),
    ("PS384", Algorithm::Ps384),
    ("PS512", Algorithm::Ps512),
    ("ES256", Algorithm::Es256),
    ("ES384", Algorithm::Es384),
    ("EdDSA", Algorithm::EdDsa),
];

/// The keys that an algorithm verifies with.
enum KeyKind {
    Rsa,
    Curve(&'static str),
    Edwards,
}

impl Algorithm {
    /// What most providers sign with.
    pub(super) const DEFAULT: Algorithm = Algorithm::Rs256;

    /// The algorithm of a name; `None` for one that is not served.
    pub(super) fn parse(name: &str) -> Option<Algorithm> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, algorithm)| *algorithm)
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        let found = NAMES.iter().find(|(_, algorithm)| *algorithm == self);
        found.map_or("", |(name, _)| *name)
    }

    /// The key in `jwk`, when this algorithm verifies with it.
    pub(super) fn key_of(self, jwk: &Jwk) -> Option<DecodingKey> {
        let is_declared_for_it = jwk.alg.as_deref().is_none_or(|alg| alg == self.name());
        let is_for_signatures = jwk.usage.as_deref().is_none_or(|usage| usage == "sig");
        if !is_declared_for_it || !is_for_signatures {
            return None;
        }
        let is_of = |kty: &str, crv: Option<&str>| jwk.kty == kty && jwk.crv.as_deref() == crv;
        match self.key_kind() {
            KeyKind::Rsa => {
                let modulus = jwk.n.as_deref()?;
                let length = URL_SAFE_NO_PAD.decode(modulus).ok()?.len();
                (is_of("RSA", None) && length >= MIN_MODULUS).then_some(())?;
                DecodingKey::from_rsa_components(modulus, jwk.e.as_deref()?).ok()
            }
            KeyKind::Curve(curve) => {
                is_of("EC", Some(curve)).then_some(())?;
                DecodingKey::from_ec_components(jwk.x.as_deref()?, jwk.y.as_deref()?).ok()
            }
            KeyKind::Edwards => {
                is_of("OKP", Some("Ed25519")).then_some(())?;
                DecodingKey::from_ed_components(jwk.x.as_deref()?).ok()
            }
        }
    }

    fn key_kind(self) -> KeyKind {
        match self {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => KeyKind::Rsa,
            Algorithm::Es256 => KeyKind::Curve("P-256"),
            Algorithm::Es384 => KeyKind::Curve("P-384"),
            Algorithm::EdDsa => KeyKind::Edwards,
        }
    }

    fn jose(self) -> Jose {
        match self {
            Algorithm::Rs256 => Jose::RS256,
            Algorithm::Rs384 => Jose::RS384,
            Algorithm::Rs512 => Jose::RS512,
            Algorithm::Ps256 => Jose::PS256,
            Algorithm::Ps384 => Jose::PS384,
            Algorithm::Ps512 => Jose::PS512,
            Algorithm::Es256 => Jose::ES256,
            Algorithm::Es384 => Jose::ES384,
            Algorithm::EdDsa => Jose::EdDSA,
        }
    }

    /// Whether `signature` (base64url) is of `key` over `text`.
    pub(super) fn verifies(self, key: &DecodingKey, text: &str, signature: &str) -> bool {
        jsonwebtoken::crypto::verify(signature, text.as_bytes(), key, self.jose()).unwrap_or(false)
    }

    /// What `at_hash` says of an access token: the left half of its hash.
    pub(super) fn left_half(self, token: &str) -> String {
        let hash = match self {
            Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => {
                Sha256::digest(token).to_vec()
            }
            Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => {
                Sha384::digest(token).to_vec()
            }
            Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::EdDsa => {
                Sha512::digest(token).to_vec()
            }
        };
        URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn jwk(value: serde_json::Value) -> Jwk {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn shared_secrets_and_no_signature_at_all_are_no_algorithms() {
        for name in ["none", "None", "HS256", "HS512", "ES512", "rs256", ""] {
            assert_eq!(Algorithm::parse(name), None, "{name}");
        }
        for (name, _) in NAMES {
            assert_eq!(Algorithm::parse(name).unwrap().name(), name);
        }
    }

    #[test]
    fn a_key_serves_the_algorithm_that_it_was_made_for_only() {
        let rsa = |more: serde_json::Value| {
            let mut key =
                json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xff; 256]), "e": "AQAB"});
            for (name, value) in more.as_object().unwrap() {
                key[name] = value.clone();
            }
            jwk(key)
        };
        let rs256 = Algorithm::DEFAULT;

        assert!(rs256.key_of(&rsa(json!({}))).is_some());
        assert!(
            rs256
                .key_of(&rsa(json!({"use": "sig", "alg": "RS256"})))
                .is_some()
        );
        assert!(rs256.key_of(&rsa(json!({"use": "enc"}))).is_none());
        assert!(rs256.key_of(&rsa(json!({"alg": "RSA-OAEP"}))).is_none());
        let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
        assert!(rs256.key_of(&rsa(json!({"n": short}))).is_none());
        let shared = jwk(json!({"kty": "oct", "k": "c2VjcmV0"}));
        assert!(rs256.key_of(&shared).is_none());
        assert!(Algorithm::Es256.key_of(&rsa(json!({}))).is_none());
    }

    #[test]
    fn what_another_library_signed_is_verified_under_its_own_algorithm_only() {
        // Signed with Node's OpenSSL.
        let vectors: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("algorithm_vectors.json")).unwrap();
        assert_eq!(vectors.len(), NAMES.len());

        for vector in &vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let own = Algorithm::parse(text("alg")).unwrap();
            for (name, algorithm) in NAMES {
                let key = algorithm.key_of(&jwk(vector["jwk"].clone()));
                let verifies = key
                    .is_some_and(|key| algorithm.verifies(&key, text("text"), text("signature")));
                assert_eq!(verifies, algorithm == own, "{} as {name}", text("alg"));
            }
            let key = own.key_of(&jwk(vector["jwk"].clone())).unwrap();
            let other = format!("{}x", text("text"));
            assert!(!own.verifies(&key, &other, text("signature")));
            assert!(!own.verifies(&key, text("text"), ""));
        }
    }

    #[test]
    fn the_hash_of_an_access_token_is_that_of_the_specification() {
        // The example of OpenID Connect Core, appendix A.4.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";

        assert_eq!(
            Algorithm::DEFAULT.left_half(token),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }
}
