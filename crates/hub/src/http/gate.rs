//! Holds requests until the hub runs, and turns them away when it stops.
//!
//! The listener opens before the hub has loaded its state, so that liveness can be asked at once.

use crate::database::Freshness;
use crate::error::Error;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, watch};
use tower::ServiceExt;

/// How long a request waits for the start before it is turned away.
const START_WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
enum Phase {
    Starting(Pass),
    Running(Router, Pass, Option<Freshness>),
    /// Serves on while whoever sends requests learns from readiness to send them elsewhere.
    Leaving(Router, Pass),
    Stopping,
}

/// Held by a request under way, and by the gate until it closes; nothing is ever sent.
type Pass = mpsc::Sender<Infallible>;

/// The gate before the hub's router.
#[derive(Clone)]
pub struct Gate {
    phase: watch::Sender<Phase>,
    /// Ends when the last [`Pass`] is handed back.
    under_way: Arc<Mutex<mpsc::Receiver<Infallible>>>,
}

impl Default for Gate {
    fn default() -> Gate {
        let (pass, under_way) = mpsc::channel(1);
        Gate {
            phase: watch::Sender::new(Phase::Starting(pass)),
            under_way: Arc::new(Mutex::new(under_way)),
        }
    }
}

impl Gate {
    /// Lets requests through to `router`; a gate that has closed stays so.
    pub fn open(&self, router: Router) {
        self.open_phase(router, None);
    }

    /// As [`Gate::open`]; readiness also says how fresh the answers are.
    pub fn open_with(&self, router: Router, freshness: Freshness) {
        self.open_phase(router, Some(freshness));
    }

    fn open_phase(&self, router: Router, freshness: Option<Freshness>) {
        self.phase.send_if_modified(|phase| {
            let Phase::Starting(pass) = phase else {
                return false;
            };
            *phase = Phase::Running(router, pass.clone(), freshness);
            true
        });
    }

    /// Tells by readiness, and by closing each connection after its answer, that no more requests
    /// should come; those that do are answered. Without effect unless the hub runs.
    pub fn leave(&self) {
        self.phase.send_if_modified(|phase| {
            let Phase::Running(router, pass, _) = phase else {
                return false;
            };
            *phase = Phase::Leaving(router.clone(), pass.clone());
            true
        });
    }

    /// Turns new requests away, and waits until those under way are answered.
    pub async fn drain(&self) {
        self.phase.send_replace(Phase::Stopping);
        // Nothing is sent, so this waits for the last sender to go.
        let _nothing = self.under_way.lock().await.recv().await;
    }

    /// The router that a server serves: health at any time, everything else through the gate.
    pub fn into_router(self) -> Router {
        Router::new().fallback(move |request: Request| {
            let gate = self.clone();
            async move { gate.answer(request).await }
        })
    }

    async fn answer(&self, request: Request) -> Response {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        match request.uri().path() {
            "/.backstage/health/v1/liveness" | "/healthcheck" if is_read => ok(),
            "/.backstage/health/v1/readiness" if is_read => self.readiness(),
            _ => self.pass(request).await,
        }
    }

    /// A hub without its database is ready: were it taken out of service for that, all of them
    /// would be.
    fn readiness(&self) -> Response {
        let message = match &*self.phase.borrow() {
            Phase::Running(_, _, freshness) => {
                return match freshness.as_ref().and_then(Freshness::stale_since) {
                    Some(since) => stale(since),
                    None => ok(),
                };
            }
            Phase::Starting(_) => "Backend has not started yet",
            Phase::Leaving(..) | Phase::Stopping => "Backend is shutting down",
        };
        json(
            StatusCode::SERVICE_UNAVAILABLE,
            format!(r#"{{"message":"{message}","status":"error"}}"#),
        )
    }

    async fn pass(&self, request: Request) -> Response {
        let mut phase = self.phase.subscribe();
        let started = phase.wait_for(|phase| !matches!(phase, Phase::Starting(_)));
        let phase = match tokio::time::timeout(START_WAIT, started).await {
            Ok(Ok(phase)) => phase.clone(),
            // Too late; the channel cannot have been closed, since its sender is ours.
            Ok(Err(_)) | Err(_) => return unavailable("Service has not started up yet"),
        };
        match phase {
            Phase::Running(router, pass, _) => {
                let response = router.oneshot(request).await.into_response();
                drop(pass);
                response
            }
            Phase::Leaving(router, pass) => {
                let is_http_1 = request.version() <= Version::HTTP_11;
                let mut response = router.oneshot(request).await.into_response();
                drop(pass);
                // The next version has no such header, and its connections end by themselves.
                if is_http_1 {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(header::CONNECTION, close);
                }
                response
            }
            Phase::Starting(_) => unavailable("Service has not started up yet"),
            Phase::Stopping => unavailable("Service is shutting down"),
        }
    }
}

fn ok() -> Response {
    json(StatusCode::OK, r#"{"status":"ok"}"#.to_owned())
}

fn stale(since: Timestamp) -> Response {
    // The second in which it was last seen is exact enough.
    let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
    json(
        StatusCode::OK,
        format!(
            r#"{{"database":{{"staleSince":"{since}","status":"unavailable"}},"status":"ok"}}"#
        ),
    )
}

fn json(status: StatusCode, body: String) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        Body::from(body),
    )
        .into_response()
}

fn unavailable(message: &str) -> Response {
    Error::unavailable(message).into_response()
}
