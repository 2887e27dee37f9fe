//! The pages of the catalog: the list, and all about one entity.

mod about;
mod entity;
mod facet;
mod import;
mod inspect;
mod list;
mod list_query;
mod offer;
mod relation;
mod source_text;
mod star;

pub(crate) use facet::orphans;
pub(crate) use offer::Offers;

use crate::catalog::permissions::ENTITY_READ;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::ui::Language;
use axum::Router;
use axum::routing::{get, post};

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
    hub.texts(&[
        (Language::English, include_str!("../texts/list.en.ftl")),
        (Language::German, include_str!("../texts/list.de.ftl")),
    ]);
    let entity = "/catalog/{namespace}/{kind}/{name}";
    hub.pages(
        Router::new()
            .route("/catalog", get(list::catalog))
            .route("/api-docs", get(list::apis))
            .route("/catalog/star", post(star::set))
            .route(import::PATH, get(import::page).post(import::submit))
            .route(&format!("{}/check", import::PATH), get(import::check))
            .route(&format!("{}/result", import::PATH), get(import::result))
            .route(
                &format!("{}/catalog-info.yaml", import::PATH),
                get(import::download),
            )
            .route(entity, get(entity::overview))
            .route(&format!("{entity}/inspect"), get(inspect::inspect))
            .route(&format!("{entity}/{{tab}}"), get(entity::unknown_tab)),
    );
}
