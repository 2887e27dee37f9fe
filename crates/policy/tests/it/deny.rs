//! What a deny does: it takes rights away, and gives none but in one odd case.
//!
//! The rules would let it: a row's effect is not asked when they choose between name and resource
//! type, or between rows and conditions, so a deny changes what is looked at. But it is itself
//! among the rows that are looked at then.

use std::cmp::Ordering;

use callboard_policy::{PolicyFile, Row, Source, Sourced, StoredPolicy, sync};
use proptest::prelude::*;

use crate::{
    evaluator::{self, Answer},
    properties::{asked, fast, grant, token, world},
    world::{Asked, Conditioned, World},
};

const TOM: &str = "user:default/tom";

/// How wide an answer is: conditions are between the two others, and the same ones as wide.
fn compare(one: &Answer, other: &Answer) -> Option<Ordering> {
    let width = |answer: &Answer| match answer {
        Answer::Deny => 0,
        Answer::Conditional { .. } => 1,
        Answer::Allow => 2,
    };
    match (one, other) {
        (Answer::Conditional { .. }, Answer::Conditional { .. }) => {
            (one == other).then_some(Ordering::Equal)
        }
        _ => Some(width(one).cmp(&width(other))),
    }
}

/// The one way in which a deny of `object` gives something: it names `policy.entity.create`, and
/// somebody asks for that as if it were about something else than policies.
///
/// As long as no row names it, it is looked up as `create` on `policy-entity`, whatever the
/// question says; from then on as what the question says, to which a condition may apply.
fn is_disguised(world: &World, object: &str, asked: &Asked) -> bool {
    let as_policy = (Some("policy-entity"), Some("create"));
    object == "policy.entity.create"
        && object == asked.name
        && asked.resource_type.is_some()
        && (asked.resource_type.as_deref(), asked.action.as_deref()) != as_policy
        && !world.basic_first
        && !world.conditions.is_empty()
}

/// The world with one more row.
fn with(world: &World, [subject, object, action]: [&str; 3], effect: &str) -> World {
    let mut world = world.clone();
    world
        .grants
        .push([subject, object, action, effect].map(str::to_owned));
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn adding_a_deny_never_widens_but_in_one_case(
        world in world(),
        [subject, object, action, _] in grant(),
        requests in prop::collection::vec((token(), asked()), 1..12),
    ) {
        let denied = with(&world, [&subject, &object, &action], "deny");
        let [before, after] = [&world, &denied].map(|world| world.model().compile(1));
        for ((user, owners), asked) in &requests {
            let [(before, _), (after, _)] = [&before, &after].map(|policy| fast(policy, user, owners, asked));
            let is_wider = compare(&after, &before).is_none_or(Ordering::is_gt);
            prop_assert!(
                !is_wider || is_disguised(&world, &object, asked),
                "{asked:?} of {user} {owners:?}: {before:?} became {after:?}"
            );
        }
    }

    #[test]
    fn the_order_of_rows_never_matters(
        (world, shuffled) in world().prop_flat_map(|world| (Just(world.clone()), shuffled(world))),
        requests in prop::collection::vec((token(), asked()), 1..12),
    ) {
        let [one, other] = [&world, &shuffled].map(|world| world.model().compile(1));
        for ((user, owners), asked) in &requests {
            let [(one, _), (other, _)] = [&one, &other].map(|policy| fast(policy, user, owners, asked));
            prop_assert!(is_same(&one, &other), "{asked:?} of {user} {owners:?}: {one:?} or {other:?}");
        }
    }

    #[test]
    fn a_row_that_is_there_twice_counts_once(
        world in world(),
        [subject, object, action, effect] in grant(),
        requests in prop::collection::vec((token(), asked()), 1..12),
    ) {
        let world = with(&world, [&subject, &object, &action], &effect);
        let twice = with(&world, [&subject, &object, &action], &effect);
        let [one, other] = [&world, &twice].map(|world| world.model().compile(1));
        for ((user, owners), asked) in &requests {
            let [(one, _), (other, _)] = [&one, &other].map(|policy| fast(policy, user, owners, asked));
            prop_assert_eq!(one, other);
        }
    }
}

