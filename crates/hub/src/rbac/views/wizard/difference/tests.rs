//! What differs, and that changes of two people come together.

use super::super::draft::tests::{CatalogOnly, condition, content, grant, stored};
use super::*;
use callboard_policy::Action;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn each_part_differs_by_itself() {
    let mut draft = Draft::of(&content(), &CatalogOnly);
    draft.name = "riggers".to_owned();
    draft.description = "Riggers".to_owned();
    draft.members.remove(0);
    draft.members.push("user:default/eve".into());
    let gone = draft.rows[1].id;
    draft.remove_row(gone);

    let difference = draft.difference();

    assert_eq!(difference.renamed.as_deref(), Some("role:default/riggers"));
    assert_eq!(difference.description.as_deref(), Some("Riggers"));
    assert_eq!(difference.owner, None);
    assert_eq!(difference.joined, ["user:default/eve"]);
    assert_eq!(difference.left, ["user:default/tom"]);
    assert_eq!(difference.revoked, [grant("catalog-entity", Action::Read)]);
    assert!(difference.granted.is_empty() && difference.changed.is_empty());
    assert!(difference.is_about_role());
}

#[test]
fn the_order_of_a_mapping_makes_no_difference() {
    let mut turned = content();
    turned.conditions[0].mapping.reverse();

    assert!(Difference::between(&content(), &turned).is_empty());
}

#[test]
fn both_changes_are_kept() {
    let mut mine = Draft::of(&content(), &CatalogOnly);
    mine.members.push("user:default/eve".into());
    let theirs = Content {
        description: "Their words".to_owned(),
        members: vec!["group:default/crew".into(), "user:default/bob".into()],
        grants: vec![
            grant("catalog-entity", Action::Read),
            grant("x", Action::Use),
        ],
        ..content()
    };

    let merged = mine.rebased(&theirs, &CatalogOnly);

    assert_eq!(
        merged.members,
        ["group:default/crew", "user:default/bob", "user:default/eve"]
    );
    assert_eq!(merged.description, "Their words");
    assert_eq!(merged.difference().joined, ["user:default/eve"]);
    assert!(!merged.difference().is_empty() && merged.difference().granted.is_empty());
}

#[test]
fn a_condition_that_they_removed_and_i_changed_comes_anew() {
    let mut mine = Draft::of(&content(), &CatalogOnly);
    let id = mine.rows[0].id;
    mine.open_builder(id, "catalog-entity");
    mine.set_condition(
        id,
        Some(json!({"rule": "MINE", "resourceType": "catalog-entity"})),
    );
    let theirs = Content {
        conditions: Vec::new(),
        ..content()
    };

    let difference = mine.rebased(&theirs, &CatalogOnly).difference();

    assert_eq!(difference.added.len(), 1);
    assert_eq!(
        (
            difference.added[0].id,
            &difference.added[0].criteria["rule"]
        ),
        (None, &json!("MINE"))
    );
    assert!(difference.changed.is_empty() && difference.removed.is_empty());
}

proptest! {
    #[test]
    fn a_difference_leads_from_one_to_the_other(old in stored(), new in stored()) {
        let new = Content {
            // What is locked is nobody's to change.
            grants: old.grants.iter().filter(|grant| grant.locked.is_some())
                .chain(new.grants.iter().filter(|grant| grant.locked.is_none()))
                .cloned().collect(),
            ..new
        };
        let difference = Difference::between(&old, &new);

        let led = difference.onto(&old);

        prop_assert!(Difference::between(&led, &new).is_empty(), "{difference:?}");
    }

    #[test]
    fn nothing_of_mine_gets_lost_on_top_of_theirs(base in stored(), theirs in stored(), word in "[a-z]{4}") {
        let mut mine = Draft::of(&base, &CatalogOnly);
        mine.members.push("user:default/me".into());
        mine.description = word.clone();
        let row = mine.add_row();
        if let Some(row) = mine.row_mut(row) {
            row.permission = "mine".into();
            row.actions.insert(Action::Use);
        }

        let merged = mine.rebased(&theirs, &CatalogOnly).content();

        prop_assert!(merged.members.contains(&"user:default/me".into()));
        prop_assert_eq!(&merged.description, &word);
        prop_assert!(merged.grants.contains(&grant("mine", Action::Use)));
        prop_assert!(theirs.members.iter().all(|member| merged.members.contains(member)));
    }
}

#[test]
fn a_new_condition_is_added() {
    let mut new = content();
    new.conditions
        .push(condition(None, &[(Some("x"), Action::Read)]));

    let difference = Difference::between(&content(), &new);

    assert_eq!(difference.added.len(), 1);
    assert!(difference.removed.is_empty());
}
