//! Hostile text is an error, soon.

use callboard_yaml::parse;

#[test]
fn an_alias_bomb_is_an_error() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }

    let error = parse(&text).unwrap_err();

    assert_eq!(
        error.to_string(),
        "more than 1000000 values, aliases included"
    );
}

#[test]
fn aliases_cannot_nest_without_end() {
    let mut text = String::from("- &a0 [x]\n");
    for level in 1..200 {
        text.push_str(&format!("- &a{level} [*a{}]\n", level - 1));
    }

    let error = parse(&text).unwrap_err();

    assert_eq!(error.to_string(), "nested more than 100 levels deep");
}

#[test]
fn nesting_is_limited() {
    let text = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);

    assert!(parse(&text(100)).is_ok());
    assert_eq!(
        parse(&text(101)).unwrap_err().to_string(),
        "nested more than 100 levels deep"
    );
    assert!(parse(&text(100_000)).is_err());
}

#[test]
fn an_alias_within_its_own_anchor_is_an_error() {
    let error = parse("a: &a [*a]").unwrap_err();

    assert_eq!(error.to_string(), "an alias inside what it repeats");
}
