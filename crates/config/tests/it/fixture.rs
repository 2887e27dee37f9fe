//! A folder with configuration files.

use std::path::PathBuf;

use callboard_config::{Config, ConfigError, Environment, LoadOptions};
use tempfile::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn with<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let folder = Self(TempDir::new().expect("a temporary folder"));
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file's folder")).expect("a folder");
        std::fs::write(path, text).expect("a written file");
    }

    /// Gives the options for these arguments, with `VARIABLE` set to `from variable`.
    pub(crate) fn options(&self, args: &[&str]) -> LoadOptions {
        LoadOptions {
            args: args.iter().map(PathBuf::from).collect(),
            root: self.0.path().to_owned(),
            environment: Environment::from_pairs([("VARIABLE", "from variable")]),
        }
    }
}

/// Loads one `app-config.yaml`.
pub(crate) fn load(text: &str) -> Result<Config, ConfigError> {
    let folder = Folder::with([("app-config.yaml", text)]);
    Config::load(&folder.options(&[]))
}
