//! The Kubernetes operator: makes what a `Backstage` custom resource asks for.
//!
//! [`render`] is the core: a function from a custom resource, the default configuration and
//! what was found in the cluster to the objects that should be there. Everything else carries
//! its arguments in and its result out: [`reconcile`] for one custom resource, [`controller`] for
//! all of them, [`leader`] when there are several operators.

pub mod backstage;
pub mod controller;
pub mod error;
pub mod external;
pub mod leader;
pub mod manifest;
pub mod merge;
pub mod metrics;
mod queue;
pub mod reconcile;
pub mod render;
mod serve;
pub mod source;
pub mod spec;
pub mod status;
mod trigger;

pub use serve::MetricsAccess;

use controller::{Pauses, Subject};
use error::Origin;
use external::Following;
use jiff::Timestamp;
use kube::{Api, Client};
use leader::{Candidate, Timing};
use metrics::Metrics;
use reconcile::{Reconciler, Surroundings};
use render::Images;
use std::net::SocketAddr;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How an operator runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The namespace of the operator: there are its default configuration and its Lease.
    pub namespace: String,
    /// The name of the ConfigMap with the default configuration.
    pub default_config: String,
    /// Where probes are answered; `None` for nowhere.
    pub health: Option<SocketAddr>,
    /// Where figures are served; `None` for nowhere.
    pub metrics: Option<SocketAddr>,
    /// Who may read the figures.
    pub metrics_access: MetricsAccess,
    /// How operators agree on who acts; `None` if there is never more than one.
    pub election: Option<Timing>,
    /// The name of this operator among others; no two have the same.
    pub identity: String,
    /// Images that take the place of those of the default configuration.
    pub images: Images,
    /// Which of the objects that custom resources name are followed.
    pub following: Following,
    /// How long things wait that failed.
    pub pauses: Pauses,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
    /// Gives fresh random bytes.
    pub randomness: fn() -> [u8; 32],
}

/// Why an operator ended.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// An address is taken, or does not exist.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another operator acts now, or the cluster did not answer for too long.
    #[error("the Lease `{}` is lost; another operator may act now", leader::LEASE)]
    LeaseLost,
    /// Something in the operator is broken; the log says more.
    #[error("the operator looks at nothing any more")]
    Ended,
    /// The figures could not be made.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
}

/// Runs an operator until `stop` completes.
///
/// # Errors
///
/// If it cannot listen, lost the Lease, or looks at nothing any more: then the process ends, and
/// is started again.
pub async fn run(
    client: Client,
    options: Options,
    stop: impl Future<Output = ()>,
) -> Result<(), OperatorError> {
    let metrics = Metrics::new()?;
    let client = metrics.counting(&client);
    let mut servers = JoinSet::new();
    if let Some(address) = options.health {
        servers.spawn(serve::health(bind(address).await?));
    }
    if let Some(address) = options.metrics {
        let listener = bind(address).await?;
        servers.spawn(serve::metrics(
            listener,
            metrics.clone(),
            options.metrics_access,
            client.clone(),
        ));
    }
    let mut stop = std::pin::pin!(stop);
    let Some(timing) = options.election else {
        let mut passes = Passes::start(client, &options, &metrics);
        tokio::select! {
            () = passes.broken() => return Err(OperatorError::Ended),
            () = stop => {}
        }
        passes.end().await;
        return Ok(());
    };
    let leases = Api::namespaced(client.clone(), &options.namespace);
    let identity = options.identity.clone();
    let mut candidate = Candidate::new(leases, identity, timing, options.clock);
    metrics.lead(false);
    tokio::select! {
        () = candidate.acquire() => {}
        () = &mut stop => return Ok(()),
    }
    metrics.lead(true);
    tracing::info!(identity = options.identity, "this operator acts");
    let mut passes = Passes::start(client, &options, &metrics);
    let ended = tokio::select! {
        () = candidate.hold() => Err(OperatorError::LeaseLost),
        () = passes.broken() => Err(OperatorError::Ended),
        () = &mut stop => Ok(()),
    };
    metrics.lead(false);
    // Whoever acts now must not meet this one's writes: dropping the passes ends them at once.
    ended?;
    passes.end().await;
    candidate.release().await;
    Ok(())
}

/// The looking at custom resources; dropping it ends that at once, in the middle of a pass.
struct Passes {
    ending: watch::Sender<bool>,
    task: JoinSet<()>,
}

impl Passes {
    fn start(client: Client, options: &Options, metrics: &Metrics) -> Self {
        let defaults = Origin {
            namespace: options.namespace.clone(),
            name: options.default_config.clone(),
        };
        let surroundings = Surroundings {
            defaults: defaults.clone(),
            images: options.images.clone(),
            following: options.following,
            clock: options.clock,
            randomness: options.randomness,
        };
        let reconciler = Reconciler::new(client.clone(), surroundings);
        let (ending, mut ended) = watch::channel(false);
        let stop = async move {
            // A sender that is gone ends it as well.
            let _ = ended.wait_for(|is_ending| *is_ending).await;
        };
        let subject = Subject {
            defaults,
            following: options.following,
            pauses: options.pauses,
        };
        let mut task = JoinSet::new();
        task.spawn(controller::run(
            client,
            reconciler,
            subject,
            metrics.clone(),
            stop,
        ));
        Self { ending, task }
    }

    /// Completes if they end by themselves, which nothing but a mistake of ours makes them do.
    async fn broken(&mut self) {
        if let Some(Err(error)) = self.task.join_next().await {
            tracing::error!(%error, "the passes ended badly");
        }
    }

    /// Lets passes under way come to their end.
    async fn end(mut self) {
        self.ending.send_replace(true);
        self.broken().await;
    }
}

async fn bind(address: SocketAddr) -> Result<tokio::net::TcpListener, OperatorError> {
    serve::bind(address)
        .await
        .map_err(|source| OperatorError::Listen { address, source })
}
