//! Why a token is not believed.

/// Why a token is not believed, in the words of the library that the original uses (npm `jose`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::auth) enum JoseError {
    /// It is not signed in a way that is verified here, or says what only an extension explains.
    #[error("JOSENotSupported: Unsupported \"alg\" value for a JSON Web Key Set")]
    NotSupported,
    /// It is signed in another way than was agreed.
    #[error("JOSEAlgNotAllowed: \"alg\" (Algorithm) Header Parameter value not allowed")]
    AlgorithmNotAllowed,
    /// No key of the set could have signed it.
    #[error("JWKSNoMatchingKey: no applicable key found in the JSON Web Key Set")]
    NoMatchingKey,
    /// It names no key, and several of the set could have signed it.
    #[error("JWKSMultipleMatchingKeys: multiple matching keys found in the JSON Web Key Set")]
    SeveralMatchingKeys,
    /// The key did not sign this.
    #[error("JWSSignatureVerificationFailed: signature verification failed")]
    Signature,
    /// What is signed is no JSON object.
    #[error("JWTInvalid: JWT Claims Set must be a top-level JSON object")]
    Claims,
    /// A claim that must be there is not.
    #[error("JWTClaimValidationFailed: missing required \"{0}\" claim")]
    MissingClaim(&'static str),
    /// A claim has another value than was agreed.
    #[error("JWTClaimValidationFailed: unexpected \"{0}\" claim value")]
    UnexpectedClaim(&'static str),
    /// A time is no number.
    #[error("JWTInvalid: \"{0}\" claim must be a number")]
    NotANumber(&'static str),
    /// The token is not good yet.
    #[error("JWTClaimValidationFailed: \"{0}\" claim timestamp check failed")]
    NotYet(&'static str),
    /// The token was good once.
    #[error("JWTExpired: \"exp\" claim timestamp check failed")]
    Expired,
}
