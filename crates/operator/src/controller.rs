//! Passes over custom resources: when each is made, and when the next one follows.

use crate::backstage::Backstage;
use crate::error::Origin;
use crate::external::Following;
use crate::metrics::Metrics;
use crate::reconcile::{ReconcileError, Reconciler};
use crate::status::Reason;
use crate::trigger;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use kube::runtime::applier;
use kube::runtime::controller::{self, Action, Config};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::utils::{Backoff, StreamBackoff};
use kube::{Client, ResourceExt as _};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Requests that come within this time of each other make one pass.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// How many custom resources are looked at at the same time.
pub(crate) const CONCURRENCY: u16 = 4;
/// How long a pass may take.
const PASS_DEADLINE: Duration = Duration::from_secs(120);
/// After how long a custom resource is looked at although nothing was heard of it.
const RESYNC: Duration = Duration::from_secs(10 * 60);
/// The same while its pods are being started.
const RESYNC_IN_PROGRESS: Duration = Duration::from_secs(60);

/// A custom resource, by namespace and name.
pub(crate) type Key = (String, String);

/// How long things wait that failed.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// Between two attempts to take up watches that failed.
    pub watch: Duration,
    /// How long watches that failed have to come back until everything is looked at.
    pub recovery: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            watch: Duration::from_millis(300),
            recovery: Duration::from_secs(5),
        }
    }
}

/// What passes are made about.
pub(crate) struct Subject {
    /// Where the default configuration is.
    pub(crate) defaults: Origin,
    pub(crate) following: Following,
    pub(crate) pauses: Pauses,
}

/// What every pass shares.
struct Context {
    reconciler: Reconciler,
    metrics: Metrics,
    /// How many passes in a row failed.
    failures: Mutex<HashMap<Key, u32>>,
}

/// Looks at every custom resource whenever something about it changes, until `stop` completes.
pub(crate) async fn run(
    client: Client,
    reconciler: Reconciler,
    subject: Subject,
    metrics: Metrics,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let Subject {
        defaults,
        following,
        pauses,
    } = subject;
    let failure = Arc::new(Notify::new());
    let (store, requests) =
        trigger::requests(&client, &defaults, following, pauses.recovery, &failure);
    let counted = metrics.clone();
    let requests = requests.inspect_ok(move |request| counted.queue.asked_for(of_ref(request)));
    let context = Arc::new(Context {
        reconciler,
        metrics,
        failures: Mutex::default(),
    });
    applier(
        |backstage, context| pass(backstage, context).boxed(),
        retry,
        Arc::clone(&context),
        store,
        StreamBackoff::new(requests, SteadyPause(pauses.watch)).take_until(stop.boxed()),
        Config::default()
            .concurrency(CONCURRENCY)
            .debounce(DEBOUNCE),
    )
    .for_each(|result| {
        match result {
            Err(controller::Error::QueueError(error)) => {
                failure.notify_one();
                tracing::debug!(%error, "a watch failed");
            }
            Err(controller::Error::ObjectNotFound(gone)) => {
                context.forget((gone.namespace.unwrap_or_default(), gone.name));
            }
            // A pass that failed has said so itself.
            Err(controller::Error::ReconcilerFailed(..)) | Ok(_) => {}
            Err(error) => tracing::debug!(%error, "between passes"),
        }
        std::future::ready(())
    })
    .await;
}

/// A pause that does not grow.
///
/// All watches share it, so that each of them is asked for again once in a round of pauses. One
/// that doubled with each of them would leave the operator blind for minutes when a cluster breaks
/// them all at once.
struct SteadyPause(Duration);

impl Iterator for SteadyPause {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.0)
    }
}

impl Backoff for SteadyPause {
    fn reset(&mut self) {}
}

/// One pass, with its figures.
async fn pass(backstage: Arc<Backstage>, context: Arc<Context>) -> Result<Action, ReconcileError> {
    let key = key(&backstage);
    let failures = context.failures(&key);
    let begun = Instant::now();
    context.metrics.queue.begun(&key);
    let work = context.reconciler.reconcile(&backstage, failures);
    let result = tokio::time::timeout(PASS_DEADLINE, work)
        .await
        .unwrap_or_else(|_| Err(ReconcileError::TimedOut(PASS_DEADLINE)));
    let took = begun.elapsed();
    context.metrics.queue.done(&key);
    context.metrics.reconciled(result.is_ok(), took);
    let (namespace, name) = &key;
    match result {
        Ok(verdict) => {
            context.set_failures(key, 0);
            tracing::debug!(?verdict.reason, took_ms = took.as_millis(), "looked at a custom resource");
            Ok(Action::requeue(match verdict.reason {
                Reason::DeployInProgress => RESYNC_IN_PROGRESS,
                Reason::Deployed | Reason::DeployFailed | Reason::Idled => RESYNC,
            }))
        }
        Err(error) => {
            match &error {
                ReconcileError::Input(error) => {
                    tracing::info!(namespace, name, "{error}; what runs stays as it is");
                }
                error => tracing::warn!(namespace, name, failures, "{error}"),
            }
            context.set_failures(key, failures + 1);
            Err(error)
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the applier calls it so")]
fn retry(backstage: Arc<Backstage>, error: &ReconcileError, context: Arc<Context>) -> Action {
    context.metrics.queue.retried();
    Action::requeue(error.retry_after(context.failures(&key(&backstage))))
}

fn key(backstage: &Backstage) -> Key {
    (
        backstage.namespace().unwrap_or_default(),
        backstage.name_any(),
    )
}

fn of_ref(request: &ObjectRef<Backstage>) -> Key {
    (
        request.namespace.clone().unwrap_or_default(),
        request.name.clone(),
    )
}

impl Context {
    fn failures(&self, key: &Key) -> u32 {
        let failures = self.failures.lock();
        failures
            .ok()
            .and_then(|it| it.get(key).copied())
            .unwrap_or(0)
    }

    /// Forgets a custom resource that was deleted before its pass began.
    fn forget(&self, key: Key) {
        self.metrics.queue.gone(&key);
        self.set_failures(key, 0);
    }

    fn set_failures(&self, key: Key, count: u32) {
        if let Ok(mut failures) = self.failures.lock() {
            match count {
                0 => failures.remove(&key),
                count => failures.insert(key, count),
            };
        }
    }
}
