//! Custom resource definitions: versions, schemas, rules.

use callboard_kube_testkit::FakeCluster;
use serde_json::json;

const DEFINITION: &str = include_str!("definition.yaml");

fn stage(version: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: lantern.example/{version}, kind: Stage, metadata: {{name: main}}, spec: {spec}}}"
    )
}

#[tokio::test]
async fn served_versions_show_the_same_object_and_others_do_not_exist() {
    let cluster = FakeCluster::start().await;
    cluster.apply(DEFINITION);

    let applied = cluster.apply(&stage("v1alpha1", "{seats: 1}")).remove(0);
    let again = cluster
        .apply(&stage("v1alpha2", "{seats: 1, curtain: red}"))
        .remove(0);
    let unserved = cluster.try_apply(&stage("v1alpha3", "{}")).unwrap_err();

    assert_eq!(applied["metadata"]["uid"], again["metadata"]["uid"]);
    assert_eq!(
        unserved.message,
        "no matches for kind \"Stage\" in version \"lantern.example/v1alpha3\""
    );
    let definition = cluster.get("crd", "", "stages.lantern.example").unwrap();
    assert_eq!(definition["status"]["storedVersions"], json!(["v1alpha2"]));
    assert_eq!(definition["status"]["conditions"][1]["type"], "Established");
}

#[tokio::test]
async fn unknown_fields_are_pruned_and_wrong_ones_refused() {
    let cluster = FakeCluster::start().await;
    cluster.apply(DEFINITION);

    let pruned = cluster
        .apply(&stage("v1alpha1", "{seats: 1, extra: 1}"))
        .remove(0);
    let missing = cluster
        .try_apply(&stage("v1alpha1", "{house: x}").replace("main", "other"))
        .unwrap_err();
    let wrong = cluster
        .try_apply(&stage("v1alpha1", "{seats: many, house: X1}"))
        .unwrap_err();

    assert_eq!(pruned["spec"], json!({"seats": 1, "curtain": "red"}));
    insta::assert_snapshot!(missing, @r#"Stage.lantern.example "other" is invalid: spec.seats: Required value"#);
    insta::assert_snapshot!(wrong, @r#"Stage.lantern.example "main" is invalid: [spec.seats: Invalid value: "string": spec.seats in body must be of type integer: "string", spec.house: Invalid value: "X1": spec.house in body should match '^[a-z]+$']"#);
}

#[tokio::test]
async fn rules_are_checked() {
    let cluster = FakeCluster::start().await;
    cluster.apply(DEFINITION);

    cluster.apply(&stage("v1alpha1", "{seats: 1, tags: ['*']}"));
    let refused = cluster
        .try_apply(&stage("v1alpha1", "{seats: 1, tags: ['*', a]}"))
        .unwrap_err();

    insta::assert_snapshot!(refused, @r#"Stage.lantern.example "main" is invalid: spec.tags: Invalid value: ["*","a"]: '*' stands alone"#);
}

#[tokio::test]
async fn a_definition_takes_its_objects_with_it() {
    let cluster = FakeCluster::start().await;
    cluster.apply(DEFINITION);
    cluster.apply(&stage("v1alpha1", "{seats: 1}"));

    cluster.delete("crd", "", "stages.lantern.example");

    let gone: Vec<String> = cluster
        .removals()
        .into_iter()
        .map(|removal| removal.resource)
        .collect();
    assert_eq!(
        gone,
        [
            "customresourcedefinitions.apiextensions.k8s.io",
            "stages.lantern.example"
        ]
    );
    assert!(cluster.try_apply(&stage("v1alpha1", "{seats: 1}")).is_err());
}

#[tokio::test]
async fn built_in_kinds_are_checked_by_their_types() {
    let cluster = FakeCluster::start().await;
    let web = |replicas: &str, extra: &str| {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{replicas: {replicas}, \
             selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, \
             spec: {{containers: [{{name: web, image: 'web:1'{extra}}}]}}}}}}}}"
        )
    };

    let wrong = cluster.try_apply(&web("two", "")).unwrap_err();
    let pruned = cluster.apply(&web("2", ", colour: red, env: []")).remove(0);

    insta::assert_snapshot!(wrong, @r#"Deployment in version "v1" cannot be handled as a Deployment: invalid type: string "two", expected i32"#);
    let container = &pruned["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        *container,
        json!({"name": "web", "image": "web:1", "env": []})
    );
}