/// The plugin of several conditions is that of the last one, so any may be named.
fn is_same(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (
            Answer::Conditional {
                resource_type,
                members,
                ..
            },
            Answer::Conditional {
                resource_type: other_type,
                members: other_members,
                ..
            },
        ) => resource_type == other_type && members == other_members,
        _ => one == other,
    }
}

/// The same policy in another order.
fn shuffled(world: World) -> impl Strategy<Value = World> {
    let rows = (
        Just(world.memberships.clone()).prop_shuffle(),
        Just(world.grants.clone()).prop_shuffle(),
        Just(world.conditions.clone()).prop_shuffle(),
        Just(world.member_of.clone()).prop_shuffle(),
        Just(world.child_of.clone()).prop_shuffle(),
    );
    rows.prop_map(
        move |(memberships, grants, conditions, member_of, child_of)| World {
            memberships,
            grants,
            conditions,
            member_of,
            child_of,
            ..world.clone()
        },
    )
}

/// Every small policy about one permission: what two roles of Tom say about its name and its type,
/// whether one of them has a condition, and what comes first.
fn small_worlds() -> impl Iterator<Item = World> {
    const EFFECTS: [&[&str]; 4] = [&[], &["allow"], &["deny"], &["allow", "deny"]];
    let choices = EFFECTS.len().pow(4) * 4;
    (0..choices).map(|number| {
        let digit = |place: u32| EFFECTS[number / 4 / EFFECTS.len().pow(place) % EFFECTS.len()];
        let rows = [
            ("role:default/a", "catalog.entity.read"),
            ("role:default/a", "catalog-entity"),
            ("role:default/b", "catalog.entity.read"),
            ("role:default/b", "catalog-entity"),
        ];
        let mut world = World {
            basic_first: number % 2 == 1,
            memberships: ["role:default/a", "role:default/b"]
                .map(|role| [TOM, role].map(str::to_owned))
                .into(),
            ..World::default()
        };
        for ((subject, object), place) in rows.into_iter().zip(0..) {
            for effect in digit(place) {
                world = with(&world, [subject, object, "read"], effect);
            }
        }
        if number / 2 % 2 == 1 {
            world.conditions.push(Conditioned {
                role: "role:default/a".to_owned(),
                plugin_id: "catalog".to_owned(),
                resource_type: "catalog-entity".to_owned(),
                mapping: vec![(None, "read".to_owned())],
                conditions: serde_json::json!({"rule": "R", "resourceType": "catalog-entity"}),
            });
        }
        world
    })
}

/// What adding a deny does, over every small policy: how often each answer became each other one.
#[test]
fn a_deny_denies_or_leaves_everything_as_it_is() {
    let asked = reading();
    let mut without_effect = 0;
    for world in small_worlds() {
        for object in ["catalog.entity.read", "catalog-entity"] {
            let denied = with(&world, ["role:default/b", object, "read"], "deny");
            let [before, after] =
                [&world, &denied].map(|world| evaluator::decide(world, TOM, &[], &asked));
            let (engine, _) = fast(&denied.model().compile(1), TOM, &[], &asked);
            assert_eq!(engine, after, "{denied:?}");

            let has_named = world
                .grants
                .iter()
                .any(|[_, object, ..]| *object == asked.name);
            let has_rows = !world.grants.is_empty();
            let is_conditional = !world.conditions.is_empty();
            // By default a condition hides every row, the new one too.
            let is_hidden_by_condition = is_conditional && !world.basic_first;
            // Rows about the name hide those about the type, the new one too.
            let is_hidden_by_name = has_named && object == "catalog-entity";
            if is_hidden_by_condition || is_hidden_by_name {
                assert_eq!(before, after, "{world:?} and a deny of {object}");
                without_effect += 1;
            } else {
                assert_eq!(after, Answer::Deny, "{world:?} and a deny of {object}");
            }
            // With `basic` the first row, though it denies, hides the condition.
            if is_conditional && world.basic_first && !has_rows {
                assert!(matches!(before, Answer::Conditional { .. }) && after == Answer::Deny);
            }
        }
    }
    assert!(without_effect > 0);
}

