//! Hosts that may be read beside the Git hosts: `backend.reading.allow`.

use super::address::Reach;
use callboard_config::{Config, ConfigError, View};
use std::net::IpAddr;
use std::ops::RangeInclusive;
use url::{Host, Url};

/// The key, for texts.
pub(super) const KEY: &str = "backend.reading.allow";

/// The key of an entry that lets a host be in a private network.
pub(super) const PRIVATE: &str = "allowPrivateAddresses";

/// Which hosts may be read, and which may be in a private network.
#[derive(Debug, Default)]
pub(super) struct AllowList(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    name: HostName,
    ports: Option<RangeInclusive<u16>>,
    /// Each without a slash at its end; absent means every path.
    paths: Option<Vec<String>>,
    reach: Reach,
}

#[derive(Debug)]
enum HostName {
    Exact(String),
    /// A suffix that begins with a dot.
    Below(String),
}

impl AllowList {
    /// Reads the list; none means that only Git hosts are read.
    pub(super) fn read(config: &Config) -> Result<AllowList, ConfigError> {
        let entries = config.root().optional_object_list(KEY)?;
        let entries = entries.unwrap_or_default();
        let read: Result<_, _> = entries.iter().map(Entry::read).collect();
        read.map(AllowList)
    }

    /// Whether the list has this URL.
    pub(super) fn permits(&self, url: &Url) -> bool {
        self.0
            .iter()
            .any(|entry| entry.has_host(url) && entry.has_path(url))
    }

    /// The hosts as they are written, without their paths.
    pub(super) fn hosts(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Entry::host)
    }

    /// How far a connection to the host of this URL may go.
    pub(super) fn reach(&self, url: &Url) -> Reach {
        let is_open = |entry: &Entry| entry.reach == Reach::Anywhere && entry.has_host(url);
        if self.0.iter().any(is_open) {
            Reach::Anywhere
        } else {
            Reach::Public
        }
    }

    /// The places of entries that nothing can be read through, as they name an address that is
    /// not public without allowing that.
    pub(super) fn dead(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().enumerate().filter_map(|(index, entry)| {
            let HostName::Exact(name) = &entry.name else {
                return None;
            };
            let address: Result<IpAddr, _> = name.trim_matches(['[', ']']).parse();
            let is_private =
                name == "localhost" || address.is_ok_and(|address| !Reach::Public.permits(address));
            (is_private && entry.reach == Reach::Public).then_some((index, name.as_str()))
        })
    }
}

