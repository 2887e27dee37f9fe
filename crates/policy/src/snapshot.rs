//! The compiled policy, which decides.

use std::sync::Arc;

use hashbrown::HashSet;
use smol_str::SmolStr;

use crate::{
    Permission,
    decision::{Conditional, Decision, Principal, Reason, ReasonKind},
    grants::{Grants, Question, TargetId},
    holder::{Finding, Holder},
    intern::Interner,
    members::{HoldingId, Members},
    model::{Effect, Precedence, Settings},
    record::{Recorder, Step, Unrecorded},
    verdict::{Verdict, Verdicts},
};

/// The permission that was a resource permission once, and whose old rows still count.
pub(crate) const POLICY_CREATE: &str = "policy.entity.create";
/// The resource type of those rows.
pub(crate) const POLICY_ENTITY: &str = "policy-entity";

/// An immutable policy that decides without locks and, but for conditions, without
/// allocating.
///
/// Made by [`PolicyModel::compile`](crate::PolicyModel::compile). Its two halves, who holds
/// which roles and what roles may do, are shared with the snapshots made from it by
/// [`with_groups`](Self::with_groups) and [`with_grants`](Self::with_grants).
#[derive(Debug)]
pub struct PolicySnapshot {
    pub(crate) revision: u64,
    pub(crate) max_verdict_bytes: usize,
    pub(crate) rules: Rules,
    pub(crate) roles: Arc<Interner>,
    pub(crate) members: Arc<Members>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) verdicts: Option<Verdicts>,
}

/// The settings that count while deciding.
#[derive(Debug)]
pub(crate) struct Rules {
    enabled: bool,
    pub(crate) precedence: Precedence,
    super_users: HashSet<SmolStr>,
    /// A bit for each length that a super user's reference has, modulo 64: most references
    /// of most tokens are told apart without being hashed.
    super_user_lengths: u64,
    pub(crate) use_ownership_refs: bool,
}

impl From<&Settings> for Rules {
    fn from(settings: &Settings) -> Self {
        Self {
            enabled: settings.enabled,
            precedence: settings.precedence,
            super_users: settings.super_users.iter().cloned().collect(),
            super_user_lengths: settings
                .super_users
                .iter()
                .fold(0, |bits, user| bits | length_bit(user)),
            use_ownership_refs: settings.use_ownership_refs,
        }
    }
}

impl Rules {
    fn is_super_user(&self, reference: &str) -> bool {
        self.super_user_lengths & length_bit(reference) != 0 && self.super_users.contains(reference)
    }
}

fn length_bit(reference: &str) -> u64 {
    1 << (reference.len() % 64)
}

impl PolicySnapshot {
    /// The revision of the model that was compiled.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether anything is decided at all: otherwise everybody may do everything.
    pub fn is_enabled(&self) -> bool {
        self.rules.enabled
    }

    /// Decides whether `principal` has `permission`.
    ///
    /// In order: without enforcement everything is allowed; nobody is denied everything;
    /// a service is held to the restrictions of its access alone; a super user may do
    /// everything; then the user's roles decide. Grants that name the permission hide those
    /// for its resource type, in all roles; a deny of any role wins; conditions hide both
    /// unless basic policies come first.
    ///
    /// # Source
    ///
    /// Mirrors the policy of the community RBAC backend, with every parent of a group
    /// counting.
    pub fn decide(&self, principal: Principal<'_>, permission: &Permission) -> Decision {
        self.decide_recorded(principal, permission, &mut Unrecorded)
    }

    /// As [`decide`](Self::decide), telling `recorder` each step.
    pub(crate) fn decide_recorded<R: Recorder>(
        &self,
        principal: Principal<'_>,
        permission: &Permission,
        recorder: &mut R,
    ) -> Decision {
        if !self.rules.enabled {
            return Decision::Allow(Reason::plain(ReasonKind::PermissionsDisabled));
        }
        match principal {
            Principal::None => Decision::Deny(Reason::plain(ReasonKind::NoPrincipal)),
            Principal::Service(restrictions) => {
                if restrictions.is_none_or(|restrictions| restrictions.allow(permission)) {
                    Decision::Allow(Reason::plain(ReasonKind::ServiceAllowed))
                } else {
                    Decision::Deny(Reason::plain(ReasonKind::ServiceRestricted))
                }
            }
            Principal::User {
                entity_ref,
                ownership,
            } => self.decide_for_user(entity_ref, ownership, permission, recorder),
        }
    }

