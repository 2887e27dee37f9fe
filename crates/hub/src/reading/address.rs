//! Which addresses may be connected to: by default those of the public internet only.
//!
//! A name is judged by what it resolves to, at the moment of each connection, since whoever owns
//! a name decides where it leads.

use crate::task::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// What turns names into addresses.
pub(super) trait Lookup: Send + Sync {
    /// Every address of `name`.
    fn lookup(&self, name: &str) -> BoxFuture<io::Result<Vec<IpAddr>>>;
}

/// The resolver of the operating system.
pub(super) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: &str) -> BoxFuture<io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// How far connections may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the public internet.
    Public,
    /// Also to this machine and its networks.
    Anywhere,
}

impl Reach {
    pub(super) fn permits(self, address: IpAddr) -> bool {
        match self {
            Reach::Public => is_public(address),
            Reach::Anywhere => true,
        }
    }
}

/// Resolves names to the addresses that are in reach, and no others.
pub(super) struct Guard {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) reach: Reach,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.lookup.lookup(name.as_str());
        let reach = self.reach;
        Box::pin(async move {
            let found = found.await?;
            let (permitted, refused): (Vec<_>, Vec<_>) = found
                .into_iter()
                .partition(|address| reach.permits(*address));
            match refused.first() {
                Some(address) if permitted.is_empty() => Err(NotPublic(*address).into()),
                Some(_) | None => {
                    // The port is filled in from the URL.
                    let addresses = permitted.into_iter().map(|ip| SocketAddr::new(ip, 0));
                    Ok(Box::new(addresses) as Addrs)
                }
            }
        })
    }
}

/// A name, or a literal, that leads out of reach.
#[derive(Debug, thiserror::Error)]
#[error("the address {0} is not of the public internet")]
pub(super) struct NotPublic(pub(super) IpAddr);

/// Whether an address belongs to the public internet, as the registries of special addresses say.
///
/// An address that wraps one of the older kind is judged by what it wraps.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        // This network, private, carrier-grade NAT, loopback, link-local, private.
        (0 | 10 | 127, _, _) | (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _)
        // Protocol assignments, documentation, 6to4 relays, private.
        | (192, 0, 0 | 2) | (192, 88, 99) | (192, 168, _)
        // Measurements, documentation, documentation, multicast and whatever lies above.
        | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) | (224..=255, _, _)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(wrapped) = wrapped_v4(address) {
        return is_public_v4(wrapped);
    }
    let [first, second, ..] = address.segments();
    let is_global_unicast = first & 0xe000 == 0x2000;
    let is_special = match first {
        // Protocol assignments, with tunnels that hide an older address; documentation.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4, another tunnel.
        0x2002 => true,
        // Documentation.
        0x3fff => second < 0x1000,
        _ => false,
    };
    is_global_unicast && !is_special
}

/// The older address inside `::ffff:0:0/96`, or inside the translation prefix `64:ff9b::/96`
/// through which networks without the older kind reach it.
fn wrapped_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., high, low] = address.segments();
    let is_wrapped = matches!(
        address.segments(),
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0x0064, 0xff9b, 0, 0, 0, 0, _, _]
    );
    is_wrapped.then(|| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        let public = [
            "1.1.1.1",
            "140.82.121.4",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "2001:200::1",
            "2001:4860::8888",
            "3fff:1000::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ];
        let special = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2001:10::1",
            "2001:20::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];

        let judged = |addresses: &[&'static str], expected: bool| -> Vec<&'static str> {
            let is_other = |text: &&&str| is_public(text.parse().unwrap()) != expected;
            addresses.iter().filter(is_other).copied().collect()
        };

        assert_eq!(judged(&public, true), Vec::<&str>::new());
        assert_eq!(judged(&special, false), Vec::<&str>::new());
    }
}
