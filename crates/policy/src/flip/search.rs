//! Looks for changes that flip an answer.

use smol_str::SmolStr;

use super::{Answer, Flip, Inquiry, Narrowed};
use crate::{
    account::{Account, Considered, HeldRole, How, Outcome, Rule},
    decision::{Decision, ReasonKind},
    model::{
        Effect, Grant, MappedPermission, Membership, PolicyModel, Precedence, Sourced,
        StoredCondition,
    },
};

/// The most rows that one change removes: more is no small change.
const MAX_ROWS: usize = 3;
/// The most changes of one kind.
const MAX_ALIKE: usize = 3;
/// The most roles that are tried for a user who does not hold them.
const MAX_TRIED: usize = 32;

/// The smallest changes to `model` after which the answer is the other one: denied becomes
/// allowed and allowed becomes denied; what depends on the resource becomes allowed.
///
/// `judge` turns a decision into the answer: it applies conditions to the resource that is
/// asked about. Each change was made on the model and decided again. There may be none.
pub fn flips(
    model: &PolicyModel,
    inquiry: &Inquiry<'_>,
    judge: &dyn Fn(Decision) -> Answer,
) -> Vec<Flip> {
    let part = model.part_for(inquiry);
    // Answers worked out in advance would be used but once.
    let snapshot = part.compile_within(0, 0);
    let account = snapshot.account(&part, inquiry.principal(), inquiry.permission);
    let goal = judge(account.decision.clone()).opposite();
    let search = Search {
        inquiry,
        judge,
        goal,
        account: &account,
        part: &part,
    };
    search.run()
}

struct Search<'a> {
    inquiry: &'a Inquiry<'a>,
    judge: &'a dyn Fn(Decision) -> Answer,
    goal: Answer,
    account: &'a Account,
    part: &'a PolicyModel,
}

