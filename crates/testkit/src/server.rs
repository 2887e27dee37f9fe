//! A hub behind a real socket, for browsers and other programs.

use callboard_config::Config;
use callboard_hub::app::Mode;
use callboard_hub::clock::SystemClock;
use callboard_hub::{Parts, serve};
use callboard_store::{PostgresConfig, Store, StoreConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A hub that listens on a free loopback port until it is dropped.
pub struct RunningHub {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl RunningHub {
    /// Starts a hub with a database in memory; `configure` is given its base URL and returns the
    /// configuration.
    ///
    /// # Panics
    ///
    /// When no port is free, or, in the background, when the hub does not start.
    pub async fn start(configure: impl FnOnce(&str) -> Config) -> RunningHub {
        RunningHub::start_on(&StoreConfig::SqliteMemory, configure).await
    }

    /// Starts a hub on the PostgreSQL database at `url`.
    ///
    /// # Panics
    ///
    /// When `url` is none; otherwise as [`RunningHub::start`].
    pub async fn start_on_postgres(
        url: &str,
        configure: impl FnOnce(&str) -> Config,
    ) -> RunningHub {
        let config = PostgresConfig::from_url(url).expect("the test names a database");
        RunningHub::start_on(&StoreConfig::Postgres(config), configure).await
    }

    async fn start_on(store: &StoreConfig, configure: impl FnOnce(&str) -> Config) -> RunningHub {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a loopback port is free");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let config = configure(&format!("http://{address}"));
        let store = Store::open(store).await.expect("the database opens");
        let (stop, stopped) = oneshot::channel::<()>();
        let parts = Parts {
            config,
            store,
            clock: Arc::new(SystemClock),
            mode: Mode::Production,
            providers: Vec::new(),
        };
        let served = tokio::spawn(async move {
            let stop = async move {
                // A dropped sender is a stop too.
                let _dropped = stopped.await;
            };
            if let Err(error) = serve(listener, parts, stop).await {
                panic!("the hub did not serve: {error:?}");
            }
        });
        RunningHub {
            address,
            stop: Some(stop),
            served,
        }
    }

    /// The base URL, such as `http://127.0.0.1:41234`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops the hub and waits until it has stopped.
    ///
    /// # Panics
    ///
    /// When the hub did not start or did not stop cleanly.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        self.served.await.expect("the hub stops cleanly");
    }
}
