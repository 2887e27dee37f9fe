//! The pages of the catalog: the list, and all about one entity.

mod about;
mod definition;
mod entity;
mod facet;
mod graph;
mod history;
mod import;
mod inspect;
mod list;
mod list_query;
mod offer;
mod relation;
mod request;
mod said;
mod source_text;
mod star;
mod stuck;

pub(crate) use facet::orphans;
pub(crate) use offer::Offers;

use crate::app::App;
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
        (Language::English, include_str!("../texts/entity.en.ftl")),
        (Language::German, include_str!("../texts/entity.de.ftl")),
    ]);
    hub.service(definition::Definitions::default());
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
            .route("/catalog-graph", get(graph::catalog_graph))
            .merge(entity_pages()),
    );
}

/// The pages of one entity.
fn entity_pages() -> Router<App> {
    let page = |path: &str| format!("/catalog/{{namespace}}/{{kind}}/{{name}}{path}");
    Router::new()
        .route(&page(""), get(entity::overview))
        .route(&page("/api"), get(entity::api))
        .route(&page("/definition"), get(definition::definition))
        .route(&page("/dependencies"), get(entity::dependencies))
        .route(&page("/history"), get(history::history))
        .route(&page("/inspect"), get(inspect::inspect))
        .route(&page("/refresh"), post(entity::refresh))
        .route(&page("/related"), get(entity::related))
        .route(&page("/system"), get(graph::diagram))
        .route(&page("/unregister"), post(entity::unregister))
        .route(&page("/{tab}"), get(entity::unknown))
}
