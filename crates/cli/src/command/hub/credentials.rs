//! What a person has after `callboard login`: a file for each hub that nobody else may read.

use super::client::HubError;
use callboard_config::{Environment, Secret};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use url::Url;

/// The folder in which the files lie: `$XDG_CONFIG_HOME/callboard`, else `~/.config/callboard`.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

/// What is known of a hub.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credentials {
    /// The hub.
    pub(super) hub: Url,
    #[serde(with = "exposed")]
    pub(super) access_token: Secret<String>,
    /// When it ends, in seconds since 1970.
    pub(super) expires_at: i64,
    #[serde(with = "exposed")]
    pub(super) refresh_token: Secret<String>,
}

/// Held by whoever replaces the credentials of a hub: a refresh token is good once.
pub(super) struct Lock(#[expect(dead_code, reason = "unlocked when it is dropped")] File);

impl Folder {
    /// The folder of whoever runs the program.
    ///
    /// # Errors
    ///
    /// When neither variable names one.
    pub(super) fn of(environment: &Environment) -> miette::Result<Folder> {
        let variable = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let base = match (variable("XDG_CONFIG_HOME"), variable("HOME")) {
            (Some(config), _) if Path::new(config).is_absolute() => PathBuf::from(config),
            (_, Some(home)) => Path::new(home).join(".config"),
            (_, None) => {
                return Err(miette::miette!(
                    help = "set HOME, or XDG_CONFIG_HOME to a whole path",
                    "there is no folder to keep tokens in"
                ));
            }
        };
        Ok(Folder(base.join("callboard")))
    }

    /// The hub that is meant: the one that is named, else the one that was signed in to last.
    pub(super) fn meant(&self, named: Option<&Url>) -> Result<Url, HubError> {
        if let Some(url) = named {
            return Ok(url.clone());
        }
        let last = fs::read_to_string(self.0.join("last"));
        let last = last.ok().and_then(|text| Url::parse(text.trim()).ok());
        last.ok_or(HubError::NoHub)
    }

    /// The credentials of a hub; `None` when nobody is signed in to it.
    pub(super) fn read(&self, hub: &Url) -> Result<Option<Credentials>, HubError> {
        let path = self.file(hub);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(HubError::File { path, source }),
        };
        let found: Credentials = serde_json::from_slice(&text).map_err(|error| HubError::File {
            path,
            source: io::Error::new(io::ErrorKind::InvalidData, error),
        })?;
        // Two addresses may share a file name; a token goes to its own hub alone.
        Ok((found.hub == *hub).then_some(found))
    }

    /// Keeps the credentials of a hub, where only their owner may read them.
    pub(super) fn write(&self, credentials: &Credentials) -> Result<(), HubError> {
        let path = self.file(&credentials.hub);
        let text = serde_json::to_vec_pretty(credentials).unwrap_or_default();
        self.replace(&path, &text)
            .map_err(|source| HubError::File { path, source })
    }

    /// Makes a hub the one that is meant when none is named.
    pub(super) fn note_last(&self, hub: &Url) -> Result<(), HubError> {
        let path = self.0.join("last");
        self.replace(&path, hub.as_str().as_bytes())
            .map_err(|source| HubError::File { path, source })
    }

    /// Forgets a hub.
    pub(super) fn forget(&self, hub: &Url) -> Result<(), HubError> {
        let path = self.file(hub);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(HubError::File { path, source })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Waits until no other program of this person replaces the credentials of a hub.
    pub(super) fn lock(&self, hub: &Url) -> Result<Lock, HubError> {
        let path = self.file(hub).with_extension("lock");
        let locked = self.make().and_then(|()| {
            let file = private().truncate(false).open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => file.lock()?,
                Err(TryLockError::Error(error)) => return Err(error),
            }
            Ok(Lock(file))
        });
        locked.map_err(|source| HubError::File { path, source })
    }

    fn file(&self, hub: &Url) -> PathBuf {
        let is_plain =
            |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-';
        let name: String = hub[url::Position::BeforeHost..url::Position::AfterPath]
            .trim_end_matches('/')
            .chars()
            .map(|letter| if is_plain(letter) { letter } else { '_' })
            .collect();
        self.0.join(format!("{}-{name}.json", hub.scheme()))
    }

    fn make(&self) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
    }

    /// A file appears whole or not at all, and never with other rights.
    fn replace(&self, path: &Path, text: &[u8]) -> io::Result<()> {
        self.make()?;
        let next = path.with_extension("next");
        // One of a program that was stopped may have other rights.
        match fs::remove_file(&next) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = private().create_new(true).open(&next)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&next, path)
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

/// A secret in the one file that is made to hold it.
mod exposed {
    use callboard_config::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        secret: &Secret<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Secret<String>, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn folder(base: &Path) -> Folder {
        let base = base.to_str().unwrap();
        Folder::of(&Environment::from_pairs([("XDG_CONFIG_HOME", base)])).unwrap()
    }

    fn credentials(hub: &str) -> Credentials {
        Credentials {
            hub: Url::parse(hub).unwrap(),
            access_token: Secret::new("a".to_owned()),
            expires_at: 5,
            refresh_token: Secret::new("r".to_owned()),
        }
    }

    #[test]
    fn credentials_are_kept_for_each_hub_and_for_their_owner_alone() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        let [one, two] = ["https://hub.example.com", "http://localhost:7007/x/"].map(credentials);

        folder.write(&one).unwrap();
        folder.write(&two).unwrap();
        folder.write(&one).unwrap();

        let read = folder.read(&one.hub).unwrap().unwrap();
        assert_eq!(read.refresh_token.expose(), "r");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&base.path().join("callboard")), 0o700);
        for hub in [&one.hub, &two.hub] {
            assert_eq!(mode(&folder.file(hub)), 0o600);
        }
        folder.forget(&one.hub).unwrap();
        folder.forget(&one.hub).unwrap();
        assert!(folder.read(&one.hub).unwrap().is_none());
        assert!(folder.read(&two.hub).unwrap().is_some());
    }

    #[test]
    fn a_token_is_given_to_no_hub_with_a_similar_name() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        folder
            .write(&credentials("https://hub.example.com/a_b"))
            .unwrap();

        let other = Url::parse("https://hub.example.com/a/b").unwrap();

        assert!(folder.read(&other).unwrap().is_none());
    }

    #[test]
    fn a_folder_that_anybody_could_read_before_is_not_trusted_with_the_next_file() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        let one = credentials("https://hub.example.com");
        folder.write(&one).unwrap();
        let open = fs::Permissions::from_mode(0o666);
        fs::write(folder.file(&one.hub).with_extension("next"), "old").unwrap();
        fs::set_permissions(folder.file(&one.hub).with_extension("next"), open).unwrap();

        folder.write(&one).unwrap();

        let mode = fs::metadata(folder.file(&one.hub))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
