//! What the objects of a custom resource are called.

use super::Instance;
use crate::error::InputError;

/// The longest name of a custom resource whose pods' labels still fit into 63 characters.
const LONGEST: usize = 48;

/// What the objects of one custom resource are called.
///
/// # Source
///
/// The names are upstream's; people's Ingresses and scripts have them.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a>(&'a str);

impl<'a> Names<'a> {
    /// Names the objects of `instance`.
    ///
    /// # Errors
    ///
    /// If its name is too long for the labels of its pods, or would give its objects the names
    /// of the database of another one.
    pub fn of(instance: &'a Instance) -> Result<Self, InputError> {
        if instance.name.len() > LONGEST {
            return Err(InputError::field(
                "metadata.name",
                format!(
                    "a name has {LONGEST} characters at most; make it again under a shorter one"
                ),
            ));
        }
        if instance.name.starts_with("psql-") {
            return Err(InputError::field(
                "metadata.name",
                "a name that begins with `psql-` belongs to a database; make it again under another one",
            ));
        }
        Ok(Self(&instance.name))
    }

    /// Deployment, Service and Route of the hub.
    pub fn hub(self) -> String {
        format!("backstage-{}", self.0)
    }

    /// StatefulSet and Service of the database.
    pub fn database(self) -> String {
        format!("backstage-psql-{}", self.0)
    }

    /// The account of the database.
    pub fn database_secret(self) -> String {
        format!("backstage-psql-secret-{}", self.0)
    }

    /// The ServiceMonitor.
    pub fn service_monitor(self) -> String {
        format!("metrics-{}", self.0)
    }

    /// The ConfigMap with `dynamic-plugins.yaml`.
    pub fn plugins(self) -> String {
        format!("backstage-dynamic-plugins-{}", self.0)
    }

    /// The object at `at` of a file of which there may be several, named `name` there.
    ///
    /// The first has no more than the stem, whatever it is called, so that adding another
    /// one does not make it a new object and lose what was generated for it.
    pub(crate) fn nth(self, stem: &str, at: usize, name: &str) -> String {
        match at {
            0 => format!("backstage-{stem}-{}", self.0),
            _ => format!("backstage-{stem}-{}-{name}", self.0),
        }
    }

    /// A volume that is named `name` in its file.
    pub(crate) fn volume_claim(self, name: &str) -> String {
        format!("backstage-{}-{name}", self.0)
    }
}
