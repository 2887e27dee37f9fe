//! What the operator counts, under the names that dashboards of other operators have.

use crate::controller::CONCURRENCY;
use crate::queue::Queue;
use kube::Client;
use kube::client::Body;
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};
use std::time::Duration;

/// The label of everything that is about custom resources.
const CONTROLLER: &str = "backstage";

/// The figures of one operator.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    total: IntCounterVec,
    errors: IntCounterVec,
    time: HistogramVec,
    leader: IntGaugeVec,
    requests: IntCounterVec,
    pub(crate) queue: Queue,
}

impl Metrics {
    /// Makes the figures, all of them zero.
    ///
    /// # Errors
    ///
    /// Never in practice: only if two figures had one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Self {
            queue: Queue::register(&registry, CONTROLLER)?,
            total: IntCounterVec::new(
                Opts::new(
                    "controller_runtime_reconcile_total",
                    "Passes over custom resources",
                ),
                &["controller", "result"],
            )?,
            errors: IntCounterVec::new(
                Opts::new(
                    "controller_runtime_reconcile_errors_total",
                    "Passes that failed",
                ),
                &["controller"],
            )?,
            time: HistogramVec::new(
                HistogramOpts::new(
                    "controller_runtime_reconcile_time_seconds",
                    "How long a pass takes",
                )
                .buckets(vec![
                    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
                ]),
                &["controller"],
            )?,
            leader: IntGaugeVec::new(
                Opts::new(
                    "leader_election_master_status",
                    "1 while this operator is the one that acts",
                ),
                &["name"],
            )?,
            requests: IntCounterVec::new(
                Opts::new(
                    "rest_client_requests_total",
                    "Requests to the cluster, by how they were answered",
                ),
                &["code", "method"],
            )?,
            registry,
        };
        metrics.registry.register(Box::new(metrics.total.clone()))?;
        metrics
            .registry
            .register(Box::new(metrics.errors.clone()))?;
        metrics.registry.register(Box::new(metrics.time.clone()))?;
        metrics
            .registry
            .register(Box::new(metrics.leader.clone()))?;
        metrics
            .registry
            .register(Box::new(metrics.requests.clone()))?;
        let most = IntGauge::with_opts(
            Opts::new(
                "controller_runtime_max_concurrent_reconciles",
                "How many passes are made at the same time at most",
            )
            .const_label("controller", CONTROLLER),
        )?;
        most.set(CONCURRENCY.into());
        metrics.registry.register(Box::new(most))?;
        let process = prometheus::process_collector::ProcessCollector::for_self();
        metrics.registry.register(Box::new(process))?;
        for result in ["success", "error"] {
            metrics.total.with_label_values(&[CONTROLLER, result]);
        }
        metrics.errors.with_label_values(&[CONTROLLER]);
        Ok(metrics)
    }

    /// Counts a pass.
    pub(crate) fn reconciled(&self, is_success: bool, took: Duration) {
        let result = if is_success { "success" } else { "error" };
        self.total.with_label_values(&[CONTROLLER, result]).inc();
        if !is_success {
            self.errors.with_label_values(&[CONTROLLER]).inc();
        }
        self.time
            .with_label_values(&[CONTROLLER])
            .observe(took.as_secs_f64());
    }

    /// Gives a client that counts what it asks of the cluster; watches count when they begin.
    pub(crate) fn counting(&self, client: &Client) -> Client {
        let namespace = client.default_namespace().to_owned();
        let (client, requests) = (client.clone(), self.requests.clone());
        let service = tower::service_fn(move |request: axum::http::Request<Body>| {
            let (client, requests) = (client.clone(), requests.clone());
            async move {
                let method = request.method().clone();
                let result = client.send(request).await;
                let code = match &result {
                    Ok(response) => response.status().as_str().to_owned(),
                    Err(_) => "<error>".to_owned(),
                };
                requests.with_label_values(&[&code, method.as_str()]).inc();
                result
            }
        });
        Client::new(service, namespace)
    }

    /// Says whether this operator is the one that acts.
    pub(crate) fn lead(&self, is_leader: bool) {
        let leader = self.leader.with_label_values(&[crate::leader::LEASE]);
        leader.set(i64::from(is_leader));
    }

    /// Writes all figures as Prometheus reads them.
    pub fn text(&self) -> String {
        self.queue.refresh();
        let mut out = Vec::new();
        // INVARIANT: writing into memory does not fail, and the figures are well-formed.
        match TextEncoder::new().encode(&self.registry.gather(), &mut out) {
            Ok(()) => String::from_utf8_lossy(&out).into_owned(),
            Err(error) => format!("# {error}\n"),
        }
    }
}
