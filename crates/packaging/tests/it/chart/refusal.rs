//! Values that cannot work are refused, and the message says what to do.

use super::{all, engine, folder};
use callboard_packaging::helm::{Case, Rendered};
use serde_json::{Value, json};

/// Why the chart refuses the values.
fn refusals(values: &[Value]) -> Vec<String> {
    let cases: Vec<Case> = values.iter().cloned().map(Case::of).collect();
    engine()
        .render(&folder(), &cases)
        .expect("the engine renders")
        .into_iter()
        .zip(values)
        .map(|(rendered, values)| match rendered {
            Rendered::Refusal(why) => why,
            Rendered::Manifests { .. } => panic!("this is not refused: {values}"),
        })
        .collect()
}

#[test]
fn several_pods_without_postgresql_are_refused() {
    let several = |backstage: Value| json!({"upstream": {"postgresql": {"enabled": false}, "backstage": backstage}});
    let sqlite = json!({"backend": {"database": {"client": "better-sqlite3"}}});

    let refusals = refusals(&[
        several(json!({"replicas": 2})),
        several(json!({"autoscaling": {"enabled": true}})),
        several(json!({"replicas": 2, "appConfig": sqlite})),
    ]);

    assert!(
        refusals[0].contains("several replicas need PostgreSQL; set upstream.postgresql.enabled=true, or name an external one"),
        "{}",
        refusals[0]
    );
    assert!(
        refusals[1].contains("several replicas need PostgreSQL"),
        "{}",
        refusals[1]
    );
    assert!(refusals[2].contains("names SQLite"), "{}", refusals[2]);
}

#[test]
fn what_is_not_part_of_callboard_is_refused() {
    let refusals = refusals(&[
        json!({"orchestrator": {"enabled": true}}),
        json!({"upstream": {"postgresql": {"architecture": "replication"}}}),
        json!({"global": {"host": "", "clusterRouterBase": ""}}),
        json!({"upstream": {"httpRoute": {"enabled": true}}}),
        json!({"upstream": {"backstage": {"drainSeconds": 60}}}),
    ]);

    for (refusal, expected) in refusals.iter().zip([
        "the orchestrator is not part of Callboard",
        "the bundled database has one instance",
        "Unable to generate hostname",
        "upstream.httpRoute.parentRefs names the gateways",
        "upstream.backstage.terminationGracePeriodSeconds: a pod needs drainSeconds",
    ]) {
        assert!(refusal.contains(expected), "{refusal}");
    }
}

#[test]
fn values_of_a_wrong_type_are_named() {
    let refusals = refusals(&[
        json!({"upstream": {"backstage": {"replicas": "three"}}}),
        json!({"upstream": {"service": {"type": "Nodeport"}}}),
        json!({"upstream": {"backstage": {"extraEnvVars": {"LOG_LEVEL": "debug"}}}}),
        json!({"upstream": {"ingress": {"annotations": {"a": true}}}}),
    ]);

    for (refusal, place) in refusals.iter().zip([
        "/upstream/backstage/replicas",
        "/upstream/service/type",
        "/upstream/backstage/extraEnvVars",
        "/upstream/ingress/annotations",
    ]) {
        assert!(refusal.contains(place), "{refusal}");
    }
}

#[test]
fn the_linter_has_nothing_to_say() {
    let mut values: Vec<Value> = all()
        .iter()
        .map(|rendering| rendering.values.clone())
        .collect();
    values.push(json!({}));

    for version in ["v1.25.0", "v1.30.0", "v1.34.0"] {
        let messages = engine()
            .lint(&folder(), &values, version)
            .expect("the engine lints");

        assert!(messages.is_empty(), "{version}:\n{}", messages.join("\n"));
    }
}
