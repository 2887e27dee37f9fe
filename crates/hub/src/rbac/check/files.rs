//! `callboard rbac check`: policy files by themselves, with or without a configuration.

use super::in_files;
use crate::FEATURES;
use crate::app::{Core, Mode};
use crate::catalog;
use crate::clock::Clock;
use crate::feature::Registrar;
use crate::finding::Finding;
use crate::hub::{Hub, Parts, StartError};
use crate::rbac::config::{FilePath, RbacConfig};
use callboard_config::Config;
use callboard_policy::Lint;
use callboard_store::{Store, StoreConfig};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Policy files that are checked before a hub reads them.
#[derive(Debug, Default)]
pub struct PolicyFiles {
    /// The configuration that they will be used with, when it is known.
    pub config: Option<Config>,
    /// The file of roles, members and policies; that of the configuration when absent.
    pub policies: Option<PathBuf>,
    /// The file of conditional policies; that of the configuration when absent.
    pub conditions: Option<PathBuf>,
}

impl Hub {
    /// Checks policy files by themselves; what cannot be checked for want of something is a note.
    ///
    /// Findings come in the order of files and lines.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the configuration cannot be used or the database in memory fails.
    pub async fn check_policies(
        files: PolicyFiles,
        clock: Arc<dyn Clock>,
        mode: Mode,
    ) -> Result<Vec<Finding>, StartError> {
        let is_configured = files.config.is_some();
        let parts = Parts {
            config: files.config.unwrap_or_else(unconfigured),
            store: Store::open(&StoreConfig::SqliteMemory).await?,
            clock,
            mode,
            providers: Vec::new(),
        };
        let core = Core::new(parts, prometheus::Registry::new())?;
        let mut registrar = Registrar::new(core.clone());
        for feature in FEATURES {
            feature.register(&mut registrar)?;
        }
        let mut config = RbacConfig::from_config(&core.config)?;
        let given = |path: PathBuf| {
            let name: Arc<str> = path.display().to_string().into();
            FilePath {
                shown: name.clone(),
                name,
                path,
            }
        };
        config.policies = files.policies.map(given).or(config.policies);
        config.conditions = files.conditions.map(given).or(config.conditions);

        let catalog = is_configured.then(|| catalog::from_files(&core)).flatten();
        let mut findings = in_files(&core, &config, &registrar.permissions, catalog.as_ref());
        findings.extend(incomplete(is_configured, &config));
        Ok(findings)
    }
}

/// What a hub has that nobody configured.
fn unconfigured() -> Config {
    Config::from_value(json!({
        "app": {"baseUrl": "http://localhost:7007"},
        "backend": {"baseUrl": "http://localhost:7007"},
        "permission": {"enabled": true},
    }))
}

/// One note about all that was not checked.
fn incomplete(is_configured: bool, config: &RbacConfig) -> Option<Finding> {
    let mut missing = Vec::new();
    if !is_configured {
        missing.push(
            "without a configuration neither the users and groups of the catalog are known, nor the default role, the \
             administrators, further plugins and `policyDecisionPrecedence`",
        );
    }
    if config.policies.is_none() {
        missing.push("without a policy file nothing is said about which roles have members");
    }
    // A hub without such a file has no conditions of its own.
    if config.conditions.is_none() && !is_configured {
        missing.push("without a file of conditional policies nothing is said about what they hide");
    }
    let note = Finding::warning(missing.join("; ")).found_by(Lint::CheckIncomplete);
    (!missing.is_empty()).then_some(note)
}
