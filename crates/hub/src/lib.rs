//! The HTTP application of Callboard.
//!
//! [`Hub::build`] takes configuration, a database and a clock, lets every feature in [`FEATURES`]
//! register what it has, and gives a router and background tasks.
//! Nothing here reads the command line or the environment.
//!
//! Start reading at [`feature`], then follow one small feature from its `mod.rs` down.

pub mod app;
pub mod audit;
pub mod auth;
pub mod catalog;
pub mod clock;
pub mod database;
pub mod discovery;
pub mod error;
pub mod feature;
pub mod finding;
pub mod guard;
pub mod http;
pub mod http_client;
pub mod log;
pub mod principal;
pub mod reading;
pub mod task;
pub mod ui;

mod aws;
mod callboard;
mod dynamic_plugins;
mod home;
mod hub;
mod licensed_users;
mod mask;
mod metrics;
mod nearest;
mod openapi;
pub mod permission;
pub mod personal;
pub mod rbac;
mod scaffolder;
pub mod search;
mod settings;
mod sidecar;

pub use app::App;
pub use callboard_policy::EntityRef;
pub use error::Error;
pub use hub::{Examined, Hub, Parts, StartError, StoreFault, serve};

use feature::Feature;

/// Every feature of the hub, in the order in which they register and start.
///
/// The audit log comes first, since whatever changes something writes there; discovery before
/// what asks other backends; authentication before what asks who is calling; the catalog before
/// the policy, which reads the groups of users from it; sidecars last, since they may not have a
/// plugin of the hub.
const FEATURES: &[&dyn Feature] = &[
    &audit::AuditFeature,
    &metrics::Metrics,
    &discovery::DiscoveryFeature,
    &dynamic_plugins::DynamicPluginsFeature,
    &reading::ReadingFeature,
    &auth::Authentication,
    &catalog::CatalogFeature,
    &scaffolder::Scaffolder,
    &permission::PermissionFeature,
    &rbac::RbacFeature,
    &auth::AccessTokenFeature,
    &auth::DeviceFeature,
    &callboard::CallboardFeature,
    &licensed_users::LicensedUsers,
    &personal::Personal,
    &search::SearchFeature,
    &ui::Ui,
    &home::Home,
    &settings::Settings,
    &sidecar::SidecarFeature,
];
