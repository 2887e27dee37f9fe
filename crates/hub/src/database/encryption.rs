//! `backend.database.connection.ssl`: how the connection to PostgreSQL is protected.

use super::{CONNECTION, store_config};
use crate::finding::Finding;
use crate::hub::StartError;
use callboard_config::{Config, View};
use callboard_store::{Identity, StoreConfig, Tls};
use serde_json::Value;

/// What Node's client of PostgreSQL goes by where the configuration does not say it.
const MODE: &str = "PGSSLMODE";

/// How a connection is protected of which the configuration does not say it: as `PGSSLMODE` has
/// it, and else not at all.
///
/// # Errors
///
/// [`StartError`] for a mode that is none.
pub(super) fn unsaid(config: &Config) -> Result<Tls, StartError> {
    match config.environment().get(MODE) {
        None | Some("") => Ok(Tls::Off),
        Some(mode) => Tls::of_mode(mode).map_err(|reason| StartError::config(MODE, reason)),
    }
}

/// Reads `ssl`: a boolean, or an object of `ca`, `cert`, `key` and `rejectUnauthorized`.
///
/// # Errors
///
/// [`StartError`] naming what cannot be used.
pub(super) fn read(
    config: &Config,
    connection: &View<'_>,
) -> Result<(Tls, Option<Identity>), StartError> {
    let key = format!("{CONNECTION}.ssl");
    match config.json(&key) {
        None | Some(Value::Null) => Ok((unsaid(config)?, None)),
        Some(Value::Bool(false)) => Ok((Tls::Off, None)),
        Some(Value::Bool(true)) => Ok((Tls::Verified { authority: None }, None)),
        Some(Value::Object(_)) => {
            let ssl = connection.object("ssl")?;
            let tls = match (
                ssl.optional_boolean("rejectUnauthorized")?,
                ssl.optional_string("ca")?,
            ) {
                (Some(false), _) => Tls::Unverified,
                (_, None) => Tls::Verified { authority: None },
                (_, Some(pem)) => Tls::trusting(pem)
                    .map_err(|reason| StartError::value(config, &format!("{key}.ca"), reason))?,
            };
            Ok((tls, identity(config, &ssl)?))
        }
        Some(_) => Err(StartError::value(
            config,
            &key,
            "expected `true`, `false` or an object",
        )),
    }
}

fn identity(config: &Config, ssl: &View<'_>) -> Result<Option<Identity>, StartError> {
    match (ssl.optional_string("cert")?, ssl.optional_string("key")?) {
        (Some(certificate), Some(key)) => Ok(Some(Identity { certificate, key })),
        (None, None) => Ok(None),
        (given, _) => {
            let (given, missing) = match given {
                Some(_) => ("cert", "key"),
                None => ("key", "cert"),
            };
            let key = format!("{CONNECTION}.ssl.{given}");
            let reason = format!("it is of no use without `{missing}`");
            Err(StartError::value(config, &key, reason))
        }
    }
}

/// Adds the authorities of `NODE_EXTRA_CA_CERTS` where no other is named, as Node has it.
///
/// A file that cannot be used is left out, see [`findings`].
pub(super) fn with_extra(config: &Config, tls: Tls) -> Tls {
    match (tls, extra(config)) {
        (Tls::Verified { authority: None }, Some(Ok(trusting))) => trusting,
        (tls, _) => tls,
    }
}

/// What `NODE_EXTRA_CA_CERTS` makes of a verified connection; `None` where it is not set.
fn extra(config: &Config) -> Option<Result<Tls, String>> {
    let path = config.extra_certificates()?;
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let trusting = text.and_then(Tls::trusting);
    Some(trusting.map_err(|reason| format!("`{}`: {reason}", path.display())))
}

