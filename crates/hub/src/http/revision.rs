//! `callboard-revision`: reading one's own writes, whichever hub answers.
//!
//! The answer of a write tells how far the database was when it was done. Who sends that number
//! back with a later request is answered by a hub that has come at least as far.

use crate::app::App;
use crate::error::Error;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use callboard_store::Revision;
use std::time::Duration;

/// The header of answers and of requests.
pub const NAME: HeaderName = HeaderName::from_static("callboard-revision");

/// How long a request waits for what another hub has written.
const WAIT: Duration = Duration::from_secs(2);

/// When it is worth another try, in seconds.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Answers a request to a plugin once the hub has come as far as the request asks.
pub async fn follow(app: &App, plugin: &str, request: Request, next: Next) -> Response {
    if let Err(refused) = wait(app, plugin, request.headers()).await {
        return refused;
    }
    let is_write = !request.method().is_safe();
    let mut response = next.run(request).await;
    if is_write && response.status().is_success() {
        // The write is committed, so it is not newer than the newest that is known.
        let revision = *app.core().store.feed().subscribe().borrow();
        response
            .headers_mut()
            .insert(NAME, HeaderValue::from(revision.number()));
    }
    response
}

async fn wait(app: &App, plugin: &str, headers: &HeaderMap) -> Result<(), Response> {
    let Some(value) = headers.get(NAME) else {
        return Ok(());
    };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    let Some(revision) = number.filter(|number| *number >= 0).map(Revision::new) else {
        let message = format!("the header `{NAME}` holds no revision");
        return Err(Error::Input(message).into_response());
    };
    let reached = app.core().applied.reach(app, plugin, revision);
    tokio::time::timeout(WAIT, reached).await.map_err(|_| {
        let message = format!("revision {revision} is not known here yet");
        let mut response = Error::unavailable(message).into_response();
        let seconds = HeaderValue::from(RETRY_AFTER_SECONDS);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
        response
    })
}
