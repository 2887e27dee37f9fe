//! Amazon Web Services: who the hub is there, and requests that prove it.

mod credential;
mod signature;

pub(crate) use credential::{CredentialError, Credentials};
pub(crate) use signature::Presigned;
