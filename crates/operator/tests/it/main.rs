//! The operator on a cluster that is not one: a server that speaks its interface.
//!
//! Every operator here is the service account of the manifest, so each test also shows that
//! the manifest gives it the rights that it needs.
#![expect(clippy::unwrap_used, reason = "what is absent here fails the test")]

mod convergence;
mod election;
mod failure;
mod following;
mod guide;
mod instance;
mod kubectl;
mod optional;
mod rendering;
mod retry;
mod stage;
mod versions;
