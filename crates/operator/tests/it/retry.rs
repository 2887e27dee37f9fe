//! When a pass that failed is made again, in a time that does not pass by itself.
//!
//! The cluster is a function here: with neither sockets nor a real clock, minutes take no time and
//! come out to the millisecond.

use crate::stage::options;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use kube::Client;
use kube::client::Body as KubeBody;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A cluster with one custom resource that refuses to give the default configuration.
#[derive(Clone)]
struct Sick {
    begun: Instant,
    /// How it refuses, and when it was asked.
    refusal: StatusCode,
    asked: Arc<Mutex<Vec<Duration>>>,
    /// The conditions that were written, and when.
    conditions: Arc<Mutex<Vec<(Duration, Value)>>>,
}

impl Sick {
    fn new(refusal: StatusCode) -> Self {
        Self {
            begun: Instant::now(),
            refusal,
            asked: Arc::default(),
            conditions: Arc::default(),
        }
    }

    fn client(&self) -> Client {
        let cluster = self.clone();
        let service = tower::service_fn(move |request: Request<KubeBody>| {
            let cluster = cluster.clone();
            async move { Ok::<_, Infallible>(cluster.answer(request).await) }
        });
        Client::new(service, "default")
    }

    async fn answer(&self, request: Request<KubeBody>) -> Response<Body> {
        let uri = request.uri().to_string();
        if uri.ends_with("/configmaps/backstage-default-config") {
            self.asked.lock().unwrap().push(self.begun.elapsed());
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "reason": "InternalError", "message": "no", "code": self.refusal.as_u16(),
            });
            return json_answer(self.refusal, &status);
        }
        if uri == "/apis" {
            return json_answer(
                StatusCode::OK,
                &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []}),
            );
        }
        if uri == "/version" {
            let version = json!({
                "major": "1", "minor": "33", "gitVersion": "", "gitCommit": "", "gitTreeState": "",
                "buildDate": "", "goVersion": "", "compiler": "", "platform": "",
            });
            return json_answer(StatusCode::OK, &version);
        }
        if request.method() == Method::PATCH {
            let body = request.into_body().collect_bytes().await.unwrap();
            let patch: Value = serde_json::from_slice(&body).unwrap();
            let condition = patch["status"]["conditions"][0].clone();
            self.conditions
                .lock()
                .unwrap()
                .push((self.begun.elapsed(), condition));
            return json_answer(StatusCode::OK, &backstage());
        }
        if uri.contains("watch=true") {
            let silence = futures_util::stream::pending::<Result<Vec<u8>, Infallible>>();
            return Response::new(Body::from_stream(silence));
        }
        let items = if uri.contains("/backstages?") {
            json!([backstage()])
        } else {
            json!([])
        };
        json_answer(
            StatusCode::OK,
            &json!({
                "kind": "List", "apiVersion": "v1",
                "metadata": {"resourceVersion": "1"}, "items": items,
            }),
        )
    }

    /// The pauses between passes, in milliseconds.
    fn pauses(&self) -> Vec<u128> {
        let asked = self.asked.lock().unwrap();
        let pairs = asked.windows(2);
        pairs.map(|pair| (pair[1] - pair[0]).as_millis()).collect()
    }
}

fn backstage() -> Value {
    json!({
        "apiVersion": "rhdh.redhat.com/v1alpha5",
        "kind": "Backstage",
        "metadata": {"name": "my-rhdh", "namespace": "ns1", "uid": "1", "resourceVersion": "1"},
        "spec": {},
        "status": {"conditions": [{
            "type": "Deployed", "status": "False", "reason": "DeployInProgress",
            "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
        }]},
    })
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
}

/// Runs an operator for so long in the time that the test makes.
async fn run_for(cluster: &Sick, time: Duration) {
    let stop = tokio::time::sleep(time);
    callboard_operator::run(cluster.client(), options(), stop)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failing_cluster_is_asked_again_after_pauses_that_double() {
    let cluster = Sick::new(StatusCode::SERVICE_UNAVAILABLE);

    run_for(&cluster, Duration::from_secs(200)).await;

    // What asks for a pass waits a moment for others that ask for the same.
    let pauses = cluster.pauses();
    let exact = [
        100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000,
    ];
    assert_eq!(pauses.len(), exact.len(), "{pauses:?}");
    for (pause, exact) in pauses.into_iter().zip(exact) {
        assert!((exact..=exact + 60).contains(&pause), "{pause} for {exact}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_cluster_is_told_of_after_six_seconds_and_not_before() {
    let cluster = Sick::new(StatusCode::SERVICE_UNAVAILABLE);

    run_for(&cluster, Duration::from_secs(60)).await;

    let conditions = cluster.conditions.lock().unwrap();
    let [(when, condition), rest @ ..] = conditions.as_slice() else {
        panic!("no condition was written")
    };
    assert!((6_300..6_800).contains(&when.as_millis()), "{when:?}");
    assert_eq!(condition["reason"], "DeployFailed");
    assert_eq!(
        condition["message"],
        "failed to read the default configuration: no"
    );
    // The custom resource stays as it was in the store here, so it is written with every pass.
    assert!(rest.iter().all(|(_, it)| it["reason"] == "DeployFailed"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_does_not_pass_is_told_at_once() {
    let cluster = Sick::new(StatusCode::FORBIDDEN);

    run_for(&cluster, Duration::from_millis(300)).await;

    let conditions = cluster.conditions.lock().unwrap();
    assert!(
        conditions[0].0 < Duration::from_millis(100),
        "{conditions:?}"
    );
    assert_eq!(conditions[0].1["reason"], "DeployFailed");
}
