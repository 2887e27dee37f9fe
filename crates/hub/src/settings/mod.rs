//! `/settings`: who I am here, and how the pages look.

mod tabs;
mod views;

pub(crate) use tabs::{Tab, tabs};

use crate::feature::{Feature, NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::hub::StartError;
use axum::Router;
use axum::routing::{get, post};

/// The settings of a person.
pub(crate) struct Settings;

impl Feature for Settings {
    fn id(&self) -> &'static str {
        "settings"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.nav(NavItem {
            label: "nav-settings",
            href: "/settings",
            icon: "settings",
            place: NavPlace::Foot,
            guard: Guard::SignedIn,
        });
        hub.pages(
            Router::new()
                .route("/settings", get(views::settings))
                .route("/settings/theme", post(views::set_theme)),
        );
        Ok(())
    }
}
