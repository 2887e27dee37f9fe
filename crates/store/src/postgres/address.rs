//! PostgreSQL addresses as one text.

use std::borrow::Cow;
use std::fs;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::config::{Identity, PostgresConfig, Tls};

/// The database of a URL that names none, as the server's own tools have it.
const DEFAULT_PORT: u16 = 5432;

impl PostgresConfig {
    /// Reads `postgres://user:password@host:port/database`, with the parameters `host` (also the
    /// folder of a socket), `schema`, `ssl`, `sslmode`, `sslrootcert`, `sslcert` and `sslkey`; the
    /// last three name files.
    ///
    /// As in Node's client, `sslmode=require` and the stricter modes verify the server and its
    /// name, and `no-verify` does not. Nothing is made: database and schema have to exist.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong, without repeating the text, which may hold a password.
    pub fn from_url(text: &str) -> Result<Self, String> {
        Self::from_url_within(text, Tls::Off)
    }

    /// Reads an address as [`PostgresConfig::from_url`] does; `unsaid` is how the connection is
    /// protected where the address does not say it.
    ///
    /// # Errors
    ///
    /// As [`PostgresConfig::from_url`].
    pub fn from_url_within(text: &str, unsaid: Tls) -> Result<Self, String> {
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
            identity: None,
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
        let mut encryption = Encryption::default();
        for (name, value) in url.query_pairs() {
            match &*name {
                "host" => config.host = value.into_owned(),
                "schema" => config.schema = Some(value.into_owned()),
                // Others tune a client that is not ours.
                _ => encryption.note(&name, &value)?,
            }
        }
        (config.tls, config.identity) = encryption.read(unsaid)?;
        Ok(config)
    }
}

/// What the parameters of an address say about encryption.
#[derive(Debug, Default)]
struct Encryption {
    ssl: Option<Tls>,
    mode: Option<Tls>,
    authority: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

impl Encryption {
    fn note(&mut self, name: &str, value: &str) -> Result<(), String> {
        let file = || {
            let text = fs::read_to_string(value);
            text.map(Some)
                .map_err(|error| format!("`{name}` names `{value}`, which cannot be read: {error}"))
        };
        match name {
            "ssl" => self.ssl = Some(ssl(value)?),
            "sslmode" => self.mode = Some(Tls::of_mode(value)?),
            "sslrootcert" => self.authority = file()?,
            "sslcert" => self.certificate = file()?,
            "sslkey" => self.key = file()?,
            _ => {}
        }
        Ok(())
    }

    /// The mode counts most; a file without one asks for encryption by itself.
    fn read(self, unsaid: Tls) -> Result<(Tls, Option<Identity>), String> {
        let Self {
            ssl,
            mode,
            authority,
            certificate,
            key,
        } = self;
        let has_file = authority.is_some() || certificate.is_some() || key.is_some();
        let verified = has_file.then_some(Tls::Verified { authority: None });
        let tls = match (mode.or(verified).or(ssl).unwrap_or(unsaid), authority) {
            (Tls::Verified { .. }, Some(pem)) => {
                Tls::trusting(pem).map_err(|error| format!("the file of `sslrootcert`: {error}"))?
            }
            (tls, _) => tls,
        };
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            (None, None) => None,
            _ => return Err("`sslcert` and `sslkey` go together".to_owned()),
        };
        Ok((tls, identity))
    }
}

fn ssl(value: &str) -> Result<Tls, String> {
    match value {
        "true" | "1" => Ok(Tls::Verified { authority: None }),
        "false" | "0" => Ok(Tls::Off),
        "no-verify" => Ok(Tls::Unverified),
        other => Err(format!("`{other}` is no value of `ssl`")),
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
    fn parameters_say_how_the_connection_is_protected_or_leave_it_as_it_is() {
        let read = |query: &str, unsaid| {
            let text = format!("postgres://hub@db/x?{query}");
            PostgresConfig::from_url_within(&text, unsaid).unwrap().tls
        };
        let verified = || Tls::Verified { authority: None };

        assert_eq!(read("", verified()), verified());
        assert_eq!(read("ssl=0", verified()), Tls::Off);
        assert_eq!(read("ssl=true", Tls::Off), verified());
        assert_eq!(read("ssl=1&sslmode=disable", verified()), Tls::Off);
        assert_eq!(read("sslmode=no-verify&ssl=1", Tls::Off), Tls::Unverified);
        assert_eq!(read("sslmode=verify-full", Tls::Off), verified());
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in [
            "mysql://hub:hush@db/x",
            "postgres://hub:hush@db/x?sslmode=odd",
            "postgres://hub:hush@db/x?ssl=odd",
            "postgres://hub:hush@db/x?sslrootcert=/absent.pem",
            "postgres://hub:hush@db/x?sslcert=/dev/null",
            "hush",
            "postgres:///x",
        ] {
            let error = PostgresConfig::from_url(text).unwrap_err();

            assert!(!error.contains("hush"), "{error}");
        }
    }
}
