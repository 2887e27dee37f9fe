//! Scalars are what the npm package `yaml` makes of them.

use callboard_yaml::parse;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn awkward_scalars_are_what_the_original_makes_of_them() {
    let expected: Vec<Value> = serde_json::from_str(include_str!("corpus/scalars.json")).unwrap();

    let node = parse(include_str!("corpus/scalars.yaml")).unwrap();

    assert_eq!(node.items().len(), expected.len());
    for (item, expected) in node.items().iter().zip(&expected) {
        assert_eq!(item.to_json(), *expected, "line {}", item.at.line);
    }
}

#[test]
fn a_number_beyond_64_bits_is_a_double() {
    let node = parse("[99999999999999999999, 18446744073709551615]").unwrap();

    assert_eq!(node.to_json(), json!([1e20, 18_446_744_073_709_552_000.0]));
}

#[test]
fn a_number_that_is_not_finite_is_an_error() {
    for text in [".inf", "-.Inf", ".nan", "1e999"] {
        let error = parse(&format!("a: {text}")).unwrap_err();

        assert_eq!(
            error.to_string(),
            format!("`{text}` is not a finite number")
        );
    }
}

#[test]
fn keys_that_print_alike_are_duplicates() {
    for text in [
        "a: 1\na: 2",
        "1: a\n\"1\": b",
        "1: a\n1.0: b",
        "{~: a, '': b}",
    ] {
        let error = parse(text).unwrap_err();

        assert!(error.to_string().starts_with("duplicate key `"), "{error}");
    }
}

proptest! {
    #[test]
    fn json_reads_as_itself(value in arbitrary_json()) {
        let text = format!("{value:#}");

        prop_assert_eq!(parse(&text).unwrap().to_json(), value);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[-a1:,#&*!|>'\"%@`{}\\[\\]?. \n\t\u{e9}]{0,60}") {
        let _ = parse(&text);
        let _ = callboard_yaml::parse_documents(&text);
    }
}

fn arbitrary_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~é\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[ -~]{0,8}", inner, 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}
