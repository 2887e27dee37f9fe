//! The port that newer monitors scrape.

use crate::app::App;
use crate::hub::StartError;
use crate::task::Shutdown;
use axum::Router;
use axum::routing::get;
use callboard_config::Config;
use serde_json::Value;
use tokio::net::TcpListener;

/// The port of the newer releases of the original.
const DEFAULT_PORT: u16 = 9464;

const KEY: &str = "callboard.metrics.port";

/// Reads `callboard.metrics.port`; `None` when it is `false`.
pub(super) fn port(config: &Config) -> Result<Option<u16>, StartError> {
    let refused = || StartError::value(config, KEY, "expected a port, or `false`");
    match config.json(KEY) {
        None | Some(Value::Bool(true)) => Ok(Some(DEFAULT_PORT)),
        Some(Value::Bool(false)) => Ok(None),
        Some(Value::Number(port)) => port.to_string().parse().map(Some).map_err(|_| refused()),
        // As a variable gives it.
        Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| refused()),
        Some(_) => Err(refused()),
    }
}

/// Serves `/metrics` beside the main port, on the same host; a port that is taken is a warning.
pub(super) async fn serve(app: App, port: u16, mut shutdown: Shutdown) {
    let address = match crate::http::listen::Listen::from_config(&app.core().config) {
        Ok(listen) => listen.with_port(port),
        // The hub would not have started.
        Err(_) => return,
    };
    let listener = match address.bind().await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(
                plugin = "metrics", %address, %error,
                "metrics are served on the main port only; `{KEY}` names another port, or `false`",
            );
            return;
        }
    };
    let router = Router::new()
        .route("/metrics", get(super::scrape))
        .with_state(app);
    let served = serve_until(listener, router, async move { shutdown.signalled().await }).await;
    if let Err(error) = served {
        tracing::warn!(plugin = "metrics", %address, %error, "metrics are no longer served on their own port");
    }
}

async fn serve_until(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_port_is_a_number_also_as_text_or_off() {
        let port = |value: Value| {
            port(&Config::from_value(
                json!({"callboard": {"metrics": {"port": value}}}),
            ))
        };

        assert_eq!(
            super::port(&Config::from_value(json!({}))).unwrap(),
            Some(9464)
        );
        assert_eq!(port(json!(true)).unwrap(), Some(9464));
        assert_eq!(port(json!("9465")).unwrap(), Some(9465));
        assert_eq!(
            (port(json!(false)).unwrap(), port(json!("false")).unwrap()),
            (None, None)
        );
        for bad in [json!("x"), json!(70_000), json!(-1), json!([]), json!({})] {
            let error = port(bad).unwrap_err();
            assert_eq!(
                error.to_string(),
                "`callboard.metrics.port` in the configuration: expected a port, or `false`"
            );
        }
    }
}
