//! A cluster that refuses, is slow, loses answers and ends watches; and others who write.

use crate::stage::{
    BACKSTAGES, GUIDE, NS, condition, deployed, hash, made, operator, options, stage, start,
};
use callboard_kube_testkit::{Fault, Verb};
use callboard_operator::Options;
use callboard_operator::controller::Pauses;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn errors_of_the_cluster_are_retried_and_not_told_at_once() {
    let cluster = stage().await;
    cluster.inject(
        Fault::status(503, "ServiceUnavailable")
            .verb(Verb::Patch)
            .resource("deployments")
            .times(2),
    );
    let _operator = operator(&cluster).await;

    cluster.apply(GUIDE);

    let after = deployed(&cluster, "my-rhdh").await;
    assert_eq!(condition(&after).unwrap()["reason"], "Deployed");
}

#[tokio::test]
async fn an_error_that_stays_is_told_with_the_words_of_the_cluster() {
    let cluster = stage().await;
    cluster.inject(
        Fault::status(403, "Forbidden")
            .verb(Verb::Patch)
            .resource("services"),
    );
    let _operator = operator(&cluster).await;

    cluster.apply(GUIDE);

    let found = crate::stage::failed_with(&cluster, "my-rhdh", "refused on purpose").await;
    assert_eq!(
        found,
        "failed to apply Service `backstage-psql-my-rhdh`: refused on purpose"
    );

    cluster.clear_faults();
    deployed(&cluster, "my-rhdh").await;
}

#[tokio::test]
async fn a_slow_cluster_that_loses_answers_comes_to_the_same_objects() {
    let reference = stage().await;
    let calm = operator(&reference).await;
    reference.apply(GUIDE);
    deployed(&reference, "my-rhdh").await;
    calm.stop().await;

    let cluster = stage().await;
    cluster.inject(Fault::delay(Duration::from_millis(5)));
    cluster.inject(Fault::lost_answer().verb(Verb::Patch).every(3).times(4));
    cluster.inject(Fault::lost_answer().verb(Verb::Create).times(1));
    cluster.inject(Fault::lost_request().verb(Verb::Get).every(7).times(2));
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    assert_eq!(made(&cluster), made(&reference));
}

#[tokio::test]
async fn watches_that_end_are_taken_up_again() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;
    let first = hash(&cluster.get("deployments", NS, "backstage-my-rhdh").unwrap());

    cluster.disconnect_watches();
    cluster.forget_history();
    cluster.patch(
        "secrets",
        NS,
        "secrets-rhdh",
        json!({"stringData": {"BACKEND_SECRET": "zzz"}}),
    );

    let second = cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            hash(it) != first
        })
        .await;
    cluster.disconnect_watches();
    cluster.delete("deployments", NS, "backstage-my-rhdh");
    cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            it["metadata"]["uid"] != second["metadata"]["uid"]
        })
        .await;
}

#[tokio::test]
async fn what_went_while_nobody_could_watch_is_noticed_after_a_while() {
    let cluster = stage().await;
    let pauses = Pauses {
        watch: Duration::from_millis(20),
        recovery: Duration::from_millis(200),
    };
    let _operator = start(
        &cluster,
        Options {
            pauses,
            ..options()
        },
    )
    .await;
    cluster.apply(GUIDE);
    let before = deployed(&cluster, "my-rhdh").await;
    let old = cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();

    // The watch of Deployments ends, and none takes its place.
    let refusal = Fault::status(503, "ServiceUnavailable");
    cluster.inject(refusal.resource("deployments").verb(Verb::Watch));
    cluster.disconnect_watches();
    cluster
        .until("a refused watch", |cluster| {
            let calls = cluster.calls();
            calls
                .iter()
                .any(|call| call.verb == Verb::Watch && call.status == 503)
                .then_some(())
        })
        .await;
    cluster.delete("deployments", NS, "backstage-my-rhdh");

    // No watch has told of it: it comes back because everything is looked at.
    let new = cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            it["metadata"]["uid"] != old["metadata"]["uid"]
        })
        .await;
    assert_eq!(new["spec"], old["spec"]);
    assert_eq!(condition(&before).unwrap()["status"], "True");
}

#[tokio::test]
async fn what_others_change_is_put_right_and_what_they_add_stays() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    cluster.patch(
        "deployments",
        NS,
        "backstage-my-rhdh",
        json!({
            "metadata": {"annotations": {"example.com/note": "mine"}},
            "spec": {"replicas": 7},
        }),
    );

    let after = cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |it| {
            it["spec"]["replicas"] == 1
        })
        .await;
    assert_eq!(after["metadata"]["annotations"]["example.com/note"], "mine");
}

#[tokio::test]
async fn a_field_that_cannot_be_changed_makes_the_object_anew_without_its_pods() {
    let cluster = stage().await;
    let _operator = operator(&cluster).await;
    // As an older operator would have left it: another selector.
    cluster.apply(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: backstage-my-rhdh, namespace: ns1}
spec:
  selector: {matchLabels: {app: old}}
  template:
    metadata: {labels: {app: old}}
    spec: {containers: [{name: backstage-backend, image: old}]}
",
    );
    let old = cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();

    cluster.apply(GUIDE);

    deployed(&cluster, "my-rhdh").await;
    let new = cluster.get("deployments", NS, "backstage-my-rhdh").unwrap();
    assert_ne!(new["metadata"]["uid"], old["metadata"]["uid"]);
    assert_eq!(
        new["spec"]["selector"]["matchLabels"],
        json!({"rhdh.redhat.com/app": "backstage-my-rhdh"})
    );
    let gone: Vec<_> = cluster
        .removals()
        .into_iter()
        .map(|it| it.resource)
        .collect();
    assert_eq!(gone, ["deployments.apps"]);
}

#[tokio::test]
async fn an_instance_that_is_as_it_should_be_is_left_alone() {
    let cluster = stage().await;
    let running = operator(&cluster).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;
    running.stop().await;
    let versions = || -> Vec<_> {
        [
            "deployments",
            "statefulsets",
            "services",
            "configmaps",
            "secrets",
            BACKSTAGES,
        ]
        .into_iter()
        .flat_map(|resource| cluster.list(resource, NS))
        .map(|it| {
            (
                it["metadata"]["name"].clone(),
                it["metadata"]["resourceVersion"].clone(),
            )
        })
        .collect()
    };
    let before = versions();
    cluster.clear_calls();

    // Another one looks at everything from the start.
    let again = operator(&cluster).await;
    cluster
        .until("a whole pass", |cluster| {
            let calls = cluster.calls();
            calls
                .iter()
                .any(|call| call.verb == Verb::Get && call.resource == "statefulsets")
                .then_some(())
        })
        .await;
    again.stop().await;

    assert_eq!(versions(), before);
}
