//! Accepts connections until the hub is told to stop.

use super::gate::Gate;
use super::tls::TlsListener;
use crate::hub::StartError;
use crate::task::BoxFuture;
use axum::Router;
use axum::serve::ListenerExt;
use callboard_config::Config;
use rustls::ServerConfig;
use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long requests under way may take once the hub stops; with the ten seconds that background
/// work may take it is what Kubernetes grants by default.
const DRAIN_DEADLINE: Duration = Duration::from_secs(20);

/// Where the time is configured for which the hub serves on once it is told to stop.
const DELAY: &str = "callboard.shutdownDelay";

/// For how long the hub serves on, and says by readiness that it will stop; not at all unless
/// `callboard.shutdownDelay` says so.
///
/// # Errors
///
/// [`StartError`] when that is no duration.
pub fn shutdown_delay(config: &Config) -> Result<Duration, StartError> {
    Ok(config.optional_duration(DELAY)?.unwrap_or_default())
}

/// Serves `router` on `listener`, over TLS if that is configured, until `stop` completes, then lets requests under way finish.
///
/// For `delay` after that it takes new requests as before, since those who send them need a moment
/// to see in readiness that they should not.
/// The listener stays open while they finish, so that readiness is heard to say 503; idle
/// connections are closed at the end. A request that takes longer than 20 seconds is cut.
///
/// # Errors
///
/// What the operating system says when the listener breaks.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    gate: Gate,
    delay: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (draining, mut drained) = tokio::sync::watch::channel(false);
    let signal = async move {
        stop.await;
        if !delay.is_zero() {
            gate.leave();
            tokio::time::sleep(delay).await;
        }
        draining.send_replace(true);
        gate.drain().await;
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server: BoxFuture<std::io::Result<()>> = match tls {
        None => Box::pin(
            axum::serve(listener.tap_io(send_at_once), service)
                .with_graceful_shutdown(signal)
                .into_future(),
        ),
        Some(config) => {
            let listener = TlsListener::new(listener, config)
                .tap_io(|stream| send_at_once(stream.get_mut().0));
            Box::pin(
                axum::serve(listener, service)
                    .with_graceful_shutdown(signal)
                    .into_future(),
            )
        }
    };
    let deadline = async move {
        if drained.wait_for(|draining| *draining).await.is_err() {
            // The sender lives in the signal above; when it is gone, so is the server.
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(DRAIN_DEADLINE).await;
    };
    tokio::select! {
        result = server => result,
        () = deadline => {
            tracing::warn!(plugin = "hub", "requests did not finish in time and were cut off");
            Ok(())
        }
    }
}

/// Has the end of an answer sent without waiting for the client to confirm what came before it.
fn send_at_once(stream: &mut TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(plugin = "hub", %error, "a connection may answer late");
    }
}
