//! Who waits for a pass and who has one, under the names that other operators have for it.

use crate::controller::Key;
use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, IntGauge, Opts, Registry};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// The figures of the queue of passes.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    state: Arc<Mutex<State>>,
    depth: IntGauge,
    adds: IntCounter,
    waited: Histogram,
    worked: Histogram,
    unfinished: Gauge,
    longest: Gauge,
    retries: IntCounter,
    workers: IntGauge,
}

/// Since when custom resources wait for a pass, and have one.
#[derive(Debug, Default)]
struct State {
    waiting: HashMap<Key, Instant>,
    working: HashMap<Key, Instant>,
}

impl Queue {
    /// Makes the figures, all of them zero.
    ///
    /// # Errors
    ///
    /// Never in practice: only if two figures had one name.
    pub(crate) fn register(registry: &Registry, name: &str) -> Result<Self, prometheus::Error> {
        let gauge = |figure: &str, help: &str| {
            IntGauge::with_opts(Opts::new(figure, help).const_label("name", name))
        };
        let seconds = |figure: &str, help: &str| {
            Gauge::with_opts(Opts::new(figure, help).const_label("name", name))
        };
        let counter = |figure: &str, help: &str| {
            IntCounter::with_opts(Opts::new(figure, help).const_label("name", name))
        };
        let histogram = |figure: &str, help: &str| {
            let buckets = prometheus::exponential_buckets(1e-3, 10.0, 7)?;
            let options = HistogramOpts::new(figure, help).const_label("name", name);
            Histogram::with_opts(options.buckets(buckets))
        };
        let queue = Self {
            state: Arc::default(),
            depth: gauge("workqueue_depth", "Custom resources that wait for a pass")?,
            adds: counter("workqueue_adds_total", "Requests for passes")?,
            waited: histogram(
                "workqueue_queue_duration_seconds",
                "How long a custom resource waits for its pass",
            )?,
            worked: histogram("workqueue_work_duration_seconds", "How long a pass takes")?,
            unfinished: seconds(
                "workqueue_unfinished_work_seconds",
                "How long the passes under way have taken so far, all together",
            )?,
            longest: seconds(
                "workqueue_longest_running_processor_seconds",
                "How long the longest of the passes under way has taken so far",
            )?,
            retries: counter(
                "workqueue_retries_total",
                "Passes that are made again because one failed",
            )?,
            workers: IntGauge::with_opts(
                Opts::new("controller_runtime_active_workers", "Passes under way")
                    .const_label("controller", name),
            )?,
        };
        registry.register(Box::new(queue.depth.clone()))?;
        registry.register(Box::new(queue.adds.clone()))?;
        registry.register(Box::new(queue.waited.clone()))?;
        registry.register(Box::new(queue.worked.clone()))?;
        registry.register(Box::new(queue.unfinished.clone()))?;
        registry.register(Box::new(queue.longest.clone()))?;
        registry.register(Box::new(queue.retries.clone()))?;
        registry.register(Box::new(queue.workers.clone()))?;
        Ok(queue)
    }

    /// Somebody asks for a pass; one that waits already is asked for once.
    pub(crate) fn asked_for(&self, key: Key) {
        let mut state = self.state();
        if let Entry::Vacant(place) = state.waiting.entry(key) {
            place.insert(Instant::now());
            self.adds.inc();
        }
    }

    /// A pass begins; one that nobody asked for was due by its time, and did not wait.
    pub(crate) fn begun(&self, key: &Key) {
        let mut state = self.state();
        let now = Instant::now();
        let since = state.waiting.remove(key).unwrap_or_else(|| {
            self.adds.inc();
            now
        });
        self.waited.observe((now - since).as_secs_f64());
        state.working.insert(key.clone(), now);
    }

    /// A pass has ended.
    pub(crate) fn done(&self, key: &Key) {
        if let Some(since) = self.state().working.remove(key) {
            self.worked.observe(since.elapsed().as_secs_f64());
        }
    }

    /// A custom resource is gone before its pass began.
    pub(crate) fn gone(&self, key: &Key) {
        self.state().waiting.remove(key);
    }

    /// A pass has failed, and another one follows.
    pub(crate) fn retried(&self) {
        self.retries.inc();
    }

    /// Brings those figures up to date that change with time alone.
    pub(crate) fn refresh(&self) {
        let state = self.state();
        let count = |map: &HashMap<Key, Instant>| i64::try_from(map.len()).unwrap_or(i64::MAX);
        let ages = || state.working.values().map(|it| it.elapsed().as_secs_f64());
        self.depth.set(count(&state.waiting));
        self.workers.set(count(&state.working));
        // The sum of no ages at all would be minus zero.
        self.unfinished.set(ages().fold(0.0, |sum, age| sum + age));
        self.longest.set(ages().fold(0.0, f64::max));
    }

    /// What a thread left that panicked is a figure that is wrong by one, and no reason to stop.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn key(name: &str) -> Key {
        ("ns1".to_owned(), name.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_that_is_asked_for_twice_waits_once() {
        let queue = Queue::register(&Registry::new(), "backstage").unwrap();

        queue.asked_for(key("a"));
        queue.asked_for(key("a"));
        queue.asked_for(key("b"));
        tokio::time::sleep(Duration::from_secs(2)).await;
        queue.begun(&key("a"));
        tokio::time::sleep(Duration::from_secs(3)).await;
        queue.refresh();

        assert_eq!((queue.adds.get(), queue.depth.get()), (2, 1));
        assert_eq!(queue.waited.get_sample_sum(), 2.0);
        assert_eq!((queue.workers.get(), queue.longest.get()), (1, 3.0));

        queue.done(&key("a"));
        queue.gone(&key("b"));
        queue.refresh();

        assert_eq!((queue.workers.get(), queue.depth.get()), (0, 0));
        assert_eq!(queue.worked.get_sample_sum(), 3.0);
        assert_eq!(queue.unfinished.get(), 0.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_that_is_due_by_its_time_has_not_waited() {
        let queue = Queue::register(&Registry::new(), "backstage").unwrap();

        queue.begun(&key("a"));
        queue.done(&key("a"));

        assert_eq!((queue.adds.get(), queue.waited.get_sample_count()), (1, 1));
        assert_eq!(queue.waited.get_sample_sum(), 0.0);
    }
}
