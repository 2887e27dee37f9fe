//! The merged configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnostic::ConfigError;
use crate::environment::Environment;
use crate::secret::{self, Secret};
use crate::source::{self, LoadOptions};
use crate::span::{Location, Origin, Tree};
use crate::view::View;

/// The merged configuration; cheap to clone.
///
/// Its typed reads are those of its [`root`](Self::root), with paths from there.
#[derive(Clone)]
pub struct Config(Arc<Loaded>);

struct Loaded {
    tree: Tree,
    files: Vec<PathBuf>,
    root: PathBuf,
    extra_certificates: Option<PathBuf>,
    environment: Environment,
}

/// The variable that names a file of certificates to believe beside those of the machine.
const EXTRA_CERTIFICATES: &str = "NODE_EXTRA_CA_CERTS";

impl Config {
    /// Reads and merges every layer.
    ///
    /// # Errors
    ///
    /// If a file is missing or unusable, or an `APP_CONFIG_*` variable is malformed.
    pub fn load(options: &LoadOptions) -> Result<Self, ConfigError> {
        Self::load_noting(options, &mut Vec::new())
    }

    /// Loads, noting in `files` what was read even if that fails.
    pub(crate) fn load_noting(
        options: &LoadOptions,
        files: &mut Vec<PathBuf>,
    ) -> Result<Self, ConfigError> {
        let tree = source::load(options, files);
        files.sort();
        files.dedup();
        let (files, root) = (files.clone(), options.root.clone());
        let extra = options.environment.get(EXTRA_CERTIFICATES);
        let extra = extra.filter(|path| !path.is_empty());
        Ok(Self(Arc::new(Loaded {
            tree: tree?,
            files,
            extra_certificates: extra.map(|path| root.join(path)),
            environment: options.environment.clone(),
            root,
        })))
    }

    /// Takes a value as the whole configuration, for tests and embedding.
    ///
    /// Messages call the layer `config`; relative paths stay relative.
    pub fn from_value(value: Value) -> Self {
        Self::from_value_in(value, Environment::default())
    }

    /// Takes a value as the whole configuration, in an environment of its own; otherwise as
    /// [`Config::from_value`].
    pub fn from_value_in(value: Value, environment: Environment) -> Self {
        let tree = Tree::from_json(value, &Origin::layer("config"));
        Self(Arc::new(Loaded {
            tree,
            files: Vec::new(),
            root: PathBuf::new(),
            extra_certificates: None,
            environment,
        }))
    }

    /// Gives the variables that the configuration was read with, for those that tell the program
    /// something by convention.
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// Gives the file of certificates that `NODE_EXTRA_CA_CERTS` names; `None` if it is not set.
    pub fn extra_certificates(&self) -> Option<&Path> {
        self.0.extra_certificates.as_deref()
    }

    /// Gives a view of everything.
    pub fn root(&self) -> View<'_> {
        View::new(&self.0.tree)
    }

    /// Gives a view of the part at `path`, be it there or not.
    ///
    /// # Errors
    ///
    /// As for [`View::at`].
    pub fn at(&self, path: &str) -> Result<View<'_>, ConfigError> {
        self.root().at(path)
    }

    /// Says whether there is a value at `path`.
    pub fn has(&self, path: &str) -> bool {
        self.root().has(path)
    }

    /// Copies everything into JSON, secrets included.
    pub fn to_json(&self) -> Value {
        self.0.tree.to_json()
    }

    /// Copies everything into JSON, with `***` in place of secrets.
    pub fn redacted_json(&self) -> Value {
        secret::redacted(&self.0.tree, &mut Vec::new())
    }

    /// Gives every secret text longer than one character, each once, for masking logs.
    pub fn secrets(&self) -> Vec<Secret<String>> {
        let mut found = Vec::new();
        secret::visit(&self.0.tree, &mut Vec::new(), &mut |text| found.push(text));
        found.retain(|text| text.chars().nth(1).is_some());
        // Longest first, so that masking a secret never leaves the tail of a longer one.
        found.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        found.dedup();
        found
            .into_iter()
            .map(|text| Secret::new(text.to_owned()))
            .collect()
    }

    /// Gives every file that was read or looked for, included ones too, sorted.
    pub fn files(&self) -> &[PathBuf] {
        &self.0.files
    }

    /// Makes a path of a value absolute, without any `.` and `..`: it is relative to the
    /// working directory, not to the file that the value stands in.
    ///
    /// The file system is not asked, as in the original: links on the way are not followed.
    pub fn resolve_path(&self, path: impl AsRef<Path>) -> PathBuf {
        source::normal(&self.0.root.join(path))
    }

    /// Gives the place of the value at `path`; `None` if it is absent or not from a file.
    pub fn located(&self, path: &str) -> Option<Location> {
        self.root().located(path)
    }
}

/// The typed reads of the root view.
impl Config {
    /// As [`View::string`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn string(&self, path: &str) -> Result<String, ConfigError> {
        self.root().string(path)
    }

    /// As [`View::optional_string`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn optional_string(&self, path: &str) -> Result<Option<String>, ConfigError> {
        self.root().optional_string(path)
    }

    /// As [`View::number`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn number(&self, path: &str) -> Result<f64, ConfigError> {
        self.root().number(path)
    }

    /// As [`View::optional_number`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn optional_number(&self, path: &str) -> Result<Option<f64>, ConfigError> {
        self.root().optional_number(path)
    }

    /// As [`View::boolean`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn boolean(&self, path: &str) -> Result<bool, ConfigError> {
        self.root().boolean(path)
    }

    /// As [`View::optional_boolean`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn optional_boolean(&self, path: &str) -> Result<Option<bool>, ConfigError> {
        self.root().optional_boolean(path)
    }

    /// As [`View::string_list`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn string_list(&self, path: &str) -> Result<Vec<String>, ConfigError> {
        self.root().string_list(path)
    }

    /// As [`View::optional_string_list`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn optional_string_list(&self, path: &str) -> Result<Option<Vec<String>>, ConfigError> {
        self.root().optional_string_list(path)
    }

    /// As [`View::object`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn object(&self, path: &str) -> Result<View<'_>, ConfigError> {
        self.root().object(path)
    }

    /// As [`View::optional_object`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn optional_object(&self, path: &str) -> Result<Option<View<'_>>, ConfigError> {
        self.root().optional_object(path)
    }

    /// As [`View::object_list`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn object_list(&self, path: &str) -> Result<Vec<View<'_>>, ConfigError> {
        self.root().object_list(path)
    }

    /// As [`View::optional_object_list`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn optional_object_list(&self, path: &str) -> Result<Option<Vec<View<'_>>>, ConfigError> {
        self.root().optional_object_list(path)
    }

    /// As [`View::duration`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn duration(&self, path: &str) -> Result<Duration, ConfigError> {
        self.root().duration(path)
    }

    /// As [`View::optional_duration`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn optional_duration(&self, path: &str) -> Result<Option<Duration>, ConfigError> {
        self.root().optional_duration(path)
    }

    /// As [`View::section`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn section<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ConfigError> {
        self.root().section(path)
    }

    /// As [`View::json`].
    pub fn json(&self, path: &str) -> Option<Value> {
        self.root().json(path)
    }

    /// As [`View::error`].
    pub fn error(&self, path: &str, message: impl Into<String>) -> ConfigError {
        self.root().error(path, message)
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Config")
            .field(&self.redacted_json())
            .finish()
    }
}
