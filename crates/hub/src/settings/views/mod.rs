//! The pages of the settings, and the form that changes how pages look.

mod appearance;
mod general;
mod provider;
mod shortcut;

use crate::app::App;
use axum::Router;
use axum::routing::{get, post};

/// The pages.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/settings", get(general::page))
        .route("/settings/auth-providers", get(provider::page))
        .route("/settings/shortcuts", get(shortcut::page))
        .route("/settings/appearance", post(appearance::set))
        // The switch in the bar of every page knows the theme alone.
        .route("/settings/theme", post(appearance::set))
}
