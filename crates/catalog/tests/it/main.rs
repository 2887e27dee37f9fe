//! Tests of the catalog from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod filter_vectors;
mod properties;
mod stitch;
mod vectors;
