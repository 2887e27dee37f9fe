//! A conditional policy of a role: as a sentence, as a tree, and as it is stored.

use crate::permission::InForce;
use crate::rbac::state::ConditionRecord;
use crate::rbac::views::condition_words::{self, Words};
use crate::rbac::views::words;
use crate::ui::{Code, Texts};
use callboard_policy::{Criteria, Permission};

/// A condition with everything that is told about it.
pub(super) struct ConditionCard {
    pub(super) id: i64,
    /// Such as `Update, Delete`.
    pub(super) actions: String,
    pub(super) resource_type: String,
    /// The sentence and the tree; absent for criteria that cannot be read.
    pub(super) told: Option<(Words, Words)>,
    /// As it is stored.
    pub(super) json: Code,
    /// Why it denies whatever it takes part in.
    pub(super) fault: Option<String>,
    /// The first permission that it is about, for the tester.
    pub(super) permission: Option<String>,
}

impl ConditionCard {
    pub(super) fn of(
        t: &Texts,
        in_force: &InForce,
        id: i64,
        record: &ConditionRecord,
        covered: Option<&Permission>,
    ) -> ConditionCard {
        let policy = &record.policy;
        let actions = policy
            .mapping
            .iter()
            .map(|entry| words::action(entry.action()));
        let mut actions: Vec<_> = actions.collect();
        actions.dedup();
        let criteria = Criteria::from_json(&policy.conditions).ok();
        ConditionCard {
            id,
            actions: actions.join(", "),
            resource_type: policy.resource_type.to_string(),
            told: criteria.map(|criteria| {
                (
                    condition_words::sentence(t, &criteria),
                    condition_words::tree(t, &criteria),
                )
            }),
            json: Code::json(&policy.conditions),
            fault: in_force.fault_cause(id).map(str::to_owned),
            permission: covered.map(|permission| permission.name().to_owned()),
        }
    }
}
