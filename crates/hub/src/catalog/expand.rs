//! What a Location entity leads to.

use super::codeowner;
use super::config::ConfiguredLocation;
use super::document::{self, Candidate};
use super::emitted::{Emitted, Form, Problem, annotated};
use super::location::{Location, LocationType};
use super::outcome::{Child, Children, Outcome};
use super::source::{Got, Piece, Reads, Resolver};
use super::work::{Surroundings, Work};
use crate::finding::Finding;
use callboard_catalog::StatusItem;
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
        reads,
        around,
        is_optional: entity["spec"]["presence"] == "optional",
        outcome: work.outcome(),
        candidates: Vec::new(),
        children: Children::default(),
        has_failed: false,
    };
    for target in targets {
        expansion.read(target, reads.get(target));
    }
    expansion.finish(entity)
}

struct Expansion<'a> {
    work: &'a Work,
    reads: &'a Reads,
    around: Surroundings<'a>,
    is_optional: bool,
    outcome: Outcome,
    candidates: Vec<Candidate>,
    children: Children,
    /// Some target could not be used.
    has_failed: bool,
}

impl Expansion<'_> {
    fn read(&mut self, target: &Location, got: Option<&Got>) {
        match got {
            Some(Got::Found(pieces)) => {
                for piece in pieces {
                    self.read_piece(piece);
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
                self.fail("NotFoundError", &message, target);
            }
            Some(Got::Failed(problem)) => {
                self.fail(&problem.name, &problem.message, target);
            }
        }
    }

    /// A target cannot be read; what came from it stays.
    fn fail(&mut self, name: &str, message: &str, target: &Location) {
        let finding = self.place(Finding::error(message));
        self.report(finding);
        self.status(name, message);
        self.children.kept.location(&target.to_string());
        self.has_failed = true;
    }

    fn read_piece(&mut self, piece: &Piece) {
        let location = &piece.location;
        let text = match &piece.text {
            Ok(text) => text,
            Err(reason) => {
                let message = format!(
                    "{} {} could not be read, {reason}",
                    location.location_type.as_str(),
                    location.target
                );
                let finding = Finding::error(format!("this file could not be read: {reason}"));
                self.report(finding.at(&location.target, None));
                self.status("Error", &message);
                self.children.kept.location(&location.to_string());
                self.has_failed = true;
                return;
            }
        };
        for document in callboard_yaml::parse_documents(text) {
            match document {
                Ok(document) => {
                    let line = document.at.line;
                    match Candidate::of(document, location) {
                        Ok(mut candidate) => {
                            self.fill_owner(&mut candidate);
                            self.candidates.push(candidate);
                        }
                        Err((name, message)) => {
                            self.report(Finding::error(&message).at(&location.target, Some(line)));
                            self.break_document(location, name, &message);
                        }
                    }
                }
                Err(error) => {
                    let line = error.position().map(|position| position.line);
                    let finding = Finding::error(format!("YAML error: {error}"));
                    self.report(finding.at(&location.target, line));
                    let message = format!("YAML error at {location}, {error}");
                    self.break_document(location, "InputError", &message);
                }
            }
        }
    }

    /// Says who owns an entity that does not say so itself, if its repository knows.
    fn fill_owner(&self, candidate: &mut Candidate) {
        if !codeowner::is_wanting(&candidate.value) {
            return;
        }
        let resolver = self.around.resolver;
        if let Some(owner) = codeowner::owner(&candidate.location, self.reads, resolver) {
            candidate.value["spec"]["owner"] = owner.into();
        }
    }

    /// Remembers a document that names no entity; whichever it was stays as it was.
    fn break_document(&mut self, location: &Location, name: &str, message: &str) {
        self.has_failed = true;
        self.status(name, message);
        self.children.kept.location(&location.to_string());
    }

    fn finish(mut self, entity: Value) -> Outcome {
        let candidates = std::mem::take(&mut self.candidates);
        let rules = &self.around.config.rules;
        let is_forbidden = |child: &&Candidate| {
            let kind = child.value["kind"].as_str().unwrap_or_default();
            !rules.allow(kind, &self.work.origin)
        };
        let forbidden: Vec<_> = candidates.iter().filter(is_forbidden).collect();
        if !forbidden.is_empty() {
            self.forbid(&candidates, &forbidden);
            return self.outcome;
        }
        if !self.has_failed || !candidates.is_empty() {
            self.outcome.processed = Some(entity);
        }
        for child in self.judge(candidates) {
            self.children.taken.push(child);
        }
        self.outcome.children = Some(self.children);
        self.outcome
    }

    /// Reports kinds that are not allowed, for which nothing of the location is taken.
    ///
    /// What else is wrong with it is said too: whoever mends it should not have to come twice.
    fn forbid(&mut self, candidates: &[Candidate], forbidden: &[&Candidate]) {
        let origin = &self.work.origin;
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
                self.status("NotAllowedError", &message);
            }
        }
        for child in candidates {
            if let Form::Bad(problem) = Form::of(&child.value) {
                self.report(document::invalid(child, &problem));
            }
        }
    }

    /// Says of each entity what becomes of it; of several with one reference the first counts.
    fn judge(&mut self, candidates: Vec<Candidate>) -> Vec<Child> {
        let mut first: HashMap<_, (Location, u32)> = HashMap::new();
        let mut children = Vec::with_capacity(candidates.len());
        for child in candidates {
            let line = child.document.at.line;
            match first.entry(child.entity_ref.clone()) {
                Entry::Vacant(free) => drop(free.insert((child.location.clone(), line))),
                Entry::Occupied(taken) => {
                    let (location, first_line) = taken.get();
                    // Two targets may name the same file.
                    if (location, *first_line) != (&child.location, line) {
                        let finding = document::conflict(
                            &child.entity_ref,
                            &child.location.to_string(),
                            Some(line),
                            &location.to_string(),
                            Some(*first_line),
                        );
                        self.report(finding);
                    }
                    continue;
                }
            }
            children.push(self.judge_one(child, line));
        }
        children
    }

    fn judge_one(&mut self, mut child: Candidate, line: u32) -> Child {
        let value = std::mem::take(&mut child.value);
        let value = annotated(
            value,
            &child.location,
            &self.work.origin,
            &links(&child.location, self.around.resolver),
        );
        let key = Some(child.location.to_string().into());
        let emitted = Emitted::new(child.entity_ref.clone(), value, key, Some(line));
        let known = self.around.known.record(&emitted.entity_ref);
        let is_known = known.is_some_and(|known| {
            known.emitted == emitted.digest && (known.is_active || known.errors.is_empty())
        });
        if is_known {
            return Child {
                emitted,
                form: None,
            };
        }
        let form = Form::of(&emitted.value);
        if let Form::Bad(problem) = &form {
            self.report(document::invalid(&child, problem));
        }
        Child {
            emitted,
            form: Some(form),
        }
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
