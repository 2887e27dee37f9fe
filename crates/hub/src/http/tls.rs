//! `backend.https`: encrypted connections to the hub itself.

use crate::hub::StartError;
use axum::serve::Listener;
use callboard_config::{Config, ConfigError, Secret};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use url::Url;

const KEY: &str = "backend.https";

/// How long a client may take to agree on ciphers.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// How many may be about it at the same time; further ones wait to be accepted.
const MAX_HANDSHAKES: usize = 1024;

/// Reads `backend.https`: `{certificate: {cert, key}}`, both PEM, or `true` for a certificate that
/// the hub makes and signs itself at start, for the host of `backend.baseUrl`. `None` when it is
/// absent or `false`.
///
/// # Errors
///
/// [`StartError`] for another value, for PEM that holds no certificate or no key, and for halves
/// that do not belong together.
pub fn from_config(config: &Config) -> Result<Option<Arc<ServerConfig>>, StartError> {
    let (certificates, key) = match config.json(KEY) {
        None | Some(Value::Bool(false)) => return Ok(None),
        Some(Value::Bool(true)) => self_signed(config)?,
        Some(Value::Object(_)) => configured(config)?,
        Some(_) => {
            let reason = "`true` or an object with `certificate` is expected";
            return Err(StartError::value(config, KEY, reason));
        }
    };
    let unusable = |error: rustls::Error| {
        let reason = format!("certificate and key cannot be used: {error}");
        StartError::value(config, KEY, reason)
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let mut server = builder
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(unusable)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(server)))
}

/// A chain of certificates, the server's own first, and its key.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn configured(config: &Config) -> Result<Identity, ConfigError> {
    const CERTIFICATE: &str = "backend.https.certificate.cert";
    const PRIVATE_KEY: &str = "backend.https.certificate.key";
    let pem = config.string(CERTIFICATE)?;
    let chain = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| config.error(CERTIFICATE, "there is no certificate in PEM"))?;
    let pem = Secret::new(config.string(PRIVATE_KEY)?);
    let key = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes());
    let key = key.map_err(|_| config.error(PRIVATE_KEY, "there is no private key in PEM"))?;
    Ok((chain, key))
}

fn self_signed(config: &Config) -> Result<Identity, StartError> {
    let base_url = config.string("backend.baseUrl")?;
    let host = Url::parse(&base_url)
        .ok()
        .and_then(|url| Some(url.host_str()?.trim_matches(['[', ']']).to_owned()))
        .ok_or_else(|| StartError::value(config, "backend.baseUrl", "it names no host"))?;
    let made = rcgen::generate_simple_self_signed([host]);
    let made = made.map_err(|error| StartError::value(config, KEY, error))?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let key = key.map_err(|error| StartError::value(config, KEY, error))?;
    Ok((vec![made.cert.der().clone()], key))
}

/// Accepts encrypted connections. Whoever is slow to agree on ciphers keeps nobody else waiting.
pub(super) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl TlsListener {
    pub(super) fn new(tcp: TcpListener, config: Arc<ServerConfig>) -> TlsListener {
        TlsListener {
            tcp,
            acceptor: config.into(),
            handshakes: JoinSet::new(),
        }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsStream<TcpStream>, SocketAddr) {
        loop {
            let has_room = self.handshakes.len() < MAX_HANDSHAKES;
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.tcp), if has_room => {
                    let handshake = self.acceptor.accept(stream);
                    self.handshakes.spawn(async move {
                        let agreed = tokio::time::timeout(HANDSHAKE_DEADLINE, handshake).await;
                        // A client that gives up, or speaks no TLS, is of no interest.
                        Some((agreed.ok()?.ok()?, address))
                    });
                }
                Some(agreed) = self.handshakes.join_next() => {
                    if let Ok(Some(connection)) = agreed {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(https: &Value) -> Result<bool, String> {
        let backend = json!({"baseUrl": "https://hub.example.com:7007", "https": https});
        let read = from_config(&Config::from_value(json!({"backend": backend})));
        read.map(|tls| tls.is_some())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn tls_is_asked_for_by_true_or_by_a_certificate() {
        let made = rcgen::generate_simple_self_signed(["hub.example.com".to_owned()]).unwrap();
        let pair = json!({"cert": made.cert.pem(), "key": made.signing_key.serialize_pem()});

        assert_eq!(read(&json!(null)), Ok(false));
        assert_eq!(read(&json!(false)), Ok(false));
        assert_eq!(read(&json!(true)), Ok(true));
        assert_eq!(read(&json!({"certificate": pair})), Ok(true));
    }

    #[test]
    fn what_is_no_pair_is_refused_and_never_shown() {
        let make = || rcgen::generate_simple_self_signed(["hub.example.com".to_owned()]).unwrap();
        let (one, other) = (make(), make());
        let (cert, key) = (one.cert.pem(), other.signing_key.serialize_pem());
        let refused = |cert: &str, key: &str| {
            read(&json!({"certificate": {"cert": cert, "key": key}})).unwrap_err()
        };

        assert!(refused("none", &key).contains("there is no certificate in PEM"));
        let no_key = refused(&cert, "a-private-key-or-not");
        assert!(
            no_key.contains("there is no private key in PEM"),
            "{no_key}"
        );
        assert!(!no_key.contains("a-private-key-or-not"), "{no_key}");
        assert!(refused(&cert, &key).contains("cannot be used"));
        assert!(read(&json!("yes")).unwrap_err().contains("is expected"));
    }
}
