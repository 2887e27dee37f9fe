//! What surrounds a request, in one middleware.
//!
//! The parts are called one after the other instead of each being a layer of the router: every
//! layer costs every request a few allocations, and a copy of all the layers within it.

use super::client_address::TrustProxy;
use super::cors::Cors;
use super::headers::Headers;
use super::request_log::RequestLog;
use super::{charset, error_body, etag, panic, trailing_slash};
use crate::clock::Clock;
use crate::hub::StartError;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use callboard_config::Config;
use std::convert::Infallible;
use std::sync::Arc;
use tower::util::service_fn;
use tower::{Layer, ServiceExt};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, DefaultPredicate, Predicate, SizeAbove};

/// Bodies up to this size are sent as they are, as the original does.
const COMPRESS_ABOVE_BYTES: u64 = 1024;

/// The parts that hold something of the configuration.
pub(super) struct Surroundings {
    headers: Headers,
    cors: Option<Cors>,
    compression: CompressionLayer<And<DefaultPredicate, SizeAbove>>,
    trust: TrustProxy,
    log: RequestLog,
}

impl Surroundings {
    /// Reads the configuration and registers the metrics of requests.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a part cannot be used as it is configured.
    pub(super) fn new(
        config: &Config,
        metrics: &prometheus::Registry,
        clock: Arc<dyn Clock>,
    ) -> Result<Surroundings, StartError> {
        Ok(Surroundings {
            headers: Headers::from_config(config)?,
            log: RequestLog::new(config, metrics, clock)?,
            cors: Cors::from_config(config)?,
            compression: CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESS_ABOVE_BYTES))),
            trust: TrustProxy::from_config(config)?,
        })
    }

    /// The middleware around all others.
    pub(super) async fn answer(
        State(this): State<Arc<Surroundings>>,
        request: Request,
        next: Next,
    ) -> Response {
        let cors = this.cors.as_ref();
        let cors = cors.and_then(|cors| Some((cors, cors.allowed_origin(request.headers())?)));
        let preflight = cors.as_ref().and_then(|(cors, _)| cors.preflight(&request));
        let mut response = match preflight {
            Some(response) => response,
            None => this.compressed(request, next).await,
        };
        if let Some((cors, origin)) = cors {
            cors.decorate(origin, response.headers_mut());
        }
        this.headers.add_to(&mut response);
        response
    }

    async fn compressed(&self, request: Request, next: Next) -> Response {
        let inner = service_fn(|request: Request| async {
            Ok::<_, Infallible>(self.observed(request, next.clone()).await)
        });
        match self.compression.layer(inner).oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }

    async fn observed(&self, mut request: Request, next: Next) -> Response {
        self.trust.note(&mut request);
        let observed = self.log.begin(&request);
        let known = etag::Known::of(&request);
        trailing_slash::trim(&mut request);

        let response = panic::caught(next.run(request)).await;
        let mut response = error_body::write(observed.method(), observed.uri(), response);
        charset::name(&mut response);
        let response = etag::add(known, response).await;
        self.log.end(&observed, &response);
        response
    }
}
