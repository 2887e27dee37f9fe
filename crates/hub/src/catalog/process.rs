//! Processing entities: reading what they name, and putting what comes of it in force.

use super::commit::{self, Claim, Committed};
use super::config::CatalogConfig;
use super::document;
use super::file::is_stale;
use super::finish::finish;
use super::history::{Reading, ReadingEnd};
use super::ledger::{Conflict, Due, Ledger};
use super::location::{Location, LocationType};
use super::metric::ProcessingResult;
use super::outcome::{Child, Outcome, Processed, Seen};
use super::part::{self, Part};
use super::record::Source;
use super::rest::{LONGEST, Rested};
use super::source::{Reads, Resolver};
use super::state::State;
use super::work::{Step, Surroundings, Work};
use crate::app::App;
use crate::finding::Finding;
use callboard_catalog::{EntityRef, relation};
use callboard_store::StoreError;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet, spawn_blocking};

/// How many entities a hub processes at once.
const AT_ONCE: usize = 8;

/// How many entities are put in force in one transaction; more come in several.
#[derive(Debug, Clone, Copy)]
pub(super) enum Portion {
    /// Their rows take half a second, for which others who write wait; each further transaction
    /// costs what gains relations by it again, and a snapshot.
    Small,
    /// Before the first request nobody waits but a hub that starts on the same database.
    Large,
}

impl Portion {
    fn len(self) -> usize {
        match self {
            Portion::Small => 16_384,
            Portion::Large => 131_072,
        }
    }
}

/// Why entities could not be processed; they are tried again.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProcessError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hub is stopping, or processing panicked.
    #[error("processing was interrupted")]
    Interrupted(#[from] JoinError),
}

/// What came of one entity.
struct Finished {
    processed: Processed,
    origin: Location,
    seen: Seen,
    begin: Instant,
    /// How long it took until there was something to put in force.
    took: Duration,
}

/// Processes entities and puts what comes of it in force; gives the references that changed.
///
/// What was claimed for `claimed_by` counts only as long as nobody else has processed it since.
///
/// # Errors
///
/// [`ProcessError`]; what was not put in force is still due.
pub(super) async fn process(
    app: &App,
    works: Vec<Work>,
    claimed_by: Option<&str>,
    portion: Portion,
) -> Result<Vec<EntityRef>, ProcessError> {
    let rested = rest(app, &works).await?;
    let mut running = JoinSet::new();
    let mut ahead = works.into_iter();
    let mut results = Vec::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(work) = ahead.next()
        {
            let (index, known) = (results.len() + running.len(), app.catalog().state());
            running.spawn(process_one(app.clone(), index, work, known, rested.clone()));
        }
        match running.join_next().await {
            Some(result) => results.push(result??),
            None => break,
        }
    }
    // The order of what was asked for decides who has a reference that two want.
    results.sort_unstable_by_key(|(index, _)| *index);
    let results = results.into_iter().map(|(_, result)| result).collect();
    settle(app, results, claimed_by, portion).await
}

/// Waits until the files rest that have changed since they were read.
async fn rest(app: &App, works: &[Work]) -> Result<Rested, JoinError> {
    let state = app.catalog().state();
    let mut before = Seen::new();
    {
        let local = app.catalog().local();
        for work in works.iter().filter(|work| can_lose(&state, work)) {
            before.extend(local.seen_by(&work.entity_ref));
        }
    }
    Rested::wait(before.keys().cloned().collect(), before).await
}

/// Whether something would be gone from the catalog if nothing was read.
fn can_lose(state: &State, work: &Work) -> bool {
    let source = Source::Entity(work.entity_ref.clone());
    state.children_of(&source).next().is_some()
}

/// Processes an entity, again and again as long as its files are being written.
async fn process_one(
    app: App,
    index: usize,
    work: Work,
    known: Arc<State>,
    mut rested: Rested,
) -> Result<(usize, Finished), JoinError> {
    let begin = Instant::now();
    loop {
        let mut finished = read_one(&app, begin, work.clone(), &known).await?;
        if finished.seen.is_empty() || !can_lose(&known, &work) {
            return Ok((index, finished));
        }
        let (read, now) = (finished.seen.clone(), app.core().clock.now().into());
        let look = spawn_blocking(move || {
            let is_whole = rested.covers(&read, now);
            (is_whole, read)
        });
        let (is_whole, read) = look.await?;
        if is_whole {
            return Ok((index, finished));
        }
        if begin.elapsed() >= LONGEST {
            // What never rests stays as it was, and is looked at again.
            finished.processed = Processed::Unchanged(work.entity_ref);
            return Ok((index, finished));
        }
        rested = Rested::wait(read.into_keys().collect(), Seen::new()).await?;
    }
}

