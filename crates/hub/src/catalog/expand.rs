//! What a Location entity leads to.

use super::config::ConfiguredLocation;
use super::document::{self, Candidate, Failure, File};
use super::emitted::Problem;
use super::location::{Location, LocationType};
use super::outcome::{Child, Children, Outcome};
use super::parallel;
use super::record::{Digest, Source};
use super::source::{Got, Piece, Reads, Resolver};
use super::work::{Surroundings, Work};
use crate::finding::Finding;
use callboard_catalog::{EntityRef, StatusItem};
use callboard_yaml::Document;
use serde_json::Value;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

const VIEW_ANNOTATION: &str = "backstage.io/view-url";
const EDIT_ANNOTATION: &str = "backstage.io/edit-url";
const SOURCE_ANNOTATION: &str = "backstage.io/source-location";

/// The locations that a Location entity names.
///
/// # Errors
///
/// When one that came from a URL names a file of the hub.
pub(super) fn targets(
    work: &Work,
    entity: &Value,
    resolver: Resolver<'_>,
) -> Result<Vec<Location>, Problem> {
    let spec = &entity["spec"];
    let location_type = spec["type"]
        .as_str()
        .map_or_else(|| work.location.location_type.clone(), LocationType::from);
    let listed = spec["targets"].as_array().into_iter().flatten();
    let targets = spec["target"]
        .as_str()
        .into_iter()
        .chain(listed.filter_map(Value::as_str));
    targets
        .map(|target| resolve(work, &location_type, target, resolver))
        .collect()
}

fn resolve(
    work: &Work,
    location_type: &LocationType,
    target: &str,
    resolver: Resolver<'_>,
) -> Result<Location, Problem> {
    let base = &work.location;
    match (&base.location_type, location_type) {
        (LocationType::Url | LocationType::Other(_), LocationType::File) => {
            Err(Problem::input(format!(
                "{} comes from {base}, and may not name the file `{target}`",
                work.entity_ref
            )))
        }
        (LocationType::Url, LocationType::Url) => resolver
            .resolve(base, target)
            .map_err(|reason| Problem::input(format!("`{target}` leads nowhere, {reason}"))),
        _ => Ok(base.relative(location_type.clone(), target)),
    }
}

/// Takes what the targets of a Location entity hold, all of which were read.
pub(super) fn expand(
    work: &Work,
    entity: Value,
    targets: &[Location],
    reads: &Reads,
    around: Surroundings<'_>,
) -> Outcome {
    let mut expansion = Expansion {
        work,
        around,
        is_optional: entity["spec"]["presence"] == "optional",
        outcome: work.outcome(),
        children: Children::default(),
        has_failed: false,
    };
    let mut files = Vec::new();
    let mut parts = Vec::new();
    for target in targets {
        expansion.look_into(target, reads.get(target), &mut files, &mut parts);
    }
    let candidates = expansion.read(&files, parts);
    expansion.finish(entity, candidates)
}

struct Expansion<'a> {
    work: &'a Work,
    around: Surroundings<'a>,
    is_optional: bool,
    outcome: Outcome,
    children: Children,
    /// Some target could not be used.
    has_failed: bool,
}

/// A part of what the targets hold, in their order.
enum Part<'a> {
    /// A document of the file with this number.
    Document(usize, Document<'a>),
    /// Nothing, though there should be something.
    Failure(Box<Failure>),
}

impl<'a> Expansion<'a> {
    fn look_into(
        &self,
        target: &Location,
        got: Option<&'a Got>,
        files: &mut Vec<File<'a>>,
        parts: &mut Vec<Part<'a>>,
    ) {
        match got {
            Some(Got::Found(pieces)) => {
                for piece in pieces {
                    self.look_into_piece(piece, files, parts);
                }
            }
            // Whoever reads takes care of that.
            None | Some(Got::Unchanged) => {}
            Some(Got::Nothing) if self.is_optional => {}
            Some(Got::Nothing) => {
                let message = match target.location_type {
                    LocationType::Url => format!(
                        "Unable to read url, no matching files found for {}",
                        target.target
                    ),
                    LocationType::File | LocationType::Other(_) => format!(
                        "{} {} does not exist",
                        target.location_type.as_str(),
                        target.target
                    ),
                };
                parts.push(self.failure("NotFoundError", &message, target));
            }
            Some(Got::Failed(problem)) => {
                parts.push(self.failure(&problem.name, &problem.message, target));
            }
        }
    }

