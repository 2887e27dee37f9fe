//! PostgreSQL addresses as one text.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::config::{PostgresConfig, Tls};

/// The database of a URL that names none, as the server's own tools have it.
const DEFAULT_PORT: u16 = 5432;

impl PostgresConfig {
    /// Reads `postgres://user:password@host:port/database`, with the parameters `host` (also the
    /// folder of a socket), `sslmode` and `schema`.
    ///
    /// As in Node's client, `sslmode=require` and the stricter modes verify the server, and
    /// `no-verify` does not. Nothing is made: database and schema have to exist.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong, without repeating the text, which may hold a password.
    pub fn from_url(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err("it does not begin with `postgres://`".to_owned());
        }
        let decode = |part| {
            let text = percent_decode_str(part).decode_utf8();
            text.map(Cow::into_owned)
                .map_err(|_| "a part of it is not UTF-8")
        };
        let database = decode(url.path().trim_start_matches('/'))?;
        let mut config = Self {
            host: decode(url.host_str().unwrap_or("localhost"))?,
            port: url.port().unwrap_or(DEFAULT_PORT),
            user: decode(url.username())?,
            password: url.password().map(decode).transpose()?,
            database,
            schema: None,
            role: None,
            tls: Tls::Off,
            notifies: true,
            makes_database: false,
            makes_schema: false,
        };
        if config.user.is_empty() {
            return Err("it names no user".to_owned());
        }
        if config.database.is_empty() {
            config.database.clone_from(&config.user);
        }
        for (name, value) in url.query_pairs() {
            match &*name {
                "host" => config.host = value.into_owned(),
                "schema" => config.schema = Some(value.into_owned()),
                "sslmode" => config.tls = tls(&value)?,
                "ssl" if value == "true" => config.tls = Tls::Verified { authority: None },
                // Others tune a client that is not ours.
                _ => {}
            }
        }
        Ok(config)
    }
}

fn tls(mode: &str) -> Result<Tls, String> {
    match mode {
        "disable" => Ok(Tls::Off),
        "no-verify" => Ok(Tls::Unverified),
        "prefer" | "require" | "verify-ca" | "verify-full" => Ok(Tls::Verified { authority: None }),
        other => Err(format!("`{other}` is no `sslmode`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_every_part() {
        let text =
            "postgres://hub:p%40ss@db.example.com:6432/call%20board?sslmode=require&schema=hub";

        let config = PostgresConfig::from_url(text).unwrap();

        assert_eq!(config.password.as_deref(), Some("p@ss"));
        assert_eq!(config.tls, Tls::Verified { authority: None });
        assert_eq!(
            config.to_string(),
            "postgres://hub@db.example.com:6432/call board (schema hub)"
        );
        assert!(!format!("{config:?}").contains("p@ss"));
    }

    #[test]
    fn what_is_left_out_has_the_usual_value() {
        let config = PostgresConfig::from_url("postgresql://hub@localhost").unwrap();

        assert_eq!((config.port, config.database.as_str()), (5432, "hub"));
        assert_eq!((config.tls, config.password), (Tls::Off, None));
    }

    #[test]
    fn a_socket_is_named_by_its_folder() {
        let config = PostgresConfig::from_url("postgres://hub@localhost/hub?host=/run/postgresql");

        assert_eq!(config.unwrap().host, "/run/postgresql");
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in [
            "mysql://hub:hush@db/x",
            "postgres://hub:hush@db/x?sslmode=odd",
            "hush",
            "postgres:///x",
        ] {
            let error = PostgresConfig::from_url(text).unwrap_err();

            assert!(!error.contains("hush"), "{error}");
        }
    }
}
