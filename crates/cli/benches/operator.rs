//! What the operator costs: memory, and the time from a change to the objects that follow from it.
//!
//! The program itself runs, as it is shipped, against a server in this process that speaks the
//! interface of Kubernetes.

use callboard_kube_testkit::FakeCluster;
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How many custom resources there are.
const INSTANCES: usize = 50;
/// How many edits are timed.
const ROUNDS: usize = 50;
const BACKSTAGES: &str = "backstages.rhdh.redhat.com";
const NS: &str = "default";

/// The program, until it is dropped.
struct Operator(Child);

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Operator {
    /// Resident memory, in MiB.
    fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let status = status.expect("the operator runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.expect("Linux tells the resident memory") / 1024.0
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let cluster = FakeCluster::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kubeconfig = folder.path().join("kubeconfig.yaml");
    cluster.kubeconfig(&kubeconfig);
    cluster.apply(&callboard_operator::manifest::one_file());
    let operator = Command::new(env!("CARGO_BIN_EXE_callboard"))
        .args(["operator", "--leader-elect", "--namespace=rhdh-operator"])
        .args(["--health-probe-bind-address=0", "--metrics-bind-address=0"])
        .env("KUBECONFIG", &kubeconfig)
        .env("LOG_LEVEL", "warn")
        .stdout(Stdio::null())
        .spawn();
    let operator = Operator(operator.expect("the program is built"));

    report(
        "first instance, start of the operator included",
        &[one(&cluster, 0).await],
        "ms",
    );
    report(
        "resident memory, one instance",
        &[operator.resident()],
        "MiB",
    );
    let begun = Instant::now();
    for at in 1..INSTANCES {
        apply(&cluster, at);
    }
    for at in 1..INSTANCES {
        deployed(&cluster, at).await;
    }
    let each = milliseconds(begun.elapsed()) / (INSTANCES - 1) as f64;
    report("one of many new instances", &[each], "ms");

    let mut edits = Vec::new();
    for round in 0..ROUNDS {
        edits.push(edit(&cluster, round % INSTANCES, round).await);
    }
    report("from the edit of a Secret to the new pods", &edits, "ms");
    report(
        "resident memory, 50 instances, after all this",
        &[operator.resident()],
        "MiB",
    );
}

/// Times one new custom resource, from its being written to its condition.
async fn one(cluster: &FakeCluster, at: usize) -> f64 {
    let begun = Instant::now();
    apply(cluster, at);
    deployed(cluster, at).await;
    milliseconds(begun.elapsed())
}

fn apply(cluster: &FakeCluster, at: usize) {
    cluster.apply(&format!(
        "
apiVersion: v1
kind: Secret
metadata: {{name: env-{at}, namespace: {NS}}}
stringData: {{A: a}}
---
apiVersion: rhdh.redhat.com/v1alpha5
kind: Backstage
metadata: {{name: hub-{at}, namespace: {NS}}}
spec: {{application: {{extraEnvs: {{secrets: [{{name: env-{at}}}]}}}}}}
"
    ));
}

async fn deployed(cluster: &FakeCluster, at: usize) {
    cluster
        .wait_for(BACKSTAGES, NS, &format!("hub-{at}"), |it| {
            it["status"]["conditions"][0]["status"] == "True"
        })
        .await;
}

/// Times the edit of a Secret, up to the pod template that follows from it.
async fn edit(cluster: &FakeCluster, at: usize, round: usize) -> f64 {
    let name = format!("backstage-hub-{at}");
    let hash = |it: &Value| {
        it["spec"]["template"]["metadata"]["annotations"]["rhdh.redhat.com/ext-config-hash"].clone()
    };
    let before = hash(
        &cluster
            .get("deployments", NS, &name)
            .expect("it is deployed"),
    );
    let begun = Instant::now();
    let value = json!({"stringData": {"A": format!("{round}")}});
    cluster.patch("secrets", NS, &format!("env-{at}"), value);
    cluster
        .wait_for("deployments", NS, &name, |it| hash(it) != before)
        .await;
    milliseconds(begun.elapsed())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::print_stdout, reason = "the answer of the bench")]
fn report(what: &str, figures: &[f64], unit: &str) {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    match sorted.as_slice() {
        [only] => println!("{what}: {only:.1} {unit}"),
        [least, .., most] => println!("{what}: {median:.1} {unit} ({least:.1} to {most:.1})"),
        [] => {}
    }
}