    /// A target cannot be read.
    fn failure(&self, name: &str, message: &str, target: &Location) -> Part<'a> {
        Part::Failure(Box::new(Failure {
            finding: self.place(Finding::error(message)),
            name: name.to_owned(),
            message: message.to_owned(),
            key: target.to_string().into(),
        }))
    }

    fn look_into_piece(
        &self,
        piece: &'a Piece,
        files: &mut Vec<File<'a>>,
        parts: &mut Vec<Part<'a>>,
    ) {
        let location = &piece.location;
        match &piece.text {
            Ok(text) => {
                let documents = callboard_yaml::documents(text).into_iter();
                parts.extend(documents.map(|document| Part::Document(files.len(), document)));
                let defaults = links(location, self.around.resolver);
                files.push(File::new(location, &self.work.origin, defaults));
            }
            Err(reason) => parts.push(Part::Failure(Box::new(Failure {
                finding: Finding::error(format!("this file could not be read: {reason}"))
                    .at(&location.target, None),
                name: "Error".to_owned(),
                message: format!(
                    "{} {} could not be read, {reason}",
                    location.location_type.as_str(),
                    location.target
                ),
                key: location.to_string().into(),
            }))),
        }
    }

    /// Reads all documents; of what cannot be read nothing changes.
    fn read<'f>(&mut self, files: &'f [File<'a>], parts: Vec<Part<'f>>) -> Vec<Candidate<'f>> {
        let known = self.known();
        let read = parallel::map(parts, |part| match part {
            Part::Document(file, document) => {
                files[file].read(document, |digest| known.get(&digest).copied())
            }
            Part::Failure(failure) => Err(failure),
        });
        let mut candidates = Vec::with_capacity(read.len());
        for read in read {
            match read {
                Ok(candidate) => candidates.extend(candidate),
                Err(failure) => self.fail(*failure),
            }
        }
        candidates
    }

    /// What came from the targets so far and was good, by the digest of what it was made from.
    fn known(&self) -> HashMap<Digest, &'a EntityRef> {
        let state = self.around.known;
        let source = Source::Entity(self.work.entity_ref.clone());
        state
            .children_of(&source)
            .filter_map(|child| {
                let record = state.record(child)?;
                let is_good = record.is_active || record.errors.is_empty();
                is_good.then_some((record.emitted, child))
            })
            .collect()
    }

    fn fail(&mut self, failure: Failure) {
        self.has_failed = true;
        self.report(failure.finding);
        self.status(&failure.name, &failure.message);
        self.children.kept.location(&failure.key);
    }

    fn finish(mut self, entity: Value, candidates: Vec<Candidate<'_>>) -> Outcome {
        let rules = &self.around.config.rules;
        let is_forbidden = |child: &&Candidate<'_>| {
            !rules.allow(child.emitted.entity_ref.kind(), &self.work.origin)
        };
        let forbidden: Vec<_> = candidates.iter().filter(is_forbidden).collect();
        if !forbidden.is_empty() {
            self.forbid(&candidates, &forbidden);
            return self.outcome;
        }
        if !self.has_failed || !candidates.is_empty() {
            self.outcome.processed = Some(entity);
        }
        self.children.taken = self.judge(candidates);
        self.outcome.children = Some(self.children);
        self.outcome
    }

    /// Reports kinds that are not allowed, for which nothing of the location is taken.
    ///
    /// What else is wrong with it is said too: whoever mends it should not have to come twice.
    fn forbid(&mut self, candidates: &[Candidate<'_>], forbidden: &[&Candidate<'_>]) {
        let origin = &self.work.origin;
        for (index, child) in forbidden.iter().enumerate() {
            let message = format!(
                "Entity {} at {}, originated at {origin}, is not of an allowed kind for that location",
                child.emitted.entity_ref, child.location
            );
            let finding = Finding::error(&message)
                .at(&child.location.target, Some(child.kind_line()))
                .help("`catalog.rules`, or `rules` of the location, must allow the kind; nothing else of this location is taken until they do");
            self.report(finding);
            // The original gives up at the first.
            if index == 0 {
                self.status("NotAllowedError", &message);
            }
        }
        for finding in candidates.iter().filter_map(|child| child.finding.clone()) {
            self.report(finding);
        }
    }

    /// Says of each entity what becomes of it; of several with one reference the first counts.
    fn judge(&mut self, candidates: Vec<Candidate<'_>>) -> Vec<Child> {
        let mut first: HashMap<EntityRef, (&Location, u32)> =
            HashMap::with_capacity(candidates.len());
        let mut children = Vec::with_capacity(candidates.len());
        for child in candidates {
            let Candidate {
                emitted,
                location,
                line,
                form,
                finding,
                ..
            } = child;
            match first.entry(emitted.entity_ref.clone()) {
                Entry::Vacant(free) => drop(free.insert((location, line))),
                Entry::Occupied(taken) => {
                    let (first_location, first_line) = taken.get();
                    // Two targets may name the same file.
                    if (*first_location, *first_line) != (location, line) {
                        self.report(document::conflict(
                            &emitted.entity_ref,
                            &location.to_string(),
                            Some(line),
                            &first_location.to_string(),
                            Some(*first_line),
                        ));
                    }
                    continue;
                }
            }
            if let Some(finding) = finding {
                self.report(finding);
            }
            children.push(Child { emitted, form });
        }
        children
    }

    fn report(&mut self, finding: Finding) {
        if !self.outcome.findings.contains(&finding) {
            self.outcome.findings.push(finding);
        }
    }

    fn status(&mut self, name: &str, message: &str) {
        let item = StatusItem::processing_error(name, message);
        if !self.outcome.errors.contains(&item) {
            self.outcome.errors.push(item);
        }
    }

    /// Adds where the Location entity stands: in its file, or in the configuration.
    fn place(&self, finding: Finding) -> Finding {
        if let Some(line) = self.work.line {
            return finding.at(&self.work.location.target, Some(line));
        }
        let is_this = |root: &&ConfiguredLocation| root.location == self.work.location;
        match self.around.config.locations.iter().find(is_this) {
            Some(root) => root.place(finding),
            None => finding,
        }
    }
}

/// Where an entity of a URL is seen and edited.
fn links(location: &Location, resolver: Resolver<'_>) -> Vec<(&'static str, String)> {
    if location.location_type != LocationType::Url {
        return Vec::new();
    }
    let mut links = vec![(VIEW_ANNOTATION, location.target.clone())];
    let url = url::Url::parse(&location.target).ok();
    if let (Some(url), Some(reader)) = (&url, resolver.0)
        && let Some(edit) = reader.edit_url(url)
    {
        links.push((EDIT_ANNOTATION, edit.into()));
    }
    if let Ok(folder) = resolver.resolve(location, "./") {
        links.push((SOURCE_ANNOTATION, folder.to_string()));
    }
    links
}
