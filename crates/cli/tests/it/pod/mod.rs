//! The pod of the rendered chart: its containers, started in a chroot with exactly the arguments,
//! environment, files and user that the Deployment gives, on a real PostgreSQL.
//!
//! `CALLBOARD_IMAGE` names an image to start, in the layout of the Open Container Initiative.
//! Without it the image is put together from the binary of this build and the libraries that it
//! needs. Needs root, or `sudo` without a password.

mod place;

use place::{INTERVAL, Place, get};
use serde_json::{Value, json};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// How often the image is started for a figure.
const STARTS: usize = 11;

#[test]
fn the_rendered_pod_starts_and_answers_its_probes() {
    let place = Place::new(
        1,
        json!({"global": {"host": "hub.example.com"}, "upstream": {"backstage": {}}}),
    );
    place.pod.initialise().expect("the init container succeeds");

    let mut hub = place.start();
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        place.wait_for(probe, &mut hub);
    }
    let old = get(place.port(), "/healthcheck").expect("the hub answers");
    let page = get(place.port(), "/").expect("the hub answers");
    let metrics = [place.port(), place.metrics_port]
        .map(|port| get(port, "/metrics").expect("the hub answers"));
    let (status, log) = hub.terminate();

    assert!(old.starts_with("HTTP/1.1 200"), "{old}");
    // A load balancer asks for this one, and counts 200 only.
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for metrics in metrics {
        assert!(
            metrics.contains("process_cpu_user_seconds_total"),
            "{metrics}"
        );
    }
    assert_eq!(status, Some(0), "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("not a line of JSON, {error}: {line}"));
        assert!(
            line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
        assert_ne!(line["level"], "debug", "{line}");
    }
}

