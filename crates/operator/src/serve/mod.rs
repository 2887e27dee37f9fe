//! The operator's own health, and its figures for those who may see them.

mod access;
mod tls;

use crate::metrics::Metrics;
use access::{Access, Gate};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use kube::Client;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Who may read the figures, and how they travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Anybody, in the clear.
    Open,
    /// Whom the cluster lets `get` the address `/metrics`, over TLS.
    Secure,
}

/// Answers the cluster's probes; standing by counts as ready.
pub(crate) async fn health(listener: TcpListener) -> std::io::Result<()> {
    axum::serve(listener, probes()).await
}

/// `GET /healthz` and `GET /readyz`, and each of the checks that they are made of: one, which is
/// that the process answers. An operator that cannot go on ends instead of answering badly.
fn probes() -> Router {
    let ok = || async { "ok" };
    Router::new()
        .route("/healthz", get(ok))
        .route("/healthz/ping", get(ok))
        .route("/readyz", get(ok))
        .route("/readyz/ping", get(ok))
}

/// Serves `/metrics`.
pub(crate) async fn metrics(
    listener: TcpListener,
    metrics: Metrics,
    access: MetricsAccess,
    client: Client,
) -> std::io::Result<()> {
    match access {
        MetricsAccess::Open => axum::serve(listener, router(metrics, Gate::Open)).await,
        MetricsAccess::Secure => {
            let config = tls::self_signed().map_err(std::io::Error::other)?;
            let listener = tls::TlsListener::new(listener, config);
            axum::serve(listener, router(metrics, Gate::Cluster(client))).await
        }
    }
}

/// Where a listener is bound; the port may have been chosen by the system.
pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

fn router(metrics: Metrics, gate: Gate) -> Router {
    Router::new()
        .route("/metrics", get(figures))
        .with_state((metrics, gate))
}

/// `GET /metrics`, for whoever the cluster lets `get` that address.
async fn figures(State((metrics, gate)): State<(Metrics, Gate)>, headers: HeaderMap) -> Response {
    match gate.ask(&headers).await {
        Access::Allowed => {
            let kind = [(
                header::CONTENT_TYPE,
                "text/plain; version=0.0.4; charset=utf-8",
            )];
            (kind, metrics.text()).into_response()
        }
        Access::Unknown => StatusCode::UNAUTHORIZED.into_response(),
        Access::Denied => StatusCode::FORBIDDEN.into_response(),
        Access::Undecided => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use callboard_kube_testkit::FakeCluster;
    use tower::ServiceExt as _;

    async fn status(router: Router, token: Option<&str>) -> StatusCode {
        let request = Request::get("/metrics");
        let request = match token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        let request = request.body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn probes_are_answered() {
        for (path, wanted) in [
            ("/healthz", StatusCode::OK),
            ("/healthz/ping", StatusCode::OK),
            ("/readyz", StatusCode::OK),
            ("/readyz/ping", StatusCode::OK),
            ("/metrics", StatusCode::NOT_FOUND),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = probes().oneshot(request).await.unwrap();
            assert_eq!(response.status(), wanted, "{path}");
        }
    }

    #[tokio::test]
    async fn requests_to_the_cluster_are_counted() {
        let cluster = FakeCluster::start().await;
        let metrics = Metrics::new().unwrap();
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let nobody = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let nobody = Client::try_from(kube::Config::new(nobody.parse().unwrap())).unwrap();

        let (answered, unanswered) = (
            metrics.counting(&cluster.client().await),
            metrics.counting(&nobody),
        );
        answered.apiserver_version().await.unwrap();
        unanswered.apiserver_version().await.unwrap_err();

        let text = metrics.text();
        for line in [
            "rest_client_requests_total{code=\"200\",method=\"GET\"} 1",
            "rest_client_requests_total{code=\"<error>\",method=\"GET\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in:\n{text}");
        }
    }

    #[tokio::test]
    async fn the_cluster_decides_who_reads_the_figures() {
        let cluster = FakeCluster::start().await;
        cluster.apply(&crate::manifest::one_file());
        cluster.bind("prometheus", "rhdh-metrics-reader");
        let account = "system:serviceaccount:rhdh-operator:rhdh-controller-manager";
        let client = cluster.client_as(account).await;
        let router = router(Metrics::new().unwrap(), Gate::Cluster(client));
        let (prometheus, other) = (cluster.token_of("prometheus"), cluster.token_of("other"));

        let ask = async |token: Option<&str>| status(router.clone(), token).await;

        assert_eq!(ask(None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(ask(Some("made-up")).await, StatusCode::UNAUTHORIZED);
        assert_eq!(ask(Some(&other)).await, StatusCode::FORBIDDEN);
        assert_eq!(ask(Some(&prometheus)).await, StatusCode::OK);
    }

    #[test]
    fn the_figures_have_the_names_that_dashboards_know() {
        let metrics = Metrics::new().unwrap();
        metrics.lead(true);
        metrics.reconciled(true, std::time::Duration::from_millis(7));

        let text = metrics.text();

        for line in [
            "controller_runtime_reconcile_total{controller=\"backstage\",result=\"success\"} 1",
            "controller_runtime_reconcile_total{controller=\"backstage\",result=\"error\"} 0",
            "controller_runtime_reconcile_errors_total{controller=\"backstage\"} 0",
            "controller_runtime_reconcile_time_seconds_count{controller=\"backstage\"} 1",
            "controller_runtime_max_concurrent_reconciles{controller=\"backstage\"} 4",
            "controller_runtime_active_workers{controller=\"backstage\"} 0",
            "workqueue_depth{name=\"backstage\"} 0",
            "workqueue_adds_total{name=\"backstage\"} 0",
            "workqueue_retries_total{name=\"backstage\"} 0",
            "workqueue_queue_duration_seconds_count{name=\"backstage\"} 0",
            "workqueue_work_duration_seconds_count{name=\"backstage\"} 0",
            "workqueue_unfinished_work_seconds{name=\"backstage\"} 0",
            "workqueue_longest_running_processor_seconds{name=\"backstage\"} 0",
            "leader_election_master_status{name=\"06bdbdd5.rhdh.redhat.com\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in:\n{text}");
        }
        assert!(text.contains("process_resident_memory_bytes"));
    }
}
