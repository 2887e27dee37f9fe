//! What makes the operator look at a custom resource again.

use crate::backstage::Backstage;
use crate::error::Origin;
use crate::external::{ExternalKind, references};
use crate::metrics::Metrics;
use crate::reconcile::{NAME_ANNOTATION, ReconcileError, Reconciler, SYNC_LABEL};
use crate::render::{NAME_LABEL, NAME_LABEL_VALUE};
use crate::spec::Spec;
use crate::status::Reason;
use futures_util::{StreamExt as _, stream};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use kube::api::Api;
use kube::core::PartialObjectMeta;
use kube::runtime::controller::{self, Action, Config, Controller};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::utils::Backoff;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Client, ResourceExt as _};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Events that come within this time of each other make one pass.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// How many custom resources are looked at at the same time.
const CONCURRENCY: u16 = 4;
/// How long a pass may take.
const PASS_DEADLINE: Duration = Duration::from_secs(120);
/// After how long a custom resource is looked at although nothing was heard of it.
const RESYNC: Duration = Duration::from_secs(10 * 60);
/// The same while its pods are being started.
const RESYNC_IN_PROGRESS: Duration = Duration::from_secs(60);
/// The pause after a watch failed.
const WATCH_PAUSE: Duration = Duration::from_millis(300);
/// How long watches that failed have to come back until everything is looked at.
const WATCH_RECOVERY: Duration = Duration::from_secs(5);

/// What every pass shares.
struct Context {
    reconciler: Reconciler,
    metrics: Metrics,
    /// How many passes in a row failed, by namespace and name.
    failures: Mutex<HashMap<(String, String), u32>>,
}

/// Looks at every custom resource whenever something about it changes, until `stop` completes.
///
/// Objects that custom resources own or name are watched by their metadata alone, so that no
/// content of theirs is kept in memory.
pub async fn run(
    client: Client,
    reconciler: Reconciler,
    defaults: &Origin,
    metrics: Metrics,
    stop: impl Future<Output = ()> + Send + Sync + 'static,
) {
    let context = Arc::new(Context {
        reconciler,
        metrics,
        failures: Mutex::default(),
    });
    let all = watcher::Config::default;
    let ours = || all().labels(&format!("{NAME_LABEL}={NAME_LABEL_VALUE}"));
    let named = || all().labels(&format!("{SYNC_LABEL}=true"));
    let controller = Controller::new(Api::<Backstage>::all(client.clone()), all());
    let (for_config_maps, for_secrets) = (controller.store(), controller.store());
    let failure = Arc::new(Notify::new());
    controller
        .with_config(
            Config::default()
                .concurrency(CONCURRENCY)
                .debounce(DEBOUNCE),
        )
        .owns(Api::<Deployment>::all(client.clone()), ours())
        .owns(Api::<StatefulSet>::all(client.clone()), ours())
        .owns(Api::<Service>::all(client.clone()), ours())
        .owns(Api::<ConfigMap>::all(client.clone()), ours())
        .owns(Api::<Secret>::all(client.clone()), ours())
        .watches(
            Api::<PartialObjectMeta<ConfigMap>>::all(client.clone()),
            named(),
            move |object| naming(&for_config_maps, ExternalKind::ConfigMap, &object),
        )
        .watches(
            Api::<PartialObjectMeta<Secret>>::all(client.clone()),
            named(),
            move |object| naming(&for_secrets, ExternalKind::Secret, &object),
        )
        .reconcile_all_on(changes_of(client, defaults))
        .reconcile_all_on(recoveries(Arc::clone(&failure)))
        .trigger_backoff(SteadyPause)
        .graceful_shutdown_on(stop)
        .run(pass, retry, context)
        .for_each(|result| {
            if let Err(error) = result {
                if matches!(error, controller::Error::QueueError(_)) {
                    failure.notify_one();
                }
                tracing::debug!(%error, "watching");
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
struct SteadyPause;

impl Iterator for SteadyPause {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(WATCH_PAUSE)
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
    let work = context.reconciler.reconcile(&backstage, failures);
    let result = tokio::time::timeout(PASS_DEADLINE, work)
        .await
        .unwrap_or_else(|_| Err(ReconcileError::TimedOut(PASS_DEADLINE)));
    let took = begun.elapsed();
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

#[expect(clippy::needless_pass_by_value, reason = "the controller calls it so")]
fn retry(backstage: Arc<Backstage>, error: &ReconcileError, context: Arc<Context>) -> Action {
    Action::requeue(error.retry_after(context.failures(&key(&backstage))))
}

fn key(backstage: &Backstage) -> (String, String) {
    (
        backstage.namespace().unwrap_or_default(),
        backstage.name_any(),
    )
}

impl Context {
    fn failures(&self, key: &(String, String)) -> u32 {
        let failures = self.failures.lock();
        failures
            .ok()
            .and_then(|it| it.get(key).copied())
            .unwrap_or(0)
    }

    fn set_failures(&self, key: (String, String), count: u32) {
        if let Ok(mut failures) = self.failures.lock() {
            match count {
                0 => failures.remove(&key),
                count => failures.insert(key, count),
            };
        }
    }
}

/// Completes an item for each change of the default configuration.
fn changes_of(client: Client, defaults: &Origin) -> impl futures_util::Stream<Item = ()> + use<> {
    let api: Api<PartialObjectMeta<ConfigMap>> = Api::namespaced(client, &defaults.namespace);
    let only = watcher::Config::default().fields(&format!("metadata.name={}", defaults.name));
    watcher(api, only)
        .default_backoff()
        .touched_objects()
        .filter_map(|result| async move { result.ok().map(|_| ()) })
}

/// Completes an item some time after watches failed.
///
/// A watch that begins anew tells what there is; of what went meanwhile it says nothing.
fn recoveries(failure: Arc<Notify>) -> impl futures_util::Stream<Item = ()> {
    stream::unfold(failure, |failure| async move {
        failure.notified().await;
        tokio::time::sleep(WATCH_RECOVERY).await;
        Some(((), failure))
    })
}

/// Lists the custom resources that name an object, all of them and not only the one that its
/// annotation tells.
fn naming<K>(
    store: &Store<Backstage>,
    kind: ExternalKind,
    object: &PartialObjectMeta<K>,
) -> Vec<ObjectRef<Backstage>>
where
    PartialObjectMeta<K>: kube::Resource,
{
    let metadata = &object.metadata;
    let told = metadata
        .annotations
        .as_ref()
        .and_then(|it| it.get(NAME_ANNOTATION));
    store
        .state()
        .iter()
        .filter(|backstage| backstage.metadata.namespace == metadata.namespace)
        .filter(|backstage| {
            told == backstage.metadata.name.as_ref()
                || Spec::parse(&backstage.spec).is_ok_and(|spec| {
                    references(&spec)
                        .iter()
                        .any(|it| it.kind == kind && Some(&it.name) == metadata.name.as_ref())
                })
        })
        .map(|backstage| ObjectRef::from_obj(&**backstage))
        .collect()
}
