//! The section `discovery` of the configuration.

use crate::sidecar;
use callboard_config::{Config, ConfigError, View};
use indexmap::IndexMap;
use url::Url;

/// Where the plugins of other backends are; found by [`crate::App::discovery`].
#[derive(Debug, Default)]
pub struct Discovery {
    internal: IndexMap<String, Url>,
    wildcard: Option<String>,
}

impl Discovery {
    /// Reads `discovery.endpoints`. The last endpoint that names a plugin counts for it; where
    /// none does, a sidecar that has the plugin.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a value of the wrong type, an address that is not of HTTP, and an id
    /// that no plugin can have.
    pub fn from_config(config: &Config) -> Result<Discovery, ConfigError> {
        let mut discovery = Discovery::default();
        let endpoints = config.root().optional_object_list("discovery.endpoints")?;
        for endpoint in endpoints.unwrap_or_default() {
            discovery.add(&endpoint)?;
        }
        for sidecar in sidecar::from_config(config)? {
            let plugin = sidecar.plugin.to_string();
            discovery.internal.entry(plugin).or_insert(sidecar.base);
        }
        Ok(discovery)
    }

    /// The base of a plugin's REST interface, as this hub reaches it, such as
    /// `http://backstage:7007/api/playhouse`; `None` when no endpoint names the plugin.
    ///
    /// Plugins of this hub are not found unless they are named; nothing should ask for them.
    pub fn internal(&self, plugin: &str) -> Option<&Url> {
        self.internal.get(plugin)
    }

    /// A path below that base, which begins with a slash.
    pub fn below(&self, plugin: &str, path: &str) -> Option<Url> {
        self.internal(plugin).map(|base| join(base, path))
    }

    /// The plugins that have an internal address, in the order of the configuration.
    pub fn plugins(&self) -> impl Iterator<Item = &str> {
        self.internal.keys().map(String::as_str)
    }

    /// The path of the value that stands for all plugins, which this hub passes over.
    pub(super) fn wildcard(&self) -> Option<&str> {
        self.wildcard.as_deref()
    }

    fn add(&mut self, endpoint: &View<'_>) -> Result<(), ConfigError> {
        let target = Target::read(endpoint)?;
        for (index, plugin) in endpoint.string_list("plugins")?.into_iter().enumerate() {
            let path = format!("plugins[{index}]");
            if plugin == "*" {
                self.wildcard = Some(endpoint.at(&path)?.path());
            } else if !is_plugin_id(&plugin) {
                let message = format!(
                    "`{plugin}` is no id of a plugin: it may have letters, digits, `-` and `_`"
                );
                return Err(endpoint.error(&path, message));
            } else {
                // The external address is checked as well, though nothing here leads there yet.
                target.external(&plugin)?;
                if let Some(url) = target.internal(&plugin)? {
                    self.internal.insert(plugin, url);
                }
            }
        }
        Ok(())
    }
}

