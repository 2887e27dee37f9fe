//! The server as its clients see it.
#![expect(clippy::unwrap_used, reason = "what is absent here fails the test")]

mod access;
mod apply;
mod client;
mod definition;
mod fault;
mod helm;
mod kubectl;
mod table;
mod watch;
