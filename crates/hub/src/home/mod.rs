//! `/`: sign-in for those outside, the home page for those inside.

mod sign_in;
mod stat;
mod views;

pub(crate) use views::short_role;

use crate::app::App;
use crate::error::Error;
use crate::feature::{Feature, NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::hub::StartError;
use crate::ui::{Language, PageRequest, Wants};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;

/// The first page.
pub(crate) struct Home;

impl Feature for Home {
    fn id(&self) -> &'static str {
        "home"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.nav(NavItem {
            label: "nav-home",
            href: "/",
            icon: "house",
            place: NavPlace::Main,
            guard: Guard::SignedIn,
        });
        hub.texts(&[
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
        ]);
        hub.pages(
            Router::new()
                .route("/", get(root))
                .route("/sign-in/{provider}", get(sign_in::go))
                .route("/sign-in/failed", get(sign_in::failed)),
        );
        Ok(())
    }
}

/// `GET /`: 200 with a page for everybody, as load balancers expect.
async fn root(
    State(app): State<App>,
    asked: Option<PageRequest>,
    wants: Wants,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    match asked {
        Some(asked) => views::home(&asked),
        None => sign_in::page(&app, &uri, &headers, wants),
    }
}
