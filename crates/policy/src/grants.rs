//! What roles may do: the half of a snapshot that policies and conditions make.

use std::{ops::Range, sync::Arc};

use hashbrown::HashMap;
use smol_str::SmolStr;

use crate::{
    Action, Condition, Criteria, Permission,
    intern::Interner,
    model::{Effect, MappedPermission, Origin, PolicyModel, Source},
};

/// The number of something that can be granted: a permission's name or a resource type,
/// with an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TargetId(pub(crate) u32);

/// One `p` row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) target: TargetId,
    pub(crate) effect: Effect,
    place: u32,
    /// The line in the file, 0 when there is none.
    line: u32,
}

/// A conditional policy with its criteria read.
#[derive(Debug)]
pub(crate) struct CompiledCondition {
    pub(crate) id: i64,
    pub(crate) role: SmolStr,
    pub(crate) plugin_id: SmolStr,
    pub(crate) resource_type: SmolStr,
    pub(crate) mapping: Vec<MappedPermission>,
    /// Absent when the stored criteria cannot be read.
    pub(crate) criteria: Option<Criteria<Condition>>,
    pub(crate) origin: Origin,
}

impl CompiledCondition {
    pub(crate) fn covers(&self, name: &str, action: Action, resource_type: &str) -> bool {
        self.resource_type == resource_type
            && self.mapping.iter().any(|entry| entry.covers(name, action))
    }
}

/// All grants, by subject and target, and all conditions, by role.
#[derive(Debug)]
pub(crate) struct Grants {
    objects: HashMap<SmolStr, [Option<TargetId>; Action::ALL.len()]>,
    targets: Vec<(SmolStr, Action)>,
    /// Users and groups that old grants name, each with its place after the roles.
    named_subjects: Interner,
    roles: u32,
    // INVARIANT: the rows of subject `i` are `rows[bounds[i]..bounds[i + 1]]`, sorted by
    // target and then by effect.
    rows: Vec<Row>,
    bounds: Vec<u32>,
    /// Sorted by role and then by id.
    conditions: Vec<Arc<CompiledCondition>>,
    /// For each role, where its conditions are.
    conditions_of: Vec<Range<usize>>,
    places: Vec<(Source, Option<Arc<str>>)>,
}

impl Grants {
    pub(crate) fn compile(model: &PolicyModel, roles: &Interner) -> Self {
        let mut grants = Self {
            objects: HashMap::new(),
            targets: Vec::new(),
            named_subjects: Interner::default(),
            roles: roles.len() as u32,
            rows: Vec::with_capacity(model.grants.len()),
            bounds: Vec::new(),
            conditions: Vec::new(),
            conditions_of: vec![0..0; roles.len()],
            places: Vec::new(),
        };
        grants.add_rows(model, roles);
        grants.add_conditions(model, roles);
        grants
    }

    fn add_rows(&mut self, model: &PolicyModel, roles: &Interner) {
        let mut places = HashMap::new();
        let mut rows = Vec::with_capacity(model.grants.len());
        for grant in &model.grants {
            let subject = if is_role(&grant.row.subject) {
                // A role that the table lacks has no holder.
                let Some(role) = roles.id(&grant.row.subject) else {
                    continue;
                };
                role
            } else {
                self.roles + self.named_subjects.intern(&grant.row.subject)
            };
            let Origin { source, file, line } = &grant.origin;
            let place = *places.entry((source, file)).or_insert_with(|| {
                self.places.push((source.clone(), file.clone()));
                self.places.len() as u32 - 1
            });
            let target = self.intern_target(&grant.row.permission, grant.row.action);
            rows.push((
                subject,
                Row {
                    target,
                    effect: grant.row.effect,
                    place,
                    line: line.unwrap_or(0),
                },
            ));
        }
        rows.sort_by_key(|(subject, row)| (*subject, row.target, row.effect));
        let subjects = self.roles + self.named_subjects.len() as u32;
        self.bounds.reserve(subjects as usize + 1);
        self.bounds.push(0);
        for subject in 0..subjects {
            let start = self.rows.len();
            let own = rows[start..].iter().take_while(|(of, _)| *of == subject);
            self.rows.extend(own.map(|(_, row)| *row));
            self.bounds.push(self.rows.len() as u32);
        }
    }

    fn add_conditions(&mut self, model: &PolicyModel, roles: &Interner) {
        let mut stored: Vec<_> = model
            .conditions
            .iter()
            .filter_map(|condition| Some((roles.id(&condition.row.policy.role)?, condition)))
            .collect();
        stored.sort_by_key(|(role, condition)| (*role, condition.row.id));
        for (role, condition) in stored {
            let policy = &condition.row.policy;
            for entry in &policy.mapping {
                self.intern_target(&policy.resource_type, entry.action());
            }
            let at = self.conditions.len();
            let own = &mut self.conditions_of[role as usize];
            own.start = if own.end == 0 { at } else { own.start };
            own.end = at + 1;
            self.conditions.push(Arc::new(CompiledCondition {
                id: condition.row.id,
                role: policy.role.clone(),
                plugin_id: policy.plugin_id.clone(),
                resource_type: policy.resource_type.clone(),
                mapping: policy.mapping.clone(),
                criteria: Criteria::from_json(&policy.conditions).ok(),
                origin: condition.origin.clone(),
            }));
        }
    }

