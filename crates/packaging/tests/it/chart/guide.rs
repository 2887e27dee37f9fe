//! The values files of the guides, line by line.

use super::{case, each, list};
use serde_json::{Value, json};

fn args(name: &str) -> Vec<&'static str> {
    list(&case(name).container()["args"])
        .filter_map(Value::as_str)
        .collect()
}

/// The chart's own configuration.
fn app_config(name: &str) -> Value {
    let text = &case(name).object("ConfigMap", "-app-config")["data"]["app-config.yaml"];
    callboard_yaml::parse(text.as_str().expect("the file is text"))
        .expect("the file is YAML")
        .into_json()
}

#[test]
fn the_installation_makes_the_objects_of_the_guide() {
    let names: Vec<String> = case("guide-install")
        .objects()
        .map(|object| {
            format!(
                "{} {}",
                object["kind"].as_str().unwrap_or_default(),
                object["metadata"]["name"].as_str().unwrap_or_default()
            )
        })
        .collect();

    insta::assert_snapshot!(names.join("\n"), @r"
    ConfigMap rhdh-developer-hub-app-config
    Secret rhdh-auth
    Deployment rhdh-developer-hub
    ConfigMap rhdh-dynamic-plugins
    Ingress rhdh-developer-hub
    Secret rhdh-postgresql
    Service rhdh-postgresql
    Service rhdh-postgresql-hl
    StatefulSet rhdh-postgresql
    Service rhdh-developer-hub
    Pod rhdh-developer-hub-test-connection
    ");
}

#[test]
fn the_host_is_in_the_ingress_and_in_three_addresses() {
    let ingress = case("guide-install").object("Ingress", "");
    let config = app_config("guide-install");

    assert_eq!(ingress["spec"]["rules"][0]["host"], "rhdh.example.com");
    for place in ["/app/baseUrl", "/backend/baseUrl", "/backend/cors/origin"] {
        assert_eq!(
            config.pointer(place),
            Some(&json!("https://rhdh.example.com")),
            "{place}"
        );
    }
}

#[test]
fn the_annotations_of_the_load_balancer_stay_as_they_are() {
    let ingress = case("guide-install").object("Ingress", "");

    assert_eq!(
        ingress["metadata"]["annotations"],
        case("guide-install").values["upstream"]["ingress"]["annotations"]
    );
    assert_eq!(
        ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/listen-ports"],
        r#"[{"HTTP": 80}, {"HTTPS":443}]"#
    );
    assert_eq!(ingress["spec"]["ingressClassName"], Value::Null);
}

#[test]
fn a_load_balancer_reaches_the_nodes() {
    let spec = &case("guide-install").object("Service", "hub")["spec"];

    assert_eq!(spec["type"], "NodePort");
    assert_eq!(spec["externalTrafficPolicy"], "Cluster");
    assert_eq!(
        each(&spec["ports"], "name"),
        ["http-backend", "http-metrics"]
    );
    assert_eq!(
        (&spec["ports"][0]["port"], &spec["ports"][1]["port"]),
        (&json!(7007), &json!(9464))
    );
}

#[test]
fn both_pods_have_the_pull_secret_and_their_group() {
    let rendering = case("guide-install");
    let database = &rendering.object("StatefulSet", "")["spec"]["template"]["spec"];

    for pod in [rendering.pod(), database] {
        assert_eq!(
            pod["imagePullSecrets"],
            json!([{"name": "rhdh-pull-secret"}])
        );
    }
    assert_eq!(rendering.pod()["securityContext"], json!({"fsGroup": 2000}));
    assert_eq!(database["securityContext"], json!({"fsGroup": 3000}));
}

#[test]
fn annotations_stand_beside_the_checksums() {
    let deployment = case("guide-annotations").object("Deployment", "");
    let annotations = &deployment["spec"]["template"]["metadata"]["annotations"];

    for (name, value) in [
        ("prometheus.io/scrape", "true"),
        ("prometheus.io/path", "/metrics"),
        ("prometheus.io/port", "7007"),
        ("prometheus.io/scheme", "http"),
    ] {
        assert_eq!(annotations[name], value, "{name}");
    }
    assert!(annotations["checksum/app-config"].is_string());
    assert!(annotations["checksum/dynamic-plugins"].is_string());
}

#[test]
fn the_log_level_takes_no_variable_away() {
    let mut names = each(&case("default").container()["env"], "name");
    names.push("LOG_LEVEL");

    assert_eq!(
        each(&case("guide-log-level").container()["env"], "name"),
        names
    );
}

#[test]
fn files_of_configuration_come_in_the_order_of_the_original() {
    assert_eq!(
        args("guide-cognito"),
        [
            "--config",
            "/opt/callboard/dynamic-plugins-root/app-config.dynamic-plugins.yaml",
            "--config",
            "/opt/callboard/config/app-config-rhdh.yaml",
            "--config",
            "/opt/callboard/config/app-config-from-configmap.yaml",
        ]
    );
    assert_eq!(
        case("guide-cognito").container()["envFrom"],
        json!([{"secretRef": {"name": "secrets-rhdh"}}])
    );
}

#[test]
fn the_folder_of_policies_covers_nothing() {
    let container = case("guide-rbac-policies").container();

    assert!(list(&container["volumeMounts"]).any(|mount| {
        *mount == json!({"mountPath": "/opt/app-root/src", "name": "rbac-policies"})
    }));
    assert_eq!(container["workingDir"], "/opt/app-root/src");
    assert!(
        !args("guide-rbac-policies")
            .iter()
            .any(|arg| arg.starts_with("/opt/app-root/src"))
    );
}

#[test]
fn plugins_reach_the_init_container_as_they_are_written() {
    let rendering = case("guide-rbac-plugin");
    let text =
        &rendering.object("ConfigMap", "rhdh-dynamic-plugins")["data"]["dynamic-plugins.yaml"];
    let plugins = callboard_yaml::parse(text.as_str().expect("the file is text"))
        .expect("the file is YAML")
        .into_json();

    assert_eq!(plugins, {
        let mut expected = rendering.values["global"]["dynamic"].clone();
        expected["includes"] = json!(["dynamic-plugins.default.yaml"]);
        expected
    });
}

#[test]
fn one_pod_with_a_file_is_stopped_before_the_next_starts() {
    let deployment = case("sqlite").object("Deployment", "");

    assert_eq!(deployment["spec"]["strategy"], json!({"type": "Recreate"}));
}

#[test]
fn the_hub_drains_by_itself_in_a_cluster_of_any_version() {
    let delay = |name: &str| {
        list(&case(name).container()["env"])
            .find(|variable| variable["name"] == "APP_CONFIG_callboard_shutdownDelay")
            .map(|variable| variable["value"].clone())
    };

    assert_eq!(delay("default"), Some(json!("PT15S")));
    assert_eq!(delay("drain"), Some(json!("PT45S")));
    assert_eq!(delay("no-drain"), None);
    assert_eq!(delay("drain-of-the-configuration"), None);
    assert_eq!(case("default").container()["lifecycle"], Value::Null);
    assert_eq!(
        case("drain").container()["lifecycle"],
        case("drain").values["upstream"]["backstage"]["lifecycle"]
    );
}

#[test]
fn the_file_of_plugins_is_found_where_the_original_has_it() {
    assert_eq!(
        args("arguments-of-the-original"),
        [
            "--config",
            "/opt/callboard/dynamic-plugins-root/app-config.dynamic-plugins.yaml",
            "--config",
            "/opt/app-root/src/mine/app-config.yaml",
            "--config",
            "/opt/callboard/config/app-config-from-configmap.yaml",
        ]
    );
}

#[test]
fn the_notes_name_what_has_no_effect() {
    let notes = &case("keys-of-other-versions").notes;

    for key in [
        "global.lightspeed",
        "global.catalogIndex",
        "upstream.postgresql.serviceBindings",
    ] {
        assert!(
            notes.contains(&format!("WARNING: {key} has no effect")),
            "{notes}"
        );
    }
}

#[test]
fn the_notes_tell_who_forgot_the_host() {
    let warns = |name: &str| {
        case(name)
            .notes
            .contains("WARNING: global.host is empty, so the hub takes an example")
    };

    assert!(warns("no-host"));
    assert!(!warns("default"));
    assert!(!warns("route"));
}

#[test]
fn the_notes_say_where_a_database_is_found_if_there_is_one_to_find() {
    let speaks = |name: &str| case(name).notes.contains("POSTGRES_HOST");

    assert!(speaks("external-database"));
    assert!(!speaks("default"));
    assert!(!speaks("sqlite"));
}
