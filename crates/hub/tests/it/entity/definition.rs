//! What an API offers.

use super::{page, reader};
use crate::pages::guest;
use axum::http::StatusCode;
use std::fmt::Write as _;

fn api(api_type: &str, definition: &str) -> String {
    let indented = definition.replace('\n', "\n    ");
    format!(
        "
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {{name: seating}}
spec:
  type: {api_type}
  lifecycle: production
  owner: crew
  definition: |
    {indented}
"
    )
}

const HERE: &str = "/catalog/default/api/seating/definition";

#[tokio::test]
async fn an_openapi_document_becomes_a_reference() {
    let definition = "openapi: 3.0.3
info: {title: Seats, version: '3', description: 'All **seats**. <script>alert(1)</script>'}
tags: [{name: Chairs}]
paths:
  /seats/{id}:
    get:
      tags: [Chairs]
      summary: One seat
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200':
          description: The seat
          content: {application/json: {schema: {$ref: '#/components/schemas/Seat'}}}
components:
  schemas:
    Seat: {type: object, required: [row], properties: {row: {type: string, description: 'From <b>A</b> on.'}}}";
    let hub = reader(&api("openapi", definition), "").start().await;
    let guest = guest(&hub).await;

    let reference = page(&guest, HERE).await;
    let source = page(&guest, &format!("{HERE}?view=source")).await;
    let file = guest.get(&format!("{HERE}?download=true")).await;

    for words in [
        "Seats 3</h2>",
        "All <strong>seats</strong>.",
        "Chairs</h2>",
        "<details id=\"op-get-seats-id\"",
        "<b class=\"mono\">/seats/{id}</b>",
        "<b class=\"mono\">row</b>",
        "The seat",
    ] {
        assert!(reference.contains(words), "{words}: {reference}");
    }
    assert!(!reference.contains("<script>alert") && !reference.contains("<b>A</b>"));
    assert!(
        source.contains("<span class=\"k\">openapi</span>: 3.0.3"),
        "{source}"
    );
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"api-seating.yaml\""
    );
    assert_eq!(file.text().trim_end(), definition);
}

#[tokio::test]
async fn of_many_operations_each_is_fetched_when_it_is_opened() {
    let mut definition = "openapi: 3.0.3\ninfo: {title: Much}\npaths:".to_owned();
    for number in 0..60 {
        write!(
            definition,
            "\n  /part-{number}:\n    get: {{summary: Part {number}, responses: {{'200': {{description: Answer {number}.}}}}}}"
        )
        .unwrap();
    }
    let hub = reader(&api("openapi", &definition), "").start().await;
    let guest = guest(&hub).await;

    let outline = page(&guest, HERE).await;
    let one = page(&guest, &format!("{HERE}?operation=get-part-7")).await;
    let scripted = guest.clone().header("hx-request", "true");
    let fragment = page(&scripted, &format!("{HERE}?operation=get-part-7")).await;
    let none = scripted.get(&format!("{HERE}?operation=get-part-99")).await;

    assert!(outline.contains("Part 59") && !outline.contains("Answer 7."));
    assert!(one.contains("Answer 7.") && !one.contains("Answer 8."));
    assert!(fragment.contains("Answer 7.") && !fragment.contains("<html"));
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn other_languages_are_outlined_or_shown_in_colours() {
    for (api_type, definition, words) in [
        (
            "asyncapi",
            "asyncapi: 2.6.0\ninfo: {title: Events}\nchannels: {sold: {subscribe: {summary: A sale, message: {name: Sold, payload: {properties: {seat: {type: string}}}}}}}",
            "A sale",
        ),
        (
            "graphql",
            "type Query { seats(first: Int): [String!] }",
            "(first: Int)",
        ),
        (
            "grpc",
            "syntax = \"proto3\";\nmessage Seat {}",
            "<span class=\"k\">message</span> Seat",
        ),
        (
            "openapi",
            "openapi: [",
            "This definition cannot be read.</b> Line ",
        ),
        ("openapi", "nothing", "nothing"),
    ] {
        let hub = reader(&api(api_type, definition), "").start().await;

        let page = page(&guest(&hub).await, HERE).await;

        assert!(page.contains(words), "{api_type}: {page}");
    }
}
