//! What this process knows of its own reading, beside what all replicas share.

use super::history::{History, Reading};
use super::location::Location;
use super::outcome::Seen;
use super::record::Source;
use crate::finding::Finding;
use callboard_catalog::EntityRef;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

/// What this process knows of its own reading.
#[derive(Default)]
pub(super) struct Local {
    /// What each entity read from the disk, as it was then.
    seen: BTreeMap<EntityRef, Seen>,
    /// What is wrong with what each entity read, and the location above it.
    findings: BTreeMap<EntityRef, (Location, Vec<Finding>)>,
    /// References that were refused, and who emitted them in vain.
    contested: HashMap<EntityRef, BTreeSet<EntityRef>>,
    /// What other processes say that may read the disk of this one too.
    noticed: BTreeSet<EntityRef>,
    /// What came of the last readings.
    history: History,
}

impl Local {
    /// An entity looked at these files and folders.
    pub(super) fn saw(&mut self, entity_ref: EntityRef, seen: Seen) {
        match seen.is_empty() {
            true => drop(self.seen.remove(&entity_ref)),
            false => drop(self.seen.insert(entity_ref, seen)),
        }
    }

    /// What each entity looked at.
    pub(super) fn seen(&self) -> BTreeMap<EntityRef, Seen> {
        self.seen.clone()
    }

    /// What an entity looked at; empty when this process has not read it.
    pub(super) fn seen_by(&self, entity_ref: &EntityRef) -> Seen {
        self.seen.get(entity_ref).cloned().unwrap_or_default()
    }

    /// Another process says that this one reads something.
    pub(super) fn notice(&mut self, entity_ref: &EntityRef) {
        if !self.seen.contains_key(entity_ref) {
            self.noticed.insert(entity_ref.clone());
        }
    }

    /// What was noticed since this was last asked.
    pub(super) fn noticed(&mut self) -> BTreeSet<EntityRef> {
        std::mem::take(&mut self.noticed)
    }

    /// Every file and folder that was looked at.
    pub(super) fn paths(&self) -> BTreeSet<PathBuf> {
        let paths = self.seen.values().flat_map(BTreeMap::keys);
        paths.cloned().collect()
    }

    /// Processing an entity gave these findings: the new ones are logged, and so is recovery.
    pub(super) fn found(
        &mut self,
        entity_ref: &EntityRef,
        origin: Location,
        findings: Vec<Finding>,
    ) {
        let before = self.findings.remove(entity_ref);
        let known = before.map(|(_, known)| known).unwrap_or_default();
        let all: BTreeSet<String> = self
            .findings
            .values()
            .flat_map(|(_, findings)| findings)
            .chain(&known)
            .map(ToString::to_string)
            .collect();
        let is_news = |finding: &&Finding| !all.contains(&finding.to_string());
        for finding in findings.iter().filter(is_news) {
            finding.log("catalog");
        }
        if findings.is_empty() && !known.is_empty() {
            tracing::info!(plugin = "catalog", entity = %entity_ref, location = %origin, "what the catalog reads here is all well again");
        }
        if !findings.is_empty() {
            self.findings.insert(entity_ref.clone(), (origin, findings));
        }
    }

    /// What is wrong below a location.
    pub(super) fn findings_below(&self, origin: &Location) -> Vec<Finding> {
        let mut found: Vec<Finding> = Vec::new();
        for (below, findings) in self.findings.values() {
            let news = findings.iter().filter(|_| below == origin);
            for finding in news {
                if !found.contains(finding) {
                    found.push(finding.clone());
                }
            }
        }
        found
    }

    /// An entity was read.
    pub(super) fn remember(&mut self, entity_ref: &EntityRef, reading: Reading) {
        self.history.add(entity_ref, reading);
    }

    /// The last readings of an entity by this process, the newest first.
    pub(super) fn readings(&self, entity_ref: &EntityRef) -> Vec<Reading> {
        self.history.of(entity_ref)
    }

    /// A reference was refused.
    pub(super) fn contest(&mut self, entity_ref: EntityRef, source: Source) {
        if let Source::Entity(parent) = source {
            self.contested.entry(entity_ref).or_default().insert(parent);
        }
    }

    /// These are gone; gives those who wanted their references.
    pub(super) fn forget(&mut self, removed: &[EntityRef]) -> BTreeSet<EntityRef> {
        let mut freed = BTreeSet::new();
        for entity_ref in removed {
            self.seen.remove(entity_ref);
            self.findings.remove(entity_ref);
            self.history.forget(entity_ref);
            freed.extend(self.contested.remove(entity_ref).unwrap_or_default());
        }
        freed
    }
}
