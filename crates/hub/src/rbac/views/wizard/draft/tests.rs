//! A role becomes rows and rows become the role again.

use super::super::content::count_rules;
use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Every permission is the catalog's.
pub(in super::super) struct CatalogOnly;

impl Home for CatalogOnly {
    fn plugin_of(&self, _: &str, _: Action) -> Option<SmolStr> {
        Some("catalog".into())
    }
}

pub(in super::super) fn grant(permission: &str, action: Action) -> Granted {
    Granted {
        permission: permission.into(),
        action,
        effect: Effect::Allow,
        locked: None,
    }
}

pub(in super::super) fn condition(
    id: Option<i64>,
    mapping: &[(Option<&str>, Action)],
) -> Conditioned {
    let entry = |(name, action): &(Option<&str>, Action)| Mapped {
        name: name.map(SmolStr::new),
        action: *action,
    };
    Conditioned {
        id,
        plugin: "catalog".into(),
        resource_type: "catalog-entity".into(),
        mapping: mapping.iter().map(entry).collect(),
        criteria: json!({"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": {"claims": ["$ownerRefs"]}}),
        locked: None,
    }
}

pub(in super::super) fn content() -> Content {
    Content {
        role: "role:default/crew".into(),
        description: "Stage crew".to_owned(),
        owner: String::new(),
        members: vec!["user:default/tom".into(), "group:default/crew".into()],
        grants: vec![
            grant("catalog-entity", Action::Read),
            grant("catalog.entity.create", Action::Create),
        ],
        conditions: vec![condition(
            Some(7),
            &[(None, Action::Update), (None, Action::Delete)],
        )],
    }
}

