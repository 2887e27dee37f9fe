//! One pass over one custom resource: read, render, apply, report.

mod apply;
mod gather;

pub use gather::{NAME_ANNOTATION, SYNC_LABEL};

use crate::backstage::{Backstage, BackstageStatus};
use crate::error::InputError;
use crate::external::Following;
use crate::render::{self, Desired, Images, Input, Instance};
use crate::spec::Spec;
use crate::status::{self, Reason, Verdict};
use gather::Facts;
use jiff::Timestamp;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;

/// Under this name the operator owns fields of objects.
pub const FIELD_MANAGER: &str = "backstage-controller";

/// How often a failing cluster is asked again before the custom resource says so; with the pauses
/// between, some six seconds.
const PATIENCE: u32 = 6;
/// The pause after the first failure of the cluster; it doubles with each that follows.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// Why a pass did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The custom resource or its configuration must be mended.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The cluster refused something, or did not answer.
    #[error("{phase}: {source}")]
    Cluster {
        /// What was tried.
        phase: String,
        /// What the cluster said.
        source: Box<kube::Error>,
    },
    /// An object was taken away to be made anew, and is not gone yet.
    #[error("{0} is being made anew")]
    Replacing(String),
    /// The cluster is too slow.
    #[error("the cluster did not answer within {} seconds", .0.as_secs())]
    TimedOut(Duration),
}

impl ReconcileError {
    /// Gives what turns the cluster's refusal into an error that says what was tried.
    fn cluster(phase: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let phase = phase.into();
        move |source| Self::Cluster {
            phase,
            source: Box::new(source),
        }
    }

    /// Tells whether it may go away by itself, so that nobody needs to hear of it at once.
    fn is_passing(&self) -> bool {
        match self {
            Self::Input(_) => false,
            Self::Replacing(_) | Self::TimedOut(_) => true,
            Self::Cluster { source, .. } => match source.as_ref() {
                kube::Error::Api(status) => matches!(status.code, 409 | 429 | 500..),
                _ => true,
            },
        }
    }

    /// What the condition says: for an answer of the cluster its own words.
    fn message(&self) -> String {
        match self {
            Self::Cluster { phase, source } => match source.as_ref() {
                kube::Error::Api(status) => format!("{phase}: {}", status.message),
                source => format!("{phase}: {source}"),
            },
            Self::Input(_) | Self::Replacing(_) | Self::TimedOut(_) => self.to_string(),
        }
    }

    /// After how long the next pass should try, when `failures` passes failed in a row.
    pub fn retry_after(&self, failures: u32) -> Duration {
        match self {
            Self::Replacing(_) => Duration::from_secs(1),
            Self::Input(InputError::NoExternal { .. }) => Duration::from_secs(10),
            Self::Input(_) => Duration::from_secs(60),
            Self::Cluster { .. } | Self::TimedOut(_) => {
                let doublings = failures.saturating_sub(1).min(16);
                FIRST_PAUSE.saturating_mul(1 << doublings).min(LAST_PAUSE)
            }
        }
    }
}

/// What a pass needs besides the custom resource.
pub struct Reconciler {
    client: Client,
    /// Where the default configuration is.
    defaults: crate::error::Origin,
    images: Images,
    following: Following,
    clock: fn() -> Timestamp,
    randomness: fn() -> [u8; 32],
    facts: Mutex<Option<Facts>>,
}

/// What a [`Reconciler`] is made from.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Where the default configuration is.
    pub defaults: crate::error::Origin,
    /// Images that take the place of those of the default configuration.
    pub images: Images,
    /// Which of the objects that custom resources name are followed.
    pub following: Following,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
    /// Gives fresh random bytes.
    pub randomness: fn() -> [u8; 32],
}

impl Reconciler {
    /// Makes one for the cluster of `client`.
    pub fn new(client: Client, surroundings: Surroundings) -> Self {
        Self {
            client,
            defaults: surroundings.defaults,
            images: surroundings.images,
            following: surroundings.following,
            clock: surroundings.clock,
            randomness: surroundings.randomness,
            facts: Mutex::new(None),
        }
    }

