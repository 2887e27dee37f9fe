//! One text, many documents.

use callboard_yaml::{NodeValue, Position, parse, parse_documents};
use serde_json::{Value, json};

fn read(text: &str) -> Vec<Result<Value, (String, Option<u32>)>> {
    parse_documents(text)
        .into_iter()
        .map(|document| {
            document
                .map(|node| node.to_json())
                .map_err(|error| (error.to_string(), error.position().map(|at| at.line)))
        })
        .collect()
}

#[test]
fn a_broken_document_leaves_the_others_readable() {
    let documents = read("a: 1\n---\nb: [\n---\nc: 'x\n...\nd: 4\n");

    assert_eq!(documents[0], Ok(json!({"a": 1})));
    assert_eq!(
        documents[1],
        Err(("unclosed bracket '['".to_owned(), Some(3)))
    );
    assert_eq!(documents[2].as_ref().unwrap_err().1, Some(6));
    assert_eq!(documents[3], Ok(json!({"d": 4})));
}

#[test]
fn empty_documents_are_skipped() {
    let documents = read("---\n# nothing\n---\na: 1\n---\n\n...\n---\nnull\n---\n");

    assert_eq!(documents, [Ok(json!({"a": 1}))]);
}

#[test]
fn directives_belong_to_the_document_they_precede() {
    let documents = read("a: 1\n...\n# second\n%YAML 1.2\n---\nb: 2\n");

    assert_eq!(documents, [Ok(json!({"a": 1})), Ok(json!({"b": 2}))]);
}

#[test]
fn dashes_that_are_indented_or_longer_are_content() {
    let documents = read("a: |\n  ---\n  ...\n----: 1\n");

    assert_eq!(documents, [Ok(json!({"a": "---\n...\n", "----": 1}))]);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_not_content() {
    let documents = read("\u{feff}a: 1\r\n---\r\nb: |\r\n  x\r\n  y\r\n");

    assert_eq!(documents, [Ok(json!({"a": 1})), Ok(json!({"b": "x\ny\n"}))]);
}

#[test]
fn a_text_without_content_is_null() {
    for text in ["", "\n\n", "# only a comment", "...\n", "---\n"] {
        assert_eq!(parse(text).unwrap().value, NodeValue::Null, "{text:?}");
    }
}

#[test]
fn a_second_document_is_an_error_where_one_is_expected() {
    let error = parse("a: 1\n---\nb: 2\n").unwrap_err();

    assert_eq!(error.to_string(), "expected one document, found another");
    assert_eq!(error.position(), Some(Position { line: 2, column: 1 }));
}
