//! Who can do what, for many at once: what the access review shows.
//!
//! Every answer is a decision of a compiled policy. For people it is the one in force. A role or a
//! group decides nothing by itself, so it is given to somebody who exists in a copy of the policy
//! only, and that person is asked about. For a reader who may see some of the roles the copy holds
//! those roles alone, so that nothing tells of the others.

use super::owner::Visible;
use super::state::State;
use super::trial;
use crate::app::App;
use crate::auth::ownership_of;
use crate::permission::InForce;
use callboard_catalog::CatalogSnapshot;
use callboard_policy::{
    Answer, Decision, EntityRef, HeldRole, Inquiry, Membership, Permission, PolicyModel,
    ReasonKind, Rule, Source, Sourced,
};
use smol_str::SmolStr;
use std::sync::Arc;

/// The namespace of those who hold a role or are in a group for the review alone. No user can have
/// it: the catalog takes none with such a name.
const NOBODY: &str = "user:callboard-review/";

/// What a table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum By {
    /// Roles.
    #[default]
    Role,
    /// People.
    Person,
    /// Groups.
    Group,
}

/// A policy with those whom it is put to.
pub(super) struct Review {
    model: PolicyModel,
    policy: Arc<InForce>,
    /// In the order in which they were given.
    holders: Vec<Holder>,
}

/// Somebody whom the policy is asked about.
struct Holder {
    user: SmolStr,
    ownership: Vec<SmolStr>,
}

/// What somebody may do under one permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// No rule is about it.
    Nothing,
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
    /// It depends on so many rules.
    Conditional(usize),
}

/// What gives somebody a permission, or takes it.
pub(super) struct Way {
    pub(super) cell: Cell,
    /// The role that decided; absent when none did.
    pub(super) role: Option<SmolStr>,
    /// How the role is held.
    pub(super) held: Option<HeldRole>,
    /// The row that decided.
    pub(super) place: Option<String>,
    /// The id of the condition that decided.
    pub(super) condition: Option<i64>,
    pub(super) is_super_user: bool,
}

/// Every permission that a reader may know of: what plugins declare, and what roles name that may
/// be seen.
pub(super) fn permissions(app: &App, visible: &Visible) -> Vec<Permission> {
    let state = app.rbac().state();
    if matches!(visible, Visible::All) {
        return trial::permissions(app, &[&state]);
    }
    let mut seen = State::clone(&state);
    seen.policies
        .retain(|grant, _| visible.sees(&state, &grant.subject));
    seen.conditions
        .retain(|_, record| visible.sees(&state, &record.policy.role));
    trial::permissions(app, &[&seen])
}

impl Review {
    /// A review of `subjects`, which are references of users, groups or roles.
    ///
    /// It takes time in proportion to the policy unless it is of people, for somebody who may see
    /// every role.
    pub(super) fn of(app: &App, visible: &Visible, by: By, subjects: &[SmolStr]) -> Review {
        let (mut model, in_force) = app.rbac().in_force(app);
        let state = app.rbac().state();
        let is_whole = matches!(visible, Visible::All);
        if !is_whole {
            limit(&mut model, &state, visible);
        }
        let catalog = app.catalog().snapshot();
        let holders: Vec<_> = subjects
            .iter()
            .enumerate()
            .map(|(number, subject)| match by {
                By::Person => person(app, &catalog, subject),
                By::Role | By::Group => Holder {
                    user: format!("{NOBODY}{number}").into(),
                    // Whoever is in a group owns things in its name.
                    ownership: vec![subject.clone()],
                },
            })
            .collect();
        match by {
            By::Person => {}
            By::Role => stand_in_for_roles(&mut model, subjects, &holders),
            By::Group => stand_in_for_groups(&mut model, subjects, &holders),
        }
        let policy = if is_whole && by == By::Person {
            in_force
        } else {
            // What is asked once needs no answers worked out in advance.
            let snapshot = model.compile_within(in_force.snapshot().revision(), 0);
            Arc::new(InForce::on_trial(app, snapshot, &model.conditions))
        };
        Review {
            model,
            policy,
            holders,
        }
    }