/// Warns of a server that need not prove who it is, and of authorities that cannot be read.
pub(super) fn findings(config: &Config) -> Vec<Finding> {
    // What cannot be read at all is found elsewhere.
    let Ok(StoreConfig::Postgres(read)) = store_config(config) else {
        return Vec::new();
    };
    match read.tls {
        Tls::Unverified => vec![
            Finding::warning(
                "the database need not prove who it is, so whoever answers gets the password and \
                 all that is stored",
            )
            .help(
                "name its authority in `backend.database.connection.ssl: {ca: {$file: …}}` in \
                 place of `rejectUnauthorized: false` or `no-verify`",
            ),
        ],
        // Elsewhere the file is not asked for.
        Tls::Verified { authority: None } => match extra(config) {
            Some(Err(reason)) => vec![
                Finding::warning(format!(
                    "the authorities of `NODE_EXTRA_CA_CERTS` do not count: {reason}"
                ))
                .help("let it name a file of certificates in PEM that the hub may read"),
            ],
            _ => Vec::new(),
        },
        Tls::Off | Tls::Verified { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_config::{Environment, LoadOptions};
    use callboard_store::PostgresConfig;
    use callboard_testkit::Authority;
    use serde_json::json;

    fn config(connection: &Value, environment: &[(&str, &str)]) -> Config {
        let database = json!({"client": "pg", "connection": connection});
        let environment = Environment::from_pairs(environment.iter().copied());
        Config::from_value_in(json!({"backend": {"database": database}}), environment)
    }

    fn postgres(config: &Config) -> Result<PostgresConfig, StartError> {
        match store_config(config)? {
            StoreConfig::Postgres(read) => Ok(read),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_proves_who_it_is_unless_that_is_waived() {
        let tls = |ssl: Value| {
            let connection = json!({"user": "hub", "ssl": ssl});
            postgres(&config(&connection, &[])).map(|read| read.tls)
        };
        let authority = Authority::new().pem().to_owned();

        assert_eq!(tls(json!(false)).unwrap(), Tls::Off);
        assert_eq!(tls(json!(true)).unwrap(), Tls::Verified { authority: None });
        assert_eq!(
            tls(json!({"ca": "ignored", "rejectUnauthorized": false})).unwrap(),
            Tls::Unverified
        );
        assert_eq!(
            tls(json!({"ca": authority})).unwrap(),
            Tls::Verified {
                authority: Some(authority)
            }
        );
        for (ssl, key) in [
            (json!({"ca": "PEM"}), "connection.ssl.ca"),
            (json!({"cert": "PEM"}), "connection.ssl.cert"),
            (json!({"key": "PEM"}), "connection.ssl.key"),
            (json!("yes"), "connection.ssl"),
        ] {
            let error = tls(ssl).unwrap_err().to_string();
            assert!(error.contains(&format!("{key}`")), "{error}");
        }
    }

    #[test]
    fn a_certificate_and_its_key_are_what_the_hub_proves_itself_with() {
        let connection = json!({"user": "hub", "ssl": {"cert": "CERT", "key": "KEY"}});

        let read = postgres(&config(&connection, &[])).unwrap();

        let identity = read.identity.unwrap();
        assert_eq!((&*identity.certificate, &*identity.key), ("CERT", "KEY"));
        assert_eq!(read.tls, Tls::Verified { authority: None });
    }

    #[test]
    fn the_mode_of_the_environment_counts_where_the_configuration_says_nothing() {
        let tls = |connection: Value, mode: &str| {
            postgres(&config(&connection, &[("PGSSLMODE", mode)])).map(|read| read.tls)
        };
        let verified = || Tls::Verified { authority: None };

        assert_eq!(tls(json!({"user": "hub"}), "require").unwrap(), verified());
        assert_eq!(
            tls(json!("postgres://hub@db/x"), "no-verify").unwrap(),
            Tls::Unverified
        );
        assert_eq!(
            tls(json!({"user": "hub", "ssl": false}), "require").unwrap(),
            Tls::Off
        );
        assert_eq!(
            tls(json!("postgres://hub@db/x?sslmode=disable"), "require").unwrap(),
            Tls::Off
        );
        assert_eq!(tls(json!({"user": "hub"}), "").unwrap(), Tls::Off);
        let error = tls(json!({"user": "hub"}), "some").unwrap_err().to_string();
        assert!(error.contains("`PGSSLMODE`"), "{error}");
    }

    #[test]
    fn more_authorities_count_where_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authorities.pem");
        let (named, more) = (Authority::new(), Authority::new());
        let load = |ssl: Value| {
            let database = json!({"client": "pg", "connection": {"user": "hub", "ssl": ssl}});
            let text = json!({"backend": {"database": database}}).to_string();
            std::fs::write(folder.path().join("app-config.yaml"), text).unwrap();
            let environment = [("NODE_EXTRA_CA_CERTS", file.display().to_string())];
            let options = LoadOptions {
                args: Vec::new(),
                root: folder.path().to_owned(),
                environment: Environment::from_pairs(environment),
            };
            Config::load(&options).unwrap()
        };
        let authority = |config: &Config| match postgres(config).unwrap().tls {
            Tls::Verified { authority } => authority,
            other => panic!("{other:?}"),
        };

        let absent = load(json!(true));
        assert_eq!(authority(&absent), None);
        let said = findings(&absent);
        assert!(said[0].message.contains("authorities.pem"), "{}", said[0]);

        std::fs::write(&file, more.pem()).unwrap();
        assert_eq!(authority(&load(json!(true))).as_deref(), Some(more.pem()));
        let own = load(json!({"ca": named.pem()}));
        assert_eq!(authority(&own).as_deref(), Some(named.pem()));
        assert_eq!(findings(&own), []);
    }

    #[test]
    fn a_server_that_proves_nothing_is_a_warning() {
        let connection = json!({"user": "hub", "ssl": {"rejectUnauthorized": false}});

        let found = findings(&config(&connection, &[]));

        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("need not prove"), "{}", found[0]);
        assert_eq!(findings(&config(&json!({"user": "hub"}), &[])), []);
    }
}
