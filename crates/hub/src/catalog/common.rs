//! What many records have in common, kept once for all of them.

use super::record::Source;
use smol_str::SmolStr;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Locations and sources of records while these are read, of which there are far fewer than
/// records.
#[derive(Default)]
pub(super) struct Common {
    keys: Mutex<HashSet<SmolStr>>,
    sources: Mutex<HashMap<SmolStr, Arc<[Source]>>>,
}

impl Common {
    /// The key of a location.
    pub(super) fn key(&self, text: &str) -> SmolStr {
        let mut known = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(text) {
            return key.clone();
        }
        let key = SmolStr::new(text);
        known.insert(key.clone());
        key
    }

    /// Sources, one a line; `None` when one of them is none.
    pub(super) fn sources(&self, text: &str) -> Option<Arc<[Source]>> {
        let mut known = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sources) = known.get(text) {
            return Some(Arc::clone(sources));
        }
        let sources: Arc<[Source]> = text.lines().map(Source::parse).collect::<Option<_>>()?;
        known.insert(text.into(), Arc::clone(&sources));
        Some(sources)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_kept_once() {
        let common = Common::default();
        let (key, sources) = (
            "file:/catalog/a-long-name.yaml",
            "*config\nlocation:default/a",
        );

        assert_eq!(common.key(key).as_ptr(), common.key(key).as_ptr());
        let read = common.sources(sources).unwrap();
        assert_eq!(read.len(), 2);
        assert!(Arc::ptr_eq(&read, &common.sources(sources).unwrap()));
        assert_eq!(common.sources("no reference:"), None);
        assert_eq!(common.sources("").as_deref(), Some(&[][..]));
    }
}
