//! A catalog while it is changed: who emits what, who has which reference, what is left over.
//!
//! A [`Ledger`] begins with a [`State`], takes what providers say and what processing gave, and
//! ends as the next state with the list of what differs. It neither reads nor writes anything
//! else, so the same ledger serves a transaction, a dry run and the check of files.

use super::config::OrphanStrategy;
use super::emitted::{Content, Emitted, Form};
use super::outcome::{Child, Children, Outcome};
use super::record::{Digest, Record, Source};
use super::state::State;
use callboard_catalog::EntityRef;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// A catalog while it is changed.
pub(super) struct Ledger<'a> {
    strategy: OrphanStrategy,
    new_uid: &'a mut dyn FnMut() -> Uuid,
    pub(super) before: State,
    pub(super) next: State,
    /// The processed form of entities that have a new one, as JSON.
    pub(super) processed: HashMap<EntityRef, Arc<str>, RandomState>,
    /// Entities whose record, status or place above others may differ.
    pub(super) touched: BTreeSet<EntityRef>,
    /// When entities are to be processed next, where that changes.
    pub(super) due: BTreeMap<EntityRef, Due>,
    /// References that were refused, since another location has them.
    pub(super) conflicts: Vec<Conflict>,
    /// The sources of the last record that only one emits, for the next such one to share.
    alone: Option<Arc<[Source]>>,
}

/// When an entity is to be processed next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// As soon as possible.
    Now,
    /// After the interval of the configuration.
    Later,
    /// The same, unless somebody has asked for it since this process claimed it.
    Released,
    /// When something new is emitted.
    Never,
}

