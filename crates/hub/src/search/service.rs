//! What can be asked of all documents together.

use super::entity::Entities;
use super::metric::Metrics;
use super::source::{Collection, SearchDocument, Source};
use crate::app::{App, Core};
use crate::error::Error;
use crate::hub::StartError;
use crate::principal::Principal;
use callboard_catalog::Entity;
use callboard_config::Config;
use callboard_search::{Found, Limits, PageCursor, Query, Request, highlight};
use rand::RngExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use url::Url;

/// How long a request waits for the first index before it is turned away.
const START_WAIT: Duration = Duration::from_secs(5);
/// How long a request that waits sleeps before it looks again.
const START_POLL: Duration = Duration::from_millis(5);

/// Search: an index in memory for each type of documents, which readers never wait for.
pub struct Search {
    limits: Limits,
    /// What stands before and after a word that was found: nothing that a text could hold.
    marks: [String; 2],
    entities: Arc<Entities>,
    sources: Vec<Arc<dyn Source>>,
    metrics: Metrics,
}

/// One page of results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPage {
    /// How many documents match that the caller may read.
    pub total: u64,
    /// Those of this page, the best first.
    pub results: Vec<SearchResult>,
    /// The page after this one.
    pub next: Option<PageCursor>,
    /// The page before this one.
    pub previous: Option<PageCursor>,
}

/// A document that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchResult {
    /// The type of the document.
    pub document_type: &'static str,
    /// The document.
    pub document: SearchDocument,
    /// Its place among all results, from 1.
    pub rank: usize,
    /// The title with what was found between marks; absent when nothing was found in it.
    pub title: Option<String>,
    /// The text with what was found between marks; absent when nothing was found in it.
    pub text: Option<String>,
}

impl Search {
    pub(super) fn new(core: &Core) -> Result<Search, StartError> {
        let entities = Arc::new(Entities::default());
        let mark = mark();
        Ok(Search {
            limits: limits(&core.config)?,
            marks: [format!("<{mark}>"), format!("</{mark}>")],
            sources: vec![entities.clone()],
            entities,
            metrics: Metrics::new(&core.metrics)?,
        })
    }

    /// The types of documents that there are.
    pub fn types(&self) -> Vec<&'static str> {
        let types = self.sources.iter().map(|source| source.document_type());
        types.collect()
    }

    /// How large requests may be.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What stands before and after a word that was found; other for each start of a hub.
    pub fn marks(&self) -> [&str; 2] {
        self.marks.each_ref().map(String::as_str)
    }

    /// One page of the documents that match `request` and that the caller may read; the total
    /// counts no other.
    ///
    /// # Errors
    ///
    /// [`Error::ServiceUnavailable`] while there is no index yet, and what the policy answers
    /// when it cannot be asked.
    pub async fn page(
        &self,
        app: &App,
        principal: &Principal,
        request: Request,
    ) -> Result<SearchPage, Error> {
        let mut collections = Vec::new();
        for source in &self.sources {
            let document_type = source.document_type();
            let is_wanted = |types: &Vec<String>| types.iter().any(|one| one == document_type);
            if request.types.as_ref().is_none_or(is_wanted) {
                collections.push((document_type, started(source.as_ref()).await?));
            }
        }
        let (app, principal) = (app.clone(), principal.clone());
        blocking(move || {
            app.search()
                .page_of(&app, &principal, &request, &collections)
        })
        .await
    }

    /// The entities that match a text best and that the caller may read.
    ///
    /// # Errors
    ///
    /// As [`Search::page`].
    pub async fn entities(
        &self,
        app: &App,
        principal: &Principal,
        query: Query,
    ) -> Result<Vec<Arc<Entity>>, Error> {
        started(self.entities.as_ref()).await?;
        let (app, principal) = (app.clone(), principal.clone());
        blocking(move || {
            let Some(indexed) = app.search().entities.indexed() else {
                return Ok(Vec::new());
            };
            let readable = indexed.readable(&app, &principal)?;
            let found = indexed.index().search(&query, readable.as_ref());
            let hits = found.hits.iter();
            Ok(hits
                .filter_map(|hit| indexed.entity(hit.id).cloned())
                .collect())
        })
        .await
    }

    pub(super) fn sources(&self) -> Vec<Arc<dyn Source>> {
        self.sources.clone()
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn page_of(
        &self,
        app: &App,
        principal: &Principal,
        request: &Request,
        collections: &[(&'static str, Arc<dyn Collection>)],
    ) -> Result<SearchPage, Error> {
        let query = request.query();
        let mut found = Vec::new();
        for (_, collection) in collections {
            let readable = collection.readable(app, principal)?;
            found.push(collection.index().search(&query, readable.as_ref()));
        }
        let found = Found::join(found, query.wanted);
        let [before, after] = self.marks();
        let mark = |text: &str| highlight(text, &query.terms, before, after);
        let of_page = found.hits.iter().zip(1..).skip(request.skipped());
        let results = of_page.filter_map(|(hit, rank)| {
            let (document_type, collection) = &collections[hit.index];
            let document = collection.document(hit.id)?;
            is_safe(&document.location).then(|| SearchResult {
                document_type,
                rank,
                title: mark(&document.title),
                text: mark(&document.text),
                document,
            })
        });
        let has_more = found.total > query.wanted as u64;
        Ok(SearchPage {
            total: found.total,
            results: results.collect(),
            next: has_more.then(|| PageCursor(request.page.0.saturating_add(1))),
            previous: request.page.0.checked_sub(1).map(PageCursor),
        })
    }
}

/// The documents of a source, as soon as they are indexed for the first time.
async fn started(source: &dyn Source) -> Result<Arc<dyn Collection>, Error> {
    let first = async {
        loop {
            match source.collection() {
                Some(collection) => return collection,
                None => tokio::time::sleep(START_POLL).await,
            }
        }
    };
    tokio::time::timeout(START_WAIT, first)
        .await
        .map_err(|_| Error::unavailable("Service has not started up yet"))
}

/// Runs a search where it keeps no other request waiting: one for a single letter over a large
/// catalog takes a few milliseconds.
async fn blocking<T: Send + 'static>(
    search: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(search).await.map_err(Error::internal)?
}

/// Whether a browser may be led there: other schemes, such as `javascript`, run code.
fn is_safe(location: &str) -> bool {
    match Url::parse(location) {
        Ok(url) => matches!(url.scheme(), "http" | "https"),
        Err(error) => error == url::ParseError::RelativeUrlWithoutBase,
    }
}

fn limits(config: &Config) -> Result<Limits, StartError> {
    let defaults = Limits::default();
    let read = |key: &str, default: usize| -> Result<usize, StartError> {
        match config.optional_number(key)? {
            None => Ok(default),
            Some(number) if number >= 1.0 => Ok(number as usize),
            Some(_) => Err(StartError::value(config, key, "must be 1 or more")),
        }
    };
    Ok(Limits {
        page: read("search.maxPageLimit", defaults.page)?,
        term: read("search.maxTermLength", defaults.term)?,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing depends on which mark it is, as long as no text holds it"
)]
fn mark() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(rand::rng().random()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_are_led_to() {
        for location in [
            "/catalog/default/api/x",
            "docs/x",
            "https://x.example",
            "HTTP://x.example",
        ] {
            assert!(is_safe(location), "{location}");
        }
        for location in [
            "javascript:alert(1)",
            "data:text/html,x",
            " javascript:x",
            "http://",
        ] {
            assert!(!is_safe(location), "{location}");
        }
    }
}
