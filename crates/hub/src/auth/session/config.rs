//! The section `auth.session` of the configuration.

use crate::app::Core;
use callboard_config::{ConfigError, Secret, View};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a session lives when nothing is configured, and within which bounds it may.
const LIFETIME: Duration = Duration::from_secs(7 * DAY.as_secs());
const MIN_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// Browsers keep no cookie for longer.
const MAX_LIFETIME: Duration = Duration::from_secs(400 * DAY.as_secs());

/// How long a session may rest when nothing is configured.
const IDLE: Duration = DAY;

/// What the configuration says about sessions.
#[derive(Debug, Clone)]
pub(in crate::auth) struct SessionConfig {
    /// `auth.session.lifetime`: how long after sign-in a person must sign in again.
    pub(in crate::auth) lifetime: Duration,
    /// `auth.session.idleTimeout`: how long a session may rest; at most the lifetime.
    pub(in crate::auth) idle: Duration,
    /// `auth.session.secret`: what refresh tokens are sealed with.
    pub(in crate::auth) secret: Option<Secret<String>>,
}

impl SessionConfig {
    /// Reads the section.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a value of the wrong type, and for a life that no session can have.
    pub(in crate::auth) fn read(core: &Core) -> Result<SessionConfig, ConfigError> {
        let section = core.config.at("auth.session")?;
        let lifetime = life(&section, "lifetime")?.unwrap_or(LIFETIME);
        let idle = life(&section, "idleTimeout")?.unwrap_or(IDLE);
        Ok(SessionConfig {
            lifetime,
            idle: idle.min(lifetime),
            secret: section.optional_string("secret")?.map(Secret::new),
        })
    }
}

fn life(section: &View<'_>, key: &str) -> Result<Option<Duration>, ConfigError> {
    let Some(life) = section.optional_duration(key)? else {
        return Ok(None);
    };
    if (MIN_LIFETIME..=MAX_LIFETIME).contains(&life) {
        return Ok(Some(life));
    }
    Err(section.error(key, "expected five minutes to 400 days"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test::core;
    use serde_json::{Value, json};

    async fn read(session: Value) -> Result<SessionConfig, ConfigError> {
        SessionConfig::read(&core(json!({"auth": {"session": session}})).await)
    }

    #[tokio::test]
    async fn a_session_lives_for_a_week_and_rests_for_a_day_unless_told_otherwise() {
        let usual = read(json!({})).await.unwrap();
        let short = read(json!({"lifetime": {"hours": 8}})).await.unwrap();
        let strict = read(json!({"lifetime": "30d", "idleTimeout": "15m"}))
            .await
            .unwrap();

        assert_eq!((usual.lifetime, usual.idle), (7 * DAY, DAY));
        assert_eq!(short.idle, short.lifetime);
        assert_eq!(
            (strict.lifetime, strict.idle),
            (30 * DAY, Duration::from_secs(900))
        );
    }

    #[tokio::test]
    async fn a_life_that_no_session_can_have_is_refused() {
        for session in [
            json!({"lifetime": {"minutes": 1}}),
            json!({"idleTimeout": {"seconds": 10}}),
            json!({"lifetime": {"days": 401}}),
        ] {
            let error = read(session).await.unwrap_err().to_string();
            assert!(error.contains("five minutes to 400 days"), "{error}");
        }
    }
}