#[test]
fn a_deny_of_policy_creation_shows_a_condition_to_a_question_that_no_plugin_asks() {
    let world = World {
        memberships: vec![[TOM, "role:default/a"].map(str::to_owned)],
        conditions: vec![Conditioned {
            role: "role:default/a".to_owned(),
            plugin_id: "catalog".to_owned(),
            resource_type: "catalog-entity".to_owned(),
            mapping: vec![(None, "create".to_owned())],
            conditions: serde_json::json!({"rule": "R", "resourceType": "catalog-entity"}),
        }],
        ..World::default()
    };
    let denied = with(
        &world,
        ["role:default/a", "policy.entity.create", "create"],
        "deny",
    );
    let asked = |resource_type: Option<&str>| Asked {
        name: "policy.entity.create".to_owned(),
        action: Some("create".to_owned()),
        resource_type: resource_type.map(str::to_owned),
    };
    let decide = |world: &World, asked: &Asked| fast(&world.model().compile(1), TOM, &[], asked).0;

    let disguised = asked(Some("catalog-entity"));
    assert_eq!(decide(&world, &disguised), Answer::Deny);
    assert!(matches!(
        decide(&denied, &disguised),
        Answer::Conditional { .. }
    ));
    // The forms that are in use stay denied.
    for asked in [asked(None), asked(Some("policy-entity"))] {
        assert_eq!(decide(&world, &asked), Answer::Deny);
        assert_eq!(decide(&denied, &asked), Answer::Deny);
    }
}

/// A deny that nothing reaches is the trap: it looks as if it took something away.
#[test]
fn a_deny_of_a_type_does_nothing_beside_an_allow_of_a_name() {
    let world = with(
        &World::default(),
        ["role:default/a", "catalog.entity.read", "read"],
        "allow",
    );
    let mut world = with(&world, ["role:default/b", "catalog-entity", "read"], "deny");
    world.memberships = ["role:default/a", "role:default/b"]
        .map(|role| [TOM, role].map(str::to_owned))
        .into();
    let asked = |name: &str| Asked {
        name: name.to_owned(),
        action: Some("read".to_owned()),
        resource_type: Some("catalog-entity".to_owned()),
    };
    let decide = |name| fast(&world.model().compile(1), TOM, &[], &asked(name)).0;

    assert_eq!(decide("catalog.entity.read"), Answer::Allow);
    assert_eq!(decide("catalog.entity.other"), Answer::Deny);
}

/// The subjects of old rows are users and groups; a role, even one that says nothing, hides them.
#[test]
fn a_role_hides_what_is_denied_to_a_user_directly() {
    let asked = Asked {
        name: "kubernetes.proxy".to_owned(),
        action: None,
        resource_type: None,
    };
    let mut world = with(&World::default(), [TOM, "kubernetes.proxy", "use"], "deny");
    world
        .member_of
        .push([TOM, "group:default/a"].map(str::to_owned));
    let world = with(
        &world,
        ["group:default/a", "kubernetes.proxy", "use"],
        "allow",
    );
    let decide = |world: &World| fast(&world.model().compile(1), TOM, &[], &asked).0;
    assert_eq!(decide(&world), Answer::Deny);

    let mut member = with(
        &world,
        ["role:default/a", "kubernetes.proxy", "use"],
        "allow",
    );
    member
        .memberships
        .push([TOM, "role:default/a"].map(str::to_owned));

    assert_eq!(decide(&member), Answer::Allow);
}

/// What a hub that has `stored` rows decides by a policy file, with the world's other settings.
fn decide_by_file(world: &World, text: &str, stored: &StoredPolicy) -> Answer {
    let file = PolicyFile::parse("rbac.csv", text);
    let plan = sync(&file, stored);
    let mut model = world.model();
    for Sourced { row, origin } in plan.add.into_iter().chain(plan.keep) {
        match row {
            Row::Grant(grant) => model.grants.push(Sourced::new(grant, origin)),
            Row::Membership(row) => model.memberships.push(Sourced::new(row, origin)),
        }
    }
    fast(&model.compile(1), TOM, &[], &reading()).0
}

fn reading() -> Asked {
    Asked {
        name: "catalog.entity.read".to_owned(),
        action: Some("read".to_owned()),
        resource_type: Some("catalog-entity".to_owned()),
    }
}

