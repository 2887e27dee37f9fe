//! HTTP tests of the hub, in process.
#![expect(clippy::unwrap_used, reason = "what is absent here fails the test")]

mod auth;
mod browser;
mod catalog;
mod pages;
mod permission;
mod rbac;
mod remote;
mod support;
mod surface;
