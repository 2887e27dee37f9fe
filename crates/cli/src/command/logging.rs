//! Where the log goes, in which form, and how much of it.

use callboard_config::{Config, Environment};
use callboard_hub::clock::Clock;
use callboard_hub::log::{Format, LogLayer};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log of the hub on standard output.
pub(crate) fn start(config: &Config, environment: &Environment, clock: Arc<dyn Clock>) {
    let format = format(environment, std::io::stdout().is_terminal());
    init(layer(config, format, clock), environment);
}

/// Starts the log of a command whose answer stands on standard output.
pub(crate) fn start_on_stderr(config: &Config, environment: &Environment, clock: Arc<dyn Clock>) {
    let format = format(environment, std::io::stderr().is_terminal());
    init(layer(config, format, clock).on_stderr(), environment);
}

/// Starts the log of a command without configuration, on standard output.
pub(crate) fn start_without_config(environment: &Environment, clock: Arc<dyn Clock>) {
    let format = format(environment, std::io::stdout().is_terminal());
    init(LogLayer::new(format, &[], clock), environment);
}

/// JSON lines, except for a person at a terminal outside production.
fn format(environment: &Environment, is_terminal: bool) -> Format {
    let is_production = environment.get("NODE_ENV") == Some("production");
    if is_terminal && !is_production {
        Format::Text
    } else {
        Format::Json
    }
}

fn layer(config: &Config, format: Format, clock: Arc<dyn Clock>) -> LogLayer {
    let secrets = config.secrets();
    let secrets: Vec<&str> = secrets
        .iter()
        .map(|secret| secret.expose().as_str())
        .collect();
    LogLayer::new(format, &secrets, clock)
}

fn init(layer: LogLayer, environment: &Environment) {
    tracing_subscriber::registry()
        .with(layer.with_level(level(environment)))
        .init();
    std::panic::set_hook(Box::new(log_panic));
}

/// Makes a panic a line of the log like any other, for whoever reads the lines as JSON.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    // As the language does by itself: a stack is given when RUST_BACKTRACE asks for one.
    let stack = Backtrace::capture();
    let stack = (stack.status() == BacktraceStatus::Captured).then(|| stack.to_string());
    let text = panic
        .payload_as_str()
        .unwrap_or("something that is no text");
    tracing::error!(plugin = "hub", location, stack, "panicked: {text}");
}

/// `LOG_LEVEL` in the names of the original; a word that is none of them is `info`.
fn level(environment: &Environment) -> LevelFilter {
    match environment
        .get("LOG_LEVEL")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        Some("error") => LevelFilter::ERROR,
        Some("warn") => LevelFilter::WARN,
        Some("debug" | "verbose") => LevelFilter::DEBUG,
        Some("silly") => LevelFilter::TRACE,
        Some(_) | None => LevelFilter::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_the_names_of_the_original() {
        let of = |name| level(&Environment::from_pairs([("LOG_LEVEL", name)]));

        assert_eq!(
            (of("error"), of("warn")),
            (LevelFilter::ERROR, LevelFilter::WARN)
        );
        assert_eq!(
            (of("info"), of("http")),
            (LevelFilter::INFO, LevelFilter::INFO)
        );
        assert_eq!(
            (of("debug"), of("verbose")),
            (LevelFilter::DEBUG, LevelFilter::DEBUG)
        );
        assert_eq!(
            (of("silly"), of("DEBUG")),
            (LevelFilter::TRACE, LevelFilter::DEBUG)
        );
        assert_eq!(level(&Environment::default()), LevelFilter::INFO);
        assert_eq!(of("loud"), LevelFilter::INFO);
    }

    #[test]
    fn only_somebody_at_a_terminal_gets_colours() {
        let production = Environment::from_pairs([("NODE_ENV", "production")]);

        assert_eq!(format(&Environment::default(), true), Format::Text);
        assert_eq!(format(&Environment::default(), false), Format::Json);
        assert_eq!(format(&production, true), Format::Json);
    }
}
