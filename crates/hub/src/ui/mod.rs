//! What every page shares: the shell around it, its parts, its assets, and how it is answered.
//!
//! A page is a template struct that holds finished values; [`Page`] answers with it. A page that
//! is for people who are signed in holds a [`Shell`] and extends `ui/templates/page.html`. What
//! htmx swaps is a second struct over the same partial file.

mod address;
pub mod asset;
mod brand;
mod branding;
mod code;
pub mod entity;
mod error_page;
mod flash;
mod icon;
mod layout;
mod look;
mod markdown;
mod marked;
mod part;
mod preference;
mod request;
mod respond;
mod text;
mod theme;
mod time;

pub use address::{Question, query_value};
pub use brand::{Announcement, Brand, Contact};
pub use branding::{Branding, Head};
pub use code::Code;
pub use flash::{Flash, see_other, see_other_saying};
pub use icon::Icon;
pub use layout::{Crumb, NavLink, Place, Shell, Visit};
pub use look::{Lifecycle, Look};
pub use markdown::Markdown;
pub use marked::Marked;
pub use part::{Avatar, PageLink, Tile, Tone};
pub use preference::{Density, Keys, Preferences, Side};
pub use request::PageRequest;
pub use respond::{Page, Wants};
pub use text::{Dictionary, Language, Rich, Text, Texts, capitalised};
pub use theme::Theme;
pub use time::{Moment, day};

use crate::app::App;
use crate::feature::{Feature, Registrar};
use crate::http::body::LIMIT_BYTES;
use crate::hub::StartError;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;

/// The shell and the assets.
pub struct Ui;

impl Feature for Ui {
    fn id(&self) -> &'static str {
        "ui"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let brand = Brand::from_config(&hub.core().config)?;
        hub.service(brand);
        hub.texts(&[
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
            (Language::English, include_str!("texts/entity.en.ftl")),
            (Language::German, include_str!("texts/entity.de.ftl")),
        ]);
        hub.root(
            Router::new()
                .route("/static/{hash}/{*path}", get(asset::serve))
                .route("/branding/{hash}/{file}", get(branding::serve)),
        );
        Ok(())
    }
}

/// The middleware around all routes: no body is longer than [`LIMIT_BYTES`] unless its route says
/// so, an error is a page for whoever wants one, and a message is shown once.
pub async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    DefaultBodyLimit::max(LIMIT_BYTES).apply(&mut request);
    let is_due = flash::is_due(app.core(), request.headers());
    let mut response = error_page::shown(&app, request, next).await;
    if is_due {
        flash::take_back(app.core(), &mut response);
    }
    response
}

impl App {
    /// The words of pages, in the language of whoever sent these headers.
    pub fn texts(&self, headers: &HeaderMap) -> Texts {
        self.dictionary().texts(Language::of(headers))
    }

    /// How this hub calls itself.
    pub fn brand(&self) -> &Brand {
        self.service()
    }
}
