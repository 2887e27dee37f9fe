//! The key that seals the audit log, and where it is kept.
//!
//! A configured key (`callboard.audit.key`) is the strong one: it can come from a place that
//! whoever writes to the database does not reach. Without it the hub makes one at its first start.
//! It stands in a file beside the SQLite database and not in it, since what leaves a machine, or
//! is written to by mistake, by another tool or through a fault in a statement, is the database:
//! whoever has that file alone cannot seal a row. Whoever has the whole folder can.
//!
//! A database that is in no file, in memory or on a server, keeps the key itself: all replicas
//! find it there, and it guards against accidents only, which the hub says at start.

use super::store;
use crate::hub::StartError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callboard_config::{Config, Secret};
use callboard_store::{Conn, Store, StoreError};
use hmac::{Hmac, KeyInit, Mac};
use rand::RngExt;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const KEY: &str = "callboard.audit.key";
const FORMER_KEYS: &str = "callboard.audit.formerKeys";

/// The name of the file beside the database.
const FILE: &str = "audit.key";

/// How long a key is that the hub makes, and how long another must be at least, in bytes.
const KEY_BYTES: usize = 32;

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    id: String,
    secret: Secret<Vec<u8>>,
}

impl Key {
    pub(super) fn new(secret: Secret<Vec<u8>>) -> Key {
        let digest = Sha256::digest(secret.expose());
        Key {
            id: hex(&digest[..4]),
            secret,
        }
    }

    /// A key that nobody can guess.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of the audit log that asks for randomness"
    )]
    fn generate() -> Key {
        let bytes: [u8; KEY_BYTES] = rand::rng().random();
        Key::new(Secret::new(bytes.to_vec()))
    }

    fn from_base64(text: &str) -> Result<Key, KeyError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| KeyError::Form)?;
        if bytes.len() < KEY_BYTES {
            return Err(KeyError::Form);
        }
        Ok(Key::new(Secret::new(bytes)))
    }

    fn to_base64(&self) -> Secret<String> {
        Secret::new(STANDARD.encode(self.secret.expose()))
    }

    /// By what rows name it: the first eight hexadecimal digits of its SHA-256.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The HMAC-SHA-256 of the parts, each with its length, in hexadecimal digits.
    pub(super) fn hash(&self, domain: &[u8], parts: &[&[u8]]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.expose());
        // INVARIANT: HMAC takes a key of any length.
        let mut mac = mac.expect("a key of any length");
        mac.update(domain);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        hex(&mac.finalize().into_bytes())
    }
}

/// The key that seals, and those that did before.
#[derive(Debug)]
pub struct Keys {
    present: Key,
    former: Vec<Key>,
}

impl Keys {
    /// The keys for a look at the log of `store`; makes none.
    ///
    /// # Errors
    ///
    /// [`KeyError`]: see there.
    pub async fn find(config: &Config, store: &Store) -> Result<Keys, KeyError> {
        let configured = Configured::read(config)?;
        let kept = match configured.present {
            Some(key) => Some(key),
            None => {
                let mut conn = store.read().await?;
                kept_key(store.file(), &mut conn).await?
            }
        };
        Ok(Keys {
            present: kept.ok_or(KeyError::Missing)?,
            former: configured.former,
        })
    }

    /// The one that seals.
    pub(super) fn present(&self) -> &Key {
        &self.present
    }

    /// The one that a row names.
    pub(super) fn by_id(&self, id: &str) -> Option<&Key> {
        let mut all = std::iter::once(&self.present).chain(&self.former);
        all.find(|key| key.id == id)
    }
}

/// The keys of the configuration.
#[derive(Debug)]
pub(super) struct Configured {
    present: Option<Key>,
    former: Vec<Key>,
}

