//! The section `callboard.sidecars` of the configuration.

use crate::discovery::is_plugin_id;
use callboard_config::{Config, ConfigError, View};
use smol_str::SmolStr;
use url::Url;

const KEY: &str = "callboard.sidecars";

/// A plugin that a backend beside the hub has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sidecar {
    /// Its id: its path is `/api/<plugin>`, here and there.
    pub(crate) plugin: SmolStr,
    /// The base of its REST interface, such as `http://127.0.0.1:7008/api/props`.
    pub(crate) base: Url,
    /// Where in the configuration its id stands.
    pub(super) path: String,
}

/// Reads the section: each plugin by itself, in order.
///
/// # Errors
///
/// [`ConfigError`] for a value of the wrong type, an address that is not of HTTP, an id that no
/// plugin can have, and a plugin that is there twice.
pub(crate) fn from_config(config: &Config) -> Result<Vec<Sidecar>, ConfigError> {
    let mut found: Vec<Sidecar> = Vec::new();
    let backends = config.root().optional_object_list(KEY)?;
    for backend in backends.unwrap_or_default() {
        let address = address(&backend)?;
        for (index, plugin) in backend.string_list("plugins")?.into_iter().enumerate() {
            let path = format!("plugins[{index}]");
            let refused = |what: &str| backend.error(&path, format!("`{plugin}` {what}"));
            if !is_plugin_id(&plugin) {
                return Err(refused(
                    "is no id of a plugin: it may have letters, digits, `-` and `_`",
                ));
            }
            if found.iter().any(|other| other.plugin == plugin) {
                return Err(refused("is there twice, and only one backend can have it"));
            }
            let mut base = address.clone();
            base.set_path(&format!(
                "{}/api/{plugin}",
                address.path().trim_end_matches('/')
            ));
            found.push(Sidecar {
                plugin: plugin.into(),
                base,
                path: backend.at(&path)?.path(),
            });
        }
    }
    Ok(found)
}

/// The address of a backend, below which it has `/api`.
fn address(backend: &View<'_>) -> Result<Url, ConfigError> {
    const PATH: &str = "url";
    let text = backend.string(PATH)?;
    let refused = |what: &str| backend.error(PATH, format!("`{text}` {what}"));
    let url = Url::parse(&text).map_err(|error| refused(&format!("is no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused("is no address of HTTP")
            .with_help("begin it with `http://` or `https://`, as in `http://127.0.0.1:7008`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(backend.error(PATH, "an address must not hold credentials"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("must end with its path"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(sidecars: &Value) -> Result<Vec<(String, String)>, String> {
        let config = Config::from_value(json!({"callboard": {"sidecars": sidecars}}));
        let found = from_config(&config).map_err(|error| error.to_string())?;
        let pair = |it: Sidecar| (it.plugin.to_string(), it.base.to_string());
        Ok(found.into_iter().map(pair).collect())
    }

    #[test]
    fn each_plugin_is_below_the_address_of_its_backend() {
        let found = read(&json!([
            {"url": "http://127.0.0.1:7008", "plugins": ["props", "costumes"]},
            {"url": "https://node.internal/base/", "plugins": ["light"]},
        ]));

        let pair = |plugin: &str, base: &str| (plugin.to_owned(), base.to_owned());
        assert_eq!(
            found,
            Ok(vec![
                pair("props", "http://127.0.0.1:7008/api/props"),
                pair("costumes", "http://127.0.0.1:7008/api/costumes"),
                pair("light", "https://node.internal/base/api/light"),
            ])
        );
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let refusal = |url: &str, plugins: &[&str]| {
            read(&json!([{"url": url, "plugins": plugins}])).unwrap_err()
        };

        assert_eq!(
            refusal("127.0.0.1:7008", &["props"]),
            "`127.0.0.1:7008` is no address: relative URL without a base"
        );
        assert_eq!(
            refusal("ftp://one", &["props"]),
            "`ftp://one` is no address of HTTP"
        );
        assert_eq!(
            refusal("http://me:secret@one", &["props"]),
            "an address must not hold credentials"
        );
        assert_eq!(
            refusal("http://one/?a", &["props"]),
            "`http://one/?a` must end with its path"
        );
        assert!(refusal("http://one", &["../props"]).starts_with("`../props` is no id"));
        assert!(refusal("http://one", &["a", "a"]).starts_with("`a` is there twice"));
        assert!(read(&json!([{"plugins": ["a"]}])).is_err());
    }
}
