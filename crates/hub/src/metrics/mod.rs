//! `/metrics` for Prometheus, on the main port and on one of its own.
//!
//! Two generations of names are served together, so that annotations written for the older one
//! and monitors written for the newer one both find theirs: `http_request_duration_seconds` and
//! `process_*` on the one hand, `http_server_duration` and `target_info` on the other.

mod listener;
mod process;

use crate::app::{App, Core};
use crate::database::DatabaseMetrics;
use crate::error::Error;
use crate::feature::{Feature, Registrar};
use crate::hub::StartError;
use crate::task::Task;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use process::ProcessTimes;
use prometheus::{Encoder, Gauge, GaugeVec, Opts, TEXT_FORMAT, TextEncoder};

/// The feature.
pub(crate) struct Metrics;

impl Feature for Metrics {
    fn id(&self) -> &'static str {
        "metrics"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let port = listener::port(&hub.core().config)?;
        hub.service(Service::new(hub.core())?);
        hub.root(Router::new().route("/metrics", get(scrape)));
        if let Some(port) = port {
            hub.task(Task::new("metrics-listener", move |app, shutdown| {
                listener::serve(app, port, shutdown)
            }));
        }
        Ok(())
    }
}

struct Service {
    times: ProcessTimes,
    database: DatabaseMetrics,
}

impl Service {
    fn new(core: &Core) -> Result<Service, StartError> {
        let registry = &core.metrics;
        let up = Gauge::new("up", "1 = up, 0 = not up")?;
        up.set(1.0);
        registry.register(Box::new(up))?;
        let target = GaugeVec::new(
            Opts::new("target_info", "what is being measured"),
            &["service_name", "service_version"],
        )?;
        target
            .with_label_values(&["callboard", env!("CARGO_PKG_VERSION")])
            .set(1.0);
        registry.register(Box::new(target))?;
        registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;
        Ok(Service {
            times: ProcessTimes::new(registry)?,
            database: DatabaseMetrics::new(core)?,
        })
    }
}

/// `GET /metrics`. Open, as in the original: no series holds a user, a role or an entity name.
async fn scrape(State(app): State<App>) -> Result<Response, Error> {
    let service = app.service::<Service>();
    service.times.update();
    service.database.update();
    let mut text = Vec::new();
    TextEncoder::new()
        .encode(&app.core().metrics.gather(), &mut text)
        .map_err(Error::internal)?;
    Ok(([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response())
}
