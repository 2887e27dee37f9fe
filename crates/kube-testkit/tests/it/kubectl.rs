//! The real kubectl.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use callboard_kube_testkit::{FakeCluster, Kubectl};
use serde_json::Value;

const DEFINITION: &str = include_str!("definition.yaml");

const WEB: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web, tier: front}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: 'web:1', env: [{name: A, value: a}, {name: B, value: b}]}
        - {name: side, image: 'side:1'}
";

async fn start() -> (FakeCluster, Kubectl) {
    let cluster = FakeCluster::start().await;
    let kubectl = Kubectl::of(&cluster);
    (cluster, kubectl)
}

/// Whether one of the words of a text is this one.
fn has_word(text: &str, word: &str) -> bool {
    text.split_whitespace().any(|found| found == word)
}

#[tokio::test]
async fn discovery_tells_of_versions_and_resources() {
    let (_cluster, kubectl) = start().await;

    let version = kubectl.run(&["version"]).await;
    let resources = kubectl.run(&["api-resources"]).await;
    let versions = kubectl.run(&["api-versions"]).await;

    assert!(version.contains("Server Version: v1.33.0"), "{version}");
    for word in [
        "deployments",
        "netpol",
        "Lease",
        "hpa",
        "customresourcedefinitions",
    ] {
        assert!(
            has_word(&resources, word),
            "{word} is missing in {resources}"
        );
    }
    assert!(has_word(&versions, "policy/v1"), "{versions}");
}

#[tokio::test]
async fn the_generators_of_kubectl_speak_protobuf_and_are_understood() {
    let (cluster, kubectl) = start().await;

    kubectl.run(&["create", "namespace", "rhdh-operator"]).await;
    kubectl
        .run(&[
            "-n",
            "rhdh-operator",
            "create",
            "secret",
            "docker-registry",
            "rhdh-pull-secret",
            "--docker-server=registry.example",
            "--docker-username=ann",
            "--docker-password=secret",
        ])
        .await;
    kubectl
        .run(&[
            "create",
            "configmap",
            "settings",
            "--from-literal=colour=red",
        ])
        .await;
    kubectl.run(&["create", "serviceaccount", "robot"]).await;
    kubectl
        .run(&[
            "create",
            "secret",
            "generic",
            "keys",
            "--from-literal=key=value",
        ])
        .await;

    let pull = cluster
        .get("secrets", "rhdh-operator", "rhdh-pull-secret")
        .unwrap();
    assert_eq!(pull["type"], "kubernetes.io/dockerconfigjson");
    assert!(pull["data"][".dockerconfigjson"].is_string());
    assert_eq!(
        cluster.get("configmaps", "default", "settings").unwrap()["data"]["colour"],
        "red"
    );
    assert_eq!(
        cluster.get("secrets", "default", "keys").unwrap()["data"]["key"],
        "dmFsdWU="
    );
    assert!(cluster.get("serviceaccounts", "default", "robot").is_some());
    assert!(
        cluster
            .get("serviceaccounts", "rhdh-operator", "default")
            .is_some()
    );
}

#[tokio::test]
async fn apply_creates_leaves_alone_and_changes() {
    let (cluster, kubectl) = start().await;
    let apply = ["apply", "-f", "-"];

    let created = kubectl.run_with(&apply, WEB).await;
    let version =
        cluster.get("deployments", "default", "web").unwrap()["metadata"]["resourceVersion"]
            .clone();
    let unchanged = kubectl.run_with(&apply, WEB).await;
    let same = cluster.get("deployments", "default", "web").unwrap()["metadata"]["resourceVersion"]
        .clone();
    let changed = WEB
        .replace("web:1", "web:2")
        .replace("{name: A, value: a}, ", "");
    let diff = kubectl.attempt(&["diff", "-f", "-"], Some(&changed)).await;
    let dry = kubectl
        .run_with(&["apply", "--dry-run=server", "-f", "-"], &changed)
        .await;
    let configured = kubectl.run_with(&apply, &changed).await;

    assert_eq!(created, "deployment.apps/web created\n");
    assert_eq!(unchanged, "deployment.apps/web unchanged\n");
    assert_eq!(version, same);
    assert!(diff.stdout.contains("image: web:2"), "{diff:?}");
    assert_eq!(dry, "deployment.apps/web configured (server dry run)\n");
    assert_eq!(configured, "deployment.apps/web configured\n");
    let web = cluster.get("deployments", "default", "web").unwrap();
    let containers = web["spec"]["template"]["spec"]["containers"]
        .as_array()
        .unwrap();
    assert_eq!(containers.len(), 2);
    assert_eq!(containers[0]["image"], "web:2");
    assert_eq!(containers[0]["env"].as_array().unwrap().len(), 1);
    assert_eq!(web["metadata"]["generation"], 2);
}

