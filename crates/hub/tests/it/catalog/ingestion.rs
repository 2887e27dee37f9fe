//! From files to the catalog, and what happens when files are broken or change.

use super::{component, component_of, entity, findings, hub_with, location, names, path_of, text};
use callboard_hub::Hub;
use callboard_hub::app::Mode;
use callboard_hub::catalog::Location;
use callboard_hub::clock::SystemClock;
use callboard_testkit::{TestHub, TestHubBuilder};
use serde_json::json;
use std::fs;
use std::sync::Arc;

pub(super) const BROKEN: &str = "---\nkind: [Component\n";

/// A hub that reads one target of its folder.
pub(super) async fn hub_at(builder: TestHubBuilder, target: &str) -> TestHub {
    let target = path_of(&builder, target);
    builder
        .config(json!({"catalog": {"locations": [{"type": "file", "target": target}]}}))
        .start()
        .await
}

#[tokio::test]
async fn a_location_of_the_configuration_is_an_entity_above_those_of_its_file() {
    let hub = hub_with(&component("a")).await;
    let file = Location::file(&hub.folder().join("catalog.yaml"));

    let child = entity(&hub, "component", "a").await.json();
    let parent = entity(&hub, "location", &file.entity_name()).await.json();

    let annotations = json!({
        "backstage.io/managed-by-location": file.to_string(),
        "backstage.io/managed-by-origin-location": file.to_string(),
    });
    assert_eq!(child["metadata"]["annotations"], annotations);
    assert_eq!(parent["metadata"]["annotations"], annotations);
    assert_eq!(
        parent["spec"],
        json!({"type": "file", "target": file.target})
    );
}

#[tokio::test]
async fn a_broken_document_is_reported_and_the_others_load() {
    let hub = hub_with(&[component("a"), BROKEN.to_owned(), component("b")].concat()).await;

    assert_eq!(names(&hub).await, ["a", "b"]);
    let [found] = &findings(&hub)[..] else {
        panic!("one finding, not {:?}", findings(&hub))
    };
    assert!(found.starts_with("11: YAML error: "), "{found}");
    let file = Location::file(&hub.folder().join("catalog.yaml"));
    let parent = entity(&hub, "location", &file.entity_name()).await.json();
    assert_eq!(parent["status"]["items"][0]["level"], "error");
    assert!(
        text(&parent["status"]["items"][0]["message"])
            .starts_with("InputError: YAML error at file:")
    );
}

#[tokio::test]
async fn an_invalid_entity_is_reported_at_its_field_and_not_visible() {
    let invalid = component("b")
        .replace("  owner: crew\n", "")
        .replace("type: service", "type: 7");

    let hub = hub_with(&[component("a"), invalid].concat()).await;

    assert_eq!(names(&hub).await, ["a"]);
    let [found] = &findings(&hub)[..] else {
        panic!("one finding, not {:?}", findings(&hub))
    };
    assert!(found.contains("component:default/b"), "{found}");
}

#[tokio::test]
async fn the_first_of_two_entities_with_one_reference_counts() {
    let hub = hub_with(&[component("a"), component_of("A", "others")].concat()).await;

    assert_eq!(
        entity(&hub, "component", "a").await.json()["spec"]["owner"],
        "crew"
    );
    let [found] = &findings(&hub)[..] else {
        panic!("one finding, not {:?}", findings(&hub))
    };
    let expected =
        "11: Detected conflicting entityRef component:default/a already referenced by file:";
    assert!(found.starts_with(expected), "{found}");
}

#[tokio::test]
async fn a_conflict_names_both_places() {
    let builder = TestHub::builder();
    builder.write("a.yaml", &component("x"));
    builder.write("b.yaml", &component("x"));

    let hub = hub_at(builder, "*.yaml").await;

    let status = hub.app().catalog().status();
    let [finding] = &status[0].findings[..] else {
        panic!("one finding, not {:?}", status[0].findings)
    };
    assert_eq!(finding.file.as_deref(), Some(&*hub.folder().join("b.yaml")));
    let first = format!("{}:2", hub.folder().join("a.yaml").display());
    assert!(
        finding.help.as_deref().unwrap().contains(&first),
        "{:?}",
        finding.help
    );
}

