//! Reading URLs: files and folders of Git hosts, and of other hosts that the configuration allows.

//!
//! A URL is a page of a Git host ([`forge`], configured by [`config`]), or it is on the allow list
//! ([`allow`]). [`visit`] asks about a repository, with the credentials of an [`integration`] or a
//! [`github_app`]. [`fetch`] asks hop by hop; [`address`] keeps connections out of private networks;
//! [`stream`] and [`archive`] take files out of a repository.

mod address;
mod allow;
mod answer;
mod archive;
mod check;
mod config;
mod error;
mod fetch;
mod forge;
mod github_app;
mod integration;
mod listing;
mod metric;
mod pattern;
mod service;
mod stream;
mod visit;

pub use answer::{Document, Read, ReadRequest, Repository, Search, Tree, TreeFile, TreeLimits};
pub use error::ReadError;
pub use service::Reader;

use crate::app::App;
use crate::feature::{Feature, Registrar};
use crate::hub::StartError;

/// The feature.
pub(crate) struct ReadingFeature;

impl Feature for ReadingFeature {
    fn id(&self) -> &'static str {
        "reading"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let reader = Reader::of(hub.core())?;
        hub.service(reader);
        hub.check(check::findings);
        hub.on_start(|app| async move {
            for finding in check::findings(app.core()) {
                finding.log("reading");
            }
            Ok(())
        });
        Ok(())
    }
}

impl App {
    /// What reads URLs.
    pub fn reader(&self) -> &Reader {
        self.service()
    }
}

#[cfg(test)]
mod tests;
