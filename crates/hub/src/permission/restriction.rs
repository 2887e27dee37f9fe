//! What a conditional decision asks of resources, worked out once for each caller.

use callboard_policy::{Condition, Conditional, Criteria};
use moka::sync::Cache;
use serde_json::value::{RawValue, to_raw_value};
use smol_str::SmolStr;
use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// How many callers' criteria one policy remembers.
const REMEMBERED: u64 = 4_096;

/// Criteria whose aliases are replaced for a caller, with what is made of them.
///
/// A clone shares all of it: a caller asks the same for each page that they look at.
#[derive(Clone)]
pub struct Restriction(Arc<Inner>);

struct Inner {
    criteria: Criteria<Condition>,
    /// The criteria as JSON; absent when they cannot be written.
    json: OnceLock<Option<Box<RawValue>>>,
    /// What the plugin that owns the resources made of the criteria.
    compiled: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Restriction {
    /// What `conditional` asks of a resource that `user` wants, who owns things as `ownership`
    /// says.
    pub fn new(conditional: &Conditional, user: &str, ownership: &[SmolStr]) -> Restriction {
        Restriction(Arc::new(Inner {
            criteria: conditional.criteria_for(user, ownership),
            json: OnceLock::new(),
            compiled: OnceLock::new(),
        }))
    }

    /// What a resource must meet.
    pub fn criteria(&self) -> &Criteria<Condition> {
        &self.0.criteria
    }

    /// The criteria as JSON.
    pub(super) fn json(&self) -> Option<&RawValue> {
        let json = self
            .0
            .json
            .get_or_init(|| to_raw_value(self.criteria()).ok());
        json.as_deref()
    }

    /// What `compile` makes of the criteria, which it is asked once.
    ///
    /// For the plugin that owns the resources, which always asks for the same type.
    pub fn compiled<T: Any + Send + Sync>(
        &self,
        compile: impl Fn(&Criteria<Condition>) -> T,
    ) -> Arc<T> {
        let compiled = self
            .0
            .compiled
            .get_or_init(|| -> Arc<dyn Any + Send + Sync> { Arc::new(compile(self.criteria())) });
        let known = Arc::clone(compiled).downcast();
        known.unwrap_or_else(|_| Arc::new(compile(self.criteria())))
    }
}

impl PartialEq for Restriction {
    fn eq(&self, other: &Restriction) -> bool {
        self.criteria() == other.criteria()
    }
}

impl fmt::Debug for Restriction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.criteria().fmt(f)
    }
}

/// All that a restriction depends on within one policy.
#[derive(PartialEq, Eq, Hash)]
struct Caller {
    entity_ref: SmolStr,
    ownership: Vec<SmolStr>,
    /// The conditional policies that apply, by their ids.
    conditions: Vec<i64>,
}

/// The restrictions of one policy.
pub(super) struct Restrictions(Cache<Caller, Restriction>);

impl Default for Restrictions {
    fn default() -> Restrictions {
        Restrictions(Cache::new(REMEMBERED))
    }
}

impl Restrictions {
    /// As [`Restriction::new`]; `conditional` is a decision of the policy.
    pub(super) fn get(
        &self,
        conditional: &Conditional,
        user: &str,
        ownership: &[SmolStr],
    ) -> Restriction {
        let caller = Caller {
            entity_ref: user.into(),
            ownership: ownership.to_vec(),
            conditions: conditional.policies().map(|(id, _)| id).collect(),
        };
        if let Some(known) = self.0.get(&caller) {
            return known;
        }
        let restriction = Restriction::new(conditional, user, ownership);
        self.0.insert(caller, restriction.clone());
        restriction
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_policy::{
        Action, ConditionalPolicy, Decision, MappedPermission, Membership, Permission, PolicyModel,
        Principal, Settings, Source, Sourced, StoredCondition,
    };
    use serde_json::json;

    fn decided(conditions: &[(i64, &str)], role: &str) -> Conditional {
        let condition = |(id, role): &(i64, &str)| {
            let policy = ConditionalPolicy {
                role: (*role).into(),
                plugin_id: "catalog".into(),
                resource_type: "catalog-entity".into(),
                mapping: vec![MappedPermission::Action(Action::Read)],
                conditions: json!({
                    "rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity",
                    "params": {"claims": ["$ownerRefs", role]},
                }),
            };
            Sourced::new(StoredCondition { id: *id, policy }, Source::Rest.into())
        };
        let held = Membership::new("user:default/ann", role);
        let model = PolicyModel {
            settings: Settings {
                enabled: true,
                ..Settings::default()
            },
            memberships: vec![Sourced::new(held, Source::Rest.into())],
            conditions: conditions.iter().map(condition).collect(),
            ..PolicyModel::default()
        };
        let permission =
            Permission::resource("catalog.entity.read", Some(Action::Read), "catalog-entity");
        let asker = Principal::User {
            entity_ref: "user:default/ann",
            ownership: &[],
        };
        match model.compile(1).decide(asker, &permission) {
            Decision::Conditional(conditional) => *conditional,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nobody_is_given_the_criteria_of_another() {
        let known = Restrictions::default();
        let conditions = [(1, "role:default/ushers"), (2, "role:default/crew")];
        let [ushers, crew] =
            [conditions[0].1, conditions[1].1].map(|role| decided(&conditions, role));
        let (stage, light) = (
            ["group:default/stage".into()],
            ["group:default/light".into()],
        );

        for _ in 0..2 {
            for (conditional, user, ownership) in [
                (&ushers, "user:default/ann", &stage),
                (&ushers, "user:default/ann", &light),
                (&ushers, "user:default/bob", &light),
                (&crew, "user:default/ann", &stage),
            ] {
                let restriction = known.get(conditional, user, ownership);

                assert_eq!(
                    *restriction.criteria(),
                    conditional.criteria_for(user, ownership)
                );
            }
        }
    }

    #[test]
    fn what_is_made_of_criteria_is_made_once() {
        let known = Restrictions::default();
        let conditional = decided(&[(1, "role:default/ushers")], "role:default/ushers");
        let get = || known.get(&conditional, "user:default/ann", &[]);

        let first = get().compiled(|criteria| criteria.leaves().count());
        let again = get().compiled::<usize>(|_| panic!("it is known"));

        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(
            get().compiled(|_| "of another type").as_ref(),
            &"of another type"
        );
        assert_eq!(
            get().json().map(RawValue::get),
            serde_json::to_string(get().criteria()).ok().as_deref()
        );
    }
}
