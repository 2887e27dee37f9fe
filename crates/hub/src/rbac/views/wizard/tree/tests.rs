//! What each step makes of a tree, and that no steps lose anything that they should keep.

use super::*;
use proptest::prelude::*;
use serde_json::json;

const TYPE: &str = "catalog-entity";

fn rule(name: &str) -> Value {
    json!({"rule": name, "resourceType": TYPE, "params": {}})
}

fn tree(value: &Value) -> Tree {
    Tree::new(Node::from_wire(value).unwrap(), 12)
}

/// The tree after a step, with the place to go on at, or why the step was not taken.
fn after(value: &Value, at: &str, edit: Edit) -> Result<(Value, String), EditError> {
    let mut tree = tree(value);
    let before = tree.clone();
    let result = tree.edit(&at.parse()?, TYPE, edit);
    if result.is_err() {
        assert_eq!(tree, before);
    }
    result.map(|at| (tree.root.to_wire(), at.to_string()))
}

#[test]
fn rules_come_before_groups() {
    let value = json!({"anyOf": [rule("A"), {"not": rule("B")}]});

    let (added, at) = after(&value, "0", Edit::AddRule).unwrap();

    assert_eq!(
        added,
        json!({"anyOf": [rule("A"), rule(""), {"not": rule("B")}]})
    );
    assert_eq!(at, "0.1");
    let (added, at) = after(&value, "0", Edit::AddGroup).unwrap();
    assert_eq!(added["anyOf"][2], json!({"allOf": [rule("")]}));
    assert_eq!(at, "0.2");
}

#[test]
fn a_not_has_room_for_one() {
    let value = json!({"not": rule("A")});

    assert_eq!(after(&value, "0", Edit::AddRule), Err(EditError::Full));
    let (emptied, at) = after(&value, "0.0", Edit::Remove).unwrap();
    assert_eq!((emptied, at.as_str()), (json!({"not": null}), "0"));
}

#[test]
fn a_node_below_a_rule_is_none() {
    for at in ["0.0.0", "0.7", "1", "", "0.x"] {
        let value = json!({"allOf": [rule("A")]});

        assert_eq!(
            after(&value, at, Edit::Remove),
            Err(EditError::NoNode),
            "{at}"
        );
    }
}

#[test]
fn removing_goes_on_at_the_next_one() {
    let value = json!({"allOf": [rule("A"), rule("B"), rule("C")]});

    assert_eq!(after(&value, "0.1", Edit::Remove).unwrap().1, "0.1");
    assert_eq!(after(&value, "0.2", Edit::Remove).unwrap().1, "0.1");
    assert_eq!(after(&value, "0", Edit::Remove).unwrap().0, rule(""));
}

#[test]
fn another_operator_keeps_the_members() {
    let both = [rule("A"), rule("B")];
    let all = json!({"allOf": both});

    let (any, _) = after(&all, "0", Edit::Operate(Operator::AnyOf)).unwrap();
    assert_eq!(any, json!({"anyOf": both}));
    let (not, _) = after(&any, "0", Edit::Operate(Operator::Not)).unwrap();
    assert_eq!(not, json!({"not": {"allOf": both}}));
    let (again, _) = after(&not, "0", Edit::Operate(Operator::AllOf)).unwrap();
    assert_eq!(again, all);
    let (wrapped, _) = after(&rule("A"), "0", Edit::Operate(Operator::Not)).unwrap();
    assert_eq!(wrapped, json!({"not": rule("A")}));
    assert_eq!(after(&wrapped, "0", Edit::Single).unwrap().0, rule("A"));
    assert_eq!(after(&all, "0", Edit::Single), Err(EditError::Several));
}

#[test]
fn nodes_are_moved_in_every_direction() {
    let group = json!({"anyOf": [rule("C")]});
    let value = json!({"allOf": [rule("A"), rule("B"), group]});
    let moved = |at: &str, direction| {
        after(&value, at, Edit::Move(direction)).map(|(value, at)| (value["allOf"].clone(), at))
    };

    let swapped = json!([rule("B"), rule("A"), group]);
    assert_eq!(
        moved("0.1", Direction::Up),
        Ok((swapped.clone(), "0.0".to_owned()))
    );
    assert_eq!(
        moved("0.0", Direction::Down),
        Ok((swapped, "0.1".to_owned()))
    );
    let inside = json!([rule("A"), {"anyOf": [rule("B"), rule("C")]}]);
    assert_eq!(
        moved("0.1", Direction::In),
        Ok((inside, "0.1.0".to_owned()))
    );
    let outside = json!([rule("A"), rule("B"), {"anyOf": []}, rule("C")]);
    assert_eq!(
        moved("0.2.0", Direction::Out),
        Ok((outside, "0.3".to_owned()))
    );
    for (at, direction) in [
        ("0.0", Direction::Up),
        ("0.2", Direction::Down),
        ("0.0", Direction::In),
        ("0.0", Direction::Out),
        ("0", Direction::Down),
    ] {
        assert_eq!(moved(at, direction), Err(EditError::NoPlace), "{at}");
    }
}