    fn decide_for_user<R: Recorder>(
        &self,
        user: &str,
        ownership: &[SmolStr],
        permission: &Permission,
        recorder: &mut R,
    ) -> Decision {
        if self.is_super_user(user, ownership) {
            return Decision::Allow(Reason::plain(ReasonKind::SuperUser));
        }
        let holder = Holder::new(
            &self.members,
            user,
            ownership,
            self.rules.use_ownership_refs,
        );
        let question = Question::from(permission);
        match &self.verdicts {
            // A cell does not say how it came about.
            Some(verdicts) if !R::RECORDS => self.look_up(verdicts, &holder, question),
            Some(_) | None => self.ask_roles(&holder, question, recorder),
        }
    }

    /// Whether the user, or a reference in whose name he owns things, is a super user.
    pub fn is_super_user(&self, user: &str, ownership: &[SmolStr]) -> bool {
        self.rules.super_user_lengths != 0
            && (self.rules.is_super_user(user)
                || ownership
                    .iter()
                    .any(|owner| self.rules.is_super_user(owner)))
    }

    /// Decides by the cells worked out in advance, and asks the roles where conditions may
    /// have a say.
    fn look_up(
        &self,
        verdicts: &Verdicts,
        holder: &Holder<'_>,
        question: Question<'_>,
    ) -> Decision {
        let target = |object, action| self.grants.target(object, action);
        let by_name = target(question.name, question.action);
        let by_type = question
            .resource_type
            .and_then(|object| target(object, question.action));
        let [named, mut typed] = holder.findings(verdicts, [by_name, by_type]);
        let is_named = named.verdict != Verdict::Silent;
        let retyped = question.retyped(|| is_named);
        if retyped != question {
            let by_type = retyped
                .resource_type
                .and_then(|object| target(object, retyped.action));
            [_, typed] = holder.findings(verdicts, [None, by_type]);
        }
        if named.verdict == Verdict::Ask || typed.verdict == Verdict::Ask {
            return self.ask_roles(holder, question, &mut Unrecorded);
        }
        let Finding {
            verdict,
            holding: HoldingId(holding),
            target,
        } = if is_named { named } else { typed };
        match (verdict, target) {
            (Verdict::Allow, Some(TargetId(target))) => {
                Decision::Allow(Reason::in_holding(ReasonKind::GrantAllow, holding, target))
            }
            (Verdict::Deny, Some(TargetId(target))) => {
                Decision::Deny(Reason::in_holding(ReasonKind::GrantDeny, holding, target))
            }
            // Nobody says anything, which is all that can be said without a target.
            (Verdict::Silent | Verdict::Allow | Verdict::Deny | Verdict::Ask, _) => {
                self.without_grant(holder, retyped, &mut Unrecorded)
            }
        }
    }

    /// Decides by walking the roles: conditions, and policies too large to work out.
    fn ask_roles<R: Recorder>(
        &self,
        holder: &Holder<'_>,
        question: Question<'_>,
        recorder: &mut R,
    ) -> Decision {
        let by_name = self.grants.target(question.name, question.action);
        let is_named = || self.is_granted(holder, by_name);
        let asked = question;
        let question = question.retyped(is_named);
        let Some(resource_type) = question.resource_type else {
            return self.enforce(holder, question, by_name, recorder);
        };
        let by_type = self.grants.target(resource_type, question.action);
        let basic = |recorder| {
            let target = if is_named() { by_name } else { by_type };
            self.enforce(holder, question, target, recorder)
        };
        let basic_first = match self.rules.precedence {
            Precedence::Conditional => false,
            Precedence::Basic => is_named() || self.is_granted(holder, by_type),
        };
        if basic_first {
            return basic(recorder);
        }
        match self.conditional(holder, question, resource_type) {
            Some(decision) => {
                if R::RECORDS {
                    recorder.takes(Step::Conditions {
                        action: question.action,
                        is_retyped: question != asked,
                    });
                }
                decision
            }
            None => basic(recorder),
        }
    }

    /// Whether some role has a grant, of whatever effect, about the target.
    fn is_granted(&self, holder: &Holder<'_>, target: Option<TargetId>) -> bool {
        target.is_some_and(|target| {
            holder
                .roles()
                .any(|role| !self.grants.rows_about(role, target).is_empty())
        })
    }

    fn enforce<R: Recorder>(
        &self,
        holder: &Holder<'_>,
        question: Question<'_>,
        target: Option<TargetId>,
        recorder: &mut R,
    ) -> Decision {
        if let Some(target) = target
            && let Some(decision) = self.weigh(holder.roles(), target)
        {
            recorder.takes(Step::Roles(target));
            return decision;
        }
        self.without_grant(holder, question, recorder)
    }