#[tokio::test]
async fn server_side_apply_takes_over_from_client_side_apply() {
    let (cluster, kubectl) = start().await;
    kubectl.run_with(&["apply", "-f", "-"], WEB).await;

    let migrated = kubectl
        .run_with(&["apply", "--server-side", "-f", "-"], WEB)
        .await;
    let other = kubectl
        .attempt(
            &["apply", "--server-side", "--field-manager=other", "-f", "-"],
            Some(&WEB.replace("web:1", "web:3")),
        )
        .await;
    let forced = kubectl
        .run_with(
            &[
                "apply",
                "--server-side",
                "--field-manager=other",
                "--force-conflicts",
                "-f",
                "-",
            ],
            &WEB.replace("web:1", "web:3"),
        )
        .await;

    assert_eq!(migrated, "deployment.apps/web serverside-applied\n");
    assert!(!other.is_success);
    assert!(
        other.stderr.contains("conflict with \"kubectl\"")
            && other
                .stderr
                .contains(".spec.template.spec.containers[name=\"web\"].image"),
        "{}",
        other.stderr
    );
    assert_eq!(forced, "deployment.apps/web serverside-applied\n");
    let web = cluster.get("deployments", "default", "web").unwrap();
    assert_eq!(
        web["spec"]["template"]["spec"]["containers"][0]["image"],
        "web:3"
    );
}

#[tokio::test]
async fn get_finds_by_name_label_and_everywhere() {
    let (_cluster, kubectl) = start().await;
    kubectl.run_with(&["apply", "-f", "-"], WEB).await;

    let get = async |arguments: &[&str]| kubectl.run(&[&["get"][..], arguments].concat()).await;

    assert!(get(&["deploy", "-A"]).await.contains("web"));
    assert_eq!(
        get(&["deploy", "-l", "app=web", "-o", "name"]).await,
        "deployment.apps/web\n"
    );
    assert_eq!(
        get(&["deploy", "-l", "tier in (front,back)", "-o", "name"]).await,
        "deployment.apps/web\n"
    );
    assert_eq!(
        get(&["deploy", "-l", "tier!=front", "-o", "name"]).await,
        ""
    );
    assert_eq!(
        get(&[
            "deploy",
            "--field-selector",
            "metadata.name=web",
            "-o",
            "name"
        ])
        .await,
        "deployment.apps/web\n"
    );
    assert_eq!(
        get(&["deploy", "web", "-o", "jsonpath={.spec.replicas}"]).await,
        "1"
    );
    assert!(
        get(&["deploy", "web", "-o", "yaml"])
            .await
            .contains("readyReplicas: 1")
    );
    assert_eq!(
        get(&["ns", "--chunk-size=1", "-o", "name"]).await,
        "namespace/default\nnamespace/kube-system\n"
    );
    let missing = kubectl.attempt(&["get", "deploy", "nobody"], None).await;
    assert_eq!(
        missing.stderr,
        "Error from server (NotFound): deployments.apps \"nobody\" not found\n"
    );
    assert!(has_word(
        &kubectl.run(&["describe", "deploy", "web"]).await,
        "web:1"
    ));
}

#[tokio::test]
async fn changes_by_label_annotate_scale_set_and_edit_arrive() {
    let (cluster, kubectl) = start().await;
    kubectl.run_with(&["apply", "-f", "-"], WEB).await;
    kubectl
        .run(&[
            "create",
            "configmap",
            "backstage-default-config",
            "--from-literal=service.yaml=type: ClusterIP",
        ])
        .await;

    kubectl
        .run(&["label", "deploy", "web", "stage=left", "tier-"])
        .await;
    kubectl.run(&["annotate", "deploy", "web", "note=x"]).await;
    kubectl
        .run(&["scale", "deploy", "web", "--replicas=3"])
        .await;
    kubectl
        .run(&["set", "image", "deploy/web", "side=side:2"])
        .await;
    kubectl
        .run(&["rollout", "status", "deploy/web", "--timeout=10s"])
        .await;
    kubectl
        .edit(
            &["edit", "configmap", "backstage-default-config"],
            "s/ClusterIP/NodePort/",
        )
        .await;

    let web = cluster.get("deployments", "default", "web").unwrap();
    assert_eq!(
        web["metadata"]["labels"],
        serde_json::json!({"app": "web", "stage": "left"})
    );
    assert_eq!(web["metadata"]["annotations"]["note"], "x");
    assert_eq!(web["status"]["readyReplicas"], 3);
    assert_eq!(
        web["spec"]["template"]["spec"]["containers"][1]["image"],
        "side:2"
    );
    let config = cluster
        .get("cm", "default", "backstage-default-config")
        .unwrap();
    assert_eq!(config["data"]["service.yaml"], "type: NodePort");
}

