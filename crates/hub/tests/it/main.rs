//! HTTP tests of the hub, in process.
#![expect(clippy::unwrap_used, reason = "what is absent here fails the test")]

mod access_token;
mod administration;
mod audit;
mod auth;
mod browser;
mod canary;
mod catalog;
mod device;
mod dynamic_plugins;
mod entity;
mod licensed_users;
mod matrix;
mod openapi;
mod page;
mod pages;
mod permission;
mod rbac;
mod remote;
mod replica;
mod sample;
mod search;
mod settings;
mod sidecar;
mod stock_frontend;
mod support;
mod surface;
