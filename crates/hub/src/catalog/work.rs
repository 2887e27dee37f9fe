//! Processing one entity: what it reads, and what comes of that.
//!
//! [`Work::advance`] is pure. It either says what has to be read first, or is done; whoever calls
//! it reads, from the disk alone or from the network too, and calls again.

use super::codeowner;
use super::config::CatalogConfig;
use super::emitted::{self, LOCATION_ANNOTATION, ORIGIN_ANNOTATION, Problem, location_in};
use super::expand;
use super::location::{Location, LocationType};
use super::outcome::{Outcome, Processed};
use super::placeholder::{self, Filled};
use super::record::{Digest, Record};
use super::source::{Reads, Resolver};
use super::state::State;
use crate::finding::Finding;
use callboard_catalog::EntityRef;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Counts up when the same input begins to give another result.
pub(super) const VERSION: u32 = 2;

/// How often an entity may ask for more to read, as documents that refer to others do.
const MAX_ROUNDS: usize = 32;

/// An entity to be processed.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) entity_ref: EntityRef,
    /// As it was emitted.
    pub(super) value: Value,
    pub(super) made_from: Digest,
    /// Where it stands, which its references are relative to.
    pub(super) location: Location,
    /// The location above it that nothing but a provider emits.
    pub(super) origin: Location,
    pub(super) line: Option<u32>,
    /// What tells what it read last time from anything else.
    pub(super) tags: Option<Arc<str>>,
    rounds: usize,
}

/// What processing needs beside the entity.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) config: &'a CatalogConfig,
    /// What is known already, which is not read anew.
    pub(super) known: &'a State,
    pub(super) resolver: Resolver<'a>,
}

/// What processing an entity came to.
pub(super) enum Step {
    /// These have to be read.
    Read(BTreeSet<Location>),
    /// These have to be read though they have not changed, since others have.
    ReadAgain(BTreeSet<Location>),
    /// It is done.
    Done(Processed),
}

impl Work {
    /// What there is to do for a record; `None` when it reads nothing.
    pub(super) fn of(entity_ref: &EntityRef, record: &Record) -> Option<Work> {
        if !record.is_active {
            return None;
        }
        let value: Value = serde_json::from_str(record.input.as_deref()?).ok()?;
        let location = location_in(&value, LOCATION_ANNOTATION)?;
        let origin = location_in(&value, ORIGIN_ANNOTATION).unwrap_or_else(|| location.clone());
        Some(Work {
            entity_ref: entity_ref.clone(),
            value,
            made_from: record.emitted,
            location,
            origin,
            line: record.line,
            tags: record.tags.clone(),
            rounds: 0,
        })
    }

    /// Whether it reads from the disk of the hub only, as far as is known before it reads.
    pub(super) fn is_local(&self) -> bool {
        let is_file = |location: &Location| location.location_type == LocationType::File;
        is_file(&self.location)
            && !placeholder::names_url(&self.value)
            && match self.is_location() {
                true => expand::targets(self, &self.value, Resolver(None))
                    .is_ok_and(|targets| targets.iter().all(is_file)),
                false => true,
            }
    }

    /// Whether it names locations.
    pub(super) fn is_location(&self) -> bool {
        self.entity_ref.kind() == "location"
    }

    /// The tags of the last reading, as far as they still mean anything.
    pub(super) fn known_tags(&self, config: &CatalogConfig) -> Option<&str> {
        let tags = self.tags.as_deref()?;
        tags.starts_with(&rules(config).to_string()).then_some(tags)
    }

    /// Goes as far as `reads` allows.
    pub(super) fn advance(&mut self, reads: &Reads, around: Surroundings<'_>) -> Step {
        self.rounds += 1;
        let mut filled =
            match placeholder::fill(&self.value, &self.location, reads, around.resolver) {
                Ok(Filled::Whole(value)) => value,
                Ok(Filled::Missing(missing)) if self.rounds < MAX_ROUNDS => {
                    return Step::Read(missing);
                }
                Ok(Filled::Missing(_)) => {
                    return self.refused(&Problem::input("too many documents refer to others"));
                }
                Err(problem) => return self.refused(&problem),
            };
        let targets = match self.is_location() {
            true => match expand::targets(self, &filled, around.resolver) {
                Ok(targets) => targets,
                Err(problem) => return self.refused(&problem),
            },
            false => Vec::new(),
        };
        let missing: BTreeSet<Location> = targets
            .iter()
            .filter(|target| reads.get(target).is_none())
            .cloned()
            .collect();
        if !missing.is_empty() {
            return Step::Read(missing);
        }
        let mut owners = codeowner::wanted(&targets, self.tags.as_deref(), reads, around.resolver);
        let is_wanting = codeowner::is_wanting(&filled);
        if is_wanting {
            owners.extend(codeowner::files(&self.location, around.resolver));
        }
        let unread: BTreeSet<Location> = owners
            .into_iter()
            .filter(|file| reads.get(file).is_none())
            .collect();
        if !unread.is_empty() && self.rounds < MAX_ROUNDS {
            return Step::Read(unread);
        }
        let tags = reads.tags(rules(around.config));
        if self.tags.as_deref() == Some(&*tags) {
            return Step::Done(Processed::Unchanged(self.entity_ref.clone()));
        }
        let unchanged = reads.unchanged();
        if !unchanged.is_empty() && self.rounds < MAX_ROUNDS {
            return Step::ReadAgain(unchanged);
        }
        if is_wanting && let Some(owner) = codeowner::owner(&self.location, reads, around.resolver)
        {
            codeowner::fill(&mut filled, owner);
        }
        if let Err(problem) = emitted::check(&filled) {
            return self.refused(&problem);
        }
        let outcome = match self.is_location() {
            true => expand::expand(self, filled, &targets, reads, around),
            false => Outcome {
                processed: Some(filled),
                ..self.outcome()
            },
        };
        let is_well = outcome.errors.is_empty() && outcome.findings.is_empty();
        Step::Done(Processed::Done(Box::new(Outcome {
            tags: is_well.then(|| tags.into()),
            ..outcome
        })))
    }

    /// An outcome that says nothing yet.
    pub(super) fn outcome(&self) -> Outcome {
        Outcome {
            entity_ref: self.entity_ref.clone(),
            made_from: self.made_from,
            processed: None,
            errors: Vec::new(),
            children: None,
            tags: None,
            findings: Vec::new(),
        }
    }

    fn refused(&self, problem: &Problem) -> Step {
        let finding = Finding::error(&problem.message).at(&self.location.target, self.line);
        Step::Done(Processed::Done(Box::new(Outcome {
            errors: vec![problem.status()],
            findings: vec![finding],
            ..self.outcome()
        })))
    }
}

/// What tells the rules of processing from others.
fn rules(config: &CatalogConfig) -> Digest {
    Digest::of(&format!("{VERSION} {:?}", config.rules))
}