/// Over every small file: a line more that denies widens only when it is there already, since of
/// two equal lines that are new neither is taken.
#[test]
fn a_deny_in_a_file_widens_only_when_it_is_written_twice() {
    const ROWS: [[&str; 3]; 8] = [
        ["role:default/a", "catalog.entity.read", "allow"],
        ["role:default/a", "catalog.entity.read", "deny"],
        ["role:default/a", "catalog-entity", "allow"],
        ["role:default/a", "catalog-entity", "deny"],
        ["role:default/b", "catalog.entity.read", "allow"],
        ["role:default/b", "catalog.entity.read", "deny"],
        ["role:default/b", "catalog-entity", "allow"],
        ["role:default/b", "catalog-entity", "deny"],
    ];
    let line = |[role, object, effect]: [&str; 3]| format!("p, {role}, {object}, read, {effect}\n");
    // Without rows of their own these are the worlds of both settings, with and without condition.
    let worlds: Vec<World> = small_worlds()
        .filter(|world| world.grants.is_empty())
        .collect();
    assert_eq!(worlds.len(), 4);
    let nothing = StoredPolicy::default();
    let mut widened = 0;
    for chosen in 0..1_u32 << ROWS.len() {
        let is_chosen = |at: usize| chosen >> at & 1 == 1;
        let rows = ROWS.iter().enumerate().filter(|(at, _)| is_chosen(*at));
        let before: String = rows.map(|(_, row)| line(*row)).collect();
        for (at, row) in ROWS
            .into_iter()
            .enumerate()
            .filter(|(_, [.., effect])| *effect == "deny")
        {
            let after = format!("{before}{}", line(row));
            for world in &worlds {
                let [before, after] =
                    [&before, &after].map(|text| decide_by_file(world, text, &nothing));
                if compare(&after, &before).is_none_or(Ordering::is_gt) {
                    let opposite = at - 1;
                    assert!(
                        is_chosen(at) && !is_chosen(opposite),
                        "{world:?}\n{after:?}"
                    );
                    widened += 1;
                }
            }
        }
    }
    assert!(widened > 0);
}

const FILE: &str = "\
g, user:default/tom, role:default/a
g, user:default/tom, role:default/b
p, role:default/a, catalog-entity, read, allow
p, role:default/b, catalog-entity, read, deny
";

#[test]
fn a_deny_that_is_new_and_written_twice_is_not_taken() {
    let twice = format!("{FILE}p, role:default/b, catalog-entity, read, deny\n");
    let decide = |text: &str| decide_by_file(&World::default(), text, &StoredPolicy::default());

    assert_eq!(decide(FILE), Answer::Deny);
    assert_eq!(decide(&twice), Answer::Allow);
    let file = PolicyFile::parse("rbac.csv", &twice);
    let messages = sync(&file, &StoredPolicy::default()).diagnostics;
    assert_eq!(messages.len(), 2);
    assert!(
        messages[0]
            .message
            .starts_with("Duplicate policy: role:default/b,catalog-entity,read,deny")
    );
}

/// What is stored is not checked again: a hub that took the line once goes on denying.
#[test]
fn a_deny_that_is_stored_and_written_twice_still_denies() {
    let twice = format!("{FILE}p, role:default/b, catalog-entity, read, deny\n");
    let taken = sync(
        &PolicyFile::parse("rbac.csv", FILE),
        &StoredPolicy::default(),
    );
    let stored = StoredPolicy {
        rows: taken
            .add
            .into_iter()
            .map(|sourced| (sourced.row, Source::CsvFile))
            .collect(),
        roles: taken
            .create_roles
            .into_iter()
            .map(|role| (role, Source::CsvFile))
            .collect(),
    };

    assert_eq!(
        decide_by_file(&World::default(), &twice, &stored),
        Answer::Deny
    );
}

/// An allow and a deny for the same thing in the same role cancel each other, in a file and only
/// there: whichever line came later, neither is taken.
#[test]
fn a_deny_and_its_allow_in_one_file_are_both_left_out() {
    let both = format!("{FILE}p, role:default/b, catalog-entity, read, allow\n");

    assert_eq!(
        decide_by_file(&World::default(), &both, &StoredPolicy::default()),
        Answer::Allow
    );
}