#[tokio::test]
async fn a_missing_file_is_reported_and_the_other_locations_load() {
    let builder = TestHub::builder();
    let good = builder.write("good.yaml", &component("a"));
    let missing = path_of(&builder, "missing.yaml");
    let locations = json!([{"type": "file", "target": missing}, {"type": "file", "target": good}]);

    let hub = builder
        .config(json!({"catalog": {"locations": locations}}))
        .start()
        .await;

    assert_eq!(names(&hub).await, ["a"]);
    assert_eq!(
        findings(&hub),
        [format!("0: file {missing} does not exist")]
    );
    let listed = hub
        .service()
        .get("/api/catalog/entities?filter=kind=location")
        .await
        .json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_is_not_text_is_reported() {
    let builder = TestHub::builder();
    fs::write(builder.folder().join("a.yaml"), [0xff, 0xfe, 0xfd]).unwrap();

    let hub = hub_at(builder, "a.yaml").await;

    assert!(
        findings(&hub)[0].contains("this file could not be read"),
        "{:?}",
        findings(&hub)
    );
}

#[tokio::test]
async fn locations_name_further_files_relative_to_their_own() {
    let builder = TestHub::builder();
    fs::create_dir(builder.folder().join("teams")).unwrap();
    builder.write("root.yaml", &location("root", "./teams/all.yaml"));
    builder.write("teams/all.yaml", &location("all", "a.yaml, ../b.yaml"));
    builder.write("teams/a.yaml", &component("a"));
    builder.write("b.yaml", &component("b"));

    let hub = hub_at(builder, "root.yaml").await;

    assert_eq!(names(&hub).await, ["a", "b", "all", "root"]);
    let annotations = &entity(&hub, "component", "b").await.json()["metadata"]["annotations"];
    let of = |name: &str| format!("file:{}", hub.folder().join(name).display());
    assert_eq!(
        annotations["backstage.io/managed-by-location"],
        of("b.yaml")
    );
    assert_eq!(
        annotations["backstage.io/managed-by-origin-location"],
        of("root.yaml")
    );
}

#[tokio::test]
async fn locations_in_a_circle_come_to_an_end() {
    let builder = TestHub::builder();
    builder.write("a.yaml", &location("a", "./b.yaml, ./a.yaml"));
    builder.write("b.yaml", &location("b", "./a.yaml"));

    let hub = hub_at(builder, "a.yaml").await;

    assert_eq!(names(&hub).await, ["a", "b"]);
    assert_eq!(findings(&hub), Vec::<String>::new());
    let ancestry = hub
        .service()
        .get("/api/catalog/entities/by-name/location/default/b/ancestry")
        .await
        .json();
    assert_eq!(ancestry["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_optional_target_may_be_missing() {
    let optional = location("a", "./nowhere.yaml") + "  presence: optional\n";

    let hub = hub_with(&[optional, location("b", "./nowhere.yaml")].concat()).await;

    assert_eq!(names(&hub).await, ["a"]);
    let [found] = &findings(&hub)[..] else {
        panic!("one finding, not {:?}", findings(&hub))
    };
    assert!(
        found.starts_with("10: file ") && found.ends_with("nowhere.yaml does not exist"),
        "{found}"
    );
}

#[tokio::test]
async fn a_kind_that_is_not_allowed_fails_the_location_that_has_it() {
    let builder = TestHub::builder()
        .config(json!({"catalog": {"rules": [{"allow": ["Component", "Location"]}]}}));
    let group = "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: g}\nspec: {type: t, children: []}\n";
    builder.write(
        "root.yaml",
        &[component("a"), location("below", "./below.yaml")].concat(),
    );
    builder.write("below.yaml", &[component("b"), group.to_owned()].concat());

    let hub = hub_at(builder, "root.yaml").await;

    assert_eq!(names(&hub).await, ["a"]);
    let (root, below) = (
        hub.folder().join("root.yaml"),
        hub.folder().join("below.yaml"),
    );
    let message = format!(
        "12: Entity group:default/g at file:{}, originated at file:{}, is not of an allowed kind for that location",
        below.display(),
        root.display()
    );
    assert_eq!(findings(&hub), [message]);
}

#[tokio::test]
async fn what_else_is_wrong_beside_a_kind_that_is_not_allowed_is_said_too() {
    let group = "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: g}\nspec: {type: t, children: []}\n";
    let invalid = "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: c}\nspec: {type: t, owner: o}\n";
    let builder =
        TestHub::builder().config(json!({"catalog": {"rules": [{"allow": ["Component"]}]}}));
    builder.write(
        "root.yaml",
        &[&component("a"), group, group, invalid].concat(),
    );

    let hub = hub_at(builder, "root.yaml").await;

    assert_eq!(names(&hub).await, [""; 0]);
    let found = findings(&hub);
    let lines: Vec<_> = found
        .iter()
        .map(|finding| finding.split(':').next().unwrap())
        .collect();
    assert_eq!(lines, ["12", "17", "24"], "{found:?}");
    assert!(found[2].contains("lifecycle"), "{found:?}");
}

#[tokio::test]
async fn keys_that_differ_only_in_case_are_refused() {
    let ambiguous = component("a") + "  Foo: 1\n  foo: 2\n";

    let hub = hub_with(&[ambiguous, component("b")].concat()).await;

    assert_eq!(names(&hub).await, ["b"]);
    assert!(
        findings(&hub)[0].contains("Entity has duplicate keys that vary only in casing"),
        "{:?}",
        findings(&hub)
    );
}

#[tokio::test]
async fn checking_the_configuration_reports_catalog_files() {
    let builder = TestHub::builder().catalog(&[BROKEN.to_owned(), component("a")].concat());

    let findings = Hub::check(builder.to_config(), Arc::new(SystemClock), Mode::Production)
        .await
        .unwrap();

    let file = builder.folder().join("catalog.yaml");
    let of_catalog: Vec<_> = findings
        .iter()
        .filter(|finding| finding.file.as_ref() == Some(&file))
        .collect();
    let [finding] = of_catalog[..] else {
        panic!("one finding, not {findings:?}")
    };
    assert_eq!(
        finding.to_string().split(" YAML error: ").next(),
        Some(&*format!("{}:2:", file.display()))
    );
}

#[tokio::test]
async fn rules_that_contradict_themselves_stop_the_start() {
    let location = json!({"type": "file", "exact": "/a", "pattern": "/b"});
    let rules = json!([{"allow": ["Component"], "locations": [location]}]);

    let error = TestHub::builder()
        .config(json!({"catalog": {"rules": rules}}))
        .try_start()
        .await
        .err()
        .unwrap();

    assert!(
        error
            .to_string()
            .contains("A catalog rule location cannot have both exact and pattern values"),
        "{error}"
    );
}