async fn read_one(
    app: &App,
    begin: Instant,
    mut work: Work,
    known: &Arc<State>,
) -> Result<Finished, JoinError> {
    let mut reads = Reads::default();
    let origin = work.origin.clone();
    loop {
        let (inner, known) = (app.clone(), Arc::clone(known));
        let turn = spawn_blocking(move || {
            let around = Surroundings {
                config: &inner.catalog().config,
                known: &known,
                resolver: Resolver(Some(inner.reader())),
            };
            let step = advance_on_disk(&mut work, &mut reads, around);
            (step, work, reads)
        });
        let step;
        (step, work, reads) = turn.await?;
        let (urls, is_new) = match step {
            Step::Done(processed) => {
                return Ok(Finished {
                    processed,
                    origin,
                    seen: reads.seen,
                    begin,
                    took: begin.elapsed(),
                });
            }
            Step::Read(urls) => (urls, true),
            Step::ReadAgain(urls) => (urls, false),
        };
        let tags = match is_new {
            true => work.known_tags(&app.catalog().config).map(str::to_owned),
            false => None,
        };
        for url in urls {
            match work.is_location() {
                true => reads.read_url(app.reader(), &url, tags.as_deref()).await,
                false => reads.read_one(app.reader(), &url).await,
            }
        }
    }
}

/// Goes as far as the disk allows; only URLs are left to be read.
fn advance_on_disk(work: &mut Work, reads: &mut Reads, around: Surroundings<'_>) -> Step {
    loop {
        let missing = match work.advance(reads, around) {
            Step::Read(missing) => missing,
            done @ (Step::ReadAgain(_) | Step::Done(_)) => return done,
        };
        let mut urls = missing.clone();
        for location in &missing {
            match location.location_type {
                LocationType::Url => continue,
                LocationType::File => reads.read_file(location),
                LocationType::Other(_) => reads.refuse(location),
            }
            urls.remove(location);
        }
        if !urls.is_empty() {
            return Step::Read(urls);
        }
    }
}

/// Processes one entity without putting anything in force, and reads all of it.
///
/// # Errors
///
/// [`ProcessError::Interrupted`].
pub(super) async fn look(app: &App, work: Work) -> Result<Processed, ProcessError> {
    let finished = read_one(app, Instant::now(), work, &Arc::default()).await?;
    Ok(finished.processed)
}

async fn settle(
    app: &App,
    results: Vec<Finished>,
    claimed_by: Option<&str>,
    portion: Portion,
) -> Result<Vec<EntityRef>, ProcessError> {
    let limit = portion.len();
    let mut changed = Vec::new();
    let (mut ready, mut count) = (Vec::new(), 0);
    for mut result in results {
        count += result.children().len();
        changed.extend(adopt(app, &mut result, limit).await?);
        ready.push(result);
        if count >= limit {
            changed.extend(settle_together(app, std::mem::take(&mut ready), claimed_by).await?);
            count = 0;
        }
    }
    if !ready.is_empty() {
        changed.extend(settle_together(app, ready, claimed_by).await?);
    }
    Ok(changed)
}

impl Finished {
    /// What was processed.
    fn entity_ref(&self) -> EntityRef {
        match &self.processed {
            Processed::Unchanged(entity_ref) => entity_ref.clone(),
            Processed::Done(outcome) => outcome.entity_ref.clone(),
        }
    }

    /// How it ended.
    fn kind(&self) -> ProcessingResult {
        match &self.processed {
            Processed::Unchanged(_) => ProcessingResult::Unchanged,
            Processed::Done(outcome) if outcome.errors.is_empty() => ProcessingResult::Changed,
            Processed::Done(_) => ProcessingResult::Errors,
        }
    }

    /// How it ended at `now`, as people are told.
    fn reading(&self, now: Timestamp) -> Reading {
        let end = match &self.processed {
            Processed::Unchanged(_) => ReadingEnd::Unchanged,
            Processed::Done(outcome) => match outcome.errors.first() {
                Some(error) => ReadingEnd::Failed(error.message.clone()),
                None => ReadingEnd::Read,
            },
        };
        Reading {
            at: now,
            took: self.took,
            end,
            times: 1,
        }
    }

    fn count(&self, app: &App, result: ProcessingResult) {
        let metrics = &app.catalog().metrics;
        metrics.processed(result, self.took, self.begin.elapsed());
    }

