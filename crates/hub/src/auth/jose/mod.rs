//! Signatures of others: JSON Web Keys, and tokens that they signed.
//!
//! Everything that the hub believes because of a public key goes through here: tokens of OpenID
//! providers, of plugins of other backends, of programs outside, and its own. Only asymmetric
//! algorithms exist here, so that no public key can ever be taken for a shared secret.

mod algorithm;
mod claim;
mod error;
mod key;
mod key_set;

pub(in crate::auth) use algorithm::Algorithm;
pub(in crate::auth) use claim::Expected;
pub(in crate::auth) use error::JoseError;
pub(in crate::auth) use key::PublicKey;
pub(in crate::auth) use key_set::KeySet;
