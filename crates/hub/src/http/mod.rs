//! What surrounds every request: headers, CORS, compression, logs, errors, limits.
//!
//! An answer passes the layers from the inside out, in the order of the original: a panic becomes
//! an error, an error gets its body, a JSON body its charset and its `ETag`; then the answer is logged and
//! measured, compressed, opened to other origins, and given the security headers. Whatever an
//! inner layer answers by itself, such as a preflight, has passed all those outside it.
//!
//! Innermost stands the [`gate`], which holds requests until the hub runs, and before it the layer
//! that makes a [`trailing_slash`] mean nothing.

pub mod body;
pub mod charset;
pub mod client_address;
pub mod cors;
pub mod error_body;
pub mod etag;
pub mod gate;
pub mod headers;
pub mod listen;
pub mod quality;
pub mod query;
pub mod request_log;
pub mod revision;
pub mod server;
pub mod tls;
pub mod trailing_slash;

use crate::clock::Clock;
use crate::hub::StartError;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use callboard_config::Config;
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

/// Bodies up to this size are sent as they are, as the original does.
const COMPRESS_ABOVE_BYTES: u64 = 1024;

/// Wraps `router` in everything that every answer goes through.
///
/// # Errors
///
/// [`StartError`] when `backend.csp`, `backend.cors` or `backend.trustProxy` cannot be used.
pub fn surround(
    router: Router,
    config: &Config,
    metrics: &prometheus::Registry,
    clock: Arc<dyn Clock>,
) -> Result<Router, StartError> {
    let headers = Arc::new(headers::Headers::from_config(config)?);
    let log = Arc::new(request_log::RequestLog::new(config, metrics, clock)?);
    let cors = cors::Cors::from_config(config)?.map(Arc::new);
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESS_ABOVE_BYTES)));

    let trust = Arc::new(client_address::TrustProxy::from_config(config)?);

    let mut router = router
        .layer(from_fn(trailing_slash::trim))
        .layer(catch_panics())
        .layer(from_fn(error_body::write))
        .layer(map_response(charset::name))
        .layer(from_fn(etag::add))
        .layer(from_fn_with_state(log, request_log::observe))
        .layer(from_fn_with_state(trust, client_address::note))
        .layer(compression);
    if let Some(cors) = cors {
        router = router.layer(from_fn_with_state(cors, cors::apply));
    }
    Ok(router.layer(from_fn_with_state(headers, headers::add)))
}

/// Turns a panic of whatever is inside into a fault like any other.
pub fn catch_panics() -> CatchPanicLayer<error_body::OnPanic> {
    CatchPanicLayer::custom(error_body::OnPanic)
}

/// Answers like an unmatched route of the original: 404 with an empty body, no 405 anywhere.
pub async fn no_route() -> crate::Error {
    crate::Error::NoRoute
}
