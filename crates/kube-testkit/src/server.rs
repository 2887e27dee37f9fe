//! From a request to its answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;

use crate::access::{Attempt, User, Users};
use crate::answer::{self, Form};
use crate::call::Call;
use crate::discovery;
use crate::error::ApiError;
use crate::fault::{Effect, Fault};
use crate::object;
use crate::request::{self, Query, Target};
use crate::store::State;

/// What all connections and the test itself share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) calls: Mutex<Vec<Call>>,
    pub(crate) faults: Mutex<Vec<Fault>>,
    pub(crate) users: Mutex<Users>,
    /// The version of the last change; watches wait for it.
    pub(crate) changed: watch::Sender<u64>,
    /// How many requests were answered.
    pub(crate) answered: watch::Sender<usize>,
    /// How often all watches were disconnected.
    pub(crate) disconnected: watch::Sender<u64>,
    /// Whether requests without a token are refused.
    needs_token: bool,
}

/// A request that was read, before anything is done with it.
pub(crate) struct Asked {
    pub(crate) call: Call,
    pub(crate) target: Target,
    pub(crate) query: Query,
    pub(crate) form: Form,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
    pub(crate) user: User,
}

/// Locks; that another test thread panicked while it held the lock changes nothing here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(needs_token: bool) -> Self {
        let state = State::new();
        Self {
            changed: watch::Sender::new(state.version()),
            answered: watch::Sender::new(0),
            disconnected: watch::Sender::new(0),
            state: Mutex::new(state),
            calls: Mutex::default(),
            faults: Mutex::default(),
            users: Mutex::default(),
            needs_token,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Does something with the state, then wakes those who wait for changes.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let before = state.version();
        let result = work(&mut state);
        let after = state.version();
        drop(state);
        if after != before {
            self.changed.send_replace(after);
        }
        result
    }

    fn user(&self, headers: &HeaderMap) -> Result<User, ApiError> {
        let authorization = request::header(headers, &header::AUTHORIZATION);
        let unauthorized = || ApiError::new(401, "Unauthorized", "Unauthorized");
        match authorization.strip_prefix("Bearer ") {
            Some(token) => lock(&self.users)
                .of_token(token)
                .cloned()
                .ok_or_else(unauthorized),
            None if self.needs_token => Err(unauthorized()),
            None => Ok(User::admin()),
        }
    }

    fn record(&self, call: Call) {
        lock(&self.calls).push(call);
        self.answered.send_modify(|count| *count += 1);
    }

    fn strike(&self, call: &Call) -> Vec<Effect> {
        let mut faults = lock(&self.faults);
        faults
            .iter_mut()
            .filter_map(|fault| fault.strike(call))
            .collect()
    }
}

/// The time, as objects write it.
#[expect(
    clippy::disallowed_methods,
    reason = "clients compare these times with their own clocks, so they are those of the machine"
)]
pub(crate) fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// Answers every request.
pub(crate) async fn handle(
    Extract(shared): Extract<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let segments: Vec<&str> = uri
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    if let ["healthz" | "livez" | "readyz", ..] = segments.as_slice() {
        return Response::new(Body::from("ok"));
    }
    let user = match shared.user(&headers) {
        Ok(user) => user,
        Err(error) => return error.into_response(),
    };
    let accept = request::header(&headers, &header::ACCEPT);
    if let Some(answer) = discovery::answer(&shared.lock().registry, &segments, &accept) {
        return answer;
    }
    let query = Query::parse(uri.query().unwrap_or_default());
    let Some(target) = Target::parse(&segments) else {
        return ApiError::unknown_path().into_response();
    };
    let Some(verb) = request::verb(&method, &target, &query) else {
        return ApiError::method_not_allowed().into_response();
    };
    let content_type = request::header(&headers, &header::CONTENT_TYPE);
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    let manager = query.text("fieldManager").map_or_else(
        || first_word(&request::header(&headers, &header::USER_AGENT)),
        ToOwned::to_owned,
    );
    let call = Call {
        verb,
        group: target.group.clone(),
        version: target.version.clone(),
        resource: target.plural.clone(),
        subresource: target.subresource.clone(),
        namespace: target.namespace().to_owned(),
        name: target.name.clone().unwrap_or_default(),
        manager,
        user: user.name.clone(),
        content_type: content_type.to_owned(),
        path: uri.to_string(),
        status: 0,
    };
    let asked = Asked {
        content_type: content_type.to_owned(),
        form: Form::of_accept(&accept),
        call,
        target,
        query,
        body,
        user,
    };
    respond(&shared, asked).await
}

async fn respond(shared: &Arc<Shared>, asked: Asked) -> Response {
    let mut call = asked.call.clone();
    let effects = shared.strike(&call);
    let mut is_lost = false;
    for effect in &effects {
        match effect {
            Effect::Delay(time) => tokio::time::sleep(*time).await,
            Effect::LoseAnswer => is_lost = true,
            Effect::Refuse(error) => {
                call.status = error.code;
                shared.record(call);
                return error.clone().into_response();
            }
            Effect::LoseRequest => {
                shared.record(call);
                return broken();
            }
        }
    }
    let answer = authorize(shared, &asked).and_then(|()| object::answer(shared, &asked));
    let answer = answer.unwrap_or_else(IntoResponse::into_response);
    call.status = answer.status().as_u16();
    shared.record(call);
    if is_lost { broken() } else { answer }
}

fn authorize(shared: &Shared, asked: &Asked) -> Result<(), ApiError> {
    // Everybody may ask about himself.
    if asked.target.plural.starts_with("selfsubject") {
        return Ok(());
    }
    let attempt = Attempt::of_call(&asked.call);
    if shared.lock().may(&asked.user, &attempt) {
        Ok(())
    } else {
        Err(attempt.forbidden(&asked.user))
    }
}

/// An answer that breaks off: the server closes the connection in the middle of its body.
fn broken() -> Response {
    let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let body = Body::from_stream(stream::iter([Err::<Bytes, _>(error)]));
    let mut response = answer::with_type(200, answer::JSON, body);
    *response.status_mut() = StatusCode::OK;
    response
}

/// `kubectl` of `kubectl/v1.37.1 (linux/amd64) …`: who writes without naming a manager.
fn first_word(agent: &str) -> String {
    let end = agent.find(['/', ' ']).unwrap_or(agent.len());
    let word = &agent[..end];
    if word.is_empty() {
        "unknown".to_owned()
    } else {
        word.to_owned()
    }
}
