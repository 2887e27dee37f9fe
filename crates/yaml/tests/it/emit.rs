//! What is written is read again as it was.

use callboard_yaml::{parse, to_string};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[test]
fn lists_and_mappings_stand_in_blocks() {
    let value = json!({
        "permissionMapping": [{"name": "catalog.entity.read", "action": "read"}, "use"],
        "conditions": {"anyOf": [{"rule": "A", "params": {}}, {"not": {"rule": "B", "params": {"list": [[1, [2]], []]}}}]},
        "none": null,
    });

    assert_eq!(
        to_string(&value),
        "\
permissionMapping:
  - name: catalog.entity.read
    action: read
  - use
conditions:
  anyOf:
    - rule: A
      params: {}
    - not:
        rule: B
        params:
          list:
            - - 1
              - - 2
            - []
none: null
"
    );
    assert_eq!(parse(&to_string(&value)).unwrap().to_json(), value);
}

#[test]
fn text_that_a_reader_could_take_for_something_else_is_quoted() {
    for text in [
        "",
        " ",
        "yes",
        "Off",
        "null",
        "~",
        "true",
        "1",
        "0x1f",
        "1e3",
        ".inf",
        "12:30",
        "- a",
        "a: b",
        "a:",
        "a #b",
        "#",
        "*a",
        "&a",
        "!a",
        "%",
        "@a",
        "`",
        "[",
        "{",
        "'",
        "\"",
        "\\",
        "---",
        "...",
        "a\nb",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{0}",
        "é",
        "💡",
        "2026-11-21",
        "<<",
        "=",
    ] {
        let written = to_string(&json!([text]));

        assert!(written.starts_with("- \""), "{written}");
        assert_eq!(parse(&written).unwrap().to_json(), json!([text]));
    }
    for text in ["$currentUser", "group:default/a-b.c", "_x"] {
        assert_eq!(to_string(&json!(text)), format!("{text}\n"));
    }
}

#[test]
fn a_key_may_be_long() {
    let value = json!({"a": {"k".repeat(5000): {"b": [1]}, " ": 2}});

    assert_eq!(parse(&to_string(&value)).unwrap().to_json(), value);
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[-a-z0-9:#?$ .'\"\\[{&*!|>%@`~\n\t]{0,8}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e300..1e300f64).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A value with its numbers as reading gives them.
fn doubled(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let read = parse(&number.to_string());
            read.expect("a number is YAML").to_json()
        }
        Value::Array(items) => items.iter().map(doubled).collect(),
        Value::Object(entries) => {
            let entries = entries.iter();
            let doubled = entries.map(|(key, value)| (key.clone(), doubled(value)));
            Value::Object(doubled.collect())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

proptest! {
    #[test]
    fn every_value_survives(value in values()) {
        let text = to_string(&value);

        prop_assert_eq!(parse(&text).map(|node| node.to_json()), Ok(doubled(&value)), "{}", text);
    }
}
