//! Where documents come from.

use super::metric::Metrics;
use crate::app::App;
use crate::database::Making;
use crate::error::Error;
use crate::principal::Principal;
use crate::task::Shutdown;
use callboard_search::{DocumentId, Index};
use roaring::RoaringBitmap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// How long to wait after a panic before the index is brought up to date again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Documents of one type, and the index over them.
pub trait Source: Send + Sync {
    /// The type, such as `software-catalog`.
    fn document_type(&self) -> &'static str;

    /// A channel whose number changes whenever the documents may have changed.
    fn subscribe(&self, app: &App) -> watch::Receiver<u64>;

    /// Brings the index up to date. It takes its time on a thread of its own, and is not called
    /// again before it is done; until then [`Source::collection`] gives what was there before.
    fn refresh(&self, app: &App);

    /// The documents as they were indexed last; `None` before the first time.
    fn collection(&self) -> Option<Arc<dyn Collection>>;
}

/// The documents of one type at one moment.
pub trait Collection: Send + Sync {
    /// The index over them.
    fn index(&self) -> &Index;

    /// The documents that `principal` may find; `None` means all.
    ///
    /// # Errors
    ///
    /// What the policy answers when it cannot be asked.
    fn readable(&self, app: &App, principal: &Principal) -> Result<Option<RoaringBitmap>, Error>;

    /// The document that the index has under a number.
    fn document(&self, id: DocumentId) -> Option<SearchDocument>;
}

/// A document as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchDocument {
    /// What it is called.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Where it is: a path of this hub, or a whole URL.
    pub location: String,
    /// What else documents of this type have, in order.
    pub members: Vec<(&'static str, String)>,
}

/// Keeps the index of `source` true until the hub stops.
pub(super) async fn follow(
    app: App,
    source: Arc<dyn Source>,
    mut making: Making,
    mut shutdown: Shutdown,
) {
    loop {
        let number = making.look();
        let (hub, stale) = (app.clone(), source.clone());
        let refresh = spawn_blocking(move || {
            let start = Instant::now();
            stale.refresh(&hub);
            hub.search().metrics().show(stale.as_ref(), start.elapsed());
        });
        let is_done = refresh.await.inspect_err(|error| {
            let document_type = source.document_type();
            tracing::error!(plugin = "search", r#type = document_type, %error, "the search index could not be brought up to date and is tried again");
        });
        if is_done.is_ok() {
            making.has_made(number);
        }
        let next = async {
            match is_done {
                Ok(()) => making.is_outdated().await,
                Err(_told) => {
                    tokio::time::sleep(RETRY_DELAY).await;
                    true
                }
            }
        };
        tokio::select! {
            goes_on = next => if !goes_on { return },
            () = shutdown.signalled() => return,
        }
    }
}

impl Metrics {
    /// Shows what an index is like after it was brought up to date.
    fn show(&self, source: &dyn Source, took: Duration) {
        if let Some(collection) = source.collection() {
            let index = collection.index();
            self.indexed(
                source.document_type(),
                index.len(),
                index.size_bytes(),
                took,
            );
        }
    }
}
