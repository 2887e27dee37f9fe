//! How long requests take, by the clock of the client and of the hub's processor.

use crate::client::{Answer, Client, Request};
use crate::hub::Hub;
use std::fmt;
use std::time::{Duration, Instant};

/// What a series of requests cost.
pub(crate) struct Series {
    /// Sorted.
    latencies: Vec<Duration>,
    busy: Duration,
    bytes: usize,
}

/// Sends a request again and again over one connection, for about a second.
pub(crate) fn repeat(hub: &Hub, client: &mut Client, request: &Request) -> (Series, Answer) {
    const MEASURED: Duration = Duration::from_secs(1);
    let answer = client.send(request);
    let mut latencies = Vec::new();
    let before = hub.usage().busy;
    let begin = Instant::now();
    while begin.elapsed() < MEASURED {
        let asked = Instant::now();
        client.send(request);
        latencies.push(asked.elapsed());
    }
    latencies.sort();
    let series = Series {
        latencies,
        busy: hub.usage().busy - before,
        bytes: answer.body.len(),
    };
    (series, answer)
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |part: f64| {
            let last = self.latencies.len().saturating_sub(1);
            self.latencies[(last as f64 * part) as usize].as_secs_f64() * 1e3
        };
        let busy = self.busy.as_secs_f64() * 1e3 / self.latencies.len() as f64;
        write!(
            f,
            "median {:.2} ms, 99 % {:.2} ms, hub busy {busy:.3} ms, {:.1} KB",
            at(0.5),
            at(0.99),
            self.bytes as f64 / 1e3
        )
    }
}
