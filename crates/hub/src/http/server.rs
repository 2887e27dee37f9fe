//! Accepts connections until the hub is told to stop.

use super::gate::Gate;
use super::tls::TlsListener;
use crate::task::BoxFuture;
use axum::Router;
use axum::serve::ListenerExt;
use rustls::ServerConfig;
use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take once the hub stops; with the ten seconds that background
/// work may take it is what Kubernetes grants by default.
const DRAIN_DEADLINE: Duration = Duration::from_secs(20);

/// Serves `router` on `listener`, over TLS if that is configured, until `stop` completes, then lets requests under way finish.
///
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
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (draining, mut drained) = tokio::sync::watch::channel(false);
    let signal = async move {
        stop.await;
        draining.send_replace(true);
        gate.drain().await;
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server: BoxFuture<std::io::Result<()>> = match tls {
        None => Box::pin(
            axum::serve(listener, service)
                .with_graceful_shutdown(signal)
                .into_future(),
        ),
        Some(config) => {
            // Only what is tapped tells the service the address of its client.
            let listener = TlsListener::new(listener, config).tap_io(|_| {});
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
