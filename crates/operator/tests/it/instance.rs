//! One instance through its life: made, changed, broken, stopped, deleted.

use crate::stage::{
    BACKSTAGES, GUIDE, NS, condition, deployed, failed_with, hash, operator, stage,
};
use callboard_kube_testkit::Simulation;
use serde_json::{Value, json};

const DEFAULTS: &str = "backstage-default-config";

#[tokio::test]
async fn the_instance_of_the_guide_is_deployed() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;

    cluster.apply(GUIDE);

    deployed(&cluster, "my-rhdh").await;
    let deployment = cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();
    let hub = &deployment["spec"]["template"]["spec"]["containers"][0];
    let args: Vec<&str> = hub["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    assert_eq!(
        args,
        [
            "--config",
            "/opt/callboard/dynamic-plugins-root/app-config.dynamic-plugins.yaml",
            "--config",
            "/opt/callboard/config/default.app-config.yaml",
            "--config",
            "/opt/app-root/src/app-config-rhdh.yaml",
        ]
    );
    assert_eq!(
        hub["envFrom"],
        json!([
            {"secretRef": {"name": "backstage-envs-my-rhdh"}},
            {"secretRef": {"name": "backstage-psql-secret-my-rhdh"}},
            {"secretRef": {"name": "secrets-rhdh"}},
        ])
    );
    let service = cluster.get("services", NS, "backstage-my-rhdh").unwrap();
    assert_eq!(service["spec"]["ports"][0]["name"], "http-backend");
    assert_eq!(service["spec"]["ports"][0]["port"], 80);
    assert!(
        cluster
            .get("services", NS, "backstage-psql-my-rhdh")
            .is_some()
    );
    assert_eq!(
        deployment["metadata"]["labels"]["app.kubernetes.io/instance"],
        "my-rhdh"
    );
    assert!(cluster.removals().is_empty());
}

#[tokio::test]
async fn a_deleted_deployment_comes_back() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;
    let before = cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();

    cluster.delete("deployments", NS, "backstage-my-rhdh");

    let after = cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            it["metadata"]["uid"] != before["metadata"]["uid"]
        })
        .await;
    assert_eq!(after["spec"], before["spec"]);
}

#[tokio::test]
async fn an_edit_of_the_default_configuration_reaches_every_instance() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    cluster.apply("{apiVersion: rhdh.redhat.com/v1alpha5, kind: Backstage, metadata: {name: other, namespace: ns1}}");
    deployed(&cluster, "my-rhdh").await;
    deployed(&cluster, "other").await;

    edit_defaults(&cluster, "deployment.yaml", |text| {
        text.replace(
            "      automountServiceAccountToken: false\n",
            "      securityContext:\n        fsGroup: 3000\n      automountServiceAccountToken: false\n",
        )
    });
    edit_defaults(&cluster, "db-statefulset.yaml", |text| {
        text.replace(
            "      restartPolicy: Always\n",
            "      restartPolicy: Always\n      securityContext:\n        fsGroup: 2000\n",
        )
    });
    edit_defaults(&cluster, "service.yaml", |text| {
        text.replace("ClusterIP", "NodePort")
    });

    for name in ["my-rhdh", "other"] {
        let group = |wanted: i64| {
            move |it: &Value| it["spec"]["template"]["spec"]["securityContext"]["fsGroup"] == wanted
        };
        cluster
            .wait_for("deployments", NS, &format!("backstage-{name}"), group(3000))
            .await;
        cluster
            .wait_for(
                "statefulsets",
                NS,
                &format!("backstage-psql-{name}"),
                group(2000),
            )
            .await;
        cluster
            .wait_for("services", NS, &format!("backstage-{name}"), |it| {
                it["spec"]["type"] == "NodePort"
            })
            .await;
    }
}

#[tokio::test]
async fn a_change_of_a_named_object_changes_the_pods() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;
    let first = hash(&cluster.get("deployments", NS, "backstage-my-rhdh").unwrap());

    cluster.patch(
        "secrets",
        NS,
        "secrets-rhdh",
        json!({"stringData": {"BACKEND_SECRET": "yyy"}}),
    );

    let second = cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            hash(it) != first
        })
        .await;
    let second = hash(&second);

    cluster.patch(
        "configmaps",
        NS,
        "app-config-rhdh",
        json!({"data": {"app-config-rhdh.yaml": "{}"}}),
    );

    cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            hash(it) != second
        })
        .await;
}

#[tokio::test]
async fn an_object_that_two_instances_name_changes_the_pods_of_both() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: shared, namespace: ns1}, stringData: {A: a}}");
    for name in ["one", "two"] {
        cluster.apply(&format!(
            "{{apiVersion: rhdh.redhat.com/v1alpha3, kind: Backstage, metadata: {{name: {name}, namespace: ns1}},
               spec: {{application: {{extraEnvs: {{secrets: [{{name: shared, key: A}}]}}}}}}}}"
        ));
    }
    let mut before = Vec::new();
    for name in ["one", "two"] {
        deployed(&cluster, name).await;
        before.push(hash(
            &cluster
                .get("deployments", NS, &format!("backstage-{name}"))
                .unwrap(),
        ));
    }

    cluster.patch("secrets", NS, "shared", json!({"stringData": {"A": "b"}}));

    for (name, before) in ["one", "two"].into_iter().zip(before) {
        cluster
            .wait_for("deployments", NS, &format!("backstage-{name}"), |it| {
                hash(it) != before
            })
            .await;
    }
}

