//! Background work under one supervisor.

use crate::app::App;
use crate::http::panic;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A boxed future, as hooks and tasks of features give them.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A named piece of background work.
pub struct Task {
    /// Its name in logs, such as `catalog-file-watch`.
    pub name: &'static str,
    run: Box<dyn Fn(App, Shutdown) -> BoxFuture<()> + Send + Sync>,
}

impl Task {
    /// Declares work that runs until `Shutdown` is signalled, and again after a fault.
    pub fn new<F, Fut>(name: &'static str, run: F) -> Task
    where
        F: Fn(App, Shutdown) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Task {
            name,
            run: Box::new(move |app, shutdown| Box::pin(run(app, shutdown))),
        }
    }
}

/// Tells a task that the hub is stopping.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Waits until the hub stops.
    pub async fn signalled(&mut self) {
        // A closed channel means that the supervisor is gone, which is a stop too.
        let _closed = self.0.wait_for(|stopping| *stopping).await;
    }

    /// One that is signalled by `true` at the other end.
    #[cfg(test)]
    pub(crate) fn channel() -> (watch::Sender<bool>, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (sender, Shutdown(receiver))
    }

    /// Whether the hub is stopping.
    pub fn is_signalled(&self) -> bool {
        *self.0.borrow()
    }
}

/// Runs tasks, restarts one that panics, and stops them all within a deadline.
#[derive(Debug)]
pub struct Supervisor {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

/// How long a panicked task rests before it is started again.
const RESTART_DELAY: Duration = Duration::from_secs(1);

impl Supervisor {
    /// Starts `tasks`.
    pub fn start(app: &App, tasks: Vec<Task>) -> Supervisor {
        let (stop, receiver) = watch::channel(false);
        let mut running = JoinSet::new();
        for task in tasks {
            running.spawn(supervise(app.clone(), task, Shutdown(receiver.clone())));
        }
        Supervisor { stop, running }
    }

    /// Signals every task and waits for them, `deadline` at most; late ones are aborted.
    pub async fn stop(mut self, deadline: Duration) {
        self.stop.send_replace(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(deadline, all).await.is_err() {
            tracing::warn!(
                plugin = "hub",
                "background tasks did not stop in time and were aborted"
            );
        }
    }
}

/// A spawned task that ends with its owner.
#[derive(Debug)]
pub(crate) struct AbortOnDrop<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn supervise(app: App, task: Task, mut shutdown: Shutdown) {
    loop {
        // A task of its own, since only the border of a task keeps a panic in; it goes when the
        // supervisor gives up on this one.
        let mut run = AbortOnDrop(tokio::spawn((task.run)(app.clone(), shutdown.clone())));
        match (&mut run.0).await {
            Ok(()) => return,
            Err(error) if error.is_panic() => {
                let panic = error.into_panic();
                let panic = panic::text(panic.as_ref());
                tracing::error!(
                    plugin = "hub",
                    task = task.name,
                    panic,
                    "a background task panicked and is started again"
                );
            }
            Err(_cancelled) => return,
        }
        tokio::select! {
            () = tokio::time::sleep(RESTART_DELAY) => {}
            () = shutdown.signalled() => return,
        }
    }
}
