//! What a draft changes, and how two people's changes come together.

use super::content::{Conditioned, Content, Granted};
use super::draft::{Draft, Home};
use smol_str::SmolStr;
use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

/// What is to be written so that one content becomes another.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Difference {
    /// The name that the role gets, if it gets another one.
    pub(super) renamed: Option<SmolStr>,
    /// Its description, if that changes.
    pub(super) description: Option<String>,
    /// Its owner, if that changes.
    pub(super) owner: Option<String>,
    /// Members that come.
    pub(super) joined: Vec<SmolStr>,
    /// Members that go.
    pub(super) left: Vec<SmolStr>,
    /// Basic policies that come.
    pub(super) granted: Vec<Granted>,
    /// Basic policies that go.
    pub(super) revoked: Vec<Granted>,
    /// Conditional policies that come.
    pub(super) added: Vec<Conditioned>,
    /// Conditional policies that change, as they were and as they will be.
    pub(super) changed: Vec<(Conditioned, Conditioned)>,
    /// Conditional policies that go.
    pub(super) removed: Vec<Conditioned>,
}

impl Difference {
    /// What makes `new` of `old`. What belongs to another source is in neither.
    pub(super) fn between(old: &Content, new: &Content) -> Difference {
        let text = |old: &String, new: &String| (old != new).then(|| new.clone());
        let free = |grants: &[Granted]| -> Vec<Granted> {
            let free = grants.iter().filter(|grant| grant.locked.is_none());
            free.cloned().collect()
        };
        let conditions = |content: &Content| -> Vec<Conditioned> {
            let free = content.conditions.iter().filter(|one| one.locked.is_none());
            free.cloned().collect()
        };
        let (old_grants, new_grants) = (free(&old.grants), free(&new.grants));
        let (old_conditions, new_conditions) = (conditions(old), conditions(new));
        let before = |one: &Conditioned| {
            let mut old = old_conditions.iter();
            old.find(|old| one.id.is_some() && old.id == one.id)
        };
        let mut difference = Difference {
            renamed: (old.role != new.role).then(|| new.role.clone()),
            description: text(&old.description, &new.description),
            owner: text(&old.owner, &new.owner),
            joined: without(&new.members, &old.members),
            left: without(&old.members, &new.members),
            granted: without(&new_grants, &old_grants),
            revoked: without(&old_grants, &new_grants),
            removed: old_conditions
                .iter()
                .filter(|old| !new_conditions.iter().any(|new| new.id == old.id))
                .cloned()
                .collect(),
            ..Difference::default()
        };
        for new in &new_conditions {
            match before(new) {
                None => difference.added.push(new.clone()),
                Some(old) if is_same(old, new) => {}
                Some(old) => difference.changed.push((old.clone(), new.clone())),
            }
        }
        difference
    }

    /// Whether nothing differs.
    pub(super) fn is_empty(&self) -> bool {
        *self == Difference::default()
    }

    /// Whether the role itself is written: its name, words or members.
    pub(super) fn is_about_role(&self) -> bool {
        self.renamed.is_some()
            || self.description.is_some()
            || self.owner.is_some()
            || !self.joined.is_empty()
            || !self.left.is_empty()
    }

    /// `theirs` with this difference on top of it: nobody's change is lost but where both changed
    /// the same thing.
    pub(super) fn onto(&self, theirs: &Content) -> Content {
        let mut merged = theirs.clone();
        if let Some(role) = &self.renamed {
            merged.role = role.clone();
        }
        if let Some(description) = &self.description {
            merged.description = description.clone();
        }
        if let Some(owner) = &self.owner {
            merged.owner = owner.clone();
        }
        merged.members.retain(|member| !self.left.contains(member));
        merged
            .members
            .extend(without(&self.joined, &theirs.members));
        merged.grants.retain(|grant| !self.revoked.contains(grant));
        merged.grants.extend(without(&self.granted, &theirs.grants));
        merged
            .conditions
            .retain(|one| !self.removed.iter().any(|removed| removed.id == one.id));
        for (_, mine) in &self.changed {
            let theirs = merged.conditions.iter_mut().find(|one| one.id == mine.id);
            match theirs {
                Some(theirs) => *theirs = mine.clone(),
                // The one that I changed is gone: mine comes anew.
                None => merged.conditions.push(Conditioned {
                    id: None,
                    ..mine.clone()
                }),
            }
        }
        merged.conditions.extend(self.added.iter().cloned());
        merged
    }
}

impl Draft {
    /// What it changes.
    pub(super) fn difference(&self) -> Difference {
        let nothing = Content::default();
        let base = self.base.as_ref().unwrap_or(&nothing);
        Difference::between(base, &self.content())
    }

    /// Whether it changes anything.
    pub(super) fn is_changed(&self) -> bool {
        match &self.base {
            Some(base) => !Difference::between(base, &self.content()).is_empty(),
            None => true,
        }
    }

    /// The same changes on top of what somebody else stored meanwhile.
    pub(super) fn rebased(&self, theirs: &Content, home: &dyn Home) -> Draft {
        let merged = self.difference().onto(theirs);
        Draft {
            tried: self.tried.clone(),
            ..Draft::compose(Some(theirs.clone()), &merged, home)
        }
    }
}

/// Whether two conditions say the same of the same permissions.
fn is_same(old: &Conditioned, new: &Conditioned) -> bool {
    let mapping = |one: &Conditioned| one.mapping.iter().cloned().collect::<BTreeSet<_>>();
    old.criteria == new.criteria
        && old.plugin == new.plugin
        && old.resource_type == new.resource_type
        && mapping(old) == mapping(new)
}

/// What is in one list and not in the other.
fn without<T: Eq + Hash + Clone>(all: &[T], gone: &[T]) -> Vec<T> {
    let gone: HashSet<&T> = gone.iter().collect();
    let left = all.iter().filter(|one| !gone.contains(one));
    left.cloned().collect()
}

#[cfg(test)]
mod tests;
