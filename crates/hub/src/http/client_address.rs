//! Which address a request comes from.
//!
//! It is that of the socket, unless `backend.trustProxy` names proxies to believe: each adds to
//! `X-Forwarded-For` the address that it was asked from, so the list is walked from its end for as
//! long as whoever wrote an entry is trusted.

use crate::hub::StartError;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName};
use callboard_config::Config;
use serde_json::Value;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

const KEY: &str = "backend.trustProxy";

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that a request comes from, as an extension of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which proxies are believed, as Express reads `trust proxy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustProxy {
    /// As many as this, counted from the hub; 0 for none.
    Hops(usize),
    /// Those in these networks.
    Networks(Vec<Network>),
    /// All of them: the first entry of the list counts, which whoever asks may have written.
    All,
}

/// A network: an address, and how many of its leading bits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl TrustProxy {
    /// Reads `backend.trustProxy`: a boolean, a number of hops, or networks as a list or as a text
    /// with commas, among them the names `loopback`, `linklocal` and `uniquelocal`.
    ///
    /// # Errors
    ///
    /// [`StartError`] for anything else.
    pub fn from_config(config: &Config) -> Result<TrustProxy, StartError> {
        let unreadable = || {
            let reason =
                "expected a boolean, a number of proxies, or networks such as `10.0.0.0/8`";
            StartError::value(config, KEY, reason)
        };
        let networks = |texts: &[&str]| {
            let read: Option<Vec<_>> = texts.iter().map(|text| Network::named(text)).collect();
            let read = read.ok_or_else(unreadable)?;
            Ok(TrustProxy::Networks(read.concat()))
        };
        match config.json(KEY) {
            None | Some(Value::Null | Value::Bool(false)) => Ok(TrustProxy::Hops(0)),
            Some(Value::Bool(true)) => Ok(TrustProxy::All),
            Some(Value::Number(hops)) => {
                let hops = hops.as_u64().and_then(|hops| usize::try_from(hops).ok());
                hops.map(TrustProxy::Hops).ok_or_else(unreadable)
            }
            Some(Value::String(text)) => match text.trim() {
                "true" => Ok(TrustProxy::All),
                "false" | "" => Ok(TrustProxy::Hops(0)),
                text => match text.parse() {
                    Ok(hops) => Ok(TrustProxy::Hops(hops)),
                    Err(_) => networks(&text.split(',').collect::<Vec<_>>()),
                },
            },
            Some(Value::Array(items)) => {
                let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
                networks(&texts.ok_or_else(unreadable)?)
            }
            Some(Value::Object(_)) => Err(unreadable()),
        }
    }

    /// The address that a request over a socket from `peer` comes from.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if *self == TrustProxy::Hops(0) {
            return client;
        }
        let lists = headers.get_all(&FORWARDED_FOR).iter();
        let texts: Vec<_> = lists
            .map(|list| list.to_str().unwrap_or_default())
            .collect();
        let entries = texts.iter().flat_map(|list| list.split(','));
        let entries: Vec<_> = entries.map(str::trim).collect();
        for (hop, entry) in entries.into_iter().rev().enumerate() {
            if !self.trusts(client, hop) {
                break;
            }
            // A proxy that writes something else than an address says nothing.
            let Some(address) = address(entry) else { break };
            client = address;
        }
        client
    }

    /// Notes where a request comes from. Without a socket, in process, nothing is known.
    pub fn note(&self, request: &mut Request) {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        if let Some(ConnectInfo(peer)) = peer {
            let client = self.client(peer.ip(), request.headers());
            request.extensions_mut().insert(ClientAddress(client));
        }
    }

    fn trusts(&self, proxy: IpAddr, hop: usize) -> bool {
        match self {
            TrustProxy::Hops(hops) => hop < *hops,
            TrustProxy::Networks(networks) => {
                networks.iter().any(|network| network.contains(proxy))
            }
            TrustProxy::All => true,
        }
    }
}

impl Network {
    /// The networks that a text stands for; `None` when it is none.
    fn named(text: &str) -> Option<Vec<Network>> {
        let texts: &[&str] = match text.trim() {
            "loopback" => &["127.0.0.1/8", "::1/128"],
            "linklocal" => &["169.254.0.0/16", "fe80::/10"],
            "uniquelocal" => &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
            text => return Network::parse(text).map(|network| vec![network]),
        };
        texts.iter().map(|text| Network::parse(text)).collect()
    }

    fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= longest)?,
            None => longest,
        };
        Some(Network { address, bits })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.bits
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

/// An entry of the list: an address, which some proxies write with a port.
fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bare = entry.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    bare.or_else(with_port)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Result<TrustProxy, StartError> {
        TrustProxy::from_config(&Config::from_value(
            json!({"backend": {"trustProxy": value}}),
        ))
    }

    /// Who asks over a socket from 10.0.0.9, with this list.
    fn client(trust: &Value, forwarded_for: &str) -> String {
        let headers =
            HeaderMap::from_iter([(FORWARDED_FOR.clone(), forwarded_for.parse().unwrap())]);
        let peer = "10.0.0.9".parse().unwrap();
        read(trust).unwrap().client(peer, &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_it_is_said() {
        let forged = "203.0.113.5, 198.51.100.1";

        assert_eq!(client(&json!(false), forged), "10.0.0.9");
        assert_eq!(client(&json!(0), forged), "10.0.0.9");
        assert_eq!(client(&Value::Null, forged), "10.0.0.9");
    }

    #[test]
    fn proxies_are_believed_by_number_from_the_end() {
        let list = "203.0.113.5, 198.51.100.1, 10.0.0.2";

        assert_eq!(client(&json!(1), list), "10.0.0.2");
        assert_eq!(client(&json!(2), list), "198.51.100.1");
        assert_eq!(client(&json!("3"), list), "203.0.113.5");
        assert_eq!(client(&json!(9), list), "203.0.113.5");
        assert_eq!(client(&json!(true), list), "203.0.113.5");
    }

    #[test]
    fn proxies_are_believed_by_network() {
        let list = "203.0.113.5, 198.51.100.1, 10.0.0.2";

        assert_eq!(client(&json!("10.0.0.0/8"), list), "198.51.100.1");
        assert_eq!(client(&json!(["uniquelocal"]), list), "198.51.100.1");
        assert_eq!(client(&json!("loopback, 10.0.0.9"), list), "10.0.0.2");
        assert_eq!(client(&json!("192.168.0.0/16"), list), "10.0.0.9");
        assert_eq!(
            client(&json!(["10.0.0.0/8", "0.0.0.0/0"]), list),
            "203.0.113.5"
        );
    }

    #[test]
    fn what_is_no_address_ends_the_list() {
        assert_eq!(client(&json!(true), "203.0.113.5, unknown"), "10.0.0.9");
        assert_eq!(client(&json!(true), "evil, 198.51.100.1"), "198.51.100.1");
        assert_eq!(client(&json!(true), ""), "10.0.0.9");
        assert_eq!(client(&json!(1), "198.51.100.1:4711"), "198.51.100.1");
        assert_eq!(client(&json!(1), "[2001:db8::1]:80"), "2001:db8::1");
        assert_eq!(client(&json!(1), "::ffff:198.51.100.1"), "198.51.100.1");
    }

    #[test]
    fn what_names_no_proxies_is_refused() {
        for value in [
            json!(-1),
            json!(1.5),
            json!("everybody"),
            json!({}),
            json!([1]),
        ] {
            let error = read(&value).unwrap_err().to_string();
            assert!(error.contains(KEY), "{value}: {error}");
        }
        assert!(read(&json!("10.0.0.0/33")).is_err());
    }
}