#[test]
fn the_pod_of_the_guides_starts_as_any_user() {
    // A relative file is where its owner mounts it, not where the chart keeps this text.
    let text = "app: {title: {$file: title.txt}}\n\
        permission: {enabled: true, rbac: {\
        policies-csv-file: /opt/app-root/src/rbac-policies.csv, \
        conditionalPoliciesFile: rbac-conditional-policies.yaml, policyFileReload: true}}";
    let policies = "p, role:default/guests, catalog-entity, read, allow\n\
        g, user:default/my-user, role:default/guests\n";
    let conditions = "{result: CONDITIONAL, roleEntityRef: 'role:default/guests', pluginId: catalog, \
        resourceType: catalog-entity, permissionMapping: [update], conditions: {rule: IS_ENTITY_OWNER, \
        resourceType: catalog-entity, params: {claims: ['user:default/my-user']}}}";
    let place = Place::new(
        2,
        json!({
            "global": {
                "host": "rhdh.example.com",
                "dynamic": {"plugins": [{
                    "package": "./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac",
                    "disabled": false,
                }]},
            },
            "upstream": {
                "backstage": {
                    "podSecurityContext": {"fsGroup": 2000},
                    "extraAppConfig": [{"filename": "app-config-rhdh.yaml", "configMapRef": "app-config-rhdh"}],
                    "extraEnvVars": [{"name": "LOG_LEVEL", "value": "debug"}],
                    "extraEnvVarsSecrets": ["secrets-rhdh"],
                    "extraVolumeMounts": [{"mountPath": "/opt/app-root/src", "name": "rbac-policies"}],
                    "extraVolumes": [{"name": "rbac-policies", "configMap": {"defaultMode": 420, "name": "rbac-policies"}}],
                },
                "extraDeploy": [
                    config_map("app-config-rhdh", &json!({"app-config-rhdh.yaml": text})),
                    config_map("rbac-policies", &json!({
                        "rbac-policies.csv": policies,
                        "rbac-conditional-policies.yaml": conditions,
                        "title.txt": "Lantern Theatres",
                    })),
                    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "secrets-rhdh"},
                     "stringData": {"AUTH_SESSION_SECRET": "a session secret of tests"}},
                ],
            },
        }),
    );
    let place = place.with_user(1_000_650_000);
    let outputs = place.pod.initialise().expect("the init container succeeds");

    let mut hub = place.start();
    place.wait_for("readinessProbe", &mut hub);
    let refused = get(place.port(), "/api/permission/policies").expect("the hub answers");
    let metrics = get(place.port(), "/metrics").expect("the hub answers");
    let page = get(place.port(), "/").expect("the hub answers");
    let (status, log) = hub.terminate();

    assert!(page.contains("Lantern Theatres"), "{page}");
    let installed = String::from_utf8_lossy(&outputs[0].stdout);
    assert!(
        installed.contains("======= Installing dynamic plugin ./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac"),
        "{installed}"
    );
    let written = place.file("dynamic-plugins-root", "app-config.dynamic-plugins.yaml");
    let written = fs::read_to_string(written).expect("the init container leaves its file");
    assert!(
        written.contains("janus-idp-backstage-plugin-rbac"),
        "{written}"
    );
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    assert!(log.contains(r#""level":"debug""#), "{log}");
    assert_eq!(status, Some(0), "{log}");
    let in_force: Vec<&str> = metrics
        .lines()
        .filter(|line| line.starts_with("permission_source_in_force{"))
        .collect();
    assert!(!in_force.is_empty(), "{metrics}");
    assert!(
        in_force.iter().all(|line| line.ends_with(" 1")),
        "{in_force:?}\n{log}"
    );
}

#[test]
fn a_pod_with_a_file_finds_it_after_a_restart() {
    let place = Place::alone(with_file());
    place.pod.initialise().expect("the init container succeeds");

    let [first, second] = [(); 2].map(|()| {
        let mut hub = place.start();
        place.wait_for("readinessProbe", &mut hub);
        let (status, log) = hub.terminate();
        assert_eq!(status, Some(0), "{log}");
        log
    });

    assert!(place.file("data", "callboard.sqlite").exists());
    assert!(first.contains("applied a migration"), "{first}");
    assert!(!second.contains("applied a migration"), "{second}");
}

#[test]
fn a_pod_that_is_stopped_answers_until_everybody_knows() {
    let mut values = with_file();
    values["upstream"]["backstage"]["drainSeconds"] = json!(2);
    let place = Place::alone(values);
    place.pod.initialise().expect("the init container succeeds");
    let mut hub = place.start();
    place.wait_for("readinessProbe", &mut hub);

    hub.ask_to_end();
    let begin = Instant::now();
    while !ready(&place).starts_with("HTTP/1.1 503") {
        assert!(begin.elapsed() < Duration::from_secs(1), "it stays ready");
        thread::sleep(INTERVAL);
    }
    let page = get(place.port(), "/").expect("the hub answers");
    let (status, log) = hub.terminate();

    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(begin.elapsed() >= Duration::from_secs(2));
    assert_eq!(status, Some(0), "{log}");
}

/// What readiness says.
fn ready(place: &Place) -> String {
    get(place.port(), "/.backstage/health/v1/readiness").expect("the hub answers")
}

/// A hub that keeps its records in a file.
fn with_file() -> Value {
    json!({
        "global": {"host": "hub.example.com"},
        "upstream": {
            "postgresql": {"enabled": false},
            "backstage": {
                "appConfig": {"backend": {"database": {
                    "client": "better-sqlite3",
                    "connection": {"directory": "/data"},
                }}},
                "extraVolumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "hub-data"}}],
                "extraVolumeMounts": [{"name": "data", "mountPath": "/data"}],
            },
        },
    })
}

fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "`cargo xtask dist --measure` shows the figure"
)]
fn the_pod_is_ready_soon_after_its_start() {
    let place = Place::new(
        3,
        json!({"global": {"host": "hub.example.com"}, "upstream": {"backstage": {}}}),
    );
    place.pod.initialise().expect("the init container succeeds");

    let mut times: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let mut hub = place.start();
            let time = place.wait_for("readinessProbe", &mut hub);
            hub.terminate();
            time
        })
        .collect();
    let first = times[0];
    times.remove(0);
    times.sort();

    eprintln!(
        "start of the container to readiness: {first:?} on a new database, \
         then median {:?} ({:?} to {:?} in {} starts)",
        times[times.len() / 2],
        times[0],
        times[times.len() - 1],
        times.len()
    );
    // The probes ask twice a second at most, so nobody sees less.
    assert!(times[times.len() / 2] < Duration::from_secs(5), "{times:?}");
}
