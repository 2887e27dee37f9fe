//! `callboard serve`: starts the hub and stops it on a signal.

use super::logging;
use crate::args::ConfigArgs;
use callboard_config::Config;
use callboard_hub::app::Mode;
use callboard_hub::clock::{Clock, SystemClock};
use callboard_hub::http::listen::Listen;
use callboard_hub::{Parts, database};
use miette::{IntoDiagnostic, WrapErr, miette};
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) fn run(args: &ConfigArgs) -> miette::Result<ExitCode> {
    let (config, environment) = super::load(args)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    logging::start(&config, &environment, clock.clone());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .into_diagnostic()?;
    let served = runtime.block_on(serve(config, clock, super::mode(&environment)));
    served.inspect_err(log_end)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the reason of an end a line of the log, for whoever collects lines; somebody at a terminal
/// reads the report.
fn log_end(error: &miette::Report) {
    if std::io::stdout().is_terminal() {
        return;
    }
    let help = error.help().map(|help| help.to_string());
    let reasons: Vec<_> = error.chain().map(ToString::to_string).collect();
    tracing::error!(plugin = "hub", help, "{}", reasons.join(": "));
}

async fn serve(config: Config, clock: Arc<dyn Clock>, mode: Mode) -> miette::Result<()> {
    let listener = listen(&Listen::from_config(&config)?).await?;
    let store = database::open(&config, &*clock).await?;
    callboard_hub::serve(
        listener,
        Parts {
            config,
            store,
            clock,
            mode,
            providers: Vec::new(),
        },
        stop_signal()?,
    )
    .await?;
    tracing::info!(plugin = "hub", "Callboard has stopped");
    Ok(())
}

async fn listen(address: &Listen) -> miette::Result<TcpListener> {
    address.bind().await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => miette!(
            help =
                "stop the other program, or give the hub another port with `backend.listen.port`",
            "another program already listens on {address}"
        ),
        _ => miette!(
            help = "see `backend.listen` in the configuration",
            "cannot listen on {address}: {error}"
        ),
    })
}

/// Completes on SIGTERM and on SIGINT (Ctrl-C).
pub(crate) fn stop_signal() -> miette::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())
        .into_diagnostic()
        .wrap_err("cannot watch for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt())
        .into_diagnostic()
        .wrap_err("cannot watch for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!(
            plugin = "hub",
            "stopping: requests under way are finished first"
        );
    })
}