impl Search<'_> {
    /// Every change that flips, those to rows that are there first.
    fn run(&self) -> Vec<Flip> {
        match self.account.decision.reason().kind() {
            ReasonKind::PermissionsDisabled
            | ReasonKind::NoPrincipal
            | ReasonKind::ServiceAllowed
            | ReasonKind::ServiceRestricted
            | ReasonKind::TokenScope => Vec::new(),
            ReasonKind::SuperUser => self.flipping([self.without_super_users()]),
            ReasonKind::GroupCycle => self.without_cycle(),
            ReasonKind::GrantAllow
            | ReasonKind::GrantDeny
            | ReasonKind::NoGrant
            | ReasonKind::Condition
            | ReasonKind::ConditionCollision
            | ReasonKind::UnreadableCondition
            | ReasonKind::UnknownRule
            | ReasonKind::BadParameters => {
                let mut found =
                    self.flipping([self.without_deciding_grants(), self.with_other_effect()]);
                found.extend(self.without_conditions());
                found.extend(self.flipping([self.with_other_precedence(), self.with_grant()]));
                found.extend(self.with_role());
                found.extend(self.flipping([self.without_deciding_roles()]));
                found
            }
        }
    }

    /// Those of some changes that flip the answer. Of a removed row and the same row turned
    /// round, the first that does.
    fn flipping(&self, changes: impl IntoIterator<Item = Option<Flip>>) -> Vec<Flip> {
        let mut found: Vec<Flip> = Vec::new();
        for change in changes.into_iter().flatten() {
            let is_told = matches!(change, Flip::ChangeEffect(_))
                && found
                    .iter()
                    .any(|other| matches!(other, Flip::RemoveGrants(_)));
            if !is_told && self.is_flip(&change) {
                found.push(change);
            }
        }
        found
    }

    /// Makes the change and decides again.
    fn is_flip(&self, change: &Flip) -> bool {
        let mut changed = self.part.clone();
        change.apply(&mut changed);
        let decision = changed
            .compile_within(0, 0)
            .decide(self.inquiry.principal(), self.inquiry.permission);
        (self.judge)(decision) == self.goal
    }

    fn decided(&self) -> impl Iterator<Item = &Considered> {
        let considered = self.account.considered.iter();
        considered.filter(|one| one.outcome == Outcome::Decided)
    }

    fn deciding_grants(&self) -> Vec<Sourced<Grant>> {
        let is_deciding = |grant: &&Sourced<Grant>| {
            self.decided().any(|one| {
                one.rule == Rule::Grant(grant.row.effect)
                    && one.subject == grant.row.subject
                    && one.permission == grant.row.permission
                    && one.action == grant.row.action
            })
        };
        self.part
            .grants
            .iter()
            .filter(is_deciding)
            .cloned()
            .collect()
    }

    fn without_deciding_grants(&self) -> Option<Flip> {
        few(self.deciding_grants()).map(Flip::RemoveGrants)
    }

    fn with_other_effect(&self) -> Option<Flip> {
        match <[_; 1]>::try_from(self.deciding_grants()) {
            Ok([only]) => Some(Flip::ChangeEffect(only)),
            Err(_) => None,
        }
    }

    /// Takes the permission out of one of the conditions that decided, or else out of all.
    fn without_conditions(&self) -> Vec<Flip> {
        let conditions = self.part.conditions.iter();
        let all: Vec<_> = conditions.filter_map(|one| self.narrowed(one)).collect();
        let each = all.iter().take(MAX_TRIED).cloned();
        let found = self.flipping(each.map(|one| Some(Flip::NarrowConditions(vec![one]))));
        if found.is_empty() && all.len() > 1 {
            return self.flipping([few(all).map(Flip::NarrowConditions)]);
        }
        found.into_iter().take(MAX_ALIKE).collect()
    }

    /// What of a condition decided.
    fn narrowed(&self, stored: &Sourced<StoredCondition>) -> Option<Narrowed> {
        let StoredCondition { id, policy } = &stored.row;
        let decides = |entry: &&MappedPermission| {
            self.decided().any(|one| {
                one.condition_id() == Some(*id)
                    && one.action == entry.action()
                    && entry.name().is_none_or(|name| name == one.permission)
            })
        };
        let entries: Vec<_> = policy.mapping.iter().filter(decides).cloned().collect();
        if entries.is_empty() {
            return None;
        }
        Some(Narrowed {
            id: *id,
            role: policy.role.clone(),
            entries: (entries.len() < policy.mapping.len()).then_some(entries),
            origin: stored.origin.clone(),
        })
    }

    fn with_other_precedence(&self) -> Option<Flip> {
        Some(Flip::SetPrecedence(match self.part.settings.precedence {
            Precedence::Conditional => Precedence::Basic,
            Precedence::Basic => Precedence::Conditional,
        }))
    }

    /// A row with the permission's own name in the role that decided, or else in the role
    /// that the user holds most directly.
    fn with_grant(&self) -> Option<Flip> {
        let effect = match self.goal {
            Answer::Allow => Effect::Allow,
            Answer::Deny | Answer::Conditional => Effect::Deny,
        };
        let held = |role: &SmolStr| self.account.roles.iter().any(|way| way.role == *role);
        let deciding = self
            .decided()
            .map(|one| &one.subject)
            .find(|role| held(role));
        let nearest = self
            .account
            .roles
            .iter()
            .min_by_key(|way| (way.how, way.via.len()));
        let role = match effect {
            Effect::Deny => deciding.or(nearest.map(|way| &way.role)),
            Effect::Allow => nearest.map(|way| &way.role),
        };
        let by_name = Grant::named(role?, self.inquiry.permission, effect);
        let by_type = || {
            // Where rows are asked by type, a row with the name would hide them all.
            let decided = self.decided().next()?;
            matches!(decided.rule, Rule::Grant(_)).then(|| Grant {
                permission: decided.permission.clone(),
                action: decided.action,
                ..by_name.clone()
            })
        };
        let grant = match effect {
            Effect::Deny => by_type().unwrap_or(by_name),
            Effect::Allow => by_name,
        };
        Some(Flip::AddGrant(grant))
    }

    /// Roles that the user does not hold and that would do.
    fn with_role(&self) -> Vec<Flip> {
        if self.goal != Answer::Allow {
            return Vec::new();
        }
        let mut roles: Vec<_> = self
            .account
            .considered
            .iter()
            .filter(|one| one.outcome == Outcome::RoleNotHeld)
            .filter(|one| one.rule != Rule::Grant(Effect::Deny))
            .map(|one| &one.subject)
            .filter(|subject| crate::grants::is_role(subject))
            .collect();
        roles.dedup();
        let changes = roles
            .into_iter()
            .take(MAX_TRIED)
            .map(|role| Flip::AddMembership(Membership::new(self.inquiry.user, role.clone())));
        changes
            .filter(|change| self.is_flip(change))
            .take(MAX_ALIKE)
            .collect()
    }

    /// The user, or a group of his, leaves the roles that decided.
    fn without_deciding_roles(&self) -> Option<Flip> {
        let decides = |way: &&HeldRole| self.decided().any(|one| one.subject == way.role);
        let ways: Vec<_> = self.account.roles.iter().filter(decides).collect();
        if ways.iter().any(|way| way.how == How::Default) {
            return None;
        }
        let gives = |membership: &&Sourced<Membership>| {
            ways.iter().any(|way| {
                let member = way.via.last().map_or(self.inquiry.user, SmolStr::as_str);
                membership.row.role == way.role && membership.row.member == member
            })
        };
        let gone: Vec<_> = self
            .part
            .memberships
            .iter()
            .filter(gives)
            .cloned()
            .collect();
        few(gone).map(Flip::RemoveMemberships)
    }

    fn without_super_users(&self) -> Option<Flip> {
        let is_asking =
            |user: &&SmolStr| **user == self.inquiry.user || self.inquiry.ownership.contains(user);
        let super_users = self.part.settings.super_users.iter();
        Some(Flip::RemoveSuperUsers(
            super_users.filter(is_asking).cloned().collect(),
        ))
    }

    /// Ends the cycle at one of its edges.
    fn without_cycle(&self) -> Vec<Flip> {
        let cycle = self.account.cycle.as_deref().unwrap_or_default();
        let along = cycle.iter().zip(cycle.iter().cycle().skip(1));
        let changes = along.filter_map(|(group, parent)| {
            let own = self.part.groups.parents_of(group).iter();
            let parent = own.clone().find(|own| own.as_str() == parent)?;
            Some(Flip::RemoveParent {
                group: crate::EntityRef::parse(group).ok()?,
                parent: parent.clone(),
            })
        });
        changes
            .filter(|change| self.is_flip(change))
            .take(MAX_ALIKE)
            .collect()
    }
}

/// A list of rows, unless there are none or too many for a small change.
fn few<T>(rows: Vec<T>) -> Option<Vec<T>> {
    (1..=MAX_ROWS).contains(&rows.len()).then_some(rows)
}
