//! The policy in force, and the questions that it answers.

use super::decision_log::DecisionLog;
use super::metric::Counts;
use super::restriction::{Restriction, Restrictions};
use super::rule::Rules;
use crate::app::{App, Core};
use crate::feature::ConditionError;
use crate::hub::StartError;
use crate::principal::{Principal, UserPrincipal};
use arc_swap::ArcSwap;
use callboard_policy::{
    Condition, ConditionFault, Conditional, ConditionalPolicy, Criteria, Decision, Inquiry,
    Permission, PolicyModel, PolicySnapshot, Settings, Sourced, StoredCondition,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The policy in force. Readers never wait, and a new policy takes effect at once.
pub struct Permissions {
    in_force: ArcSwap<InForce>,
    log: DecisionLog,
    counts: Counts,
}

/// What a caller may do with the resources of one permission.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    /// Everything.
    Allow,
    /// Nothing.
    Deny,
    /// Only what meets these criteria, whose aliases are already replaced for the caller.
    Conditional(Restriction),
}

/// One published policy: what a whole batch of questions is put to.
pub struct InForce {
    snapshot: Arc<PolicySnapshot>,
    /// What is wrong with each condition that cannot be evaluated, by its id.
    faults: HashMap<i64, Fault>,
    restrictions: Restrictions,
}

/// What is wrong with a condition, which denies whatever it takes part in.
#[derive(Debug, Clone, PartialEq)]
struct Fault {
    /// What a decision says about it; absent when the compiled policy denies by itself.
    kind: Option<ConditionFault>,
    cause: String,
    help: Option<String>,
}

impl Permissions {
    pub(super) fn new(core: &Core) -> Result<Permissions, StartError> {
        let enabled = core
            .config
            .optional_boolean("permission.enabled")?
            .unwrap_or(false);
        // Until a policy is published nobody may do anything.
        let nothing = PolicyModel {
            settings: Settings {
                enabled,
                ..Settings::default()
            },
            ..PolicyModel::default()
        };
        let in_force = InForce {
            snapshot: Arc::new(nothing.compile(0)),
            faults: HashMap::new(),
            restrictions: Restrictions::default(),
        };
        Ok(Permissions {
            in_force: ArcSwap::from_pointee(in_force),
            log: DecisionLog::from_config(&core.config)?,
            counts: Counts::new(&core.metrics)?,
        })
    }

    /// Whether `principal` has `permission`, for `resource_ref` if it is about a resource.
    ///
    /// Conditions are evaluated. Without a resource a conditional right is no right, and neither
    /// is one whose conditions cannot be evaluated, whatever the rest of them says.
    pub fn authorize(
        &self,
        app: &App,
        principal: &Principal,
        permission: &Permission,
        resource_ref: Option<&str>,
    ) -> bool {
        let in_force = self.in_force();
        match (self.decide(&in_force, principal, permission), resource_ref) {
            (Decision::Allow(_), _) => true,
            (Decision::Deny(_), _) | (Decision::Conditional(_), None) => false,
            (Decision::Conditional(conditional), Some(resource_ref)) => {
                let conditions = Conditions::new(&in_force, principal, &conditional);
                self.meets(app, &conditions, resource_ref)
            }
        }
    }

    /// What `principal` may do with the resources of `permission`, for lists.
    pub fn authorize_conditional(&self, principal: &Principal, permission: &Permission) -> Access {
        let in_force = self.in_force.load();
        match self.decide_and_tell(&in_force, principal, permission) {
            (Decision::Allow(_), _) => Access::Allow,
            (Decision::Deny(_), _) => Access::Deny,
            (Decision::Conditional(conditional), told) => {
                let user = principal.user();
                let restriction = told.unwrap_or_else(|| in_force.restriction(user, &conditional));
                Access::Conditional(restriction)
            }
        }
    }

    /// Whether `permission.enabled` is on: otherwise everybody may do everything.
    pub fn is_enabled(&self) -> bool {
        self.in_force.load().snapshot.is_enabled()
    }

    /// The compiled policy in force.
    pub fn snapshot(&self) -> Arc<PolicySnapshot> {
        Arc::clone(&self.in_force.load().snapshot)
    }

