//! `backend.listen`: where the hub accepts connections.

use crate::finding::Finding;
use crate::hub::StartError;
use callboard_config::Config;
use serde_json::Value;
use std::fmt::{self, Display};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::TcpListener;

/// The port when nothing else is said.
const DEFAULT_PORT: u16 = 7007;

/// A host and a port to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    host: Option<String>,
    port: u16,
}

impl Listen {
    /// Reads `backend.listen`: absent, a port, `host:port`, or an object with `host` and `port`.
    ///
    /// # Errors
    ///
    /// [`StartError`] with the original's text when the value cannot be read.
    pub fn from_config(config: &Config) -> Result<Listen, StartError> {
        let unreadable = |text: &str| unreadable(config, text);
        match config.section::<Value>("backend.listen")? {
            None => Ok(Listen {
                host: None,
                port: DEFAULT_PORT,
            }),
            Some(Value::Object(_)) => {
                let host = config.optional_string("backend.listen.host")?;
                let port = match config.optional_number("backend.listen.port")? {
                    None => DEFAULT_PORT,
                    Some(port) => to_port(&port.to_string()).ok_or_else(|| {
                        StartError::value(
                            config,
                            "backend.listen.port",
                            format!("`{port}` is not a port"),
                        )
                    })?,
                };
                Ok(Listen { host, port })
            }
            Some(Value::Number(port)) => {
                Listen::parse(&port.to_string()).ok_or_else(|| unreadable(&port.to_string()))
            }
            Some(Value::String(text)) => Listen::parse(&text).ok_or_else(|| unreadable(&text)),
            Some(other) => Err(unreadable(&other.to_string())),
        }
    }

    fn parse(text: &str) -> Option<Listen> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (Some(host.trim_matches(['[', ']']).to_owned()), port),
            None => (None, text),
        };
        let port = to_port(port)?;
        Some(Listen {
            host: host.filter(|host| !host.is_empty()),
            port,
        })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same host with another port.
    #[must_use]
    pub fn with_port(self, port: u16) -> Listen {
        Listen { port, ..self }
    }

    /// Whether only programs on this machine can connect.
    pub fn is_loopback(&self) -> bool {
        match self.host.as_deref() {
            None => false,
            Some("localhost") => true,
            Some(host) => host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback()),
        }
    }

    /// Starts to listen: without a host on every interface of both families.
    ///
    /// # Errors
    ///
    /// What the operating system says, such as that the port is taken.
    pub async fn bind(&self) -> std::io::Result<TcpListener> {
        if let Some(host) = &self.host {
            return TcpListener::bind((host.as_str(), self.port)).await;
        }
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, self.port))).await {
            // A machine without IPv6 listens on IPv4 alone.
            Err(error) if error.kind() != ErrorKind::AddrInUse => {
                TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.port))).await
            }
            bound => bound,
        }
    }
}

impl Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.as_deref() {
            Some(host) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            host => write!(f, "{}:{}", host.unwrap_or("*"), self.port),
        }
    }
}

fn to_port(text: &str) -> Option<u16> {
    text.parse().ok()
}

/// An error with the original's text.
fn unreadable(config: &Config, text: &str) -> StartError {
    let message =
        format!("Unable to parse listen address {text}, expected <port> or <host>:<port>");
    config.error("backend.listen", message).into()
}

/// Whether the hub could listen, for `callboard doctor`.
pub(crate) async fn examine(config: &Config) -> Vec<Finding> {
    let address = match Listen::from_config(config) {
        Ok(address) => address,
        Err(error) => return vec![Finding::from_start_error(&error)],
    };
    match address.bind().await {
        Ok(_) => Vec::new(),
        Err(error) if error.kind() == ErrorKind::AddrInUse => vec![
            Finding::note(format!(
                "a program listens on {address}, perhaps the hub itself"
            ))
            .help("otherwise give the hub another port with `backend.listen.port`"),
        ],
        Err(error) => vec![
            Finding::error(format!("cannot listen on {address}: {error}"))
                .help("see `backend.listen` in the configuration"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listen(value: &Value) -> Result<Listen, StartError> {
        Listen::from_config(&Config::from_value(json!({"backend": {"listen": value}})))
    }

    #[test]
    fn every_form_of_the_original_is_read() {
        assert_eq!(
            Listen::from_config(&Config::from_value(json!({})))
                .unwrap()
                .to_string(),
            "*:7007"
        );
        assert_eq!(listen(&json!(":8080")).unwrap().to_string(), "*:8080");
        assert_eq!(
            listen(&json!("127.0.0.1:8080")).unwrap().to_string(),
            "127.0.0.1:8080"
        );
        assert_eq!(
            listen(&json!("[::1]:8080")).unwrap().to_string(),
            "[::1]:8080"
        );
        assert_eq!(listen(&json!(8080)).unwrap().to_string(), "*:8080");
        assert_eq!(
            listen(&json!({"host": "::1", "port": "81"}))
                .unwrap()
                .to_string(),
            "[::1]:81"
        );
    }

    #[test]
    fn a_bad_address_is_refused_with_the_originals_text() {
        let error = listen(&json!("nowhere")).unwrap_err();

        assert_eq!(
            error.to_string(),
            "Unable to parse listen address nowhere, expected <port> or <host>:<port>"
        );
    }

    #[test]
    fn loopback_is_known_by_name_and_address() {
        assert!(listen(&json!("localhost:1")).unwrap().is_loopback());
        assert!(listen(&json!("127.0.0.1:1")).unwrap().is_loopback());
        assert!(!listen(&json!(":1")).unwrap().is_loopback());
        assert!(!listen(&json!("0.0.0.0:1")).unwrap().is_loopback());
    }
}