    fn intern_target(&mut self, object: &SmolStr, action: Action) -> TargetId {
        let slot = match self.objects.get_mut(object) {
            Some(by_action) => &mut by_action[action as usize],
            None => &mut self.objects.entry(object.clone()).or_default()[action as usize],
        };
        *slot.get_or_insert_with(|| {
            self.targets.push((object.clone(), action));
            TargetId(self.targets.len() as u32 - 1)
        })
    }

    /// The number of an object with an action, unless no policy mentions them together.
    pub(crate) fn target(&self, object: &str, action: Action) -> Option<TargetId> {
        self.objects
            .get(object)
            .and_then(|by_action| by_action[action as usize])
    }

    /// The object and action of a target.
    pub(crate) fn target_name(&self, target: TargetId) -> (&SmolStr, Action) {
        let (object, action) = &self.targets[target.0 as usize];
        (object, *action)
    }

    /// How many targets there are; their ids are below.
    pub(crate) fn target_count(&self) -> usize {
        self.targets.len()
    }

    /// The rows of a role or other subject.
    pub(crate) fn rows_of(&self, subject: u32) -> &[Row] {
        &self.rows[self.range_of(subject)]
    }

    /// The places of a subject's rows that are about a target: allows first, then denies.
    pub(crate) fn rows_about(&self, subject: u32, target: TargetId) -> Range<usize> {
        let range = self.range_of(subject);
        let rows = &self.rows[range.clone()];
        let start = rows.partition_point(|row| row.target < target);
        let count = rows[start..]
            .iter()
            .take_while(|row| row.target == target)
            .count();
        range.start + start..range.start + start + count
    }

    fn range_of(&self, subject: u32) -> Range<usize> {
        self.bounds[subject as usize] as usize..self.bounds[subject as usize + 1] as usize
    }

    /// The row at a place.
    pub(crate) fn row(&self, at: usize) -> &Row {
        &self.rows[at]
    }

    /// How many rows there are; their places are below.
    pub(crate) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Where the row at a place came from.
    pub(crate) fn origin(&self, at: usize) -> Origin {
        let row = &self.rows[at];
        let (source, file) = &self.places[row.place as usize];
        Origin {
            source: source.clone(),
            file: file.clone(),
            line: Some(row.line).filter(|line| *line > 0),
        }
    }

    /// The subject of the row at a place: a role of `roles`, or a user or group.
    pub(crate) fn subject_of<'a>(&'a self, at: usize, roles: &'a Interner) -> &'a SmolStr {
        let subject = self.bounds.partition_point(|bound| *bound as usize <= at) as u32 - 1;
        if subject < self.roles {
            roles.name(subject)
        } else {
            self.named_subjects.name(subject - self.roles)
        }
    }

    /// The subject number of a user or group that old grants name.
    pub(crate) fn named_subject(&self, reference: &str) -> Option<u32> {
        self.named_subjects.id(reference).map(|id| self.roles + id)
    }

    /// Whether any grant names a user or group instead of a role.
    pub(crate) fn has_named_subjects(&self) -> bool {
        self.named_subjects.len() > 0
    }

    /// The places of a role's conditions.
    pub(crate) fn conditions_of(&self, role: u32) -> Range<usize> {
        self.conditions_of[role as usize].clone()
    }

    /// The condition at a place.
    pub(crate) fn condition(&self, at: usize) -> &Arc<CompiledCondition> {
        &self.conditions[at]
    }

    /// Every condition, by role and then by id.
    pub(crate) fn conditions(&self) -> &[Arc<CompiledCondition>] {
        &self.conditions
    }

    /// What a role's conditions are about.
    pub(crate) fn condition_targets(&self, role: u32) -> impl Iterator<Item = TargetId> {
        self.conditions_of(role).flat_map(|at| {
            let condition = &self.conditions[at];
            condition
                .mapping
                .iter()
                .filter_map(|entry| self.target(&condition.resource_type, entry.action()))
        })
    }
}

/// Whether the subject of a grant is a role; users and groups are what old data may have.
pub(crate) fn is_role(subject: &str) -> bool {
    !subject.starts_with("user:") && !subject.starts_with("group:")
}

/// What a permission can be looked up by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Question<'a> {
    pub(crate) name: &'a str,
    pub(crate) action: Action,
    pub(crate) resource_type: Option<&'a str>,
}

impl<'a> From<&'a Permission> for Question<'a> {
    fn from(permission: &'a Permission) -> Self {
        Self {
            name: permission.name(),
            action: permission.action(),
            resource_type: permission.resource_type(),
        }
    }
}
