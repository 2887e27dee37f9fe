//! The section `auth.accessTokens` of the configuration.

use callboard_config::{Config, ConfigError};
use std::time::Duration;

/// A day: tokens count in days.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a token may live when nothing is configured.
const MAX_LIFETIME: Duration = Duration::from_secs(365 * DAY.as_secs());

/// What the configuration says about access tokens.
#[derive(Debug)]
pub(super) struct TokenConfig {
    /// `auth.accessTokens.maxLifetime`, a day at least.
    pub(super) max_lifetime: Duration,
}

impl TokenConfig {
    /// Reads the section.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a value of the wrong type, and for less than a day.
    pub(super) fn read(config: &Config) -> Result<TokenConfig, ConfigError> {
        let section = config.root().at("auth.accessTokens")?;
        let max_lifetime = section.optional_duration("maxLifetime")?;
        let max_lifetime = max_lifetime.unwrap_or(MAX_LIFETIME);
        if max_lifetime < DAY {
            let message = "a token lives for a day at least";
            return Err(section.error("maxLifetime", message));
        }
        Ok(TokenConfig { max_lifetime })
    }
}
