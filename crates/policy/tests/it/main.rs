//! The engine against the vectors, and against a slow evaluator of the same rules.
#![expect(clippy::unwrap_used, reason = "what is absent here fails the test")]

mod account;
mod deny;
mod evaluator;
mod flip;
mod properties;
mod rules;
mod vectors;
mod world;
