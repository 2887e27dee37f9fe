//! The pages of roles: the first tab of the administration.

mod address;
mod condition_words;
mod role_list;
mod sight;
mod wizard;

use super::permissions::POLICY_READ;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::ui::Language;
use address::ROLES;
use axum::Router;
use axum::routing::get;

/// Declares the pages, their words, and their tab.
pub(super) fn register(hub: &mut Registrar) {
    hub.nav(NavItem {
        label: "nav-rbac",
        href: ROLES,
        icon: "key-round",
        place: NavPlace::Administration { rank: 0 },
        guard: readers(),
    });
    hub.texts(&[
        (Language::English, include_str!("../texts/en.ftl")),
        (Language::German, include_str!("../texts/de.ftl")),
    ]);
    hub.pages(Router::new().route(ROLES, get(role_list::page)));
    wizard::register(hub);
}

/// Whoever may read roles, be it their own only.
fn readers() -> Guard {
    Guard::Any(POLICY_READ.clone())
}
