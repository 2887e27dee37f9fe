//! What surrounds every request: headers, CORS, compression, logs, errors, limits.
//!
//! An answer passes the parts from the inside out, in the order of the original: a panic becomes
//! an error, an error gets its body, a JSON body its charset and its `ETag`; then the answer is logged and
//! measured, compressed, opened to other origins, and given the security headers. Whatever an
//! inner part answers by itself, such as a preflight, has passed all those outside it.
//!
//! Innermost stands the [`gate`], which holds requests until the hub runs, and before it the part
//! that makes a [`trailing_slash`] mean nothing. [`surroundings`] puts all of them together.

pub mod body;
pub mod charset;
pub mod client_address;
pub mod cors;
pub mod error_body;
pub mod etag;
pub mod gate;
pub mod headers;
pub mod listen;
pub mod panic;
pub mod query;
pub mod request_log;
pub mod revision;
pub mod server;
mod surroundings;
pub mod tls;
pub mod trailing_slash;

use crate::clock::Clock;
use crate::hub::StartError;
use axum::Router;
use axum::middleware::from_fn_with_state;
use callboard_config::Config;
use std::sync::Arc;
use surroundings::Surroundings;

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
    let surroundings = Arc::new(Surroundings::new(config, metrics, clock)?);
    Ok(router.layer(from_fn_with_state(surroundings, Surroundings::answer)))
}

/// Answers like an unmatched route of the original: 404 with an empty body, no 405 anywhere.
pub async fn no_route() -> crate::Error {
    crate::Error::NoRoute
}
