//! All five versions of the custom resource are served, and none loses a field.

use crate::stage::{BACKSTAGES, NS, deployed, operator, stage};
use serde_json::json;

#[tokio::test]
async fn a_custom_resource_of_each_version_is_deployed() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;

    for version in ["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4", "v1alpha5"] {
        cluster.apply(&format!(
            "{{apiVersion: rhdh.redhat.com/{version}, kind: Backstage, metadata: {{name: of-{version}, namespace: ns1}}}}"
        ));
        deployed(&cluster, &format!("of-{version}")).await;
        let name = format!("backstage-of-{version}");
        assert!(cluster.get("deployments", NS, &name).is_some());
        assert!(cluster.get("services", NS, &name).is_some());
    }
}

#[tokio::test]
async fn fields_that_the_newest_version_dropped_are_kept() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;

    cluster.apply(
        "
apiVersion: rhdh.redhat.com/v1alpha4
kind: Backstage
metadata: {name: old, namespace: ns1}
spec:
  application: {replicas: 3, image: example.com/own:1, imagePullSecrets: [pull]}
",
    );

    deployed(&cluster, "old").await;
    let deployment = cluster.get("deployments", NS, "backstage-old").unwrap();
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(deployment["spec"]["replicas"], 3);
    assert_eq!(pod["containers"][0]["image"], "example.com/own:1");
    assert_eq!(pod["initContainers"][0]["image"], "example.com/own:1");
    let database = cluster
        .get("statefulsets", NS, "backstage-psql-old")
        .unwrap();
    for pod in [pod, &database["spec"]["template"]["spec"]] {
        assert_eq!(pod["imagePullSecrets"], json!([{"name": "pull"}]));
    }
}

#[tokio::test]
async fn a_custom_resource_that_breaks_the_schema_is_refused() {
    let cluster = stage().await;

    for (spec, word) in [
        ("{application: {replicas: many}}", "replicas"),
        ("{deployment: {kind: DaemonSet}}", "kind"),
        ("{application: {extraEnvs: {envs: [{name: A}]}}}", "value"),
        ("{application: {route: {host: 'no host'}}}", "host"),
    ] {
        let text = format!(
            "{{apiVersion: rhdh.redhat.com/v1alpha5, kind: Backstage, metadata: {{name: bad, namespace: ns1}}, spec: {spec}}}"
        );
        let error = cluster.try_apply(&text).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    assert!(cluster.get(BACKSTAGES, NS, "bad").is_none());
}