    /// Allows when some subject is allowed the target and none is denied it; a deny wins.
    fn weigh(&self, subjects: impl Iterator<Item = u32>, target: TargetId) -> Option<Decision> {
        let mut allow = None;
        for at in subjects.flat_map(|subject| self.grants.rows_about(subject, target)) {
            match self.grants.row(at).effect {
                Effect::Deny => {
                    return Some(Decision::Deny(Reason::at_row(ReasonKind::GrantDeny, at)));
                }
                Effect::Allow => allow = allow.or(Some(at)),
            }
        }
        allow.map(|at| Decision::Allow(Reason::at_row(ReasonKind::GrantAllow, at)))
    }

    /// Decides where no role has a grant: old data may still name a user without roles, or
    /// his groups.
    fn without_grant<R: Recorder>(
        &self,
        holder: &Holder<'_>,
        question: Question<'_>,
        recorder: &mut R,
    ) -> Decision {
        if self.grants.has_named_subjects() && holder.roles().next().is_none() {
            let object = question.resource_type.unwrap_or(question.name);
            let groups = self
                .members
                .groups_of_roleless(holder.user)
                .iter()
                .map(SmolStr::as_str);
            let named = |reference| self.grants.named_subject(reference);
            if let Some(target) = self.grants.target(object, question.action)
                && let Some(decision) = self.weigh(
                    [holder.user].into_iter().chain(groups).filter_map(named),
                    target,
                )
            {
                recorder.takes(Step::Subjects(target));
                return decision;
            }
        }
        Decision::Deny(Reason::plain(match holder.primary {
            HoldingId::CYCLE => ReasonKind::GroupCycle,
            HoldingId(_) => ReasonKind::NoGrant,
        }))
    }

    /// Collects the condition of each role. Two of one role deny, as nobody can tell which
    /// was meant; so does one that cannot be read.
    fn conditional(
        &self,
        holder: &Holder<'_>,
        question: Question<'_>,
        resource_type: &str,
    ) -> Option<Decision> {
        let deny = |kind, at| Some(Decision::Deny(Reason::at_condition(kind, at)));
        let mut first = None;
        let mut unreadable = None;
        let mut policies = Vec::new();
        for role in holder.roles() {
            let mut own = self.grants.conditions_of(role).filter(|at| {
                self.grants
                    .condition(*at)
                    .covers(question.name, question.action, resource_type)
            });
            let Some(at) = own.next() else { continue };
            if own.next().is_some() {
                return deny(ReasonKind::ConditionCollision, at);
            }
            let policy = self.grants.condition(at);
            if policy.criteria.is_none() {
                unreadable = unreadable.or(Some(at));
            }
            first = first.or(Some(at));
            policies.push(Arc::clone(policy));
        }
        if let Some(at) = unreadable {
            return deny(ReasonKind::UnreadableCondition, at);
        }
        Some(Decision::Conditional(Box::new(Conditional {
            plugin_id: policies.last()?.plugin_id.clone(),
            resource_type: resource_type.into(),
            reason: Reason::at_condition(ReasonKind::Condition, first?),
            policies,
        })))
    }

    /// The roles that a user holds, by himself, through groups, by default and, where
    /// those count, through the references of his token.
    ///
    /// Without repeats; sorted by name, but for roles that only the token gives, which
    /// come last.
    pub fn roles_of<'a>(
        &'a self,
        user: &'a str,
        ownership: &'a [SmolStr],
    ) -> impl Iterator<Item = &'a str> {
        let holder = Holder::new(
            &self.members,
            user,
            ownership,
            self.rules.use_ownership_refs,
        );
        holder
            .into_roles()
            .map(|role| self.roles.name(role).as_str())
    }

    /// The cycles of groups that take all roles from somebody, each as the groups along it.
    pub fn group_cycles(&self) -> &[Vec<SmolStr>] {
        self.members.cycles()
    }

    /// How much memory the answers worked out in advance take; 0 when there are too many.
    pub fn verdict_bytes(&self) -> usize {
        self.verdicts.as_ref().map_or(0, Verdicts::size_bytes)
    }
}

impl Question<'_> {
    /// Falls back to the retired resource type where no grant names the permission that
    /// once had it.
    fn retyped(self, is_named: impl FnOnce() -> bool) -> Self {
        if self.name != POLICY_CREATE || is_named() {
            return self;
        }
        Self {
            action: crate::Action::Create,
            resource_type: Some(POLICY_ENTITY),
            ..self
        }
    }
}
