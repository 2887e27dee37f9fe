//! One pass over a configured location and all that it leads to.

use super::config::{CatalogConfig, ConfiguredLocation};
use super::document::Candidate;
use super::glob;
use super::keep::Stuck;
use super::location::{Location, LocationType};
use super::reading::{Emitted, Reading};
use crate::finding::Finding;
use callboard_catalog::{EntityRef, StatusItem, ValidationError, validate};
use serde_json::Value;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// The reading of one configured location and of all below it.
pub(super) struct Pass<'a> {
    config: &'a CatalogConfig,
    root: &'a ConfiguredLocation,
    index: usize,
    reading: &'a mut Reading,
    ahead: VecDeque<Pending>,
}

impl<'a> Pass<'a> {
    /// Starts at the configured location `root`, whose place in the configuration is `index`.
    pub(super) fn over(
        config: &'a CatalogConfig,
        index: usize,
        root: &'a ConfiguredLocation,
        reading: &'a mut Reading,
    ) -> Pass<'a> {
        Pass {
            config,
            root,
            index,
            reading,
            ahead: VecDeque::new(),
        }
    }

    /// Reads the location and everything that it leads to.
    pub(super) fn run(mut self) {
        let location = &self.root.location;
        match location.location_type {
            LocationType::File => {}
            LocationType::Url | LocationType::Other(_) => {
                let finding = self.root.place(unread(location));
                return self.report(finding);
            }
        }
        let value = location.to_entity();
        let spec = value["spec"].clone();
        let entity_ref = location.entity_ref();
        let emitted = Emitted {
            value,
            location: location.clone(),
            origin: location.clone(),
            parents: Vec::new(),
            line: None,
            root: self.index,
        };
        self.reading.emitted.insert(entity_ref.clone(), emitted);
        self.ahead.push_back(Pending {
            entity_ref,
            location: location.clone(),
            line: None,
            spec,
        });
        while let Some(pending) = self.ahead.pop_front() {
            self.expand(&pending);
        }
    }

    /// Reads the targets of a Location entity and takes what they hold.
    fn expand(&mut self, parent: &Pending) {
        let mut children = Children::default();
        for location in targets(parent) {
            match location.location_type {
                LocationType::File => self.read(parent, &location, &mut children),
                LocationType::Url | LocationType::Other(_) => {
                    let finding = self.place(parent, unread(&location));
                    self.report(finding);
                }
            }
        }
        let Children {
            candidates,
            has_failed,
        } = children;
        let origin = &self.root.location;
        let is_allowed = |child: &Candidate| {
            let kind = child.value["kind"].as_str().unwrap_or_default();
            self.config.rules.allow(kind, origin)
        };
        let forbidden: Vec<_> = candidates
            .iter()
            .filter(|child| !is_allowed(child))
            .collect();
        if !forbidden.is_empty() {
            self.forbid(parent, &candidates, &forbidden);
            return self.fail(parent);
        }
        if has_failed && candidates.is_empty() {
            return self.fail(parent);
        }
        for child in candidates {
            self.take(parent, child);
        }
    }

    /// Reports kinds that are not allowed, for which nothing of the location is taken.
    ///
    /// What else is wrong with it is said too: whoever mends it should not have to come twice.
    fn forbid(&mut self, parent: &Pending, candidates: &[Candidate], forbidden: &[&Candidate]) {
        let origin = &self.root.location;
        for (index, child) in forbidden.iter().enumerate() {
            let message = format!(
                "Entity {} at {}, originated at {origin}, is not of an allowed kind for that location",
                child.entity_ref, child.location
            );
            let finding = Finding::error(&message)
                .at(&child.location.target, Some(child.document.nearest(["kind"]).line))
                .help("`catalog.rules`, or `rules` of the location, must allow the kind; nothing else of this location is taken until they do");
            self.report(finding);
            // The original gives up at the first.
            if index == 0 {
                self.status(&parent.entity_ref, "NotAllowedError", &message);
            }
        }
        for child in candidates {
            if let Err(error) = validate(&child.value) {
                self.report(invalid(child, &error));
            }
        }
        self.reading
            .stuck
            .push(Stuck::ChildrenOf(parent.entity_ref.clone()));
    }

    /// Hides an entity whose processing gave nothing, unless it did so before.
    fn fail(&mut self, parent: &Pending) {
        if let Some(failed) = self.reading.emitted.shift_remove(&parent.entity_ref) {
            self.reading.stuck.push(Stuck::Entity(
                parent.entity_ref.clone(),
                failed.location.to_string().into(),
            ));
        }
    }

    /// Reads the files that one target names.
    fn read(&mut self, parent: &Pending, location: &Location, children: &mut Children) {
        let paths = self.reading.files.matching(&location.target);
        if paths.is_empty() {
            if parent.spec["presence"] == "optional" {
                return;
            }
            let message = format!(
                "{} {} does not exist",
                location.location_type.as_str(),
                location.target
            );
            let finding = self.place(parent, Finding::error(&message));
            self.report(finding);
            self.status(&parent.entity_ref, "NotFoundError", &message);
            self.reading
                .stuck
                .push(match glob::is_glob(&location.target) {
                    true => Stuck::Glob(location.target.clone()),
                    false => Stuck::File(location.to_string().into()),
                });
            children.has_failed = true;
        }
        for path in paths {
            self.read_file(parent, &path, children);
        }
    }

    fn read_file(&mut self, parent: &Pending, path: &PathBuf, children: &mut Children) {
        let location = Location::file(path);
        let documents = match self.reading.files.documents(path) {
            Ok(documents) => documents,
            Err(error) => {
                let message = format!("file {} could not be read, {error}", path.display());
                self.report(
                    Finding::error(format!("this file could not be read: {error}")).at(path, None),
                );
                self.status(&parent.entity_ref, "Error", &message);
                self.reading
                    .stuck
                    .push(Stuck::File(location.to_string().into()));
                children.has_failed = true;
                return;
            }
        };
        for document in documents.iter() {
            match document {
                Ok(document) => match Candidate::of(document, &location) {
                    Ok(candidate) => children.candidates.push(candidate),
                    Err((name, message)) => {
                        children.has_failed = true;
                        self.report(Finding::error(&message).at(path, Some(document.at.line)));
                        self.break_document(parent, path, name, &message);
                    }
                },
                Err(error) => {
                    children.has_failed = true;
                    let line = error.position().map(|position| position.line);
                    self.report(Finding::error(format!("YAML error: {error}")).at(path, line));
                    let message = format!("YAML error at {location}, {error}");
                    self.break_document(parent, path, "InputError", &message);
                }
            }
        }
    }

    /// Remembers a document that names no entity; whichever it was stays as it was.
    fn break_document(&mut self, parent: &Pending, path: &Path, name: &str, message: &str) {
        self.status(&parent.entity_ref, name, message);
        self.reading
            .stuck
            .push(Stuck::File(Location::file(path).to_string().into()));
    }

    /// Takes an entity into the catalog, unless it is invalid or another file has it.
    fn take(&mut self, parent: &Pending, child: Candidate) {
        let (entity_ref, line) = (&child.entity_ref, child.document.at.line);
        if let Some(known) = self.reading.emitted.get_mut(entity_ref) {
            if known.location == child.location && known.line == Some(line) {
                // Another Location, or a circle of them, names the same file.
                if *entity_ref != parent.entity_ref && !known.parents.contains(&parent.entity_ref) {
                    known.parents.push(parent.entity_ref.clone());
                }
                return;
            }
            let finding = conflict(known, &child);
            return self.report(finding);
        }
        if let Err(error) = validate(&child.value) {
            return self.refuse(&child, &error);
        }
        let Candidate {
            entity_ref,
            value,
            location,
            ..
        } = child;
        if entity_ref.kind() == "location" {
            let spec = value["spec"].clone();
            let (entity_ref, location) = (entity_ref.clone(), location.clone());
            self.ahead.push_back(Pending {
                entity_ref,
                location,
                line: Some(line),
                spec,
            });
        }
        let emitted = Emitted {
            value,
            location,
            origin: self.root.location.clone(),
            parents: vec![parent.entity_ref.clone()],
            line: Some(line),
            root: self.index,
        };
        self.reading.emitted.insert(entity_ref, emitted);
    }

    /// Reports an invalid entity, which stays as it was.
    fn refuse(&mut self, child: &Candidate, error: &ValidationError) {
        let Candidate {
            entity_ref,
            location,
            ..
        } = child;
        self.report(invalid(child, error));
        self.status(entity_ref, &error.name.to_string(), &error.message);
        self.reading.stuck.push(Stuck::Entity(
            entity_ref.clone(),
            location.to_string().into(),
        ));
    }

    fn report(&mut self, finding: Finding) {
        if let Some(findings) = self.reading.findings.last_mut()
            && !findings.contains(&finding)
        {
            findings.push(finding);
        }
    }

    fn status(&mut self, entity_ref: &EntityRef, name: &str, message: &str) {
        let item = StatusItem::processing_error(name, message);
        let items = self.reading.status.entry(entity_ref.clone()).or_default();
        if !items.contains(&item) {
            items.push(item);
        }
    }

    /// Adds where a Location entity stands: in its file, or in the configuration.
    fn place(&self, parent: &Pending, finding: Finding) -> Finding {
        match parent.line {
            Some(line) => finding.at(&parent.location.target, Some(line)),
            None => self.root.place(finding),
        }
    }
}

