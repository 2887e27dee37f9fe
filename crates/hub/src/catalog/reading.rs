//! What the files of the configured locations hold.
//!
//! Locations are read in the order of the configuration, and what they name in turn after them.
//! The first to give an entity has it. Whatever cannot be used is told with file and line, and
//! keeps what was last good of it in force.

use super::config::CatalogConfig;
use super::file::Files;
use super::keep::Stuck;
use super::location::Location;
use super::pass::Pass;
use crate::finding::Finding;
use callboard_catalog::{EntityRef, StatusItem};
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::HashMap;

/// What the files hold.
pub(super) struct Reading {
    /// The entities, in the order in which they were found.
    pub(super) emitted: IndexMap<EntityRef, Emitted>,
    /// What keeps entities as they were.
    pub(super) stuck: Vec<Stuck>,
    /// Problems to be shown with an entity.
    pub(super) status: HashMap<EntityRef, Vec<StatusItem>>,
    /// What is wrong, for each configured location.
    pub(super) findings: Vec<Vec<Finding>>,
    /// The files and folders that were looked at.
    pub(super) files: Files,
}

/// An entity as a file has it.
pub(super) struct Emitted {
    pub(super) value: Value,
    /// The file that it was read from.
    pub(super) location: Location,
    /// The configured location above it.
    pub(super) origin: Location,
    /// The entities that emit it.
    pub(super) parents: Vec<EntityRef>,
    /// Its line in the file; absent for the entity of a configured location.
    pub(super) line: Option<u32>,
    /// Which of the configured locations it came from, to report what is wrong with it.
    pub(super) root: usize,
}

impl Reading {
    /// Reads everything that the configuration names. Blocks on the disk.
    pub(super) fn of(config: &CatalogConfig) -> Reading {
        let mut reading = Reading {
            emitted: IndexMap::new(),
            stuck: Vec::new(),
            status: HashMap::new(),
            findings: Vec::new(),
            files: Files::default(),
        };
        for (index, root) in config.locations.iter().enumerate() {
            reading.findings.push(Vec::new());
            Pass::over(config, index, root, &mut reading).run();
        }
        reading
    }

    /// Takes an entity out again that turned out to be unusable, and keeps what it was.
    pub(super) fn reject(&mut self, entity_ref: &EntityRef, message: &str) {
        let Some(emitted) = self.emitted.shift_remove(entity_ref) else {
            return;
        };
        self.status
            .entry(entity_ref.clone())
            .or_default()
            .push(StatusItem::processing_error("InputError", message));
        self.stuck.push(Stuck::Entity(
            entity_ref.clone(),
            emitted.location.to_string().into(),
        ));
        let finding = Finding::error(message).at(emitted.location.target, emitted.line);
        if let Some(findings) = self.findings.get_mut(emitted.root) {
            findings.push(finding);
        }
    }
}
