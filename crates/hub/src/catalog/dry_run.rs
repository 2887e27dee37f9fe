//! What a location would bring into the catalog, were it registered.

use super::emitted::{Emitted, Form};
use super::location::Location;
use super::outcome::{Outcome, Processed};
use super::process::{self, ProcessError};
use super::record::{Digest, Record};
use super::work::Work;
use crate::app::App;
use crate::error::Error;
use callboard_catalog::EntityRef;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// How many entities are read for somebody who only wants to look.
const MAX_ENTITIES: usize = 10_000;

/// Something that a location would bring.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) entity_ref: EntityRef,
    /// Who would have its reference; absent when anybody may take it.
    pub(super) location_key: Option<SmolStr>,
    /// The entity, as far as it can be read.
    pub(super) value: Value,
    /// What is wrong with it; it would not come into the catalog, or not with all that it leads to.
    pub(super) problems: Vec<String>,
}

/// What becomes of a reading that meets a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnProblem {
    /// It ends.
    Refuse,
    /// It goes on with the rest.
    Note,
}

/// Reads a location and all that it leads to, at once, and keeps nothing of it; gives the entities,
/// that of the location first.
///
/// # Errors
///
/// [`Error::Input`] with the first thing that is wrong with any of it.
pub(super) async fn read(app: &App, location: &Location) -> Result<Vec<Value>, Error> {
    let found = look(app, location, OnProblem::Refuse).await?;
    Ok(found.into_iter().map(|found| found.value).collect())
}

/// Reads a location as [`read`] does, and notes with each entity what is wrong with it.
///
/// # Errors
///
/// [`Error::Input`] when there are too many.
pub(super) async fn survey(app: &App, location: &Location) -> Result<Vec<Found>, Error> {
    look(app, location, OnProblem::Note).await
}

async fn look(app: &App, location: &Location, on_problem: OnProblem) -> Result<Vec<Found>, Error> {
    let mut seen: HashSet<EntityRef> = HashSet::new();
    let mut all = Vec::new();
    let mut ahead = vec![Emitted::root(location)];
    while let Some(emitted) = ahead.pop() {
        let mut found = Found {
            entity_ref: emitted.entity_ref.clone(),
            location_key: emitted.location_key.clone(),
            value: emitted.value(),
            problems: Vec::new(),
        };
        if !seen.insert(emitted.entity_ref.clone()) {
            let problem = format!("Duplicate nested entity: {}", emitted.entity_ref);
            found.problems.push(problem);
        } else if seen.len() > MAX_ENTITIES {
            return Err(Error::Input(format!(
                "the location leads to more than {MAX_ENTITIES} entities"
            )));
        } else {
            match Form::of(&found.value) {
                Form::Good => {}
                Form::Bad(problem) => found.problems.push(problem.status().message),
                Form::Active => {
                    let outcome = process(app, &emitted).await?;
                    let errors = outcome.errors.into_iter();
                    found.problems.extend(errors.map(|error| error.message));
                    if let Some(processed) = outcome.processed {
                        found.value = processed;
                    }
                    let children = outcome.children.unwrap_or_default();
                    // Taken from the end, and so in their order.
                    let children = children.taken.into_iter().rev();
                    ahead.extend(children.map(|child| child.emitted));
                }
            }
        }
        if on_problem == OnProblem::Refuse && !found.problems.is_empty() {
            return Err(Error::Input(found.problems.join(", ")));
        }
        all.push(found);
    }
    Ok(all)
}

async fn process(app: &App, emitted: &Emitted) -> Result<Outcome, Error> {
    let record = Record {
        uid: Uuid::nil(),
        location_key: None,
        sources: Arc::default(),
        emitted: Digest::of(""),
        input: emitted.content.as_ref().map(|content| content.json.clone()),
        is_active: true,
        tags: None,
        errors: Arc::default(),
        has_own_etag: false,
        digest: None,
        line: emitted.line,
    };
    let Some(work) = Work::of(&emitted.entity_ref, &record) else {
        return Err(Error::Input(format!(
            "{} does not say where it comes from",
            emitted.entity_ref
        )));
    };
    match process::look(app, work).await {
        Ok(Processed::Done(outcome)) => Ok(*outcome),
        // Without tags of an earlier reading nothing is.
        Ok(Processed::Unchanged(entity_ref)) => Err(Error::internal(format!(
            "{entity_ref} was read for the first time and has not changed"
        ))),
        Err(error @ ProcessError::Interrupted(_)) => Err(Error::internal(error)),
        Err(ProcessError::Store(error)) => Err(error.into()),
    }
}
