//! The files that objects are made from: the default configuration, and what replaces it.

use crate::error::{InputError, Origin};
use crate::merge::{self, ListOrder};
use callboard_yaml::{Node, Position};
use serde_json::Value;
use std::collections::BTreeMap;

/// The files of the default configuration as they are shipped, by name.
pub const SHIPPED: &[(&str, &str)] = &[
    (
        "app-config.yaml",
        include_str!("../defaults/app-config.yaml"),
    ),
    ("db-secret.yaml", include_str!("../defaults/db-secret.yaml")),
    (
        "db-service.yaml",
        include_str!("../defaults/db-service.yaml"),
    ),
    (
        "db-statefulset.yaml",
        include_str!("../defaults/db-statefulset.yaml"),
    ),
    (
        "db-statefulset.yaml.k8s",
        include_str!("../defaults/db-statefulset.yaml.k8s"),
    ),
    (
        "deployment.yaml",
        include_str!("../defaults/deployment.yaml"),
    ),
    (
        "deployment.yaml.k8s",
        include_str!("../defaults/deployment.yaml.k8s"),
    ),
    (
        "dynamic-plugins.yaml",
        include_str!("../defaults/dynamic-plugins.yaml"),
    ),
    ("route.yaml", include_str!("../defaults/route.yaml")),
    (
        "secret-envs.yaml",
        include_str!("../defaults/secret-envs.yaml"),
    ),
    ("service.yaml", include_str!("../defaults/service.yaml")),
    (
        "service.yaml.k8s",
        include_str!("../defaults/service.yaml.k8s"),
    ),
];

/// On what kind of cluster the operator runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Platform {
    /// One that has Routes.
    OpenShift,
    /// Any other, such as EKS.
    #[default]
    Kubernetes,
}

impl Platform {
    /// What the name of a file ends with that is for this platform only.
    fn suffix(self) -> &'static str {
        match self {
            Self::OpenShift => "ocp",
            Self::Kubernetes => "k8s",
        }
    }
}

/// The files of one ConfigMap.
#[derive(Debug, Clone)]
pub struct FileSet {
    /// Which ConfigMap.
    pub origin: Origin,
    /// Name to content.
    pub files: BTreeMap<String, String>,
}

/// All files that a custom resource is made from.
///
/// A file of `raw` takes the place of the default one as a whole.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The default configuration.
    pub defaults: FileSet,
    /// What the custom resource has in place of the hub's files.
    pub raw_backstage: Option<FileSet>,
    /// What the custom resource has in place of the database's files.
    pub raw_database: Option<FileSet>,
    /// Which of the platform's patches are merged into default files.
    pub platform: Platform,
}

/// An object of a file, and where it comes from.
#[derive(Debug, Clone)]
pub struct Document {
    /// The object.
    pub value: Value,
    /// The file.
    pub file: String,
    /// The ConfigMap of the file.
    pub origin: Origin,
}

impl Sources {
    /// Reads the one object of `file`, which is of one of `kinds`; `None` without such a file.
    ///
    /// # Errors
    ///
    /// If the file is not YAML, or not such an object.
    pub fn document(&self, file: &str, kinds: &[&str]) -> Result<Option<Document>, InputError> {
        let mut documents = self.documents(file, kinds)?;
        if let Some(second) = documents.get(1) {
            return Err(InputError::File {
                file: file.to_owned(),
                origin: second.origin.clone(),
                line: 1,
                column: 1,
                message: "this file holds one object only; take the others out".to_owned(),
            });
        }
        Ok(documents.pop())
    }

    /// Reads the one object of `file`, without which there is nothing to do.
    ///
    /// # Errors
    ///
    /// As [`document`](Self::document), and if there is no such file.
    pub fn mandatory(&self, file: &str, kinds: &[&str]) -> Result<Document, InputError> {
        self.document(file, kinds)?
            .ok_or_else(|| InputError::NoFile {
                file: file.to_owned(),
                origin: self.defaults.origin.clone(),
            })
    }

    /// Reads all objects of `file`, each of one of `kinds`; none without such a file.
    ///
    /// # Errors
    ///
    /// If the file is not YAML, or holds something else.
    pub fn documents(&self, file: &str, kinds: &[&str]) -> Result<Vec<Document>, InputError> {
        let raw = if file.starts_with("db-") {
            &self.raw_database
        } else {
            &self.raw_backstage
        };
        let replaced = raw.as_ref().filter(|set| set.files.contains_key(file));
        let set = replaced.unwrap_or(&self.defaults);
        let mut documents = set.objects(file, kinds)?;
        let patch = format!("{file}.{}", self.platform.suffix());
        if replaced.is_none()
            && let Some(patch) = set.patch(&patch)?
        {
            for document in &mut documents {
                merge::merge(&mut document.value, &patch, ListOrder::Append);
            }
        }
        Ok(documents)
    }
}

impl FileSet {
    fn objects(&self, file: &str, kinds: &[&str]) -> Result<Vec<Document>, InputError> {
        let mut documents = Vec::new();
        for node in self.nodes(file)? {
            self.check_kind(file, &node, kinds)?;
            documents.push(Document {
                value: node.into_json(),
                file: file.to_owned(),
                origin: self.origin.clone(),
            });
        }
        Ok(documents)
    }

    fn patch(&self, file: &str) -> Result<Option<Value>, InputError> {
        let Some(node) = self.nodes(file)?.into_iter().next() else {
            return Ok(None);
        };
        match node.to_json() {
            patch @ Value::Object(_) => Ok(Some(patch)),
            _ => Err(self.wrong(file, node.at, "a patch is a mapping")),
        }
    }

    fn nodes(&self, file: &str) -> Result<Vec<Node>, InputError> {
        let Some(text) = self.files.get(file) else {
            return Ok(Vec::new());
        };
        callboard_yaml::parse_documents(text)
            .into_iter()
            .filter(|node| !matches!(node, Ok(node) if node.to_json().is_null()))
            .map(|node| {
                node.map_err(|error| {
                    let at = error.position().unwrap_or(Position { line: 1, column: 1 });
                    self.wrong(file, at, error.to_string())
                })
            })
            .collect()
    }

    fn check_kind(&self, file: &str, node: &Node, kinds: &[&str]) -> Result<(), InputError> {
        let wanted = kinds.join("` or `");
        let Some(kind) = node.get("kind") else {
            let message = format!("`kind` is missing; it is `{wanted}` here");
            return Err(self.wrong(file, node.at, message));
        };
        match kind.to_json().as_str() {
            Some(found) if kinds.contains(&found) => Ok(()),
            Some(found) => {
                let message = format!("kind `{found}` does not belong here; it is `{wanted}`");
                Err(self.wrong(file, kind.at, message))
            }
            None => Err(self.wrong(file, kind.at, "`kind` is text")),
        }
    }

    fn wrong(&self, file: &str, at: Position, message: impl Into<String>) -> InputError {
        InputError::File {
            file: file.to_owned(),
            origin: self.origin.clone(),
            line: at.line,
            column: at.column,
            message: message.into(),
        }
    }
}
