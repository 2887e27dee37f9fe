//! `backend.database.connection.type: rds`: a token of AWS stands in for the password.

use super::CONNECTION;
use super::token::Token;
use crate::aws::{CredentialError, Credentials, Presigned, Source, end_of};
use crate::clock::Clock;
use crate::http_client::HttpClient;
use crate::hub::StartError;
use callboard_config::{Config, Secret};
use callboard_store::{PostgresConfig, Tls};
use jiff::Timestamp;
use std::time::Duration;

/// How long a token opens connections; more is refused.
pub(super) const VALID: Duration = Duration::from_mins(15);

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
            credentials: Credentials::of(environment, http, &region),
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
    pub(super) async fn token(&self, at: Timestamp) -> Result<Token, CredentialError> {
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
        let own = at + VALID;
        Ok(Token {
            password: Secret::new(request.address(&credential, at)),
            until: end_of(&credential).map_or(own, |end| end.min(own)),
        })
    }

    /// As [`Iam::token`], for a program that starts.
    pub(super) async fn first_token(
        &self,
        config: &Config,
        clock: &dyn Clock,
    ) -> Result<Token, StartError> {
        let token = self.token(clock.now()).await;
        token.map_err(|error| {
            let key = format!("{CONNECTION}.type");
            StartError::value(config, &key, &error).with_help(error.help())
        })
    }

    /// Who says who the hub is.
    pub(super) fn source(&self) -> &Source {
        self.credentials.source()
    }
}

/// The region in the name of a database, such as `hub.abc123.eu-central-1.rds.amazonaws.com`, or
/// `hub.abc123.rds.cn-north-1.amazonaws.com.cn` in China.
fn region_of(host: &str) -> Option<&str> {
    let (before, after) = host.split_once(".rds.")?;
    match after {
        "amazonaws.com" => before.rsplit_once('.').map(|(_, region)| region),
        _ => after.strip_suffix(".amazonaws.com.cn"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::connection;
    use super::*;
    use crate::auth::test::ManualClock;
    use callboard_config::Environment;
    use callboard_store::StoreConfig;
    use serde_json::{Value, json};

    pub(in crate::database) const KEYS: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
    ];

    pub(in crate::database) fn config(connected: &Value, variables: &[(&str, &str)]) -> Config {
        let value = json!({"backend": {"database": {"client": "pg", "connection": connected}}});
        let environment = Environment::from_pairs(variables.iter().copied());
        Config::from_value_in(value, environment)
    }

    /// A connection that needs a token, and nothing else of the environment.
    pub(in crate::database) fn rds(host: &str) -> Value {
        json!({"type": "rds", "host": host, "user": "hub", "region": "eu-central-1",
               "ssl": {"rejectUnauthorized": false}})
    }

    /// How the hub gets into the database of `config`.
    pub(in crate::database) fn iam(config: &Config) -> Iam {
        super::super::identity(config).unwrap().unwrap()
    }

    async fn read(connected: Value, more: &[(&str, &str)]) -> Result<PostgresConfig, StartError> {
        let variables: Vec<_> = KEYS.iter().chain(more).copied().collect();
        let config = config(&connected, &variables);
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

    #[test]
    fn the_name_of_a_database_has_its_region() {
        let of = region_of;

        assert_eq!(of("hub.abc.eu-west-1.rds.amazonaws.com"), Some("eu-west-1"));
        assert_eq!(
            of("hub.abc.rds.cn-north-1.amazonaws.com.cn"),
            Some("cn-north-1")
        );
        assert_eq!(of("db.rds.example.com"), None);
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

    #[tokio::test]
    async fn without_credentials_the_hub_says_which_ways_there_are() {
        let nowhere = [("AWS_EC2_METADATA_DISABLED", "true")];

        let error = connection(&config(&rds("db"), &nowhere), &ManualClock::default()).await;

        let StartError::Config(error) = error.unwrap_err() else {
            panic!("not about the configuration");
        };
        assert!(
            error
                .to_string()
                .contains("`backend.database.connection.type`"),
            "{error}"
        );
        assert!(
            error.to_string().contains("`AWS_WEB_IDENTITY_TOKEN_FILE`"),
            "{error}"
        );
        assert!(error.help_text().unwrap().contains("Pod Identity"));
    }
}
