//! Amazon Web Services: who the hub is there, and requests that prove it.

mod credential;
#[cfg(test)]
mod fake;
mod signature;
mod wire;

pub(crate) use credential::{CredentialError, Credentials, Source, end_of};
#[cfg(test)]
pub(crate) use fake::Fake;
pub(crate) use signature::Presigned;