#[tokio::test]
async fn patches_of_all_kinds_arrive() {
    let (cluster, kubectl) = start().await;
    kubectl.run_with(&["apply", "-f", "-"], WEB).await;

    kubectl
        .run(&[
            "patch",
            "serviceaccount",
            "default",
            "-p",
            r#"{"imagePullSecrets":[{"name":"pull"}]}"#,
        ])
        .await;
    kubectl
        .run(&[
            "patch",
            "deploy",
            "web",
            "-p",
            r#"{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:9"}]}}}}"#,
        ])
        .await;
    kubectl
        .run(&[
            "patch",
            "deploy",
            "web",
            "--type=merge",
            "-p",
            r#"{"spec":{"template":{"spec":{"imagePullSecrets":[{"name":"pull"}]}}}}"#,
        ])
        .await;
    kubectl
        .run(&[
            "patch",
            "deploy",
            "web",
            "--type=json",
            "-p",
            r#"[{"op":"replace","path":"/spec/replicas","value":2}]"#,
        ])
        .await;

    let account = cluster.get("sa", "default", "default").unwrap();
    assert_eq!(account["imagePullSecrets"][0]["name"], "pull");
    let web = cluster.get("deploy", "default", "web").unwrap();
    let pod = &web["spec"]["template"]["spec"];
    assert_eq!(pod["containers"].as_array().unwrap().len(), 2);
    assert_eq!(pod["containers"][1]["image"], "side:9");
    assert_eq!(pod["imagePullSecrets"][0]["name"], "pull");
    assert_eq!(web["spec"]["replicas"], 2);
}

#[tokio::test]
async fn a_definition_is_at_once_a_resource_of_its_versions() {
    let (cluster, kubectl) = start().await;

    kubectl.run_with(&["apply", "-f", "-"], DEFINITION).await;
    kubectl
        .run(&[
            "wait",
            "--for=condition=Established",
            "crd/stages.lantern.example",
            "--timeout=10s",
        ])
        .await;
    let stage = "{apiVersion: lantern.example/v1alpha1, kind: Stage, metadata: {name: main}, spec: {seats: 3}}";
    kubectl.run_with(&["apply", "-f", "-"], stage).await;
    let unknown = stage.replace("seats: 3", "seats: 3, lights: 1");
    let strict = kubectl.attempt(&["apply", "-f", "-"], Some(&unknown)).await;
    let wrong = stage.replace("seats: 3", "seats: 0, curtain: green");
    let wrong = kubectl.attempt(&["apply", "-f", "-"], Some(&wrong)).await;
    kubectl
        .run(&[
            "patch",
            "stage",
            "main",
            "--subresource=status",
            "--type=merge",
            "-p",
            r#"{"status":{"conditions":[{"type":"Deployed","status":"True"}]}}"#,
        ])
        .await;
    kubectl
        .run(&[
            "wait",
            "--for=condition=Deployed",
            "stage/main",
            "--timeout=10s",
        ])
        .await;

    let first = kubectl
        .run(&[
            "get",
            "stages.v1alpha1.lantern.example",
            "main",
            "-o",
            "json",
        ])
        .await;
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(first["apiVersion"], "lantern.example/v1alpha1");
    assert_eq!(first["spec"]["curtain"], "red");
    let second = kubectl
        .run(&[
            "get",
            "stages.v1alpha2.lantern.example",
            "main",
            "-o",
            "json",
        ])
        .await;
    assert_eq!(
        serde_json::from_str::<Value>(&second).unwrap()["apiVersion"],
        "lantern.example/v1alpha2"
    );
    assert!(
        strict.stderr.contains("unknown field \"spec.lights\""),
        "{}",
        strict.stderr
    );
    assert!(
        wrong.stderr.contains("spec.seats: Invalid value: 0"),
        "{}",
        wrong.stderr
    );
    assert!(
        wrong
            .stderr
            .contains("spec.curtain: Unsupported value: \"green\""),
        "{}",
        wrong.stderr
    );
    assert_eq!(
        cluster.get("stg", "default", "main").unwrap()["metadata"]["generation"],
        1
    );
}