    /// What the subject at a place may do.
    pub(super) fn cell(&self, at: usize, permission: &Permission) -> Cell {
        let Some(holder) = self.holders.get(at) else {
            return Cell::Nothing;
        };
        let inquiry = holder.inquiry(permission);
        let decision = self
            .policy
            .snapshot()
            .decide(inquiry.principal(), permission);
        self.cell_of(&decision)
    }

    /// What the subject at a place may do, and what gives it.
    pub(super) fn way(&self, at: usize, permission: &Permission) -> Option<Way> {
        let inquiry = self.holders.get(at)?.inquiry(permission);
        let account = self
            .policy
            .snapshot()
            .account(&self.model, inquiry.principal(), permission);
        let decided = account.decided_by.map(|at| &account.considered[at]);
        let held = decided.and_then(|one| {
            let mut ways = account.roles.iter();
            ways.find(|way| way.role == one.subject).cloned()
        });
        Some(Way {
            cell: self.cell_of(&account.decision),
            role: decided.map(|one| one.subject.clone()),
            held,
            place: decided.map(|one| one.origin.to_string()),
            condition: decided.and_then(|one| match one.rule {
                Rule::Condition(id) => Some(id),
                Rule::Grant(_) => None,
            }),
            is_super_user: account.decision.reason().kind() == ReasonKind::SuperUser,
        })
    }

    fn cell_of(&self, decision: &Decision) -> Cell {
        let answer = match decision {
            Decision::Conditional(conditional) if self.policy.fault(conditional).is_some() => {
                Answer::Deny
            }
            other => other.into(),
        };
        match (answer, decision) {
            (Answer::Allow, _) => Cell::Allow,
            (_, Decision::Conditional(conditional)) if answer == Answer::Conditional => {
                Cell::Conditional(conditional.criteria_for("", &[]).leaves().count())
            }
            (Answer::Deny | Answer::Conditional, _) => match decision.reason().kind() {
                ReasonKind::NoGrant => Cell::Nothing,
                _ => Cell::Deny,
            },
        }
    }
}

impl Holder {
    fn inquiry<'a>(&'a self, permission: &'a Permission) -> Inquiry<'a> {
        Inquiry {
            user: &self.user,
            ownership: &self.ownership,
            permission,
        }
    }
}

fn person(app: &App, catalog: &CatalogSnapshot, user: &SmolStr) -> Holder {
    let entity_ref = EntityRef::parse(user).ok();
    let owned = entity_ref.and_then(|user| ownership_of(catalog, &user, app.auth().groups()));
    Holder {
        user: user.clone(),
        ownership: owned.unwrap_or_else(|| vec![user.clone()]),
    }
}

/// Takes out what somebody may not see.
fn limit(model: &mut PolicyModel, state: &State, visible: &Visible) {
    let sees = |role: &str| visible.sees(state, role);
    model.memberships.retain(|one| sees(&one.row.role));
    model.grants.retain(|one| sees(&one.row.subject));
    model.conditions.retain(|one| sees(&one.row.policy.role));
    model.settings.super_users.clear();
    let default_role = model.settings.default_role.take();
    model.settings.default_role = default_role.filter(|role| sees(role));
}

/// Gives each role to somebody, and nothing to anybody else.
fn stand_in_for_roles(model: &mut PolicyModel, roles: &[SmolStr], holders: &[Holder]) {
    let given = roles.iter().zip(holders);
    let given = given.map(|(role, holder)| Membership::new(holder.user.clone(), role.clone()));
    let source = Source::Configuration;
    model.memberships = given
        .map(|membership| Sourced::new(membership, source.clone().into()))
        .collect();
    // Everybody holds it, which is not what is asked here.
    model.settings.default_role = None;
    model.settings.super_users.clear();
    model.settings.use_ownership_refs = false;
}

/// Puts somebody into each group.
fn stand_in_for_groups(model: &mut PolicyModel, groups: &[SmolStr], holders: &[Holder]) {
    for (group, holder) in groups.iter().zip(holders) {
        let (user, group) = (EntityRef::parse(&holder.user), EntityRef::parse(group));
        if let (Ok(user), Ok(group)) = (user, group) {
            model.groups.add_member(user, group);
        }
    }
}