/// A Location entity whose targets are still to be read.
struct Pending {
    entity_ref: EntityRef,
    /// Where it stands, which its targets are relative to.
    location: Location,
    line: Option<u32>,
    spec: Value,
}

/// What came of the targets of one Location entity.
#[derive(Default)]
struct Children {
    candidates: Vec<Candidate>,
    /// Some target could not be used.
    has_failed: bool,
}

/// The locations that a Location entity names.
fn targets(parent: &Pending) -> Vec<Location> {
    let spec = &parent.spec;
    let location_type = spec["type"]
        .as_str()
        .map_or_else(|| parent.location.location_type.clone(), LocationType::from);
    let listed = spec["targets"].as_array().into_iter().flatten();
    let targets = spec["target"]
        .as_str()
        .into_iter()
        .chain(listed.filter_map(Value::as_str));
    targets
        .map(|target| parent.location.relative(location_type.clone(), target))
        .collect()
}

/// What is said of an entity that is not valid.
fn invalid(child: &Candidate, error: &ValidationError) -> Finding {
    let at = child.document.nearest(error.field.split('.'));
    let finding = Finding::error(&error.message).at(&child.location.target, Some(at.line));
    match child.has_placeholder(&error.field) {
        true => {
            finding.help("placeholders such as `$text` are not read yet; write the content itself")
        }
        false => finding,
    }
}

/// What is said of an entity whose reference another one has.
fn conflict(known: &Emitted, child: &Candidate) -> Finding {
    let Candidate {
        entity_ref,
        location,
        document,
        ..
    } = child;
    let message = format!(
        "Detected conflicting entityRef {entity_ref} already referenced by {} and now also {location}",
        known.location
    );
    let target = &known.location.target;
    let first = known
        .line
        .map_or_else(|| target.clone(), |line| format!("{target}:{line}"));
    Finding::warning(message)
        .at(&location.target, Some(document.at.line))
        .help(format!(
            "the one at {first} counts; rename or remove one of them"
        ))
}

/// What is said of a location that nothing here can read.
fn unread(location: &Location) -> Finding {
    match &location.location_type {
        LocationType::Url => Finding::warning(format!(
            "locations of type `url` are not read yet, so nothing comes from `{}`",
            location.target
        )),
        LocationType::File | LocationType::Other(_) => Finding::error(format!(
            "no reader for locations of type `{}`, as of `{location}`",
            location.location_type.as_str()
        ))
        .help("the type is `file`"),
    }
}