    /// What the entity emits now.
    fn children(&self) -> &[Child] {
        match &self.processed {
            Processed::Unchanged(_) => &[],
            Processed::Done(outcome) => outcome
                .children
                .as_ref()
                .map_or(&[], |children| &children.taken),
        }
    }
}

/// Takes new children of one that has too many for one transaction, ahead of the others, in pieces
/// of `limit`.
async fn adopt(
    app: &App,
    result: &mut Finished,
    limit: usize,
) -> Result<Vec<EntityRef>, ProcessError> {
    let Processed::Done(outcome) = &mut result.processed else {
        return Ok(Vec::new());
    };
    let Some(children) = &mut outcome.children else {
        return Ok(Vec::new());
    };
    if children.taken.len() <= limit {
        return Ok(Vec::new());
    }
    let mut taken = std::mem::take(&mut children.taken);
    // Most gain all their relations at once when who is referred to comes after those who refer to
    // it.
    taken.sort_by_cached_key(|child| {
        let entity_ref = &child.emitted.entity_ref;
        (relation::depth(entity_ref.kind()), entity_ref.clone())
    });
    let taken = Arc::new(taken);
    let pieces = (0..taken.len()).step_by(limit).map(|start| -> Part {
        let (parent, made_from) = (outcome.entity_ref.clone(), outcome.made_from);
        let taken = Arc::clone(&taken);
        Box::new(move |ledger: &mut Ledger<'_>| {
            let end = taken.len().min(start + limit);
            ledger.adopt(&parent, made_from, &taken[start..end]);
        })
    });
    let changed = part::commit_parts(app, pieces.collect()).await?;
    children.taken = Arc::unwrap_or_clone(taken);
    Ok(changed)
}

async fn settle_together(
    app: &App,
    results: Vec<Finished>,
    claimed_by: Option<&str>,
) -> Result<Vec<EntityRef>, ProcessError> {
    let committed = match claimed_by {
        None => {
            commit::commit::<(), StoreError>(app, |ledger| {
                for result in &results {
                    settle_one(ledger, &result.processed, Due::Later);
                }
                Ok(())
            })
            .await
        }
        Some(claimed_by) => {
            let claimed: Vec<EntityRef> = results.iter().map(Finished::entity_ref).collect();
            let claim = Claim {
                claimed_by,
                entity_refs: &claimed,
            };
            commit::commit_claimed::<StoreError>(app, claim, |ledger, held| {
                let is_held = |result: &&Finished| held.contains(&result.entity_ref());
                for result in results.iter().filter(is_held) {
                    settle_one(ledger, &result.processed, Due::Released);
                }
            })
            .await
        }
    };
    let committed = committed.inspect_err(|_| {
        for result in &results {
            result.count(app, ProcessingResult::Failed);
        }
    })?;
    let Committed {
        conflicts,
        removed,
        changed,
        ..
    } = committed;
    for result in &results {
        result.count(app, result.kind());
    }
    let freed = note(app, results, conflicts, &removed);
    app.catalog().files.notify_one();
    if !freed.is_empty() {
        commit::commit::<(), StoreError>(app, |ledger| {
            for parent in &freed {
                ledger.refresh(parent);
            }
            Ok(())
        })
        .await?;
    }
    Ok(changed)
}

/// Keeps what only this process knows; gives those who wanted references that are free now.
fn note(
    app: &App,
    results: Vec<Finished>,
    conflicts: Vec<Conflict>,
    removed: &[EntityRef],
) -> BTreeSet<EntityRef> {
    let now = app.core().clock.now();
    let mut local = app.catalog().local();
    for result in results {
        local.remember(&result.entity_ref(), result.reading(now));
        let Finished {
            processed,
            origin,
            seen,
            ..
        } = result;
        match processed {
            Processed::Unchanged(entity_ref) => local.saw(entity_ref, seen),
            Processed::Done(outcome) => {
                let Outcome {
                    entity_ref,
                    mut findings,
                    ..
                } = *outcome;
                let source = Source::Entity(entity_ref.clone());
                findings.extend(
                    conflicts
                        .iter()
                        .filter(|conflict| conflict.source == source)
                        .map(finding_of),
                );
                local.found(&entity_ref, origin, findings);
                local.saw(entity_ref, seen);
            }
        }
    }
    let freed = local.forget(removed);
    for conflict in conflicts {
        local.contest(conflict.entity_ref, conflict.source);
    }
    freed
}

