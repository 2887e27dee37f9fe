//! Search: documents of every type, found by their words, each caller's own.
//!
//! A [`source`] has documents of one type and keeps an index over them true, in the background;
//! the [`service`] asks them all and knows what a page is. What the caller may not read is taken
//! out before anything is counted.

mod api;
mod entity;
mod metric;
mod page;
mod palette;
mod service;
mod source;

pub use service::{Search, SearchPage, SearchResult};
pub use source::{Collection, SearchDocument, Source};

use crate::app::App;
use crate::feature::{Api, ApiAccess, Feature, Registrar};
use crate::hub::StartError;
use crate::ui::Language;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

const PLUGIN: &str = "search";

/// The feature.
pub(crate) struct SearchFeature;

impl Feature for SearchFeature {
    fn id(&self) -> &'static str {
        "search"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let search = Search::new(hub.core())?;
        for source in search.sources() {
            let origin = source.clone();
            let origin = Arc::new(move |app: &App| origin.subscribe(app));
            hub.maker("search-index", Some(PLUGIN), origin, {
                move |app, making, shutdown| source::follow(app, source.clone(), making, shutdown)
            });
        }
        hub.service(search);
        hub.api(Api {
            plugin: PLUGIN,
            router: api::router(),
            access: ApiAccess::Credentials { except: &[] },
            openapi: vec![api::OPENAPI],
        });
        hub.texts(&[
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
        ]);
        hub.pages(
            Router::new()
                .route("/search", get(page::search))
                .route("/search/palette", get(palette::palette)),
        );
        Ok(())
    }
}

impl App {
    /// Search over all documents.
    pub fn search(&self) -> &Search {
        self.service()
    }
}
