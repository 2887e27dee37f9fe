//! The socket: plain HTTP, or TLS with a certificate made for this one server.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::serve::Listener;
use rcgen::CertifiedKey;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::server::{Shared, handle};

/// A server that listens.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    /// The certificate in PEM that clients have to believe; `None` without TLS.
    pub(crate) authority: Option<String>,
    pub(crate) task: JoinHandle<()>,
}

/// Starts to listen on a free port of loopback.
///
/// # Panics
///
/// When no port is free.
pub(crate) async fn listen(shared: Arc<Shared>, is_encrypted: bool) -> Listening {
    let tcp = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a loopback port is free");
    let address = tcp.local_addr().expect("a bound listener has an address");
    let router = Router::new()
        .fallback(handle)
        .layer(DefaultBodyLimit::disable())
        .with_state(shared);
    if !is_encrypted {
        let task = tokio::spawn(async move {
            let Ok(()) = axum::serve(tcp, router).await else {
                unreachable!("serving ends only with its task");
            };
        });
        return Listening {
            address,
            authority: None,
            task,
        };
    }

    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()])
            .expect("an address and a name make a certificate");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der())
        .expect("what was just made is a private key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("certificate and key were made together");
    let listener = TlsListener {
        tcp,
        acceptor: TlsAcceptor::from(Arc::new(config)),
        handshakes: JoinSet::new(),
    };
    let task = tokio::spawn(async move {
        let Ok(()) = axum::serve(listener, router).await else {
            unreachable!("serving ends only with its task");
        };
    });
    Listening {
        address,
        authority: Some(cert.pem()),
        task,
    }
}

/// Accepts encrypted connections; a slow handshake keeps nobody else waiting.
struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.tcp) => {
                    let handshake = self.acceptor.accept(stream);
                    self.handshakes.spawn(async move { Some((handshake.await.ok()?, address)) });
                }
                Some(agreed) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = agreed {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
