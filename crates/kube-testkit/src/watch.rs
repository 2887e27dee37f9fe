//! Watches: what happened since, then what happens.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use crate::answer::Form;
use crate::error::ApiError;
use crate::resource::Resource;
use crate::selector::Selector;
use crate::server::Shared;
use crate::store::{Event, State};

/// How long a watch lasts that does not say so, as Kubernetes has it at least.
const DURATION: Duration = Duration::from_secs(1800);

/// What a client wants to watch.
pub(crate) struct Wish {
    pub(crate) resource: Arc<Resource>,
    pub(crate) namespace: Option<String>,
    pub(crate) selector: Selector,
    pub(crate) form: Form,
    /// Absent or zero: from what there is now.
    pub(crate) since: Option<u64>,
    pub(crate) sends_initial_events: bool,
    pub(crate) allows_bookmarks: bool,
    pub(crate) duration: Option<Duration>,
}

struct Watch {
    shared: Arc<Shared>,
    wish: Wish,
    seen: u64,
    pending: VecDeque<Bytes>,
    changed: Receiver<u64>,
    disconnected: Receiver<u64>,
    deadline: Instant,
    is_over: bool,
}

/// The body of a watch: one JSON object a line, until its time is over.
pub(crate) fn body(shared: &Arc<Shared>, wish: Wish) -> Body {
    let changed = shared.changed.subscribe();
    let disconnected = shared.disconnected.subscribe();
    let deadline = Instant::now() + wish.duration.unwrap_or(DURATION);
    let mut watch = Watch {
        shared: Arc::clone(shared),
        seen: wish.since.unwrap_or(0),
        wish,
        pending: VecDeque::new(),
        changed,
        disconnected,
        deadline,
        is_over: false,
    };
    watch.begin();
    Body::from_stream(stream::unfold(watch, |mut watch| async move {
        let line = watch.next().await?;
        Some((Ok::<_, Infallible>(line), watch))
    }))
}

impl Watch {
    /// Replays what there is, for a watch that has seen nothing.
    fn begin(&mut self) {
        let shared = Arc::clone(&self.shared);
        let state = shared.lock();
        let starts_anew = self.wish.since.is_none_or(|since| since == 0);
        if !starts_anew && !self.wish.sends_initial_events {
            return;
        }
        let Wish {
            resource,
            namespace,
            selector,
            ..
        } = &self.wish;
        let objects: Vec<Arc<Value>> = state
            .list(&resource.group, &resource.plural, namespace.as_deref())
            .map(|(_, stored)| Arc::clone(&stored.object))
            .filter(|object| selector.matches(object))
            .collect();
        for object in objects {
            self.send("ADDED", &object);
        }
        self.seen = state.version();
        if self.wish.sends_initial_events {
            self.send_bookmark(true);
        }
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.pending.pop_front() {
                return Some(line);
            }
            if self.is_over {
                return None;
            }
            self.changed.mark_unchanged();
            self.catch_up();
            if !self.pending.is_empty() {
                continue;
            }
            tokio::select! {
                changed = self.changed.changed() => changed.ok()?,
                _ = self.disconnected.changed() => return None,
                () = tokio::time::sleep_until(self.deadline) => {
                    self.is_over = true;
                    if self.wish.allows_bookmarks {
                        self.send_bookmark(false);
                    }
                }
            }
        }
    }

    fn catch_up(&mut self) {
        let shared = Arc::clone(&self.shared);
        let state = shared.lock();
        if self.seen < state.oldest() {
            let error = ApiError::expired(self.seen, state.oldest());
            self.push(&json!({"type": "ERROR", "object": error.to_status()}));
            self.is_over = true;
            return;
        }
        let events: Vec<Event> = self.concerning(&state);
        self.seen = self.seen.max(state.version());
        drop(state);
        for event in events {
            self.tell(&event);
        }
    }

    fn concerning(&self, state: &State) -> Vec<Event> {
        let Wish {
            resource,
            namespace,
            ..
        } = &self.wish;
        let concerns = |event: &&Event| {
            event.key.plural == resource.plural
                && event.key.group == resource.group
                && namespace
                    .as_ref()
                    .is_none_or(|namespace| event.key.namespace == *namespace)
        };
        let events = state.events_after(self.seen);
        events.filter(concerns).cloned().collect()
    }

    /// Tells of a change as it looks through the selector: who leaves it is gone.
    fn tell(&mut self, event: &Event) {
        let selector = &self.wish.selector;
        let was_there = event
            .before
            .as_ref()
            .is_some_and(|before| selector.matches(before));
        let is_there = !event.is_gone && selector.matches(&event.after);
        let kind = match (was_there, is_there) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return,
        };
        self.send(kind, &event.after);
    }

    fn send(&mut self, kind: &str, object: &Value) {
        let shown = self.wish.form.show(object, &self.wish.resource);
        self.push(&json!({"type": kind, "object": shown}));
    }

    fn send_bookmark(&mut self, ends_initial_events: bool) {
        let mut metadata =
            json!({"resourceVersion": self.seen.to_string(), "creationTimestamp": null});
        if ends_initial_events {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        self.send("BOOKMARK", &json!({"metadata": metadata}));
    }

    fn push(&mut self, line: &Value) {
        let mut line = line.to_string();
        line.push('\n');
        self.pending.push_back(line.into());
    }
}
