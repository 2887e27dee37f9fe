//! The installer as the init container runs it, on files.
#![expect(clippy::unwrap_used, reason = "what is absent here fails the test")]

mod list;
mod lock;
mod output;

use callboard_plugins::{InstallError, Installation, install};
use std::fs;
use tempfile::TempDir;

/// A working directory with the files of an installation, and the folder it installs into.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new(list: &str) -> Desk {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("root")).unwrap();
        fs::write(folder.path().join("dynamic-plugins.yaml"), list).unwrap();
        Desk { folder }
    }

    fn with(self, name: &str, text: &str) -> Desk {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn install(&self) -> Result<Installation, InstallError> {
        let folder = self.folder.path();
        install(
            &folder.join("dynamic-plugins.yaml"),
            folder,
            &folder.join("root"),
        )
    }

    /// What was written.
    fn output(&self) -> String {
        let file = "root/app-config.dynamic-plugins.yaml";
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    /// The message of a list that cannot be used, without where the test keeps it.
    fn fault(&self) -> String {
        let error = self.install().unwrap_err();
        let folder = format!("{}/", self.folder.path().display());
        let help = error.help().map(|help| format!("\n  help: {help}"));
        format!("{error}{}", help.unwrap_or_default()).replace(&folder, "")
    }
}
