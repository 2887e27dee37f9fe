//! From the policy as data to the policy that decides.

use std::sync::Arc;

use hashbrown::HashSet;
use smol_str::SmolStr;

use crate::{
    grants::{Grants, is_role},
    intern::Interner,
    members::Members,
    model::PolicyModel,
    snapshot::{PolicySnapshot, Rules},
    verdict::Verdicts,
};

impl PolicyModel {
    /// Compiles the model. `revision` is the caller's number for this state of it.
    ///
    /// The answers worked out in advance take at most 64 MiB; see
    /// [`compile_within`](Self::compile_within).
    pub fn compile(&self, revision: u64) -> PolicySnapshot {
        self.compile_within(revision, Verdicts::MAX_BYTES)
    }

    /// Compiles the model, keeping answers worked out in advance only if they take no more
    /// than `max_verdict_bytes`.
    ///
    /// Without them decisions are the same and take longer the more roles a user holds.
    pub fn compile_within(&self, revision: u64, max_verdict_bytes: usize) -> PolicySnapshot {
        let roles = Arc::new(self.role_table());
        let members = Arc::new(Members::compile(self, &roles));
        let grants = Arc::new(Grants::compile(self, &roles));
        assemble(self, revision, max_verdict_bytes, roles, members, grants)
    }

    /// Every role by name, so that ids are in the order of names.
    fn role_table(&self) -> Interner {
        let mut names: Vec<_> = self
            .role_names()
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        names.sort_unstable();
        let mut table = Interner::default();
        for name in names {
            table.intern(name);
        }
        table
    }

    /// Every role that is mentioned, with repeats.
    fn role_names(&self) -> impl Iterator<Item = &SmolStr> {
        let memberships = self
            .memberships
            .iter()
            .map(|membership| &membership.row.role);
        let grants = self
            .grants
            .iter()
            .map(|grant| &grant.row.subject)
            .filter(|subject| is_role(subject));
        let conditions = self
            .conditions
            .iter()
            .map(|condition| &condition.row.policy.role);
        memberships
            .chain(grants)
            .chain(conditions)
            .chain(&self.settings.default_role)
    }
}

impl PolicySnapshot {
    /// Compiles again who holds which roles, and keeps what roles may do.
    ///
    /// For a `model` whose groups or memberships have changed since this snapshot, and
    /// nothing else. A role that is new makes it a whole [`PolicyModel::compile`].
    #[must_use]
    pub fn with_groups(&self, model: &PolicyModel, revision: u64) -> Self {
        if !self.knows_roles_of(model) {
            return model.compile_within(revision, self.max_verdict_bytes);
        }
        let members = Arc::new(Members::compile(model, &self.roles));
        assemble(
            model,
            revision,
            self.max_verdict_bytes,
            Arc::clone(&self.roles),
            members,
            Arc::clone(&self.grants),
        )
    }

    /// Compiles again what roles may do, and keeps who holds which.
    ///
    /// For a `model` whose grants or conditions have changed since this snapshot, and
    /// nothing else. A role that is new makes it a whole [`PolicyModel::compile`].
    #[must_use]
    pub fn with_grants(&self, model: &PolicyModel, revision: u64) -> Self {
        if !self.knows_roles_of(model) {
            return model.compile_within(revision, self.max_verdict_bytes);
        }
        let grants = Arc::new(Grants::compile(model, &self.roles));
        assemble(
            model,
            revision,
            self.max_verdict_bytes,
            Arc::clone(&self.roles),
            Arc::clone(&self.members),
            grants,
        )
    }

    fn knows_roles_of(&self, model: &PolicyModel) -> bool {
        model.role_names().all(|role| self.roles.id(role).is_some())
    }
}

fn assemble(
    model: &PolicyModel,
    revision: u64,
    max_verdict_bytes: usize,
    roles: Arc<Interner>,
    members: Arc<Members>,
    grants: Arc<Grants>,
) -> PolicySnapshot {
    let verdicts = Verdicts::compile(&members, &grants, max_verdict_bytes);
    PolicySnapshot {
        revision,
        max_verdict_bytes,
        rules: Rules::from(&model.settings),
        roles,
        members,
        grants,
        verdicts,
    }
}