    /// Brings about what a custom resource asks for, and writes down how far that is.
    ///
    /// `failures` is how many passes over it failed in a row before this one.
    ///
    /// # Errors
    ///
    /// If something is wrong with the custom resource or the cluster; its condition says it too.
    pub async fn reconcile(
        &self,
        backstage: &Backstage,
        failures: u32,
    ) -> Result<Verdict, ReconcileError> {
        if backstage.metadata.deletion_timestamp.is_some() {
            // What it owns is collected by the cluster.
            return Ok(Verdict::new(Reason::DeployInProgress, "being deleted"));
        }
        let mut status = backstage.status.clone();
        if status
            .as_ref()
            .is_none_or(|status| status.conditions.is_empty())
        {
            let started = Verdict::new(Reason::DeployInProgress, "Deployment process started");
            status = self.report(backstage, status.as_ref(), &started).await?;
        }
        let result = self.bring_about(backstage).await;
        match &result {
            Ok(verdict) => {
                self.report(backstage, status.as_ref(), verdict).await?;
            }
            Err(error) if error.is_passing() && failures < PATIENCE => {}
            Err(error) => {
                let verdict = Verdict::new(Reason::DeployFailed, error.message());
                if let Err(unwritten) = self.report(backstage, status.as_ref(), &verdict).await {
                    tracing::debug!(error = %unwritten, "cannot write the condition");
                }
            }
        }
        result
    }

    async fn bring_about(&self, backstage: &Backstage) -> Result<Verdict, ReconcileError> {
        let instance = instance(backstage)?;
        let facts = self.facts().await?;
        let sources = self.sources(&instance, &facts).await?;
        let observed = self.observe(&instance, &sources, &facts).await?;
        let desired = render::render(&Input {
            instance: &instance,
            sources: &sources,
            observed: &observed,
            images: &self.images,
            following: self.following,
        })?;
        let workload = self.apply_all(&instance, &desired).await?;
        Ok(Verdict::of_workload(&workload, instance.is_idle()))
    }

    /// Applies everything, and gives the workload of the hub as the server has it now.
    async fn apply_all(
        &self,
        instance: &Instance,
        desired: &Desired,
    ) -> Result<Value, ReconcileError> {
        let mut workload = Value::Null;
        let hub = render::Names::of(instance)?.hub();
        for object in &desired.objects {
            let applied = apply::apply(&self.client, &instance.namespace, object).await?;
            let is_workload =
                matches!(applied["kind"].as_str(), Some("Deployment" | "StatefulSet"));
            if is_workload && applied["metadata"]["name"] == hub.as_str() {
                workload = applied;
            }
        }
        for stale in &desired.stale {
            apply::remove(&self.client, instance, stale).await?;
        }
        Ok(workload)
    }

    /// Writes the condition if it says something new, and gives the status as it is then.
    async fn report(
        &self,
        backstage: &Backstage,
        current: Option<&BackstageStatus>,
        verdict: &Verdict,
    ) -> Result<Option<BackstageStatus>, ReconcileError> {
        let generation = backstage.metadata.generation;
        let Some(status) = status::updated(current, verdict, generation, (self.clock)()) else {
            return Ok(current.cloned());
        };
        let namespace = backstage.namespace().unwrap_or_default();
        let api: Api<Backstage> = Api::namespaced(self.client.clone(), &namespace);
        let patch = Patch::Merge(json!({"status": status}));
        api.patch_status(&backstage.name_any(), &PatchParams::default(), &patch)
            .await
            .map_err(ReconcileError::cluster("failed to update status"))?;
        Ok(Some(status))
    }
}

/// Reads the custom resource.
fn instance(backstage: &Backstage) -> Result<Instance, InputError> {
    Ok(Instance {
        name: backstage.name_any(),
        namespace: backstage.namespace().unwrap_or_default(),
        uid: backstage.uid().unwrap_or_default(),
        annotations: backstage.annotations().clone(),
        spec: Spec::parse(&backstage.spec)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_cluster_is_asked_less_and_less_often() {
        let slow = ReconcileError::TimedOut(Duration::from_secs(1));
        let pauses = [1, 2, 3, 10, 11, 1000].map(|failures| slow.retry_after(failures).as_millis());

        assert_eq!(pauses, [100, 200, 400, 51_200, 60_000, 60_000]);
    }
}