    /// The policy in force, to put several questions to the same one.
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.load_full()
    }

    /// Decides, counts and logs one question.
    ///
    /// What the caller's token is not for is denied before the policy is asked, and also where
    /// permissions are not enforced.
    pub(crate) fn decide(
        &self,
        in_force: &InForce,
        principal: &Principal,
        permission: &Permission,
    ) -> Decision {
        let (decision, _) = self.decide_and_tell(in_force, principal, permission);
        decision
    }

    /// As [`Permissions::decide`], with what the log says that the decision asks of resources.
    fn decide_and_tell(
        &self,
        in_force: &InForce,
        principal: &Principal,
        permission: &Permission,
    ) -> (Decision, Option<Restriction>) {
        let is_out_of_scope = principal
            .user()
            .is_some_and(|user| !user.may_ask(permission));
        let mut decision = if is_out_of_scope {
            Decision::out_of_scope()
        } else {
            in_force.snapshot.decide(asker(principal), permission)
        };
        if let Decision::Conditional(conditional) = &decision
            && let Some((_, fault)) = in_force.fault(conditional)
        {
            decision = conditional.deny(fault);
            self.counts.count_fault(decision.reason().kind().as_str());
        }
        self.counts.count(&decision);
        let told = self.log.write(principal, permission, &decision, in_force);
        (decision, told)
    }

    /// Whether a resource meets the conditions of a decision.
    pub(crate) fn meets(&self, app: &App, conditions: &Conditions<'_>, resource_ref: &str) -> bool {
        let Conditions {
            conditional,
            criteria,
            ..
        } = conditions;
        evaluate(app, conditional, criteria, resource_ref).unwrap_or_else(|error| {
            self.report(conditions, error.fault(), &error.to_string());
            false
        })
    }

    /// Notes that a plugin of another backend gave no verdict, so that its items are denied.
    pub(super) fn report_silence(&self, remote: &str, cause: &str) {
        self.counts.count_fault("no-verdict");
        tracing::warn!(
            plugin = "permission",
            remote,
            error = cause,
            "denied, since the plugin that owns the resources gives no verdict"
        );
    }

    fn report(&self, conditions: &Conditions<'_>, fault: &str, cause: &str) {
        self.counts.count_fault(fault);
        let found = conditions
            .in_force
            .snapshot
            .explain(conditions.conditional.reason);
        let place = found
            .origin
            .map(|origin| origin.to_string())
            .unwrap_or_default();
        let role = found.subject.unwrap_or_default();
        tracing::warn!(
            plugin = "permission",
            role,
            place,
            "denied, since conditions cannot be evaluated: {cause}"
        );
    }

    /// Puts a policy in force, from the next question on.
    ///
    /// `conditions` are those that it was compiled from: each whose rule is unknown, or whose
    /// parameters do not fit, denies whatever it takes part in. That is logged when it is new.
    pub(crate) fn publish(
        &self,
        app: &App,
        snapshot: PolicySnapshot,
        conditions: &[Sourced<StoredCondition>],
    ) {
        let before = self.in_force.load();
        let mut faults = HashMap::new();
        for condition in conditions {
            let Some(fault) = fault_of(app, &condition.row.policy) else {
                continue;
            };
            let id = condition.row.id;
            if before.faults.get(&id) != Some(&fault) {
                fault.log(condition);
            }
            faults.insert(id, fault);
        }
        self.in_force.store(Arc::new(InForce {
            faults,
            snapshot: Arc::new(snapshot),
            restrictions: Restrictions::default(),
        }));
    }

    /// Puts a policy in force that differs from the one before in who holds which roles alone.
    pub(crate) fn publish_groups(&self, snapshot: PolicySnapshot) {
        let faults = self.in_force.load().faults.clone();
        self.in_force.store(Arc::new(InForce {
            snapshot: Arc::new(snapshot),
            faults,
            restrictions: Restrictions::default(),
        }));
    }
}

impl InForce {
    /// A policy that is tried out and never put in force.
    pub(crate) fn on_trial(
        app: &App,
        snapshot: PolicySnapshot,
        conditions: &[Sourced<StoredCondition>],
    ) -> InForce {
        let faults = conditions.iter().filter_map(|condition| {
            let fault = fault_of(app, &condition.row.policy)?;
            Some((condition.row.id, fault))
        });
        InForce {
            faults: faults.collect(),
            snapshot: Arc::new(snapshot),
            restrictions: Restrictions::default(),
        }
    }

    /// What the policy says, to whom it is put with no token that narrows it.
    pub(crate) fn access(&self, inquiry: Inquiry<'_>) -> Access {
        match self
            .snapshot
            .decide(inquiry.principal(), inquiry.permission)
        {
            Decision::Allow(_) => Access::Allow,
            Decision::Deny(_) => Access::Deny,
            Decision::Conditional(conditional) if self.fault(&conditional).is_some() => {
                Access::Deny
            }
            Decision::Conditional(conditional) => {
                // Of people who are asked about, most are asked about once.
                let restriction = Restriction::new(&conditional, inquiry.user, inquiry.ownership);
                Access::Conditional(restriction)
            }
        }
    }

    /// What a decision of this policy asks of resources; `user` is who asks, if it is a person.
    pub(super) fn restriction(
        &self,
        user: Option<&UserPrincipal>,
        conditional: &Conditional,
    ) -> Restriction {
        let (entity_ref, ownership) = match user {
            Some(user) => (user.entity_ref.as_str(), &user.ownership[..]),
            None => ("", &[][..]),
        };
        self.restrictions.get(conditional, entity_ref, ownership)
    }

    /// The compiled policy.
    pub(crate) fn snapshot(&self) -> &PolicySnapshot {
        &self.snapshot
    }

    /// Why a condition denies whatever it takes part in; absent when it does not.
    pub(crate) fn fault_cause(&self, id: i64) -> Option<&str> {
        self.faults.get(&id).map(|fault| fault.cause.as_str())
    }

