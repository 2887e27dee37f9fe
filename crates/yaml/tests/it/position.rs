//! Every value knows its place.

use callboard_yaml::{Position, parse, parse_documents};

const TEXT: &str = "\
app:
  title: é: x
backend: {listen: \"7007\"}
list:
  - &one {a: 1}
  - *one
";

fn at(line: u32, column: u32) -> Position {
    Position { line, column }
}

#[test]
fn values_and_keys_stand_where_they_are_written() {
    let node = parse(&TEXT.replace("é: x", "'é: x'")).unwrap();

    assert_eq!(node.lookup(["app", "title"]).unwrap().at, at(2, 10));
    assert_eq!(
        node.get("backend").unwrap().entry("listen").unwrap().at,
        at(3, 11)
    );
    assert_eq!(node.lookup(["list", "0", "a"]).unwrap().at, at(5, 14));
}

#[test]
fn what_an_alias_gives_stands_at_its_anchor() {
    let node = parse(&TEXT.replace("é: x", "x")).unwrap();

    assert_eq!(node.lookup(["list", "1", "a"]).unwrap().at, at(5, 14));
}

#[test]
fn the_nearest_place_of_an_absent_path_is_its_closest_parent() {
    let node = parse(&TEXT.replace("é: x", "x")).unwrap();

    assert_eq!(node.nearest(["backend", "listen", "port"]), at(3, 11));
    assert_eq!(node.nearest(["list", "0", "b"]), at(5, 10));
    assert_eq!(node.nearest(["nothing"]), at(1, 1));
}

#[test]
fn places_are_those_of_the_whole_text() {
    let documents = parse_documents("a: 1\n---\n\nb:\n  c: 2\n");

    let second = documents[1].as_ref().unwrap();
    assert_eq!(second.lookup(["b", "c"]).unwrap().at, at(5, 6));
}

#[test]
fn an_error_names_its_line() {
    let error = parse(TEXT).unwrap_err();

    assert_eq!(error.position().unwrap().line, 2);
}
