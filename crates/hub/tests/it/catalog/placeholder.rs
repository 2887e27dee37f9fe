//! Placeholders: content of an entity that is somewhere else.

use super::ingestion::hub_at;
use super::{Database, both_databases, component, entity, eventually, findings, names, text};
use callboard_testkit::TestHub;
use std::fs;

fn api(name: &str, definition: &str) -> String {
    let api = component(name).replace("kind: Component", "kind: API");
    format!("{api}  definition: {definition}\n")
}

both_databases!(
    placeholders_are_filled_from_files_beside_the_entity,
    a_file_behind_a_placeholder_is_watched,
    documents_that_refer_to_others_become_one,
    a_placeholder_that_leads_nowhere_is_told,
);

async fn placeholders_are_filled_from_files_beside_the_entity(database: Database) {
    let builder = database.on(TestHub::builder()).await;
    builder.write("a.txt", "hello\n");
    builder.write("a.json", r#"{"a": [1, 2]}"#);
    builder.write("a.yaml.txt", "b: {c: d}\n");
    let with_more =
        api("a", "{$text: ./a.txt}") + "  more: [{$json: a.json}, {$yaml: ./a.yaml.txt}]\n";
    builder.write("catalog.yaml", &with_more);

    let hub = hub_at(builder, "catalog.yaml").await;

    let spec = &entity(&hub, "api", "a").await.json()["spec"];
    assert_eq!(spec["definition"], "hello\n");
    assert_eq!(
        spec["more"],
        serde_json::json!([{"a": [1, 2]}, {"b": {"c": "d"}}])
    );
}

async fn a_file_behind_a_placeholder_is_watched(database: Database) {
    let builder = database.on(TestHub::builder()).await;
    builder.write("a.txt", "one");
    builder.write("catalog.yaml", &api("a", "{$text: ./a.txt}"));
    let hub = hub_at(builder, "catalog.yaml").await;
    let definition = async || entity(&hub, "api", "a").await.json()["spec"]["definition"].clone();
    assert_eq!(definition().await, "one");

    fs::write(hub.folder().join("a.txt"), "another").unwrap();

    eventually("the change shows", || async {
        definition().await == "another"
    })
    .await;
}

async fn documents_that_refer_to_others_become_one(database: Database) {
    let builder = database.on(TestHub::builder()).await;
    fs::create_dir(builder.folder().join("schemas")).unwrap();
    builder.write(
        "openapi.yaml",
        "openapi: 3.0.0\na: {$ref: './schemas/pet.yaml#/Pet'}\nb: {$ref: '#/a'}\n",
    );
    builder.write("schemas/pet.yaml", "Pet: {name: {$ref: './name.yaml'}}\n");
    builder.write("schemas/name.yaml", "type: string\n");
    builder.write("catalog.yaml", &api("a", "{$openapi: ./openapi.yaml}"));

    let hub = hub_at(builder, "catalog.yaml").await;

    let definition = text(&entity(&hub, "api", "a").await.json()["spec"]["definition"]);
    insta::assert_snapshot!(definition, @r##"
    openapi: "3.0.0"
    a:
      name:
        type: string
    b:
      $ref: "#/a"
    "##);
}

async fn a_placeholder_that_leads_nowhere_is_told(database: Database) {
    let builder = database.on(TestHub::builder()).await;
    builder.write(
        "catalog.yaml",
        &[api("a", "{$text: ./none.txt}"), component("b")].concat(),
    );

    let hub = hub_at(builder, "catalog.yaml").await;

    assert_eq!(names(&hub).await, ["b"]);
    let [found] = &findings(&hub)[..] else {
        panic!("one finding, not {:?}", findings(&hub))
    };
    let expected = "2: Processor PlaceholderProcessor threw an error while preprocessing; caused by Error: \
        Placeholder $text could not read location ./none.txt, nothing is there";
    assert_eq!(found, expected);
}
