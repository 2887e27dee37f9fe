//! Which database is opened, and within which limits.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Name of the database file inside a configured directory.
pub const DATABASE_FILE: &str = "callboard.sqlite";

/// Which database the program keeps its records in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreConfig {
    /// A SQLite file, which other processes of this machine may open at the same time.
    SqliteFile {
        /// The file; it and the missing folders above it are made when it is opened.
        path: PathBuf,
    },
    /// A SQLite database that lives and ends with the [`Store`](crate::Store).
    SqliteMemory,
    /// A database of a PostgreSQL server, which several hubs may share.
    Postgres(PostgresConfig),
}

/// Where a PostgreSQL database is, and as whom the program comes; neither `Display` nor `Debug`
/// shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// A name, an address, or the folder of a Unix socket.
    pub host: String,
    /// The port; of a socket, the number in its name.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The user's password; absent where the server asks for none.
    pub password: Option<String>,
    /// The database.
    pub database: String,
    /// The schema that holds the tables; absent means the one that the user's search path names.
    pub schema: Option<String>,
    /// The role that every connection takes on, to which what is made belongs; absent means the
    /// user's own.
    pub role: Option<String>,
    /// Whether the connection is encrypted, and the server has to prove who it is.
    pub tls: Tls,
    /// What the program proves with who it is where the connection is encrypted; absent where a
    /// password suffices.
    pub identity: Option<Identity>,
    /// Whether commits are told with `NOTIFY`; without it the others ask again and again.
    pub notifies: bool,
    /// Whether a database that does not exist is made.
    pub makes_database: bool,
    /// Whether a schema that does not exist is made.
    pub makes_schema: bool,
}

/// How a connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    Off,
    /// Encrypted, with whoever answers.
    Unverified,
    /// Encrypted, with a server whose certificate fits its name.
    Verified {
        /// Certificates of authorities to trust beside the well-known ones, in PEM.
        authority: Option<String>,
    },
}

/// The certificate of a client, and its key; `Debug` does not show either.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate in PEM, with those in between up to an authority that the server trusts.
    pub certificate: String,
    /// The key in PEM, without a passphrase.
    pub key: String,
}

impl Tls {
    /// Encrypted, with a server that one of these authorities vouches for, or a well-known one.
    ///
    /// # Errors
    ///
    /// A sentence, when `pem` holds no certificate, or one that is none of an authority.
    pub fn trusting(pem: String) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let added = certificate
                .map_err(|error| error.to_string())
                .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
            let number = roots.len() + 1;
            added.map_err(|error| format!("certificate {number} in it cannot be used: {error}"))?;
        }
        if roots.is_empty() {
            return Err("it holds no certificate in PEM".to_owned());
        }
        Ok(Self::Verified {
            authority: Some(pem),
        })
    }

    /// What a `sslmode` means, as Node's client has it: all modes that encrypt verify the server
    /// and its name, but `no-verify`.
    ///
    /// # Errors
    ///
    /// A sentence, for a word that is none.
    pub fn of_mode(mode: &str) -> Result<Self, String> {
        match mode {
            "disable" => Ok(Self::Off),
            "no-verify" => Ok(Self::Unverified),
            "prefer" | "require" | "verify-ca" | "verify-full" => {
                Ok(Self::Verified { authority: None })
            }
            other => Err(format!("`{other}` is no `sslmode`")),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl fmt::Display for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            port,
            user,
            database,
            schema,
            ..
        } = self;
        write!(f, "postgres://{user}@{host}:{port}/{database}")?;
        match schema {
            Some(schema) => write!(f, " (schema {schema})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StoreConfig {
    /// The SQLite file [`DATABASE_FILE`] in `directory`.
    pub fn sqlite_in(directory: impl Into<PathBuf>) -> Self {
        Self::SqliteFile {
            path: directory.into().join(DATABASE_FILE),
        }
    }
}

/// How long and how widely a [`Store`](crate::Store) may use its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long to wait for a connection or for a lock of another process before
    /// [`StoreError::Busy`](crate::StoreError::Busy); 5 s by default.
    pub busy_timeout: Duration,
    /// Most connections to a SQLite file that read at the same time; 4 by default.
    pub read_connections: u32,
    /// Most connections to a PostgreSQL server; 10 by default, of which two watch the server and
    /// three write. There are four at least: two watch, one writes, one reads.
    pub connections: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            read_connections: 4,
            connections: 10,
        }
    }
}
