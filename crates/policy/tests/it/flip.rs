//! Changes that are said to turn an answer into the other one, made and decided again.

use callboard_policy::{Action, Answer, Flip, Inquiry, Permission, flips};
use proptest::prelude::*;
use serde_json::json;
use smol_str::SmolStr;

use crate::{
    properties::{asked, token, world},
    world::{Conditioned, World},
};

const TOM: &str = "user:default/tom";

fn strings<const N: usize>(row: [&str; N]) -> [String; N] {
    row.map(str::to_owned)
}

/// What would change what Tom may read, in words.
fn told(world: &World) -> Vec<String> {
    let permission =
        Permission::resource("catalog.entity.read", Some(Action::Read), "catalog-entity");
    let inquiry = Inquiry {
        user: TOM,
        ownership: &[],
        permission: &permission,
    };
    let found = flips(&world.model(), &inquiry, &|decision| {
        Answer::from(&decision)
    });
    found.iter().map(Flip::to_string).collect()
}

#[test]
fn a_denied_row_can_be_removed_or_turned_round() {
    let mut world = World {
        memberships: vec![
            strings([TOM, "role:default/a"]),
            strings([TOM, "role:default/b"]),
        ],
        grants: vec![
            strings(["role:default/b", "catalog-entity", "read", "deny"]),
            strings(["role:default/c", "catalog-entity", "read", "allow"]),
        ],
        ..World::default()
    };

    let alone = told(&world);
    world.grants.push(strings([
        "role:default/a",
        "catalog-entity",
        "read",
        "allow",
    ]));
    let beside_an_allow = told(&world);

    assert_eq!(
        alone,
        [
            "turn `p, role:default/b, catalog-entity, read, deny` (rbac.csv:1) into `allow`",
            "add `p, role:default/a, catalog.entity.read, read, allow`",
        ]
    );
    assert_eq!(
        beside_an_allow,
        [
            "remove `p, role:default/b, catalog-entity, read, deny` (rbac.csv:1)",
            "add `p, role:default/a, catalog.entity.read, read, allow`",
            "remove `g, user:default/tom, role:default/b` (rest)",
        ]
    );
}

#[test]
fn whoever_lacks_a_role_is_told_which_would_do() {
    let world = World {
        grants: vec![
            strings(["role:default/c", "catalog-entity", "read", "allow"]),
            strings(["role:default/d", "catalog-entity", "read", "allow"]),
            strings(["role:default/d", "catalog-entity", "read", "deny"]),
        ],
        ..World::default()
    };

    assert_eq!(told(&world), ["add `g, user:default/tom, role:default/c`"]);
}

#[test]
fn a_condition_that_hides_an_allow_can_be_narrowed_or_come_second() {
    let world = World {
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
        conditions: vec![Conditioned {
            role: "role:default/b".to_owned(),
            plugin_id: "catalog".to_owned(),
            resource_type: "catalog-entity".to_owned(),
            mapping: vec![(None, "read".to_owned()), (None, "update".to_owned())],
            conditions: json!({"rule": "R", "resourceType": "catalog-entity"}),
        }],
        ..World::default()
    };

    assert_eq!(
        told(&world),
        [
            "take `read` out of condition 1 of `role:default/b` (rest)",
            "set `permission.rbac.policyDecisionPrecedence` to `basic`",
            "remove `g, user:default/tom, role:default/b` (rest)",
        ]
    );
}

#[test]
fn a_cycle_ends_at_any_of_its_edges() {
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

    assert_eq!(
        told(&world),
        [
            "take `group:default/a` out from under `group:default/b`, which ends the cycle",
            "take `group:default/b` out from under `group:default/a`, which ends the cycle",
        ]
    );
}

#[test]
fn a_change_has_a_form_for_programs() {
    let world = World {
        memberships: vec![strings([TOM, "role:default/a"])],
        grants: vec![strings([
            "role:default/a",
            "catalog-entity",
            "read",
            "allow",
        ])],
        ..World::default()
    };
    let permission =
        Permission::resource("catalog.entity.read", Some(Action::Read), "catalog-entity");
    let inquiry = Inquiry {
        user: TOM,
        ownership: &[],
        permission: &permission,
    };

    let found = flips(&world.model(), &inquiry, &|decision| {
        Answer::from(&decision)
    });

    assert_eq!(
        found[0].to_json(),
        json!({
            "change": "remove-policies",
            "policies": [{
                "role": "role:default/a", "permission": "catalog-entity", "action": "read", "effect": "allow",
                "source": "csv-file", "file": "rbac.csv", "line": 1,
            }],
            "text": "remove `p, role:default/a, catalog-entity, read, allow` (rbac.csv:1)",
        })
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn every_change_that_is_offered_flips_the_answer(
        world in world(),
        requests in prop::collection::vec((token(), asked()), 1..6),
        is_met in any::<bool>(),
    ) {
        let model = world.model();
        // Of a resource that is named, conditions hold or do not.
        let judge = |decision: callboard_policy::Decision| match (Answer::from(&decision), is_met) {
            (Answer::Conditional, true) => Answer::Allow,
            (Answer::Conditional, false) => Answer::Deny,
            (answer, _) => answer,
        };
        for ((user, owners), asked) in &requests {
            let ownership: Vec<SmolStr> = owners.iter().map(SmolStr::new).collect();
            let permission = asked.permission();
            let inquiry = Inquiry { user, ownership: &ownership, permission: &permission };
            let decide = |model: &callboard_policy::PolicyModel| {
                model.compile(1).decide(inquiry.principal(), &permission)
            };
            let unnamed = |decision: callboard_policy::Decision| Answer::from(&decision);
            for judge in [&judge as &dyn Fn(_) -> _, &unnamed] {
                let before = judge(decide(&model));
                for flip in flips(&model, &inquiry, judge) {
                    let mut changed = model.clone();
                    flip.apply(&mut changed);
                    prop_assert_eq!(judge(decide(&changed)), before.opposite(), "{}", flip);
                }
            }
        }
    }
}
