//! `backend.database.connection.type: rds`: a token of AWS stands in for the password.
//!
//! A token opens connections for a quarter of an hour; those that are open stay so. The hub shows
//! a new one well before that.

use super::CONNECTION;
use crate::app::App;
use crate::aws::{CredentialError, Credentials, Presigned};
use crate::clock::Clock;
use crate::http_client::HttpClient;
use crate::hub::StartError;
use crate::task::Shutdown;
use callboard_config::{Config, Secret};
use callboard_store::{PostgresConfig, Tls};
use jiff::Timestamp;
use std::time::Duration;

/// How long a token opens connections; more is refused.
const VALID: Duration = Duration::from_mins(15);
/// When the next one is made.
const RENEW_AFTER: Duration = Duration::from_mins(10);
/// When it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// How the hub gets into a database of Amazon RDS or Aurora.
#[derive(Debug)]
pub(crate) struct Iam {
    credentials: Credentials,
    /// Host and port, as they are signed.
    host: String,
    user: String,
    region: String,
}

impl Iam {
    /// `None` unless the connection is of the type `rds`.
    ///
    /// # Errors
    ///
    /// [`StartError`] for another type, a password, a connection without TLS, which AWS refuses,
    /// and a region that nothing tells.
    pub(super) fn from_config(
        config: &Config,
        read: &PostgresConfig,
    ) -> Result<Option<Iam>, StartError> {
        let at = |member: &str| format!("{CONNECTION}.{member}");
        if !matches!(config.json(CONNECTION), Some(value) if value.is_object()) {
            return Ok(None);
        }
        let connection = config.at(CONNECTION)?;
        match connection.optional_string("type")?.as_deref() {
            None | Some("default") => return Ok(None),
            Some("rds") => {}
            Some(other) => {
                let reason = format!("`{other}` is neither `default` nor `rds`");
                return Err(StartError::value(config, &at("type"), reason));
            }
        }
        if read.password.is_some() {
            let reason = "a token takes its place with `type: rds`, so leave it out";
            return Err(StartError::value(config, &at("password"), reason));
        }
        if read.tls == Tls::Off {
            let reason = "`type: rds` needs TLS: give `ssl: {ca: {$file: …}}` with the \
                          certificates that AWS publishes";
            return Err(StartError::value(config, &at("ssl"), reason));
        }
        let environment = config.environment();
        let told = ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .into_iter()
            .filter_map(|name| environment.get(name))
            .find(|region| !region.is_empty());
        let region = connection.optional_string("region")?;
        let region = region
            .or_else(|| region_of(&read.host).map(str::to_owned))
            .or_else(|| told.map(str::to_owned));
        let Some(region) = region else {
            let reason = "`type: rds` needs the region of the database, such as `eu-central-1`";
            return Err(StartError::value(config, &at("region"), reason));
        };
        let http = HttpClient::believing(config.extra_certificates());
        Ok(Some(Iam {
            credentials: Credentials::of(environment, http),
            host: format!("{}:{}", read.host, read.port),
            user: read.user.clone(),
            region,
        }))
    }

    /// A token that opens connections from `at` on.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when AWS does not say who the hub is.
    pub(super) async fn token(&self, at: Timestamp) -> Result<Secret<String>, CredentialError> {
        let credential = self.credentials.get().await?;
        let request = Presigned {
            service: "rds-db",
            region: &self.region,
            host: &self.host,
            path: "/",
            query: &[("Action", "connect"), ("DBUser", &self.user)],
            valid: VALID,
            payload: Presigned::NO_BODY,
        };
        Ok(Secret::new(request.address(&credential, at)))
    }

    /// As [`Iam::token`], for a program that starts.
    pub(super) async fn first_token(
        &self,
        config: &Config,
        clock: &dyn Clock,
    ) -> Result<Secret<String>, StartError> {
        let token = self.token(clock.now()).await;
        token.map_err(|error| {
            StartError::value(config, &format!("{CONNECTION}.type"), error.to_string())
        })
    }
}

/// The region in the name of a database, such as `hub.abc123.eu-central-1.rds.amazonaws.com`.
fn region_of(host: &str) -> Option<&str> {
    let (before, _) = host.split_once(".rds.amazonaws.com")?;
    before.rsplit_once('.').map(|(_, region)| region)
}

/// Shows the database a new token before the one before ends, until the hub stops.
pub(crate) async fn renew(iam: &Iam, app: &App, mut shutdown: Shutdown) {
    let mut pause = RENEW_AFTER;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.signalled() => return,
        }
        pause = match iam.token(app.core().clock.now()).await {
            Ok(token) => {
                app.core().store.show_password(token.expose());
                RENEW_AFTER
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(
                    plugin = "hub",
                    error,
                    "no new token for the database; the hub asks again, and new connections may \
                     fail until then"
                );
                RETRY_AFTER
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::connection;
    use super::*;
    use crate::auth::test::ManualClock;
    use callboard_config::Environment;
    use callboard_store::StoreConfig;
    use serde_json::{Value, json};

    const KEYS: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
    ];

    async fn read(connected: Value, more: &[(&str, &str)]) -> Result<PostgresConfig, StartError> {
        let value = json!({"backend": {"database": {"client": "pg", "connection": connected}}});
        let environment = Environment::from_pairs(KEYS.iter().chain(more).copied());
        let config = Config::from_value_in(value, environment);
        match connection(&config, &ManualClock::default()).await? {
            StoreConfig::Postgres(read) => Ok(read),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_token_for_this_user_and_database_is_the_password() {
        let host = "hub.abc123.eu-central-1.rds.amazonaws.com";
        let connection = json!({
            "type": "rds", "host": host, "user": "hub", "ssl": {"rejectUnauthorized": false},
        });

        let read = read(connection, &[]).await.unwrap();

        let token = read.password.unwrap();
        let start = format!("{host}:5432/?Action=connect&DBUser=hub&X-Amz-Algorithm=");
        assert!(token.starts_with(&start), "{token}");
        assert!(
            token.contains("%2Feu-central-1%2Frds-db%2Faws4_request&"),
            "{token}"
        );
        assert!(token.contains("&X-Amz-Expires=900&"), "{token}");
    }

    #[tokio::test]
    async fn what_cannot_work_is_refused_by_its_key() {
        let tls = json!({"rejectUnauthorized": false});
        for (connection, key) in [
            (
                json!({"type": "azure", "host": "db", "user": "hub"}),
                "type",
            ),
            (json!({"type": "rds", "host": "db", "user": "hub"}), "ssl"),
            (
                json!({"type": "rds", "host": "db", "user": "hub", "password": "hush", "ssl": tls}),
                "password",
            ),
            (
                json!({"type": "rds", "host": "db", "user": "hub", "ssl": tls}),
                "region",
            ),
        ] {
            let error = read(connection, &[]).await.unwrap_err().to_string();

            assert!(error.contains(&format!("connection.{key}")), "{error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_region_is_told_by_the_configuration_or_the_environment() {
        let tls = json!({"rejectUnauthorized": false});
        let connection = json!({"type": "rds", "host": "db", "user": "hub", "ssl": tls});
        let mut named = connection.clone();
        named["region"] = json!("eu-west-1");
        let told = [("AWS_REGION", "eu-north-1")];

        for (connection, region) in [(connection, "eu-north-1"), (named, "eu-west-1")] {
            let token = read(connection, &told).await.unwrap().password.unwrap();
            assert!(token.contains(region), "{token}");
        }
    }
}
