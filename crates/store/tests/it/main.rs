//! Tests of the store, each on every database.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers as well"
)]

mod support;
mod tls;

mod conformance;
mod feed;
mod file;
mod migration;
mod postgres;
mod process;