#[tokio::test]
async fn a_broken_default_configuration_is_told_and_changes_nothing() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;
    let before = cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();

    edit_defaults(&cluster, "deployment.yaml", |text| {
        text.replace("  replicas: 1", "  replicas: 1\n  replicas: 2")
    });

    let message = failed_with(&cluster, "my-rhdh", "deployment.yaml").await;
    assert!(
        message.contains("rhdh-operator/backstage-default-config`, line 8, column"),
        "{message}"
    );
    assert_eq!(
        cluster.get("deployments", NS, "backstage-my-rhdh").unwrap(),
        before
    );

    edit_defaults(&cluster, "deployment.yaml", |text| {
        text.replace("  replicas: 2\n", "")
    });

    deployed(&cluster, "my-rhdh").await;
}

#[tokio::test]
async fn a_missing_object_is_told_and_waited_for() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    let (_, instance) = GUIDE.rsplit_once("---").unwrap();

    cluster.apply(instance);

    let message = failed_with(&cluster, "my-rhdh", "failed to get external config").await;
    assert_eq!(
        message,
        "failed to get external config from ConfigMap `app-config-rhdh`, which `spec.application.appConfig.configMaps[0].name` names: it does not exist in namespace `ns1`; create it, or take the name out"
    );
    assert!(cluster.list("deployments", NS).is_empty());
}

#[tokio::test]
async fn the_condition_follows_the_replicas() {
    let cluster = stage().await;
    cluster.simulate(Simulation::OnRequest);
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);

    let reason = |wanted: &'static str| {
        move |it: &Value| condition(it).is_some_and(|it| it["reason"] == wanted)
    };
    let starting = cluster
        .wait_for(BACKSTAGES, NS, "my-rhdh", |it| {
            condition(it)
                .is_some_and(|it| it["message"] == "0 of 1 replicas are ready, 0 up to date")
        })
        .await;
    assert_eq!(condition(&starting).unwrap()["reason"], "DeployInProgress");

    cluster.make_fail("deployments", NS, "backstage-my-rhdh", "exceeded quota");
    let failed = cluster
        .wait_for(BACKSTAGES, NS, "my-rhdh", reason("DeployFailed"))
        .await;
    assert_eq!(condition(&failed).unwrap()["message"], "exceeded quota");

    cluster.make_ready("deployments", NS, "backstage-my-rhdh");
    cluster
        .wait_for(BACKSTAGES, NS, "my-rhdh", reason("Deployed"))
        .await;
}

#[tokio::test]
async fn an_idle_instance_has_no_pods_and_keeps_everything_else() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    let idle = |value: Value| json!({"metadata": {"annotations": {"rhdh.redhat.com/idle": value}}});
    cluster.patch(BACKSTAGES, NS, "my-rhdh", idle(json!("true")));

    cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            it["spec"]["replicas"] == 0
        })
        .await;
    cluster
        .wait_for("statefulsets", NS, "backstage-psql-my-rhdh", |it| {
            it["spec"]["replicas"] == 0
        })
        .await;
    cluster
        .wait_for(BACKSTAGES, NS, "my-rhdh", |it| {
            condition(it).is_some_and(|it| it["reason"] == "Idled")
        })
        .await;

    cluster.patch(BACKSTAGES, NS, "my-rhdh", idle(Value::Null));

    cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            it["spec"]["replicas"] == 1
        })
        .await;
    assert!(cluster.removals().is_empty());
}

#[tokio::test]
async fn a_local_database_that_is_no_longer_wanted_stays() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    cluster.patch(
        BACKSTAGES,
        NS,
        "my-rhdh",
        json!({"spec": {"database": {"enableLocalDb": false}}}),
    );

    cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            let sources = it["spec"]["template"]["spec"]["containers"][0]["envFrom"].to_string();
            !sources.contains("backstage-psql-secret-my-rhdh")
        })
        .await;
    assert!(
        cluster
            .get("statefulsets", NS, "backstage-psql-my-rhdh")
            .is_some()
    );
    assert!(
        cluster
            .get("secrets", NS, "backstage-psql-secret-my-rhdh")
            .is_some()
    );
    assert!(cluster.removals().is_empty());
}

#[tokio::test]
async fn a_stateful_set_takes_the_place_of_the_deployment() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    cluster.patch(
        BACKSTAGES,
        NS,
        "my-rhdh",
        json!({"spec": {"deployment": {"kind": "StatefulSet"}}}),
    );

    cluster
        .wait_for("statefulsets", NS, "backstage-my-rhdh", |_| true)
        .await;
    cluster
        .wait_until_gone("deployments", NS, "backstage-my-rhdh")
        .await;
    deployed(&cluster, "my-rhdh").await;
}

#[tokio::test]
async fn deleting_the_custom_resource_takes_what_it_owns() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    cluster.delete(BACKSTAGES, NS, "my-rhdh");

    cluster
        .wait_until_gone("deployments", NS, "backstage-my-rhdh")
        .await;
    cluster
        .wait_until_gone("statefulsets", NS, "backstage-psql-my-rhdh")
        .await;
    assert!(cluster.get("configmaps", NS, "app-config-rhdh").is_some());
    assert!(cluster.get("secrets", NS, "secrets-rhdh").is_some());
}

fn edit_defaults(
    cluster: &callboard_kube_testkit::FakeCluster,
    file: &str,
    edit: impl FnOnce(&str) -> String,
) {
    let config = cluster
        .get("configmaps", "rhdh-operator", DEFAULTS)
        .unwrap();
    let before = config["data"][file].as_str().unwrap();
    let after = edit(before);
    assert_ne!(before, after, "the edit of {file} found its place");
    cluster.patch(
        "configmaps",
        "rhdh-operator",
        DEFAULTS,
        json!({"data": {file: after}}),
    );
}