/// A reference that two locations want.
#[derive(Debug, Clone)]
pub(super) struct Conflict {
    pub(super) entity_ref: EntityRef,
    /// Who emitted it in vain.
    pub(super) source: Source,
    /// The key of the location that wants it too.
    pub(super) wanted_by: String,
    /// The line at which it does.
    pub(super) line: Option<u32>,
    /// The key of the location that has it.
    pub(super) held_by: String,
    /// The line at which that has it.
    pub(super) held_at: Option<u32>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(
        state: &State,
        strategy: OrphanStrategy,
        new_uid: &'a mut dyn FnMut() -> Uuid,
    ) -> Ledger<'a> {
        Ledger {
            strategy,
            new_uid,
            before: state.clone(),
            next: state.clone(),
            processed: HashMap::default(),
            touched: BTreeSet::new(),
            due: BTreeMap::new(),
            conflicts: Vec::new(),
            alone: None,
        }
    }

    /// Takes what a source emits, unless another location has the reference.
    ///
    /// `form` is asked for only when it matters.
    pub(super) fn emit(
        &mut self,
        source: &Source,
        emitted: &Emitted,
        form: impl FnOnce() -> Form,
    ) -> bool {
        let entity_ref = &emitted.entity_ref;
        let known = self.next.record(entity_ref).cloned();
        if let Some(known) = &known
            && !may_take(known, source, emitted)
        {
            self.conflicts.push(Conflict {
                entity_ref: entity_ref.clone(),
                source: source.clone(),
                wanted_by: key_text(emitted.location_key.as_deref()),
                line: emitted.line,
                held_by: key_text(known.location_key.as_deref()),
                held_at: known.line,
            });
            return false;
        }
        // A location that names itself keeps nothing alive.
        let is_itself = *source == Source::Entity(entity_ref.clone());
        let is_new = known
            .as_ref()
            .is_none_or(|known| known.emitted != emitted.digest);
        if let Some(known) = &known
            && !is_new
            && known.line == emitted.line
            && known.location_key == emitted.location_key
            && (is_itself || known.sources.contains(source))
        {
            return true;
        }
        let content = emitted.content.as_ref();
        if is_new && content.is_none() {
            // It was known when its parent was read, and is not any more.
            self.read_again(source);
            return true;
        }
        let mut record = match &known {
            Some(known) => Record::clone(known),
            None => self.new_record(emitted),
        };
        if !is_itself && !record.sources.contains(source) {
            record.sources = match record.sources.is_empty() {
                true => self.alone(source),
                false => record.sources.iter().chain([source]).cloned().collect(),
            };
        }
        record.location_key.clone_from(&emitted.location_key);
        record.line = emitted.line;
        if let Some(content) = content.filter(|_| is_new) {
            record.emitted = emitted.digest;
            record.tags = None;
            self.take_form(&mut record, entity_ref, content, form());
        }
        let is_final = is_new && !record.is_active && record.errors.is_empty();
        self.put(entity_ref, record);
        if is_final {
            // What it emitted as long as something was to be read is nobody's any more.
            let children = self.children_of(entity_ref);
            self.disown(&Source::Entity(entity_ref.clone()), &children);
        }
        true
    }

    /// The sources of what only this one emits.
    fn alone(&mut self, source: &Source) -> Arc<[Source]> {
        let alone = match self.alone.take() {
            Some(known) if known.first() == Some(source) => known,
            Some(_) | None => [source.clone()].into(),
        };
        self.alone = Some(Arc::clone(&alone));
        alone
    }

    fn take_form(
        &mut self,
        record: &mut Record,
        entity_ref: &EntityRef,
        content: &Content,
        form: Form,
    ) {
        let input = || Some(content.json.clone());
        if self.processed.remove(entity_ref).is_some() {
            // It is dropped before it became a final form, and the one before stays.
            let before = self.before.record(entity_ref);
            record.has_own_etag = before.is_some_and(|before| before.has_own_etag);
        }
        let due = match form {
            Form::Good => {
                record.input = None;
                record.is_active = false;
                record.errors = Arc::default();
                record.has_own_etag = content.has_own_etag;
                self.processed
                    .insert(entity_ref.clone(), content.json.clone());
                Due::Never
            }
            Form::Bad(problem) => {
                record.input = input();
                record.is_active = false;
                record.errors = [problem.status()].into();
                // What it emitted as long as it was good is let go of when it is good again.
                Due::Never
            }
            Form::Active => {
                record.input = input();
                record.is_active = true;
                Due::Now
            }
        };
        self.due.insert(entity_ref.clone(), due);
    }

    fn new_record(&mut self, emitted: &Emitted) -> Record {
        Record {
            uid: (self.new_uid)(),
            location_key: emitted.location_key.clone(),
            sources: Arc::default(),
            emitted: emitted.digest,
            input: None,
            is_active: false,
            tags: None,
            errors: Arc::default(),
            has_own_etag: false,
            digest: None,
            line: emitted.line,
        }
    }

    /// Takes what the processing of an entity gave; what was made from an older input is dropped.
    ///
    /// `next` is when it is processed again.
    pub(super) fn settle(&mut self, outcome: &Outcome, next: Due) {
        let entity_ref = &outcome.entity_ref;
        let Some(known) = self.next.record(entity_ref) else {
            return;
        };
        if known.emitted != outcome.made_from {
            return;
        }
        let mut record = Record::clone(known);
        record.errors = outcome.errors.clone().into();
        record.tags.clone_from(&outcome.tags);
        if let Some(value) = &outcome.processed {
            record.has_own_etag = value["metadata"]["etag"].is_string();
            self.processed
                .insert(entity_ref.clone(), value.to_string().into());
        }
        self.put(entity_ref, record);
        self.due.insert(entity_ref.clone(), next);
        if let Some(children) = &outcome.children {
            let conflicts = self.conflicts.len();
            self.replace_children(entity_ref, children);
            if self.conflicts.len() > conflicts {
                // What is refused now may be free at the next reading.
                self.forget_tags(entity_ref);
            }
        }
    }

    /// Takes those of the children that nobody has, ahead of [`Ledger::settle`]: what is much comes
    /// in pieces.
    pub(super) fn adopt(&mut self, parent: &EntityRef, made_from: Digest, children: &[Child]) {
        let is_current = |record: &Arc<Record>| record.emitted == made_from;
        if !self.next.record(parent).is_some_and(is_current) {
            return;
        }
        let source = Source::Entity(parent.clone());
        for child in children {
            if self.next.record(&child.emitted.entity_ref).is_none() {
                self.emit(&source, &child.emitted, || child.form());
            }
        }
    }

    /// Nothing that an entity reads has changed.
    pub(super) fn settle_unchanged(&mut self, entity_ref: &EntityRef, next: Due) {
        // Without tags it was emitted anew meanwhile, or is to be read as if for the first time.
        let is_current = |record: &Arc<Record>| record.tags.is_some();
        if self.next.record(entity_ref).is_some_and(is_current) {
            self.due.insert(entity_ref.clone(), next);
        }
    }

    fn replace_children(&mut self, parent: &EntityRef, children: &Children) {
        let source = Source::Entity(parent.clone());
        let taken: HashSet<&EntityRef> = children
            .taken
            .iter()
            .map(|child| &child.emitted.entity_ref)
            .collect();
        let (mut gone, mut moved) = (Vec::new(), HashSet::new());
        for child in self.children_of(parent) {
            let Some(record) = self.next.record(&child) else {
                continue;
            };
            if taken.contains(&child) {
                moved.insert(child);
            } else if !children.kept.cover(record) {
                gone.push(child);
            }
        }
        // Identifiers begin with the time: given in this order, they are sorted as the rows are.
        let mut in_order: Vec<&Child> = children.taken.iter().collect();
        in_order.sort_unstable_by(|one, other| {
            let (one, other) = (&one.emitted.entity_ref, &other.emitted.entity_ref);
            one.cmp(other)
        });
        // An entity that moves from one file to another of the same location is free to.
        for child in in_order {
            let held_here = self.next.record(&child.emitted.entity_ref).cloned();
            if let Some(record) = held_here
                && *record.sources == [source.clone()]
                && record.location_key != child.emitted.location_key
            {
                let free = Record {
                    location_key: None,
                    ..Record::clone(&record)
                };
                self.next.set_record(&child.emitted.entity_ref, free);
            }
            if !self.emit(&source, &child.emitted, || child.form()) {
                // Whoever has it now, it is not from here any more.
                gone.extend(
                    moved
                        .contains(&child.emitted.entity_ref)
                        .then(|| child.emitted.entity_ref.clone()),
                );
            }
        }
        self.disown(&source, &gone);
    }

    /// A source emits these no more; what nobody emits goes or stays by the orphan strategy.
    pub(super) fn disown(&mut self, source: &Source, entity_refs: &[EntityRef]) {
        self.let_go(source, entity_refs, self.strategy);
    }

    /// A source goes with all that only it emits, whatever the orphan strategy says.
    pub(super) fn prune(&mut self, source: &Source, entity_refs: &[EntityRef]) {
        self.let_go(source, entity_refs, OrphanStrategy::Delete);
    }

    /// Removes an entity and what only it emits; who emits it will do so again.
    pub(super) fn remove(&mut self, entity_ref: &EntityRef) {
        let Some(record) = self.next.record(entity_ref).cloned() else {
            return;
        };
        for parent in record.parents() {
            self.forget_tags(parent);
        }
        self.take_out(entity_ref);
        let children = self.children_of(entity_ref);
        self.disown(&Source::Entity(entity_ref.clone()), &children);
    }

    /// Has an entity processed as soon as possible, as if nothing were known of what it reads.
    pub(super) fn refresh(&mut self, entity_ref: &EntityRef) {
        if self
            .next
            .record(entity_ref)
            .is_some_and(|record| record.is_active)
        {
            self.due.insert(entity_ref.clone(), Due::Now);
        }
    }

    /// An entity that was due has nothing to be processed for.
    pub(super) fn rest(&mut self, entity_ref: &EntityRef) {
        self.due.insert(entity_ref.clone(), Due::Never);
    }

    /// Has a source read anew what it emits.
    fn read_again(&mut self, source: &Source) {
        if let Source::Entity(parent) = source {
            self.forget_tags(parent);
            self.refresh(parent);
        }
    }

    fn forget_tags(&mut self, entity_ref: &EntityRef) {
        if let Some(record) = self.next.record(entity_ref)
            && record.tags.is_some()
        {
            let record = Record {
                tags: None,
                ..Record::clone(record)
            };
            self.put(entity_ref, record);
        }
    }

    fn let_go(&mut self, source: &Source, entity_refs: &[EntityRef], strategy: OrphanStrategy) {
        let mut ahead: Vec<(Source, EntityRef)> = entity_refs
            .iter()
            .map(|entity_ref| (source.clone(), entity_ref.clone()))
            .collect();
        while let Some((source, entity_ref)) = ahead.pop() {
            let Some(known) = self.next.record(&entity_ref) else {
                continue;
            };
            if !known.sources.contains(&source) {
                continue;
            }
            let mut record = Record::clone(known);
            let others = record.sources.iter().filter(|known| **known != source);
            record.sources = others.cloned().collect();
            let is_orphan = record.sources.is_empty();
            self.put(&entity_ref, record);
            if strategy == OrphanStrategy::Delete && (is_orphan || !self.is_rooted(&entity_ref)) {
                let parent = Source::Entity(entity_ref.clone());
                let children = self.children_of(&entity_ref);
                self.take_out(&entity_ref);
                ahead.extend(children.into_iter().map(|child| (parent.clone(), child)));
            }
        }
    }

    /// Whether following who emits it leads to a provider or an orphan, and not in circles only.
    fn is_rooted(&self, entity_ref: &EntityRef) -> bool {
        let mut seen = HashSet::from([entity_ref]);
        let mut ahead = vec![entity_ref];
        while let Some(entity_ref) = ahead.pop() {
            let Some(record) = self.next.record(entity_ref) else {
                continue;
            };
            if record.sources.is_empty() {
                return true;
            }
            for source in record.sources.iter() {
                match source {
                    Source::Provider(_) => return true,
                    Source::Entity(parent) if seen.insert(parent) => ahead.push(parent),
                    Source::Entity(_) => {}
                }
            }
        }
        false
    }

    fn children_of(&self, parent: &EntityRef) -> Vec<EntityRef> {
        self.next
            .children_of(&Source::Entity(parent.clone()))
            .cloned()
            .collect()
    }

    fn put(&mut self, entity_ref: &EntityRef, record: Record) {
        self.next.set_record(entity_ref, record);
        self.touched.insert(entity_ref.clone());
    }

    fn take_out(&mut self, entity_ref: &EntityRef) {
        self.next.remove_record(entity_ref);
        self.processed.remove(entity_ref);
        self.due.remove(entity_ref);
        self.touched.insert(entity_ref.clone());
    }
}

/// Whether the location of what is emitted may have the reference.
fn may_take(known: &Record, source: &Source, emitted: &Emitted) -> bool {
    match &known.location_key {
        None => true,
        Some(key) if Some(key) == emitted.location_key.as_ref() => true,
        // A provider that alone has it may say that it is somewhere else now.
        Some(_) => matches!(source, Source::Provider(_)) && *known.sources == [source.clone()],
    }
}

fn key_text(key: Option<&str>) -> String {
    key.unwrap_or("no location").to_owned()
}
