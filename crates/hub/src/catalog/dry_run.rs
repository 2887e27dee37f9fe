//! What a location would bring into the catalog, were it registered.

use super::emitted::{Emitted, Form};
use super::location::Location;
use super::outcome::{Outcome, Processed};
use super::process::{self, ProcessError};
use super::record::{Digest, Record};
use super::work::Work;
use crate::app::App;
use crate::error::Error;
use callboard_catalog::{EntityRef, StatusItem};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// How many entities are read for somebody who only wants to look.
const MAX_ENTITIES: usize = 10_000;

/// Reads a location and all that it leads to, at once, and keeps nothing of it; gives the entities,
/// that of the location first.
///
/// # Errors
///
/// [`Error::Input`] with the first thing that is wrong with any of it.
pub(super) async fn read(app: &App, location: &Location) -> Result<Vec<Value>, Error> {
    let mut seen: HashSet<EntityRef> = HashSet::new();
    let mut entities = Vec::new();
    let mut ahead = vec![Emitted::root(location)];
    while let Some(emitted) = ahead.pop() {
        if !seen.insert(emitted.entity_ref.clone()) {
            return Err(Error::Input(format!(
                "Duplicate nested entity: {}",
                emitted.entity_ref
            )));
        }
        if seen.len() > MAX_ENTITIES {
            return Err(Error::Input(format!(
                "the location leads to more than {MAX_ENTITIES} entities"
            )));
        }
        let value = emitted.value();
        match Form::of(&value) {
            Form::Good => entities.push(value),
            Form::Bad(problem) => return Err(refusal(&[problem.status()])),
            Form::Active => {
                let outcome = process(app, &emitted).await?;
                if !outcome.errors.is_empty() {
                    return Err(refusal(&outcome.errors));
                }
                entities.extend(outcome.processed);
                let children = outcome.children.unwrap_or_default();
                // Taken from the end, and so in their order.
                let children = children.taken.into_iter().rev();
                ahead.extend(children.map(|child| child.emitted));
            }
        }
    }
    Ok(entities)
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

fn refusal(errors: &[StatusItem]) -> Error {
    let messages: Vec<&str> = errors.iter().map(|error| &*error.message).collect();
    Error::Input(messages.join(", "))
}
