//! What `kubectl get` prints: columns, warnings, and the pods of workloads.

use callboard_kube_testkit::{FakeCluster, Kubectl, Simulation};

/// The words of each line, without the age, which is the last and never the same.
fn rows(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().map(|line| line.split_whitespace().collect());
    lines
        .map(|mut words: Vec<&str>| {
            words.pop();
            words
        })
        .collect()
}

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'web:1'}]}
";

#[tokio::test]
async fn a_table_has_the_columns_of_its_definition() {
    let cluster = FakeCluster::start().await;
    let kubectl = Kubectl::of(&cluster);
    cluster.apply(include_str!("definition.yaml"));
    cluster.apply("{apiVersion: lantern.example/v1alpha2, kind: Stage, metadata: {name: main}, spec: {seats: 3}}");
    cluster.apply("{apiVersion: lantern.example/v1alpha2, kind: Stage, metadata: {name: side}, spec: {seats: 1}}");
    let conditions =
        serde_json::json!({"status": {"conditions": [{"type": "Deployed", "status": "True"}]}});
    cluster.patch_status("stages", "default", "main", conditions);

    let all = ["get", "stages.v1alpha1.lantern.example"];
    let table = kubectl.run(&all).await;
    let one = kubectl.run(&[&all[..], &["side"]].concat()).await;
    let warned = kubectl.attempt(&all, None).await;
    let silent = kubectl
        .attempt(&["get", "stages.v1alpha2.lantern.example"], None)
        .await;

    assert_eq!(
        rows(&table),
        [
            vec!["NAME", "SEATS", "DEPLOYED"],
            vec!["main", "3", "True"],
            vec!["side", "1"],
        ]
    );
    assert_eq!(rows(&one)[1], ["side", "1"]);
    assert_eq!(
        warned.stderr,
        "Warning: lantern.example/v1alpha1 Stage goes; take v1alpha2\n"
    );
    assert_eq!(silent.stderr, "");
}

#[tokio::test]
async fn a_table_of_a_kind_that_every_cluster_has_shows_what_people_look_for() {
    let cluster = FakeCluster::start().await;
    let kubectl = Kubectl::of(&cluster);
    cluster.apply(WEB);
    cluster.apply(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: '1', b: '2'}}",
    );

    let workloads = kubectl.run(&["get", "deployments"]).await;
    let pods = kubectl.run(&["get", "pods", "-l", "app=web"]).await;
    let settings = kubectl.run(&["get", "configmaps"]).await;

    assert_eq!(
        rows(&workloads),
        [
            vec!["NAME", "READY", "UP-TO-DATE", "AVAILABLE"],
            vec!["web", "2/2", "2", "2"],
        ]
    );
    assert_eq!(rows(&pods)[0], ["NAME", "READY", "STATUS", "RESTARTS"]);
    assert_eq!(rows(&pods)[1][1..], ["1/1", "Running", "0"]);
    assert_eq!(rows(&pods).len(), 3);
    assert_eq!(rows(&settings)[1], ["settings", "2"]);
}

#[tokio::test]
async fn a_workload_has_the_pods_that_it_wants_and_new_ones_for_another_template() {
    let cluster = FakeCluster::start().await;
    let names = || -> Vec<String> {
        let pods = cluster.list("pods", "default").into_iter();
        pods.map(|pod| pod["metadata"]["name"].to_string())
            .collect()
    };
    cluster.apply(WEB);
    let first = names();

    cluster.apply(&WEB.replace("replicas: 2", "replicas: 3"));
    let more = names();
    cluster.simulate(Simulation::OnRequest);
    cluster.apply(&WEB.replace("web:1", "web:2"));
    let others = cluster.list("pods", "default");

    assert_eq!((first.len(), more.len(), others.len()), (2, 3, 2));
    assert!(first.iter().all(|name| more.contains(name)));
    for pod in &others {
        assert!(!more.contains(&pod["metadata"]["name"].to_string()));
        assert_eq!(pod["spec"]["containers"][0]["image"], "web:2");
        assert_eq!(pod["status"]["phase"], "Pending");
    }

    cluster.make_ready("deployments", "default", "web");
    let ready = cluster.list("pods", "default");
    assert!(ready.iter().all(|pod| pod["status"]["phase"] == "Running"));
    cluster.delete("deployments", "default", "web");
    assert_eq!(names(), Vec::<String>::new());
    // They went with their workload, and nobody asked for more than that.
    assert_eq!(cluster.removals().len(), 1);
}
