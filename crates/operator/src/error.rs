//! What is wrong with a custom resource or its configuration, in words for who must mend it.

use std::fmt;

/// A ConfigMap that holds files, such as the default configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigMap `{}/{}`", self.namespace, self.name)
    }
}

/// Why the objects of a custom resource cannot be made.
///
/// The message becomes that of the condition `Deployed`: it says what, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The default configuration is not there.
    #[error(
        "the default configuration is missing: {0} does not exist; apply the manifest of the operator again"
    )]
    NoDefaults(Origin),
    /// A file without which there is nothing to do.
    #[error("file `{file}` is missing in {origin}; take it from the manifest of the operator")]
    NoFile {
        /// The file.
        file: String,
        /// Where it should be.
        origin: Origin,
    },
    /// A file that is not YAML, or not an object of Kubernetes.
    #[error("file `{file}` in {origin}, line {line}, column {column}: {message}")]
    File {
        /// The file.
        file: String,
        /// Where it is.
        origin: Origin,
        /// Counted from 1.
        line: u32,
        /// Counted from 1.
        column: u32,
        /// What is wrong.
        message: String,
    },
    /// An object that does not have the form of its kind.
    #[error("`{path}` of the {kind} from file `{file}` in {origin}{patch}: {message}")]
    Object {
        /// Where in the object.
        path: String,
        /// The kind.
        kind: String,
        /// The file that it was made from.
        file: String,
        /// Where that is.
        origin: Box<Origin>,
        /// Says that a patch of the custom resource was merged into it, or nothing.
        patch: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The custom resource does not have the form of its schema.
    #[error("the custom resource cannot be read: `spec.{path}`: {message}")]
    Spec {
        /// Where.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// A field of the custom resource that asks for something impossible.
    #[error("`{field}`: {message}")]
    Field {
        /// The field.
        field: String,
        /// What is wrong, and how to mend it.
        message: String,
    },
    /// An object that the custom resource names is not there.
    #[error(
        "failed to get external config from {kind} `{name}`, which `{field}` names: it does not exist in namespace `{namespace}`; create it, or take the name out"
    )]
    NoExternal {
        /// `ConfigMap` or `Secret`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Where it was looked for.
        namespace: String,
        /// The field that names it.
        field: String,
    },
}

impl InputError {
    /// Makes an error about a field of the custom resource.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field {
            field: field.into(),
            message: message.into(),
        }
    }
}
