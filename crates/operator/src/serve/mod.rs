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
    let ok = || async { "ok" };
    let router = Router::new()
        .route("/healthz", get(ok))
        .route("/readyz", get(ok));
    axum::serve(listener, router).await
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
