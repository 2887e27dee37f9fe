//! Accounts: that they are of the decision that is made, and what they say of each row.

use std::collections::BTreeSet;

use callboard_policy::{
    Account, Action, EntityRef, How, Outcome, Permission, Principal, ReasonKind, Rule,
};
use proptest::prelude::*;
use smol_str::SmolStr;

use crate::{
    evaluator,
    properties::{asked, token, world},
    world::{Conditioned, World},
};

const TOM: &str = "user:default/tom";

fn strings<const N: usize>(row: [&str; N]) -> [String; N] {
    row.map(str::to_owned)
}

fn condition(
    role: &str,
    mapping: &[(Option<&str>, &str)],
    conditions: serde_json::Value,
) -> Conditioned {
    Conditioned {
        role: role.to_owned(),
        plugin_id: "catalog".to_owned(),
        resource_type: "catalog-entity".to_owned(),
        mapping: mapping
            .iter()
            .map(|(name, action)| (name.map(str::to_owned), (*action).to_owned()))
            .collect(),
        conditions,
    }
}

fn reading() -> Permission {
    Permission::resource("catalog.entity.read", Some(Action::Read), "catalog-entity")
}

/// The account of what Tom may read, without a token of his own.
fn account(world: &World) -> Account {
    let model = world.model();
    let tom = Principal::User {
        entity_ref: TOM,
        ownership: &[],
    };
    model.compile(1).account(&model, tom, &reading())
}

/// Each row as `role permission action rule: outcome`.
fn told(account: &Account) -> Vec<String> {
    let short = |subject: &str| subject.trim_start_matches("role:default/").to_owned();
    account
        .considered
        .iter()
        .map(|one| {
            let subject = short(&one.subject);
            format!(
                "{subject} {} {} {}: {}",
                one.permission, one.action, one.rule, one.outcome
            )
        })
        .collect()
}

#[test]
fn a_row_says_why_it_did_not_apply() {
    let world = World {
        memberships: vec![
            strings([TOM, "role:default/a"]),
            strings([TOM, "role:default/b"]),
        ],
        grants: vec![
            strings(["role:default/a", "catalog-entity", "read", "allow"]),
            strings(["role:default/a", "catalog-entity", "delete", "allow"]),
            strings(["role:default/a", "kubernetes.proxy", "use", "allow"]),
            strings(["role:default/b", "catalog-entity", "read", "deny"]),
            strings(["role:default/c", "catalog-entity", "read", "deny"]),
        ],
        ..World::default()
    };

    let account = account(&world);

    assert_eq!(
        told(&account),
        [
            "b catalog-entity read deny: decided",
            "a catalog-entity read allow: overruled-by-deny",
            "a catalog-entity delete allow: other-action",
            "c catalog-entity read deny: role-not-held",
        ]
    );
    assert_eq!(account.decided_by, Some(0));
    assert_eq!(account.considered[0].origin.line, Some(4));
    assert_eq!(
        account.roles_that_took_part(),
        ["role:default/a", "role:default/b"]
    );
}

#[test]
fn a_name_hides_the_resource_type() {
    let world = World {
        memberships: vec![strings([TOM, "role:default/a"])],
        grants: vec![
            strings(["role:default/a", "catalog-entity", "read", "deny"]),
            strings(["role:default/a", "catalog.entity.read", "read", "allow"]),
        ],
        ..World::default()
    };

    assert_eq!(
        told(&account(&world)),
        [
            "a catalog.entity.read read allow: decided",
            "a catalog-entity read deny: overruled-by-precedence",
        ]
    );
}

#[test]
fn a_condition_hides_plain_rows_unless_those_come_first() {
    let leaf = serde_json::json!({"rule": "R", "resourceType": "catalog-entity"});
    let mut world = World {
        memberships: vec![
            strings([TOM, "role:default/a"]),
            strings([TOM, "role:default/b"]),
        ],
        grants: vec![strings([
            "role:default/a",
            "catalog-entity",
            "read",
            "allow",
        ])],
        conditions: vec![condition(
            "role:default/b",
            &[(None, "read"), (Some("catalog.entity.delete"), "delete")],
            leaf,
        )],
        ..World::default()
    };

    let hidden = account(&world);
    world.basic_first = true;
    let basic = account(&world);

    assert_eq!(
        told(&hidden),
        [
            "b catalog-entity read conditional: decided",
            "a catalog-entity read allow: overruled-by-precedence",
            "b catalog.entity.delete delete conditional: other-action",
        ]
    );
    assert_eq!(hidden.conditions.len(), 1);
    assert_eq!(
        told(&basic),
        [
            "a catalog-entity read allow: decided",
            "b catalog-entity read conditional: overruled-by-precedence",
            "b catalog.entity.delete delete conditional: other-action",
        ]
    );
    assert_eq!(basic.conditions.len(), 0);
}

#[test]
fn of_two_conditions_of_one_role_both_deny() {
    let leaf = serde_json::json!({"rule": "R", "resourceType": "catalog-entity"});
    let world = World {
        memberships: vec![
            strings([TOM, "role:default/a"]),
            strings([TOM, "role:default/b"]),
        ],
        conditions: vec![
            condition("role:default/a", &[(None, "read")], leaf.clone()),
            condition("role:default/b", &[(None, "read")], leaf.clone()),
            condition(
                "role:default/b",
                &[(Some("catalog.entity.read"), "read")],
                leaf,
            ),
        ],
        ..World::default()
    };

    let account = account(&world);

    assert_eq!(
        account.decision.reason().kind(),
        ReasonKind::ConditionCollision
    );
    assert_eq!(
        told(&account),
        [
            "b catalog.entity.read read conditional: decided",
            "b catalog-entity read conditional: decided",
            "a catalog-entity read conditional: overruled-by-deny",
        ]
    );
}

