//! A panic is a fault like any other.

use crate::error::Error;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// What `answer` gives, or a fault of ours when it panics.
pub async fn caught(answer: impl Future<Output = Response>) -> Response {
    let mut answer = pin!(answer);
    // After a panic it is not polled again, so that nobody sees what it left half done.
    let poll = poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))).unwrap_or_else(|panic| {
            let fault = format!("a handler panicked: {}", text(panic.as_ref()));
            Poll::Ready(Error::internal(fault).into_response())
        })
    });
    poll.await
}

/// The words of a panic.
pub(crate) fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("something that is no text")
}
