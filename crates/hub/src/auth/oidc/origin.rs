//! Which front ends may be given what a sign-in gives.

use callboard_config::{Config, ConfigError};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use url::Url;

const EXTRA: &str = "auth.experimentalExtraAllowedOrigins";

/// The origin of the app, and those that the configuration adds.
#[derive(Debug)]
pub(super) struct Origins {
    /// The origin of `app.baseUrl`, or of the hub itself where there is none.
    pub(super) app: String,
    extra: GlobSet,
}

impl Origins {
    /// Reads the section of the configuration; `base_url` is the hub's own.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a pattern cannot be read.
    pub(super) fn read(config: &Config, base_url: &str) -> Result<Origins, ConfigError> {
        let app = config.optional_string("app.baseUrl")?;
        let app = app.as_deref().and_then(origin_of);
        let mut extra = GlobSetBuilder::new();
        for pattern in config.optional_string_list(EXTRA)?.unwrap_or_default() {
            let glob = GlobBuilder::new(&pattern)
                .case_insensitive(true)
                .literal_separator(true)
                .build();
            extra.add(glob.map_err(|error| config.error(EXTRA, error.to_string()))?);
        }
        let extra = extra.build();
        Ok(Origins {
            app: app.or_else(|| origin_of(base_url)).unwrap_or_default(),
            extra: extra.map_err(|error| config.error(EXTRA, error.to_string()))?,
        })
    }

    /// Whether the front end at `origin` may be given a sign-in.
    pub(super) fn allow(&self, origin: &str) -> bool {
        origin == self.app || self.extra.is_match(origin)
    }

    /// The origin in a request's URL or header, when it may be given a sign-in.
    pub(super) fn allowed(&self, url: &str) -> Option<String> {
        origin_of(url).filter(|origin| self.allow(origin))
    }
}

/// The origin of a web address, such as `https://app.example.com`.
pub(super) fn origin_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    is_web.then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_app_and_what_the_configuration_adds_are_allowed() {
        let config = Config::from_value(json!({
            "app": {"baseUrl": "https://app.example.com/portal"},
            "auth": {"experimentalExtraAllowedOrigins": ["https://*.preview.example.com"]},
        }));
        let origins = Origins::read(&config, "https://hub.example.com").unwrap();

        let allowed = |url: &str| origins.allowed(url).is_some();
        assert!(allowed("https://app.example.com/any?where"));
        assert!(allowed("https://pr-7.preview.example.com"));
        for url in [
            "https://hub.example.com",
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
            "https://evil.example/https://app.example.com",
            "https://a/b.preview.example.com",
            "https://app.example.com@evil.example",
            "//app.example.com",
            "javascript:alert(1)",
            "null",
            "",
        ] {
            assert!(!allowed(url), "{url}");
        }
    }
}