#[tokio::test]
async fn delete_takes_what_is_named_or_labelled_and_what_it_owns() {
    let (cluster, kubectl) = start().await;
    kubectl.run_with(&["apply", "-f", "-"], WEB).await;
    let uid = cluster.get("deploy", "default", "web").unwrap()["metadata"]["uid"].clone();
    cluster.apply(&format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: child, ownerReferences: \
         [{{apiVersion: apps/v1, kind: Deployment, name: web, uid: {uid}}}]}}}}"
    ));
    kubectl.run(&["create", "namespace", "ns1"]).await;
    kubectl
        .run(&["-n", "ns1", "create", "configmap", "inside"])
        .await;

    let deleted = kubectl
        .run(&["delete", "deployment", "-l", "app=web"])
        .await;
    kubectl
        .run(&["delete", "namespace", "ns1", "--timeout=10s"])
        .await;

    assert!(
        deleted.starts_with("deployment.apps \"web\" deleted"),
        "{deleted}"
    );
    assert_eq!(cluster.get("cm", "default", "child"), None);
    assert_eq!(cluster.get("cm", "ns1", "inside"), None);
    assert_eq!(cluster.get("ns", "", "ns1"), None);
    let requested: Vec<String> = cluster
        .removals()
        .into_iter()
        .filter(|removal| removal.was_requested)
        .map(|removal| format!("{} {}", removal.resource, removal.name))
        .collect();
    assert_eq!(requested, ["deployments.apps web", "namespaces ns1"]);
}

#[tokio::test]
async fn a_watch_tells_of_changes_as_they_come() {
    let (cluster, kubectl) = start().await;
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}");
    let mut watch = kubectl
        .command(&["get", "configmaps", "-w", "-o", "name"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(watch.stdout.take().unwrap());
    let (send, mut lines) = tokio::sync::mpsc::unbounded_channel();
    let reader = std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });

    let first = lines.recv().await.unwrap();
    cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: two}}");
    let second = lines.recv().await.unwrap();

    watch.kill().unwrap();
    watch.wait().unwrap();
    reader.join().unwrap();
    assert_eq!(first, "configmap/one");
    assert_eq!(second, "configmap/two");
}

#[tokio::test]
async fn logs_are_what_the_test_says() {
    let (cluster, kubectl) = start().await;
    cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: web-1}, spec: {containers: [{name: web, image: 'web:1'}]}}");
    cluster.set_log("default", "web-1", "web", "one\ntwo\nthree\n");

    assert_eq!(kubectl.run(&["logs", "web-1"]).await, "one\ntwo\nthree\n");
    assert_eq!(kubectl.run(&["logs", "web-1", "--tail=1"]).await, "three\n");
    assert!(
        !kubectl
            .attempt(&["logs", "web-1", "-c", "other"], None)
            .await
            .is_success
    );
}

#[tokio::test]
async fn over_tls_a_token_says_who_asks_and_roles_say_what_they_may() {
    let cluster = FakeCluster::start_with_tls().await;
    cluster.apply(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: reader}, \
          rules: [{apiGroups: [''], resources: [configmaps], verbs: [get, list]}]}",
    );
    cluster.bind("system:serviceaccount:default:robot", "reader");
    let admin = Kubectl::of(&cluster);
    let robot = Kubectl::of_user(&cluster, "system:serviceaccount:default:robot");

    admin.run(&["create", "configmap", "one"]).await;
    let seen = robot.run(&["get", "configmaps", "-o", "name"]).await;
    let refused = robot.attempt(&["create", "configmap", "two"], None).await;
    let may = robot.run(&["auth", "can-i", "list", "configmaps"]).await;
    let may_not = robot
        .attempt(&["auth", "can-i", "delete", "secrets"], None)
        .await;

    assert_eq!(seen, "configmap/one\n");
    assert!(
        refused.stderr.contains(
            "configmaps is forbidden: User \"system:serviceaccount:default:robot\" cannot create \
             resource \"configmaps\" in API group \"\" in the namespace \"default\""
        ),
        "{}",
        refused.stderr
    );
    assert_eq!(may, "yes\n");
    assert_eq!(may_not.stdout, "no\n");
}
