//! Reading URLs: files and folders of Git hosts, and of other hosts that the configuration allows.

mod error;
mod service;

pub use error::ReadError;
pub use service::{
    Document, Read, ReadRequest, Reader, Repository, Search, Tree, TreeFile, TreeLimits,
};

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
        let reader = Reader::from_config(&hub.core().config)?;
        hub.service(reader);
        Ok(())
    }
}

impl App {
    /// What reads URLs.
    pub fn reader(&self) -> &Reader {
        self.service()
    }
}