    /// The first condition of a decision that cannot be evaluated, by its id.
    pub(crate) fn fault(&self, conditional: &Conditional) -> Option<(i64, ConditionFault)> {
        if self.faults.is_empty() {
            return None;
        }
        conditional
            .policies()
            .find_map(|(id, _)| Some((id, self.faults.get(&id)?.kind?)))
    }
}

impl Fault {
    fn log(&self, condition: &Sourced<StoredCondition>) {
        let Sourced { row, origin } = condition;
        let (cause, help) = (&self.cause, self.help.as_deref());
        tracing::warn!(
            plugin = "permission", role = row.policy.role.as_str(), id = row.id, place = %origin, help,
            "a conditional policy denies everything that it takes part in: {cause}",
        );
    }
}

/// Whether a resource meets `criteria`, those of `conditional` or a part of them.
pub(crate) fn evaluate(
    app: &App,
    conditional: &Conditional,
    criteria: &Criteria<Condition>,
    resource_ref: &str,
) -> Result<bool, EvaluationError> {
    let Conditional {
        plugin_id,
        resource_type,
        ..
    } = conditional;
    let Some(resources) = Rules::of(app, plugin_id, resource_type).evaluator() else {
        return Err(EvaluationError::NoEvaluator {
            plugin: plugin_id.to_string(),
            resource_type: resource_type.to_string(),
        });
    };
    Ok(resources.meets(app, resource_ref, criteria)?)
}

/// Why conditions could not be evaluated, which denies.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvaluationError {
    /// No plugin of this hub has the resources.
    #[error("plugin `{plugin}` cannot evaluate conditions on `{resource_type}`")]
    NoEvaluator {
        /// The plugin that the conditions name.
        plugin: String,
        /// Their resource type.
        resource_type: String,
    },
    /// The plugin that has them refuses.
    #[error(transparent)]
    Condition(#[from] ConditionError),
}

impl EvaluationError {
    /// The fault as a word for metrics.
    fn fault(&self) -> &'static str {
        match self {
            EvaluationError::NoEvaluator { .. } => "no-evaluator",
            EvaluationError::Condition(ConditionError::UnknownRule { .. }) => "unknown-rule",
            EvaluationError::Condition(ConditionError::InvalidParams(_)) => "bad-parameters",
            EvaluationError::Condition(ConditionError::InvalidRef(_)) => "bad-reference",
        }
    }
}

/// The conditions of a decision, with the policy that they come from.
pub(crate) struct Conditions<'a> {
    in_force: &'a InForce,
    conditional: &'a Conditional,
    /// What a resource must meet, with the aliases replaced for the caller.
    pub(crate) criteria: Criteria<Condition>,
}

impl<'a> Conditions<'a> {
    /// What `conditional`, decided by `in_force` for `principal`, asks of a resource.
    pub(crate) fn new(
        in_force: &'a InForce,
        principal: &Principal,
        conditional: &'a Conditional,
    ) -> Conditions<'a> {
        Conditions {
            in_force,
            conditional,
            criteria: criteria_for(principal, conditional),
        }
    }

    /// A part of the same conditions, to see whether it would be enough.
    pub(crate) fn only(&self, criteria: Criteria<Condition>) -> Conditions<'a> {
        Conditions { criteria, ..*self }
    }
}

/// What is wrong with a condition whose plugin is one of ours.
fn fault_of(app: &App, policy: &ConditionalPolicy) -> Option<Fault> {
    let rules = Rules::of(app, &policy.plugin_id, &policy.resource_type);
    let criteria = match Criteria::from_json(&policy.conditions) {
        Ok(criteria) if rules.is_known() => criteria,
        Ok(_) => return None,
        Err(error) => {
            return Some(Fault {
                kind: None,
                cause: error.to_string(),
                help: None,
            });
        }
    };
    let error = rules.check(&criteria).err()?;
    let kind = match error {
        ConditionError::UnknownRule { .. } => ConditionFault::UnknownRule,
        ConditionError::InvalidParams(_) | ConditionError::InvalidRef(_) => {
            ConditionFault::BadParameters
        }
    };
    let meant = rules.meant(&error);
    Some(Fault {
        kind: Some(kind),
        cause: error.to_string(),
        help: meant.map(|rule| format!("did you mean `{rule}`?")),
    })
}

/// The criteria of a decision about a person; nobody else is ever decided conditionally.
fn criteria_for(principal: &Principal, conditional: &Conditional) -> Criteria<Condition> {
    match principal.user() {
        Some(user) => conditional.criteria_for(&user.entity_ref, &user.ownership),
        None => conditional.criteria_for("", &[]),
    }
}

fn asker(principal: &Principal) -> callboard_policy::Principal<'_> {
    match principal {
        Principal::None => callboard_policy::Principal::None,
        Principal::Service(service) => {
            callboard_policy::Principal::Service(service.restrictions.as_ref())
        }
        Principal::User(user) => callboard_policy::Principal::User {
            entity_ref: &user.entity_ref,
            ownership: &user.ownership,
        },
    }
}