#[test]
fn roles_have_the_way_through_groups() {
    let world = World {
        memberships: vec![
            strings(["group:default/top", "role:default/a"]),
            strings([TOM, "role:default/a"]),
        ],
        default_role: Some("role:default/base".to_owned()),
        use_ownership_refs: true,
        member_of: vec![strings([TOM, "group:default/low"])],
        child_of: vec![strings(["group:default/low", "group:default/top"])],
        ..World::default()
    };

    let account = account(&world);

    let ways: Vec<_> = account
        .roles
        .iter()
        .map(|way| (way.role.as_str(), way.via.join(" > "), way.how))
        .collect();
    let through = "group:default/low > group:default/top".to_owned();
    assert_eq!(
        ways,
        [
            ("role:default/a", String::new(), How::Member),
            ("role:default/a", through, How::Member),
            ("role:default/base", String::new(), How::Default),
        ]
    );
    let top = EntityRef::parse("group:top").unwrap();
    assert_eq!(account.groups[1].path.last(), Some(&top));
}

#[test]
fn a_cycle_is_named_and_takes_every_role() {
    let world = World {
        memberships: vec![strings([TOM, "role:default/a"])],
        grants: vec![strings([
            "role:default/a",
            "catalog-entity",
            "read",
            "allow",
        ])],
        member_of: vec![strings([TOM, "group:default/b"])],
        child_of: vec![
            strings(["group:default/b", "group:default/a"]),
            strings(["group:default/a", "group:default/b"]),
        ],
        ..World::default()
    };

    let account = account(&world);

    let cycle = account.cycle.clone().unwrap();
    assert_eq!(cycle, ["group:default/a", "group:default/b"]);
    assert_eq!(account.roles, []);
    assert_eq!(
        told(&account),
        ["a catalog-entity read allow: role-not-held"]
    );
}

#[test]
fn rows_on_users_and_groups_count_for_whoever_has_no_role() {
    let world = World {
        grants: vec![
            strings(["group:default/b", "catalog-entity", "read", "allow"]),
            strings([TOM, "catalog-entity", "read", "deny"]),
            strings(["user:default/ann", "catalog-entity", "read", "allow"]),
        ],
        member_of: vec![strings([TOM, "group:default/b"])],
        ..World::default()
    };

    assert_eq!(
        told(&account(&world)),
        [
            "user:default/tom catalog-entity read deny: decided",
            "group:default/b catalog-entity read allow: overruled-by-deny",
            "user:default/ann catalog-entity read allow: role-not-held",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn an_account_is_of_the_decision_that_is_made(
        world in world(),
        requests in prop::collection::vec((token(), asked()), 1..12),
    ) {
        let model = world.model();
        let snapshot = model.compile(1);
        for ((user, owners), asked) in &requests {
            let ownership: Vec<SmolStr> = owners.iter().map(SmolStr::new).collect();
            let principal = Principal::User { entity_ref: user, ownership: &ownership };
            let decision = snapshot.decide(principal, &asked.permission());

            let account = snapshot.account(&model, principal, &asked.permission());

            prop_assert_eq!(account.decision.result(), decision.result());
            prop_assert_eq!(account.decision.reason().kind(), decision.reason().kind());
            let found = snapshot.explain(decision.reason());
            prop_assert_eq!(&snapshot.explain(account.decision.reason()), &found);
            let decided = account.decided_by.map(|at| &account.considered[at]);
            prop_assert_eq!(decided.map(|one| one.subject.as_str()), found.subject);
            prop_assert_eq!(decided.map(|one| &one.origin), found.origin.as_ref());
            let roles: BTreeSet<String> = account.roles.iter().map(|way| way.role.to_string()).collect();
            prop_assert_eq!(roles, evaluator::roles_of(&world, user, owners));
            check_outcomes(&account)?;
        }
    }
}

/// What decided says what was decided, and what is no denial overrules nothing.
fn check_outcomes(account: &Account) -> Result<(), TestCaseError> {
    let decided = account
        .considered
        .iter()
        .filter(|one| one.outcome == Outcome::Decided);
    for one in decided {
        let expected = match account.decision.reason().kind() {
            ReasonKind::GrantAllow => "allow",
            ReasonKind::GrantDeny => "deny",
            _ => "conditional",
        };
        prop_assert_eq!(one.rule.to_string(), expected);
    }
    let is_overruled = |one: &callboard_policy::Considered| one.outcome == Outcome::OverruledByDeny;
    if account.considered.iter().any(is_overruled) {
        prop_assert_eq!(account.decision.result(), "DENY");
    }
    let is_sorted = account.considered.is_sorted_by_key(|one| one.outcome);
    prop_assert!(is_sorted);
    let conditions = account
        .considered
        .iter()
        .filter(|one| one.took_part() && matches!(one.rule, Rule::Condition(_)));
    let ids: BTreeSet<_> = conditions
        .filter_map(callboard_policy::Considered::condition_id)
        .collect();
    prop_assert_eq!(
        ids,
        account.conditions.iter().map(|asked| asked.id).collect()
    );
    Ok(())
}
