//! What the init container does: the list becomes a layer of configuration.

use crate::fragment::{self, Conflict};
use crate::list::{ListError, Plugin, Selection};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// The file that the hub reads among its layers of configuration.
const FILE: &str = "app-config.dynamic-plugins.yaml";

/// Where plugins would lie; part of the configuration that other tools read.
const ROOT_DIRECTORY: &str = "dynamic-plugins-root";

/// What came of a list.
#[derive(Debug)]
pub struct Installation {
    /// Every package, in order.
    pub plugins: Vec<Plugin>,
    /// What is odd and does no harm.
    pub warnings: Vec<String>,
    /// The file that was written.
    pub file: PathBuf,
}

/// Reads `list` with its includes, which are relative to `folder`, and writes
/// `app-config.dynamic-plugins.yaml` into `root`.
///
/// The file joins the `pluginConfig` of all packages that are switched on, and tells the hub
/// under `callboard.plugins` which ones those are. It is empty when nothing is listed. Only a
/// whole file takes the place of the one before it.
///
/// # Errors
///
/// [`InstallError`]; the file is as it was then.
pub fn install(list: &Path, folder: &Path, root: &Path) -> Result<Installation, InstallError> {
    let Selection { plugins, warnings } = Selection::read(list, folder)?;
    let text = if plugins.is_empty() {
        String::new()
    } else {
        callboard_yaml::to_string(&config_of(&plugins)?)
    };
    let file = root.join(FILE);
    write(&file, &text).map_err(|error| InstallError::Write {
        file: file.clone(),
        error,
    })?;
    Ok(Installation {
        plugins,
        warnings,
        file,
    })
}

fn config_of(plugins: &[Plugin]) -> Result<Value, Conflict> {
    let mut config = Map::new();
    config.insert(
        "dynamicPlugins".to_owned(),
        json!({"rootDirectory": ROOT_DIRECTORY}),
    );
    fragment::join(&mut config, plugins)?;
    let entry = |plugin: &Plugin| {
        json!({
            "package": plugin.package,
            "enabled": plugin.is_enabled,
            "asked": plugin.is_asked_for,
        })
    };
    let listed: Value = plugins.iter().map(entry).collect();
    let own = config
        .entry("callboard")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(own) = own {
        own.insert("plugins".to_owned(), listed);
    }
    Ok(Value::Object(config))
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let draft = file.with_extension("yaml.new");
    std::fs::write(&draft, text)?;
    std::fs::rename(draft, file)
}

/// Why nothing was installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The list cannot be used.
    #[error(transparent)]
    List(#[from] ListError),
    /// Two plugins want different things.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The file cannot be written.
    #[error("cannot write `{}`", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        #[source]
        error: std::io::Error,
    },
}

impl InstallError {
    /// How to mend it, where more is to be said than what is wrong.
    pub fn help(&self) -> Option<String> {
        match self {
            InstallError::List(error) => error.help.clone(),
            InstallError::Conflict(conflict) => Some(format!(
                "`{}` ({}) is the second; give both the same value, or switch one off",
                conflict.package, conflict.place
            )),
            InstallError::Write { .. } => None,
        }
    }
}