impl Entry {
    fn read(view: &View<'_>) -> Result<Entry, ConfigError> {
        let host = view.string("host")?;
        let refused = |what: &str| {
            view.error("host", format!("`{host}` {what}"))
                .with_help("write `example.com`, `*.example.com` or `example.com:8443`")
        };
        let (name, port) = split_port(&host);
        let ports = match port {
            Some(port) => Some(ports(port).ok_or_else(|| refused("has no usable port"))?),
            None => None,
        };
        let (is_below, plain) = match name.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, name),
        };
        if plain.contains('*') {
            return Err(refused("has an asterisk elsewhere than in a leading `*.`"));
        }
        let plain = Host::parse(plain).map_err(|_| refused("is no host"))?;
        let paths = view.optional_string_list("paths")?;
        Ok(Entry {
            name: if is_below {
                HostName::Below(format!(".{plain}"))
            } else {
                HostName::Exact(plain.to_string())
            },
            ports,
            paths: paths.map(|paths| {
                let trimmed = paths
                    .iter()
                    .map(|path| path.trim_end_matches('/').to_owned());
                trimmed.collect()
            }),
            reach: if view.optional_boolean(PRIVATE)?.unwrap_or(false) {
                Reach::Anywhere
            } else {
                Reach::Public
            },
        })
    }

    fn host(&self) -> String {
        let name = match &self.name {
            HostName::Exact(exact) => exact.clone(),
            HostName::Below(suffix) => format!("*{suffix}"),
        };
        match &self.ports {
            None => name,
            Some(ports) if ports.start() == ports.end() => format!("{name}:{}", ports.start()),
            Some(ports) => format!("{name}:{}-{}", ports.start(), ports.end()),
        }
    }

    fn has_host(&self, url: &Url) -> bool {
        let Some(name) = url.host_str() else {
            return false;
        };
        let is_named = match &self.name {
            HostName::Exact(exact) => name == exact,
            HostName::Below(suffix) => name.ends_with(suffix.as_str()),
        };
        let has_port = match &self.ports {
            // A port that is usual for the scheme is not part of a URL.
            None => url.port().is_none(),
            Some(ports) => url
                .port_or_known_default()
                .is_some_and(|port| ports.contains(&port)),
        };
        is_named && has_port
    }

    /// Paths are allowed with everything below them, in whole segments.
    fn has_path(&self, url: &Url) -> bool {
        let Some(paths) = &self.paths else {
            return true;
        };
        // A URL has no `.` and `..` left, but some hosts take these for slashes and dots as well.
        let path = url.path().to_ascii_lowercase();
        if ["%2f", "%5c", "%2e"]
            .iter()
            .any(|hidden| path.contains(hidden))
        {
            return false;
        }
        paths.iter().any(|allowed| {
            let rest = url.path().strip_prefix(allowed.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// Splits at the last colon that is not inside brackets.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        Some(_) | None => (host, None),
    }
}

/// A port, or a range such as `8000-8999`.
fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    (0 < first && first <= last).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn list(entries: &Value) -> Result<AllowList, ConfigError> {
        let config = json!({"backend": {"reading": {"allow": entries}}});
        AllowList::read(&Config::from_value(config))
    }

    fn permits(entry: &Value, url: &str) -> bool {
        list(&json!([entry]))
            .unwrap()
            .permits(&Url::parse(url).unwrap())
    }

    #[test]
    fn hosts_are_exact_or_everything_below() {
        let exact = || json!({"host": "Example.com"});
        let below = || json!({"host": "*.example.com"});

        assert!(permits(&exact(), "https://example.com/a"));
        assert!(permits(&exact(), "http://EXAMPLE.com:80/a"));
        assert!(!permits(&exact(), "https://a.example.com/a"));
        assert!(!permits(&exact(), "https://example.com.evil.example/a"));
        assert!(permits(&below(), "https://a.b.example.com/a"));
        assert!(!permits(&below(), "https://example.com/a"));
        assert!(!permits(&below(), "https://badexample.com/a"));
    }

    #[test]
    fn ports_are_those_of_the_scheme_unless_named() {
        let named = || json!({"host": "example.com:8000-8999"});

        assert!(!permits(
            &json!({"host": "example.com"}),
            "https://example.com:8443/"
        ));
        assert!(permits(
            &json!({"host": "example.com:443"}),
            "https://example.com/"
        ));
        assert!(permits(&named(), "https://example.com:8443/"));
        assert!(!permits(&named(), "https://example.com/"));
        assert!(permits(
            &json!({"host": "[::1]:8080"}),
            "http://[::1]:8080/"
        ));
        assert!(permits(&json!({"host": "[::1]"}), "http://[::1]/"));
    }

    #[test]
    fn paths_are_whole_segments() {
        let entry = || json!({"host": "example.com", "paths": ["/docs", "/team/"]});

        for path in ["docs", "docs/", "docs/a/b", "team/x", "docs/../team/x"] {
            assert!(
                permits(&entry(), &format!("https://example.com/{path}")),
                "{path}"
            );
        }
        for path in [
            "",
            "docsy",
            "other",
            "docs/../other",
            "docs/%2e%2e/other",
            "docs/..%2Fother",
        ] {
            assert!(
                !permits(&entry(), &format!("https://example.com/{path}")),
                "{path}"
            );
        }
    }

    #[test]
    fn private_addresses_are_in_reach_where_an_entry_says_so() {
        let list = list(&json!([
            {"host": "git.example.com", "allowPrivateAddresses": true},
            {"host": "example.com"},
            {"host": "127.0.0.1:8080"},
        ]))
        .unwrap();
        let reach = |url: &str| list.reach(&Url::parse(url).unwrap());

        assert_eq!(reach("https://git.example.com/x"), Reach::Anywhere);
        assert_eq!(reach("https://git.example.com:8443/x"), Reach::Public);
        assert_eq!(reach("https://example.com/x"), Reach::Public);
        assert_eq!(list.dead().collect::<Vec<_>>(), [(2, "127.0.0.1")]);
    }

    #[test]
    fn entries_that_cannot_be_meant_are_refused() {
        let refusal = |host: &str| list(&json!([{"host": host}])).unwrap_err().to_string();

        assert_eq!(
            refusal("a.*.example.com"),
            "`a.*.example.com` has an asterisk elsewhere than in a leading `*.`"
        );
        assert_eq!(
            refusal("https://example.com"),
            "`https://example.com` has no usable port"
        );
        assert_eq!(
            refusal("example.com:0"),
            "`example.com:0` has no usable port"
        );
        assert_eq!(refusal("exa mple.com"), "`exa mple.com` is no host");
    }
}