impl Configured {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// [`KeyError::Setting`] for a key that is too short or no base64.
    pub(super) fn read(config: &Config) -> Result<Configured, KeyError> {
        let present = config.optional_string(KEY).map_err(StartError::from)?;
        let former = config
            .optional_string_list(FORMER_KEYS)
            .map_err(StartError::from)?;
        // Not shown with its line, as other errors of the configuration are.
        let unusable = |key: &str, reason: KeyError| {
            KeyError::Setting(Box::new(StartError::Setting {
                key: key.to_owned(),
                reason: reason.to_string(),
            }))
        };
        Ok(Configured {
            present: present
                .map(|text| Key::from_base64(&text).map_err(|error| unusable(KEY, error)))
                .transpose()?,
            former: former
                .iter()
                .flatten()
                .map(|text| Key::from_base64(text).map_err(|error| unusable(FORMER_KEYS, error)))
                .collect::<Result<_, _>>()?,
        })
    }

    /// All that are needed to write: the key is found or made.
    ///
    /// # Errors
    ///
    /// [`KeyError`]: see there.
    pub(super) async fn open(self, store: &Store) -> Result<Keys, KeyError> {
        let present = match self.present {
            Some(key) => key,
            None => keep(store).await?,
        };
        Ok(Keys {
            present,
            former: self.former,
        })
    }
}

/// Finds the key that the hub keeps by itself, or makes it.
async fn keep(store: &Store) -> Result<Key, KeyError> {
    if store.file().is_none() && !store.is_in_memory() {
        tracing::warn!(
            plugin = "audit",
            "the key of the audit log is kept in the database that it guards, \
             and proves little there: set `{KEY}`"
        );
    }
    // A transaction that writes keeps other processes out: two never make a key at once.
    let mut tx = store.begin().await?;
    if let Some(key) = kept_key(store.file(), &mut tx).await? {
        return Ok(key);
    }
    let key = Key::generate();
    let text = key.to_base64();
    match store.file() {
        Some(database) => {
            let path = database.with_file_name(FILE);
            write(&path, text.expose()).map_err(|source| KeyError::File { path, source })?;
        }
        None => store::insert_key(&mut tx, text.expose()).await?,
    }
    tx.commit().await?;
    Ok(key)
}

/// The key that the hub made before, if it did.
async fn kept_key(database: Option<&Path>, conn: &mut Conn) -> Result<Option<Key>, KeyError> {
    let Some(database) = database else {
        let text = store::key(conn).await?;
        return text.map(|text| Key::from_base64(&text)).transpose();
    };
    let path = database.with_file_name(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => match Key::from_base64(&text) {
            Ok(key) => Ok(Some(key)),
            Err(_) => Err(KeyError::FileForm { path }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::File { path, source }),
    }
}

/// Writes the file as a whole or not at all, for its owner's eyes only.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let half = path.with_extension("key.new");
    // Left by a process that ended half-way.
    match fs::remove_file(&half) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = create(&half)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&half, path)
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// Why there is no key for the audit log.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key of the configuration cannot be used.
    #[error(transparent)]
    Setting(#[from] Box<StartError>),
    /// A key is none; its text is not repeated.
    #[error("a key is base64 of {KEY_BYTES} bytes at least")]
    Form,
    /// The file beside the database holds no key.
    #[error("`{}` holds no key: it is base64 of {KEY_BYTES} bytes at least", .path.display())]
    FileForm {
        /// The file.
        path: PathBuf,
    },
    /// The file beside the database cannot be read or written.
    #[error("cannot use the key file `{}`", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// No key was ever made.
    #[error("there is no key: neither `{KEY}` in the configuration, nor one beside the database")]
    Missing,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StartError> for KeyError {
    fn from(error: StartError) -> KeyError {
        KeyError::Setting(Box::new(error))
    }
}

impl From<KeyError> for StartError {
    fn from(error: KeyError) -> StartError {
        match error {
            KeyError::Setting(error) => *error,
            KeyError::Store(error) => StartError::from(error),
            other => StartError::State {
                what: "the audit log has no key".to_owned(),
                source: other.into(),
            },
        }
    }
}
