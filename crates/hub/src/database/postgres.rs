//! `backend.database` with `client: pg`.

use super::{CONNECTION, NOTIFICATIONS, encryption};
use crate::hub::StartError;
use callboard_config::{Config, View};
use callboard_store::PostgresConfig;
use serde_json::Value;

/// Prefix of the databases of the original, one for each plugin; ours is one for all.
const PREFIX: &str = "backstage_plugin_";

const DEFAULT_PORT: u16 = 5432;

/// What stands for a plugin's id in the name of the database, or is the schema.
const NAME: &str = "callboard";

/// Reads where the server is and what the database is called.
///
/// `connection` is an address (`postgres://…`) or an object of `host`, `port`, `user`, `password`,
/// `database` and `ssl`; see [`encryption`]. A database that is not named is `<prefix>callboard`, and made if it is
/// missing, unless `ensureExists` is `false`. With `pluginDivisionMode: schema` the tables are in
/// the schema `callboard` of the named database; the original has a schema for each plugin.
/// Every connection takes on `role`. `callboard.database.notifications` is `false` for servers
/// without `NOTIFY`.
///
/// # Errors
///
/// [`StartError`] naming the value, which is not repeated where it may hold a password.
pub(super) fn config(config: &Config) -> Result<PostgresConfig, StartError> {
    let database = config.at("backend.database")?;
    let ensures = database.optional_boolean("ensureExists")?.unwrap_or(true);
    let mut read = match config.json(CONNECTION) {
        Some(Value::String(url)) => {
            PostgresConfig::from_url_within(&url, encryption::unsaid(config)?)
                .map_err(|reason| StartError::value(config, CONNECTION, reason))?
        }
        Some(Value::Object(_)) => of_object(config, &config.at(CONNECTION)?)?,
        _ => {
            let reason = "expected an address such as `postgres://hub@localhost/callboard`, or an object with `host`";
            return Err(StartError::value(config, CONNECTION, reason));
        }
    };
    read.tls = encryption::with_extra(config, read.tls);
    read.makes_database = ensures;
    read.role = database.optional_string("role")?;
    read.notifies = config.optional_boolean(NOTIFICATIONS)?.unwrap_or(true);
    let mode = database.optional_string("pluginDivisionMode")?;
    match mode.as_deref() {
        None | Some("database") => {
            if read.database.is_empty() {
                let prefix = database.optional_string("prefix")?;
                read.database = format!("{}{NAME}", prefix.as_deref().unwrap_or(PREFIX));
            }
        }
        Some("schema") => {
            if read.database.is_empty() {
                read.database.clone_from(&read.user);
            }
            read.schema.get_or_insert_with(|| NAME.to_owned());
            read.makes_schema = true;
        }
        Some(other) => {
            let reason = format!("`{other}` is neither `database` nor `schema`");
            let key = "backend.database.pluginDivisionMode";
            return Err(StartError::value(config, key, reason));
        }
    }
    if database.optional_boolean("ensureSchemaExists")? == Some(true) {
        read.makes_schema = true;
    }
    Ok(read)
}

fn of_object(config: &Config, connection: &View<'_>) -> Result<PostgresConfig, StartError> {
    let (tls, identity) = encryption::read(config, connection)?;
    if let Some(url) = connection.optional_string("connectionString")? {
        let mut read = PostgresConfig::from_url_within(&url, tls).map_err(|reason| {
            StartError::value(config, &format!("{CONNECTION}.connectionString"), reason)
        })?;
        read.identity = read.identity.or(identity);
        return Ok(read);
    }
    Ok(PostgresConfig {
        host: connection
            .optional_string("host")?
            .unwrap_or_else(|| "localhost".to_owned()),
        port: port(config, connection)?,
        user: connection.string("user")?,
        password: connection.optional_string("password")?,
        database: connection.optional_string("database")?.unwrap_or_default(),
        schema: connection.optional_string("schema")?,
        role: None,
        tls,
        identity,
        notifies: true,
        makes_database: false,
        makes_schema: false,
    })
}

fn port(config: &Config, connection: &View<'_>) -> Result<u16, StartError> {
    let Some(port) = connection.optional_number("port")? else {
        return Ok(DEFAULT_PORT);
    };
    let is_port = port.fract() == 0.0 && (1.0..=f64::from(u16::MAX)).contains(&port);
    if !is_port {
        let key = format!("{CONNECTION}.port");
        let reason = format!("`{port}` is no port, expected 1 to 65535");
        return Err(StartError::value(config, &key, reason));
    }
    Ok(port as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_store::Tls;
    use serde_json::json;

    fn read(database: &Value) -> Result<PostgresConfig, StartError> {
        config(&Config::from_value(
            json!({"backend": {"database": database}}),
        ))
    }

    #[test]
    fn the_charts_connection_gets_a_database_of_its_own() {
        let connection = json!({"host": "db", "port": "5433", "user": "hub", "password": "hush"});

        let read = read(&json!({"client": "pg", "connection": connection})).unwrap();

        assert_eq!(
            read.to_string(),
            "postgres://hub@db:5433/backstage_plugin_callboard"
        );
        assert_eq!(read.password.as_deref(), Some("hush"));
        assert!(read.makes_database && !read.makes_schema);
    }

    #[test]
    fn one_database_may_hold_all_in_a_schema() {
        let connection = json!({"host": "db", "user": "hub", "database": "portal"});

        let read =
            read(&json!({"connection": connection, "pluginDivisionMode": "schema"})).unwrap();

        assert_eq!(
            read.to_string(),
            "postgres://hub@db:5432/portal (schema callboard)"
        );
        assert!(read.makes_schema);
    }

    #[test]
    fn an_address_is_a_connection_too() {
        let connection = "postgres://hub:hush@db/portal?sslmode=no-verify";

        let read = read(&json!({"connection": connection, "ensureExists": false})).unwrap();

        assert_eq!(read.to_string(), "postgres://hub@db:5432/portal");
        assert_eq!((read.tls, read.makes_database), (Tls::Unverified, false));
    }

    #[test]
    fn what_cannot_be_a_connection_is_refused_by_its_key() {
        for (database, key) in [
            (json!({}), "backend.database.connection"),
            (json!({"connection": {"host": "db"}}), "user"),
            (
                json!({"connection": {"user": "hub", "port": "many"}}),
                "port",
            ),
            (
                json!({"connection": {"user": "hub"}, "pluginDivisionMode": "table"}),
                "pluginDivisionMode",
            ),
            (
                json!({"connection": "postgres://hub:hush@db:x/portal"}),
                "backend.database.connection",
            ),
        ] {
            let error = read(&database).unwrap_err().to_string();

            assert!(error.contains(key) && !error.contains("hush"), "{error}");
        }
    }
}
