//! What tests of several features need: what is logged while they run.

use callboard_hub::clock::SystemClock;
use callboard_hub::log::{Format, LogLayer};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

/// What is logged on this thread while it lives.
pub(crate) struct Log {
    text: Arc<Mutex<String>>,
    _until: DefaultGuard,
}

impl Log {
    pub(crate) fn capture() -> Log {
        Log::capture_without(&[])
    }

    /// With what is routine, such as that somebody reads.
    pub(crate) fn capture_routine() -> Log {
        Log::capture_at(LevelFilter::DEBUG, &[])
    }

    pub(crate) fn capture_without(secrets: &[&str]) -> Log {
        Log::capture_at(LevelFilter::INFO, secrets)
    }

    fn capture_at(level: LevelFilter, secrets: &[&str]) -> Log {
        let text = Arc::new(Mutex::new(String::new()));
        let sink = text.clone();
        let layer = LogLayer::new(Format::Json, secrets, Arc::new(SystemClock))
            .into_sink(move |line| sink.lock().unwrap().push_str(line))
            .with_level(level);
        let until = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        Log {
            text,
            _until: until,
        }
    }

    pub(crate) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// Every line, parsed; each has to be one JSON object.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        self.text().lines().map(parse).collect()
    }

    /// The lines with this `type`.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<Value> {
        self.lines()
            .into_iter()
            .filter(|line| line["type"] == kind)
            .collect()
    }
}