#[test]
fn the_tree_grows_up_to_its_limit() {
    let mut tree = Tree::new(Node::unchosen(TYPE), 3);
    let root = At::default();

    tree.edit(&root, TYPE, Edit::Operate(Operator::AllOf))
        .unwrap();
    let group = tree.edit(&root, TYPE, Edit::AddGroup).unwrap();

    assert_eq!(
        tree.edit(&group, TYPE, Edit::AddGroup),
        Err(EditError::TooDeep)
    );
    tree.edit(&group, TYPE, Edit::AddRule).unwrap();
    assert_eq!(
        tree.edit(&root, TYPE, Edit::Operate(Operator::Not)),
        Err(EditError::TooDeep)
    );
}

#[test]
fn parameters_begin_anew_with_another_rule() {
    let given = json!({"rule": "A", "resourceType": TYPE, "params": {"key": "x", "value": "y"}});

    let (set, _) = after(&given, "0", Edit::Param("key".into(), Some(json!(["z"])))).unwrap();
    assert_eq!(set["params"], json!({"key": ["z"], "value": "y"}));
    let (unset, _) = after(&given, "0", Edit::Param("value".into(), None)).unwrap();
    assert_eq!(unset["params"], json!({"key": "x"}));
    assert_eq!(after(&given, "0", Edit::Rule("A".into())).unwrap().0, given);
    assert_eq!(
        after(&given, "0", Edit::Rule("B".into())).unwrap().0,
        rule("B")
    );
}

#[test]
fn what_has_more_to_say_is_no_tree() {
    for value in [
        json!({"anyOf": [], "not": rule("A")}),
        json!({"rule": "A", "resourceType": TYPE, "note": 1}),
        json!({"rule": "A", "resourceType": TYPE, "params": []}),
        json!({"allOf": {}}),
        json!([]),
    ] {
        assert_eq!(Node::from_wire(&value), None, "{value}");
    }
}

/// Trees as they are stored.
fn stored() -> impl Strategy<Value = Value> {
    let params = prop_oneof![
        Just(None),
        Just(Some(json!({}))),
        Just(Some(
            json!({"claims": ["$ownerRefs", "group:default/a"], "n": 1, "b": true})
        )),
    ];
    let leaf = ("[A-Z]{1,3}", params).prop_map(|(name, params)| {
        let mut rule = json!({"rule": name, "resourceType": TYPE});
        if let Some(params) = params {
            rule["params"] = params;
        }
        rule
    });
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            list.clone().prop_map(|members| json!({"allOf": members})),
            list.prop_map(|members| json!({"anyOf": members})),
            inner.prop_map(|member| json!({"not": member})),
        ]
    })
}

fn places(node: &Node, at: &At, found: &mut Vec<At>) {
    found.push(at.clone());
    if let Node::Group(group) = node {
        for (index, member) in group.members.iter().enumerate() {
            places(member, &at.member(index), found);
        }
    }
}

proptest! {
    #[test]
    fn the_wire_form_comes_back(value in stored()) {
        let node = Node::from_wire(&value).unwrap();

        prop_assert_eq!(node.to_wire(), value);
        let kept: Node = serde_json::from_value(serde_json::to_value(&node).unwrap()).unwrap();
        prop_assert_eq!(kept, node);
    }

    #[test]
    fn moving_and_operating_lose_no_rule(
        value in stored(),
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0..7_usize), 1..12),
    ) {
        let mut tree = tree(&value);
        let names = |tree: &Tree| {
            let rules = tree.root.rules().into_iter();
            let mut names: Vec<_> = rules.map(|rule| rule.name.clone()).collect();
            names.sort_unstable();
            names
        };
        let before = names(&tree);
        for (index, kind) in steps {
            let mut found = Vec::new();
            places(&tree.root, &At::default(), &mut found);
            let at = index.get(&found);
            let edit = match kind {
                0 => Edit::Move(Direction::Up),
                1 => Edit::Move(Direction::Down),
                2 => Edit::Move(Direction::In),
                3 => Edit::Move(Direction::Out),
                4 => Edit::Operate(Operator::AllOf),
                5 => Edit::Operate(Operator::AnyOf),
                _ => Edit::Operate(Operator::Not),
            };
            if let Ok(next) = tree.edit(at, TYPE, edit) {
                prop_assert!(tree.node(&next).is_some());
            }
        }

        prop_assert_eq!(names(&tree), before);
        prop_assert!(tree.root.height() <= 12);
    }

    #[test]
    fn what_was_added_can_be_removed(value in stored(), index: prop::sample::Index) {
        let mut tree = tree(&value);
        let before = tree.clone();
        let mut found = Vec::new();
        places(&tree.root, &At::default(), &mut found);

        if let Ok(added) = tree.edit(index.get(&found), TYPE, Edit::AddRule) {
            tree.edit(&added, TYPE, Edit::Remove).unwrap();
        }

        prop_assert_eq!(tree, before);
    }
}
