//! Accepts connections until the hub is told to stop.

use super::gate::Gate;
use axum::Router;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take once the hub stops; with the ten seconds that background
/// work may take it is what Kubernetes grants by default.
const DRAIN_DEADLINE: Duration = Duration::from_secs(20);

/// Serves `router` on `listener` until `stop` completes, then lets requests under way finish.
///
/// The listener stays open while they finish, so that readiness is heard to say 503; idle
/// connections are closed at the end. A request that takes longer than 20 seconds is cut.
///
/// # Errors
///
/// What the operating system says when the listener breaks.
pub async fn serve(
    listener: TcpListener,
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
    let server = axum::serve(listener, service).with_graceful_shutdown(signal);
    let deadline = async move {
        if drained.wait_for(|draining| *draining).await.is_err() {
            // The sender lives in the signal above; when it is gone, so is the server.
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(DRAIN_DEADLINE).await;
    };
    tokio::select! {
        result = async { server.await } => result,
        () = deadline => {
            tracing::warn!(plugin = "hub", "requests did not finish in time and were cut off");
            Ok(())
        }
    }
}