#[test]
fn actions_of_a_permission_share_a_row() {
    let mut stored = content();
    stored.grants.push(grant("catalog-entity", Action::Update));
    stored.grants.push(Granted {
        effect: Effect::Deny,
        ..grant("catalog-entity", Action::Delete)
    });
    stored.grants.push(Granted {
        locked: Some("csv-file".into()),
        ..grant("catalog-entity", Action::Delete)
    });

    let draft = Draft::of(&stored, &CatalogOnly);

    let rows: Vec<_> = draft
        .rows
        .iter()
        .map(|row| {
            let actions: Vec<_> = row.actions.iter().map(|action| action.as_str()).collect();
            format!(
                "{} {} {} {}{}",
                row.permission,
                actions.join("+"),
                row.effect,
                if row.condition.is_some() {
                    "if"
                } else {
                    "always"
                },
                if row.locked.is_some() { " locked" } else { "" },
            )
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    catalog-entity update+delete allow if
    catalog-entity read+update allow always
    catalog.entity.create create allow always
    catalog-entity delete deny always
    catalog-entity delete allow always locked
    ");
    assert!(!draft.is_changed());
}

#[test]
fn a_condition_of_several_permissions_is_written_once() {
    let mapping = [
        (Some("catalog.entity.read"), Action::Read),
        (Some("catalog.entity.delete"), Action::Delete),
    ];
    let stored = Content {
        conditions: vec![condition(Some(3), &mapping)],
        ..content()
    };
    let mut draft = Draft::of(&stored, &CatalogOnly);
    let [first, second] = [draft.rows[0].id, draft.rows[1].id];

    draft.open_builder(second, "catalog-entity");
    draft.set_condition(
        second,
        Some(json!({"rule": "X", "resourceType": "catalog-entity"})),
    );

    let difference = draft.difference();
    assert_eq!(difference.changed.len(), 1);
    assert_eq!(difference.changed[0].1.id, Some(3));
    assert_eq!(difference.changed[0].1.mapping.len(), 2);
    draft.remove_row(first);
    assert_eq!(draft.difference().changed[0].1.mapping.len(), 1);
    draft.remove_row(second);
    assert_eq!(draft.difference().removed.len(), 1);
    assert!(draft.conditions.is_empty());
}

#[test]
fn without_its_condition_a_row_allows_always() {
    let mut draft = Draft::of(&content(), &CatalogOnly);
    let id = draft.rows[0].id;

    draft.set_condition(id, None);

    let difference = draft.difference();
    assert_eq!(difference.removed.len(), 1);
    let granted: Vec<_> = difference
        .granted
        .iter()
        .map(|grant| grant.action)
        .collect();
    assert_eq!(granted, [Action::Update, Action::Delete]);
}

#[test]
fn what_is_locked_stays() {
    let mut stored = content();
    for grant in &mut stored.grants {
        grant.locked = Some("csv-file".into());
    }
    let mut draft = Draft::of(&stored, &CatalogOnly);

    for id in draft.rows.iter().map(|row| row.id).collect::<Vec<_>>() {
        draft.remove_row(id);
    }

    assert_eq!(draft.rows.len(), 2);
    let difference = draft.difference();
    assert!(difference.revoked.is_empty());
    assert_eq!(difference.removed.len(), 1);
}

#[test]
fn criteria_that_are_no_tree_are_edited_as_text() {
    let mut stored = content();
    stored.conditions[0].criteria = json!({"anyOf": [], "rule": "X"});
    let mut draft = Draft::of(&stored, &CatalogOnly);

    let id = draft.rows[0].id;
    draft.open_builder(id, "catalog-entity");

    assert!(draft.builder.is_some_and(|builder| builder.json.is_some()));
    assert!(Draft::of(&content(), &CatalogOnly).builder.is_none());
}

#[test]
fn a_copy_has_nobody_and_nothing_of_its_source() {
    let mut stored = content();
    stored.grants[0].locked = Some("csv-file".into());

    let copy = Draft::copy_of(&stored, &CatalogOnly).content();

    assert_eq!(copy.role, "role:default/");
    assert!(copy.members.is_empty());
    assert!(copy.grants.iter().all(|grant| grant.locked.is_none()));
    assert!(copy.conditions.iter().all(|one| one.id.is_none()));
    assert_eq!(copy.grants.len(), 2);
}

#[test]
fn rules_are_counted_at_any_depth() {
    let leaf = json!({"rule": "A", "resourceType": "t", "params": {"rule": "no"}});

    assert_eq!(count_rules(&leaf), 1);
    assert_eq!(
        count_rules(&json!({"anyOf": [leaf, {"not": {"allOf": [leaf, leaf]}}]})),
        3
    );
}

/// Roles as somebody may have stored them.
pub(in super::super) fn stored() -> impl Strategy<Value = Content> {
    let action = prop::sample::select(Action::ALL.to_vec());
    let name = prop::sample::select(vec!["catalog-entity", "catalog.entity.read", "a", "b"]);
    let locked = prop::option::weighted(0.2, Just(SmolStr::from("csv-file")));
    let effect = prop::sample::select(vec![Effect::Allow, Effect::Deny]);
    let grants =
        (name, action.clone(), effect, locked).prop_map(|(permission, action, effect, locked)| {
            Granted {
                permission: permission.into(),
                action,
                effect,
                locked,
            }
        });
    let entry = (
        prop::option::of(prop::sample::select(vec!["x", "y"])),
        action,
    )
        .prop_map(|(name, action)| (name, action));
    let conditions = prop::collection::vec(prop::collection::btree_set(entry, 1..4), 0..3);
    let members = prop::collection::btree_set("user:default/[a-e]", 1..4);
    (
        prop::collection::hash_set(grants, 0..6),
        conditions,
        members,
        "[a-z]{0,3}",
    )
        .prop_map(|(grants, conditions, members, description)| Content {
            role: "role:default/crew".into(),
            description,
            owner: String::new(),
            members: members.into_iter().map(SmolStr::from).collect(),
            grants: grants.into_iter().collect(),
            conditions: conditions
                .into_iter()
                .zip(1..)
                .map(|(mapping, id)| {
                    let mapping: Vec<_> = mapping.into_iter().collect();
                    condition(Some(id), &mapping)
                })
                .collect(),
        })
}

proptest! {
    #[test]
    fn rows_say_what_the_role_says(stored in stored()) {
        let draft = Draft::of(&stored, &CatalogOnly);

        prop_assert!(!draft.is_changed(), "{:?}", draft.difference());
        let kept: Draft = serde_json::from_value(serde_json::to_value(&draft).unwrap()).unwrap();
        prop_assert_eq!(kept, draft);
    }
}
