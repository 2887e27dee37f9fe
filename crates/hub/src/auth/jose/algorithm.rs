//! The algorithms of signatures that are verified.

use super::error::JoseError;
use crate::auth::jws::Jws;
use std::fmt::{self, Display};

/// How a token is signed.
///
/// `ES512` is not among them: the curve P-521 is in no library that the hub brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Algorithm {
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

impl Algorithm {
    /// All of them.
    pub(in crate::auth) const ALL: [Algorithm; 9] = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];

    /// Reads the `alg` of a header or a key, whose case matters; `None` for any other, `none`
    /// and those with shared secrets included.
    pub(in crate::auth) fn parse(name: &str) -> Option<Algorithm> {
        // The newer name of EdDSA says the curve, too.
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Algorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
    }

    /// How `token` says that it is signed, if that is one of `allowed`.
    ///
    /// # Errors
    ///
    /// [`JoseError`], also for a header with extensions that one would have to understand.
    pub(in crate::auth) fn of(
        token: &Jws<'_>,
        allowed: &[Algorithm],
    ) -> Result<Algorithm, JoseError> {
        let alg = token.header.alg.as_deref().and_then(Algorithm::parse);
        let algorithm = alg
            .filter(|_| token.header.crit.is_none())
            .ok_or(JoseError::NotSupported)?;
        allowed
            .contains(&algorithm)
            .then_some(algorithm)
            .ok_or(JoseError::AlgorithmNotAllowed)
    }

    /// The name in headers.
    pub(in crate::auth) fn as_str(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Rs384 => "RS384",
            Algorithm::Rs512 => "RS512",
            Algorithm::Ps256 => "PS256",
            Algorithm::Ps384 => "PS384",
            Algorithm::Ps512 => "PS512",
            Algorithm::Es256 => "ES256",
            Algorithm::Es384 => "ES384",
            Algorithm::EdDsa => "EdDSA",
        }
    }
}

impl Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.as_str()), Some(algorithm));
        }
        assert_eq!(Algorithm::parse("Ed25519"), Some(Algorithm::EdDsa));
    }

    #[test]
    fn unsigned_tokens_and_shared_secrets_have_no_algorithm() {
        for name in [
            "none", "None", "NONE", "", "HS256", "HS512", "rs256", "ES512", "dir",
        ] {
            assert_eq!(Algorithm::parse(name), None, "{name}");
        }
    }
}
