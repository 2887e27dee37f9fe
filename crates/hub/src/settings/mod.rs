//! `/settings`: who I am here, and how the pages look.

mod preference;
mod store;
mod tabs;
mod views;

pub(crate) use preference::cookies_of;
pub(crate) use tabs::{Tab, tabs};

use crate::feature::{Feature, NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::hub::StartError;
use crate::ui::Language;

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
        hub.migrations(store::MIGRATIONS);
        hub.texts(&[
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
        ]);
        hub.pages(views::router());
        Ok(())
    }
}