/// Whether a plugin can have this id; it becomes a segment of addresses.
pub(crate) fn is_plugin_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// `base`, which may end in a slash, and `path` below it.
fn join(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// The addresses of an endpoint, with the plugin's id still to be put in.
struct Target<'e, 'c> {
    endpoint: &'e View<'c>,
    internal: Option<Pattern>,
    external: Option<Pattern>,
}

struct Pattern {
    text: String,
    /// Where it stands, relative to the endpoint.
    path: &'static str,
}

impl<'e, 'c> Target<'e, 'c> {
    fn read(endpoint: &'e View<'c>) -> Result<Target<'e, 'c>, ConfigError> {
        let is_text = endpoint
            .json("target")
            .is_some_and(|value| value.is_string());
        let (internal, external) = if is_text {
            let text = endpoint.string("target")?;
            let path = "target";
            (Some(Pattern { text, path }), None)
        } else {
            endpoint.object("target")?;
            let pattern = |path| {
                let text = endpoint.optional_string(path)?;
                Ok(text.map(|text| Pattern { text, path }))
            };
            (pattern("target.internal")?, pattern("target.external")?)
        };
        Ok(Target {
            endpoint,
            internal,
            external,
        })
    }

    fn internal(&self, plugin: &str) -> Result<Option<Url>, ConfigError> {
        let pattern = self.internal.as_ref();
        pattern
            .map(|pattern| self.fill(pattern, plugin))
            .transpose()
    }

    fn external(&self, plugin: &str) -> Result<Option<Url>, ConfigError> {
        let pattern = self.external.as_ref();
        pattern
            .map(|pattern| self.fill(pattern, plugin))
            .transpose()
    }

    fn fill(&self, pattern: &Pattern, plugin: &str) -> Result<Url, ConfigError> {
        let Pattern { text, path } = pattern;
        let refused = |what: &str| self.endpoint.error(path, format!("`{text}` {what}"));
        let url = Url::parse(&with_plugin_id(text, plugin))
            .map_err(|error| refused(&format!("is no address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(
                refused("is no address of HTTP").with_help("begin it with `http://` or `https://`")
            );
        }
        if !url.username().is_empty() || url.password().is_some() {
            let message = "an address must not hold credentials: plugins show tokens to each other";
            return Err(self.endpoint.error(path, message));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("must end with its path"));
        }
        Ok(url)
    }
}

/// Puts the id in place of `{{pluginId}}`, which may have spaces inside its braces.
fn with_plugin_id(pattern: &str, plugin: &str) -> String {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        rest = match after.split_once("}}") {
            Some((name, after)) if name.trim() == "pluginId" => {
                filled.push_str(plugin);
                after
            }
            Some(_) | None => {
                filled.push_str("{{");
                after
            }
        };
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn discovery(endpoints: &Value) -> Result<Discovery, ConfigError> {
        Discovery::from_config(&Config::from_value(
            json!({"discovery": {"endpoints": endpoints}}),
        ))
    }

    fn internal(endpoints: &Value, plugin: &str) -> Option<String> {
        let discovery = discovery(endpoints).unwrap();
        discovery.internal(plugin).map(Url::to_string)
    }

    fn refusal(target: &Value, plugin: &str) -> String {
        let refused = discovery(&json!([{"target": target, "plugins": [plugin]}]));
        refused.unwrap_err().to_string()
    }

    #[test]
    fn the_id_of_the_plugin_is_put_into_the_address() {
        let endpoints = json!([
            {"target": "http://one:7007/api/{{pluginId}}", "plugins": ["playhouse", "props"]},
            {"target": {"internal": "http://two/{{ pluginId }}/api/{{pluginId}}/"}, "plugins": ["costumes"]},
        ]);

        let of = |plugin| internal(&endpoints, plugin);

        assert_eq!(of("props").as_deref(), Some("http://one:7007/api/props"));
        assert_eq!(
            of("costumes").as_deref(),
            Some("http://two/costumes/api/costumes/")
        );
        assert_eq!(of("catalog"), None);
    }

    #[test]
    fn an_endpoint_without_internal_address_names_nothing_to_ask() {
        let external = json!([{"target": {"external": "https://hub.example.com/api/{{pluginId}}"}, "plugins": ["props"]}]);

        assert_eq!(internal(&external, "props"), None);
    }

    #[test]
    fn the_last_endpoint_of_a_plugin_counts() {
        let endpoints = json!([
            {"target": "http://one/{{pluginId}}", "plugins": ["props"]},
            {"target": "http://two/{{pluginId}}", "plugins": ["props"]},
        ]);

        assert_eq!(
            internal(&endpoints, "props").as_deref(),
            Some("http://two/props")
        );
    }

    #[test]
    fn paths_go_below_the_base_with_one_slash() {
        let below = |base: &str| {
            let discovery = discovery(&json!([{"target": base, "plugins": ["props"]}])).unwrap();
            discovery
                .below("props", "/.well-known/x")
                .unwrap()
                .to_string()
        };

        assert_eq!(
            below("http://one/api/props"),
            "http://one/api/props/.well-known/x"
        );
        assert_eq!(
            below("http://one/api/props/"),
            "http://one/api/props/.well-known/x"
        );
        assert_eq!(below("http://one"), "http://one/.well-known/x");
    }

    #[test]
    fn an_asterisk_names_no_plugin() {
        let all =
            discovery(&json!([{"target": "http://one/{{pluginId}}", "plugins": ["*"]}])).unwrap();

        assert_eq!(all.plugins().count(), 0);
        assert_eq!(all.wildcard(), Some("discovery.endpoints[0].plugins[0]"));
    }

    #[test]
    fn addresses_and_ids_that_cannot_be_used_are_refused() {
        assert_eq!(
            refusal(&json!("http+srv://one/api"), "props"),
            "`http+srv://one/api` is no address of HTTP"
        );
        assert_eq!(
            refusal(&json!("one"), "props"),
            "`one` is no address: relative URL without a base"
        );
        assert_eq!(
            refusal(&json!({"internal": "http://me:secret@one/"}), "props"),
            "an address must not hold credentials: plugins show tokens to each other"
        );
        assert_eq!(
            refusal(&json!({"external": "http://one/?a"}), "props"),
            "`http://one/?a` must end with its path"
        );
        assert_eq!(
            refusal(&json!("http://one/"), "../props"),
            "`../props` is no id of a plugin: it may have letters, digits, `-` and `_`"
        );
        assert!(refusal(&json!(7), "props").contains("discovery.endpoints[0].target"));
        assert!(discovery(&json!([{"target": "http://one/"}])).is_err());
    }
}