fn settle_one(ledger: &mut Ledger<'_>, processed: &Processed, next: Due) {
    match processed {
        Processed::Unchanged(entity_ref) => ledger.settle_unchanged(entity_ref, next),
        Processed::Done(outcome) => ledger.settle(outcome, next),
    }
}

fn finding_of(conflict: &Conflict) -> Finding {
    document::conflict(
        &conflict.entity_ref,
        &conflict.wanted_by,
        conflict.line,
        &conflict.held_by,
        conflict.held_at,
    )
}

/// Processes everything on the disk of this hub, and what it leads to there, until nothing new
/// comes of it.
///
/// # Errors
///
/// As [`process`].
pub(super) async fn process_local(
    app: &App,
    first: impl IntoIterator<Item = EntityRef>,
    portion: Portion,
) -> Result<(), ProcessError> {
    let mut done: HashSet<EntityRef> = HashSet::new();
    let mut ahead: Vec<EntityRef> = first.into_iter().collect();
    loop {
        let state = app.catalog().state();
        let works: Vec<Work> = ahead
            .drain(..)
            .filter_map(|entity_ref| Work::of(&entity_ref, state.record(&entity_ref)?))
            .filter(Work::is_local)
            .filter(|work| done.insert(work.entity_ref.clone()))
            .collect();
        if works.is_empty() {
            return Ok(());
        }
        ahead = process(app, works, None, portion).await?;
    }
}

/// Every entity that reads something, those of the configuration first and in its order.
pub(super) fn active(state: &State, config: &CatalogConfig) -> Vec<EntityRef> {
    let roots: Vec<EntityRef> = config
        .locations
        .iter()
        .map(|root| root.location.entity_ref())
        .collect();
    let mut others: Vec<EntityRef> = state
        .records
        .iter()
        .filter(|(entity_ref, record)| record.is_active && !roots.contains(entity_ref))
        .map(|(entity_ref, _)| entity_ref.clone())
        .collect();
    others.sort_unstable();
    roots.into_iter().chain(others).collect()
}

/// The entities whose files are not as they were when they were read.
pub(super) async fn stale(app: &App) -> Result<Vec<EntityRef>, ProcessError> {
    let seen = app.catalog().local().seen();
    let stale = spawn_blocking(move || {
        seen.into_iter()
            .filter(|(_, seen)| is_stale(seen))
            .map(|(entity_ref, _)| entity_ref)
            .collect()
    });
    Ok(stale.await?)
}

/// What came of reading the disk without a database.
pub(super) struct Rehearsed {
    pub(super) state: State,
    /// What is wrong, for each entity that reads something.
    pub(super) findings: Vec<Finding>,
}

/// Processes everything on the disk as a hub would at start, and keeps it to itself. Blocks.
pub(super) fn rehearse(config: &CatalogConfig, state: State) -> Rehearsed {
    let mut rehearsed = Rehearsed {
        state,
        findings: Vec::new(),
    };
    let mut done: HashSet<EntityRef> = HashSet::new();
    // Nobody sees them.
    let mut new_uid = || commit::new_uid(Timestamp::UNIX_EPOCH);
    let mut ledger = Ledger::new(&rehearsed.state, config.orphans, &mut new_uid);
    super::provider::configure(&mut ledger, config);
    rehearsed.state = finish(ledger).next;
    let mut ahead = active(&rehearsed.state, config);
    loop {
        let state = rehearsed.state.clone();
        let works: Vec<Work> = ahead
            .drain(..)
            .filter_map(|entity_ref| Work::of(&entity_ref, state.record(&entity_ref)?))
            .filter(Work::is_local)
            .filter(|work| done.insert(work.entity_ref.clone()))
            .collect();
        if works.is_empty() {
            return rehearsed;
        }
        let around = Surroundings {
            config,
            known: &state,
            resolver: Resolver(None),
        };
        let mut ledger = Ledger::new(&state, config.orphans, &mut new_uid);
        for mut work in works {
            let mut reads = Reads::default();
            if let Step::Done(processed) = advance_on_disk(&mut work, &mut reads, around) {
                settle_one(&mut ledger, &processed, Due::Later);
                if let Processed::Done(outcome) = processed {
                    rehearsed.findings.extend(outcome.findings);
                }
            }
        }
        let difference = finish(ledger);
        rehearsed
            .findings
            .extend(difference.conflicts.iter().map(finding_of));
        ahead = difference
            .changed
            .into_iter()
            .map(|row| row.entity_ref)
            .collect();
        rehearsed.state = difference.next;
    }
}
