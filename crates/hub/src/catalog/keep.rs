//! What stays in the catalog although its file does not say it any more.

use super::glob;
use super::reading::Reading;
use super::state::Record;
use callboard_catalog::EntityRef;
use smol_str::SmolStr;
use std::collections::{HashMap, HashSet};

/// Why entities stay as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stuck {
    /// This entity is invalid, at the location with this key.
    Entity(EntityRef, SmolStr),
    /// The location with this key cannot be read, or not all of it.
    File(SmolStr),
    /// This glob has no matches any more.
    Glob(String),
    /// Nothing is taken from this Location entity.
    ChildrenOf(EntityRef),
}

/// Which of the known entities stay, though they were not read again.
///
/// What stood below something that stays is not read either, so it stays too.
pub(super) fn kept(reading: &Reading, known: &HashMap<EntityRef, Record>) -> HashSet<EntityRef> {
    let reasons = Reasons::of(&reading.stuck);
    let missing = || {
        known
            .iter()
            .filter(|(entity_ref, _)| !reading.emitted.contains_key(*entity_ref))
    };
    let mut kept: HashSet<EntityRef> = missing()
        .filter(|(entity_ref, record)| reasons.cover(entity_ref, record))
        .map(|(entity_ref, _)| entity_ref.clone())
        .collect();
    loop {
        let below = missing().filter(|(entity_ref, record)| {
            !kept.contains(*entity_ref) && record.parents.iter().any(|parent| kept.contains(parent))
        });
        let below: Vec<EntityRef> = below.map(|(entity_ref, _)| entity_ref.clone()).collect();
        if below.is_empty() {
            return kept;
        }
        kept.extend(below);
    }
}

/// The reasons, ready to be asked about many entities.
struct Reasons<'a> {
    entities: HashMap<&'a EntityRef, &'a SmolStr>,
    files: HashSet<&'a SmolStr>,
    globs: Vec<globset::GlobMatcher>,
    parents: HashSet<&'a EntityRef>,
}

impl<'a> Reasons<'a> {
    fn of(stuck: &'a [Stuck]) -> Reasons<'a> {
        let mut reasons = Reasons {
            entities: HashMap::new(),
            files: HashSet::new(),
            globs: Vec::new(),
            parents: HashSet::new(),
        };
        for reason in stuck {
            match reason {
                Stuck::Entity(entity_ref, key) => drop(reasons.entities.insert(entity_ref, key)),
                Stuck::File(key) => drop(reasons.files.insert(key)),
                Stuck::Glob(pattern) => reasons.globs.extend(glob::matcher(pattern)),
                Stuck::ChildrenOf(parent) => drop(reasons.parents.insert(parent)),
            }
        }
        reasons
    }

    fn cover(&self, entity_ref: &EntityRef, record: &Record) -> bool {
        self.entities
            .get(entity_ref)
            .is_some_and(|key| **key == record.location_key)
            || self.files.contains(&record.location_key)
            || record
                .parents
                .iter()
                .any(|parent| self.parents.contains(parent))
            || record
                .location_key
                .strip_prefix("file:")
                .is_some_and(|path| self.globs.iter().any(|glob| glob.is_match(path)))
    }
}
