//! The pages of the catalog: the list, and all about one entity.

mod about;
mod entity;
mod facet;
mod inspect;
mod list;
mod list_query;
mod relation;
mod source_text;

use crate::catalog::permissions::ENTITY_READ;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use axum::Router;
use axum::routing::get;

/// Declares the pages and their items in the sidebar.
pub(super) fn register(hub: &mut Registrar) {
    let item = |label, href, icon| NavItem {
        label,
        href,
        icon,
        place: NavPlace::Main,
        guard: Guard::Any(ENTITY_READ.clone()),
    };
    hub.nav(item("nav-catalog", "/catalog", "library"));
    hub.nav(item("nav-apis", "/api-docs", "plug"));
    let entity = "/catalog/{namespace}/{kind}/{name}";
    hub.pages(
        Router::new()
            .route("/catalog", get(list::catalog))
            .route("/api-docs", get(list::apis))
            .route(entity, get(entity::overview))
            .route(&format!("{entity}/inspect"), get(inspect::inspect))
            .route(&format!("{entity}/{{tab}}"), get(entity::unknown_tab)),
    );
}
