//! The section `permission` of the configuration.

use super::source::SourceKind;
use crate::hub::StartError;
use callboard_config::{Config, View};
use callboard_policy::configured::{self, ConfiguredPolicyError, ConfiguredRole, LimitPurpose};
use callboard_policy::{ConditionLimits, ConditionsFileLimits, Precedence, Settings};
use smol_str::SmolStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that the configuration says about roles and permissions.
#[derive(Debug, Clone)]
pub(crate) struct RbacConfig {
    /// What counts while deciding.
    pub(crate) settings: Settings,
    /// The role of administrators; absent while permissions are not enforced.
    pub(crate) admin: Option<ConfiguredRole>,
    /// The role that everybody holds.
    pub(crate) default_role: Option<ConfiguredRole>,
    /// The file of roles, members and policies.
    pub(crate) policies: Option<FilePath>,
    /// The file of conditional policies.
    pub(crate) conditions: Option<FilePath>,
    /// Whether changes of the two files count while the hub runs.
    pub(crate) reload: bool,
    /// Plugin ids whose permissions are listed, beside those of this hub.
    pub(crate) plugin_ids: Vec<String>,
    /// How large the file of conditional policies, and what stands in it, may be.
    pub(crate) limits: ConditionsFileLimits,
}

/// A configured file.
#[derive(Debug, Clone)]
pub(crate) struct FilePath {
    /// As it was configured: what messages show.
    pub(crate) name: Arc<str>,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What pages show: relative to the folder of the configuration that names it, or else to the
    /// working directory, where it is below one of them.
    pub(crate) shown: Arc<str>,
}

impl RbacConfig {
    /// Reads the section.
    ///
    /// # Errors
    ///
    /// [`StartError`] with the messages of the original.
    pub(crate) fn from_config(config: &Config) -> Result<RbacConfig, StartError> {
        let enabled = config
            .optional_boolean("permission.enabled")?
            .unwrap_or(false);
        let rbac = config.at("permission.rbac")?;
        let refused = |error| refused_in(&rbac, &error);
        let default_role = default_role(&rbac)?;
        let settings = Settings {
            enabled,
            super_users: configured::super_users(&names(&rbac, "admin.superUsers")?)
                .map_err(refused)?,
            max_depth: max_depth(&rbac)?,
            precedence: Precedence::from_config(
                &rbac
                    .optional_string("policyDecisionPrecedence")?
                    .unwrap_or_default(),
            ),
            use_ownership_refs: rbac
                .optional_boolean("useOwnershipEntityRefs")?
                .unwrap_or(false),
            default_role: default_role.as_ref().map(|role| role.role.clone()),
        };
        let admins = names(&rbac, "admin.users")?;
        Ok(RbacConfig {
            admin: if enabled {
                Some(configured::admin_role(&admins).map_err(refused)?)
            } else {
                None
            },
            default_role,
            policies: file(config, &rbac, "policies-csv-file")?,
            conditions: file(config, &rbac, "conditionalPoliciesFile")?,
            reload: rbac.optional_boolean("policyFileReload")?.unwrap_or(false),
            plugin_ids: rbac
                .optional_string_list("pluginsWithPermission")?
                .unwrap_or_default(),
            limits: limits(&rbac)?,
            settings,
        })
    }

    /// What is odd in the section though it can be used.
    pub(crate) fn warnings(&self, config: &Config) -> Vec<String> {
        let mut warnings = Vec::new();
        if config.has("permission.rbac.database") {
            let text = "`permission.rbac.database` is obsolete and ignored: roles are stored with everything else";
            warnings.push(text.to_owned());
        }
        if !self.settings.enabled {
            let text =
                "RBAC backend plugin was disabled by application config permission.enabled: false";
            warnings.push(text.to_owned());
        } else if self.settings.super_users.is_empty() && self.admins().is_empty() {
            warnings.push(configured::NO_ADMINS_WARNING.to_owned());
        }
        warnings
    }

    /// The policy files that are configured.
    pub(super) fn files(&self) -> Vec<(SourceKind, FilePath)> {
        let files = [
            (SourceKind::Policies, &self.policies),
            (SourceKind::Conditions, &self.conditions),
        ];
        let given = files.into_iter();
        given
            .filter_map(|(kind, file)| Some((kind, file.clone()?)))
            .collect()
    }

    /// Whether there are files to follow.
    pub(super) fn follows_files(&self) -> bool {
        let has_files = self.policies.is_some() || self.conditions.is_some();
        self.settings.enabled && self.reload && has_files
    }

    fn admins(&self) -> &[SmolStr] {
        self.admin.as_ref().map_or(&[], |role| &role.members)
    }
}

/// An error about the policies that the section configures, with the line to mend.
///
/// The wire specifies the text, which the place does not change.
pub(super) fn refused(config: &Config, error: &ConfiguredPolicyError) -> StartError {
    match config.at("permission.rbac") {
        Ok(rbac) => refused_in(&rbac, error),
        Err(unreadable) => unreadable.into(),
    }
}

fn refused_in(rbac: &View<'_>, error: &ConfiguredPolicyError) -> StartError {
    rbac.error(&key_of(rbac, error), error.to_string()).into()
}

/// Where in the section the value stands that an error is about.
fn key_of(rbac: &View<'_>, error: &ConfiguredPolicyError) -> String {
    const PERMISSIONS: &str = "defaultPermissions.basicPermissions";
    match error {
        ConfiguredPolicyError::Admin { reference, .. } => entry_of(rbac, "admin.users", |entry| {
            has(entry, "name", |name| name.to_lowercase() == *reference)
        }),
        ConfiguredPolicyError::SuperUser { reference, .. } => {
            entry_of(rbac, "admin.superUsers", |entry| {
                has(entry, "name", |name| name.to_lowercase() == *reference)
            })
        }
        ConfiguredPolicyError::AdminSource => "admin.users".to_owned(),
        ConfiguredPolicyError::DefaultRoleMissing
        | ConfiguredPolicyError::DefaultRole { .. }
        | ConfiguredPolicyError::DefaultSource { .. } => {
            "defaultPermissions.defaultRole".to_owned()
        }
        ConfiguredPolicyError::DefaultAction { action, permission } => {
            entry_of(rbac, PERMISSIONS, |entry| {
                has(entry, "permission", |name| name == permission)
                    && has(entry, "action", |name| name == action)
            })
        }
        ConfiguredPolicyError::DefaultRoleEmpty(_)
        | ConfiguredPolicyError::DefaultPolicy { .. } => PERMISSIONS.to_owned(),
        ConfiguredPolicyError::MaxDepth => "maxDepth".to_owned(),
        ConfiguredPolicyError::Limit { key, purpose } => match purpose {
            LimitPurpose::Condition => format!("validation.conditionalPolicies.{key}"),
            LimitPurpose::File => key.trim_start_matches("permission.rbac.").to_owned(),
        },
    }
}

/// The entry of a list that is meant, or the whole list.
fn entry_of(rbac: &View<'_>, list: &str, is_meant: impl Fn(&View<'_>) -> bool) -> String {
    let entries = rbac.optional_object_list(list).ok().flatten();
    match entries.unwrap_or_default().iter().position(is_meant) {
        Some(at) => format!("{list}[{at}]"),
        None => list.to_owned(),
    }
}

fn has(entry: &View<'_>, key: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    matches!(entry.optional_string(key), Ok(Some(value)) if is_meant(&value))
}

fn names(rbac: &View<'_>, list: &str) -> Result<Vec<String>, StartError> {
    let entries = rbac.optional_object_list(list)?.unwrap_or_default();
    Ok(entries
        .iter()
        .map(|entry| entry.string("name"))
        .collect::<Result<_, _>>()?)
}

fn max_depth(rbac: &View<'_>) -> Result<Option<u32>, StartError> {
    let Some(depth) = rbac.optional_number("maxDepth")? else {
        return Ok(None);
    };
    // Levels are whole: a fraction is cut off, but nothing below zero becomes zero by that.
    let levels = if depth < 0.0 { -1 } else { depth as i64 };
    let levels = configured::max_depth(levels).map_err(|error| refused_in(rbac, &error))?;
    Ok(Some(levels))
}

fn default_role(rbac: &View<'_>) -> Result<Option<ConfiguredRole>, StartError> {
    let Some(section) = rbac.optional_object("defaultPermissions")? else {
        return Ok(None);
    };
    let permissions = section
        .optional_object_list("basicPermissions")?
        .unwrap_or_default();
    let permissions = permissions
        .iter()
        .map(|entry| {
            Ok((
                entry.string("permission")?,
                entry.optional_string("action")?,
            ))
        })
        .collect::<Result<Vec<_>, StartError>>()?;
    let role = section.optional_string("defaultRole")?;
    let role = configured::default_role(role.as_deref(), &permissions)
        .map_err(|error| refused_in(rbac, &error))?;
    Ok(Some(role))
}

fn file(config: &Config, rbac: &View<'_>, key: &str) -> Result<Option<FilePath>, StartError> {
    let name = rbac.optional_string(key)?;
    Ok(name.map(|name| {
        let path = config.resolve_path(&name);
        let place = rbac.located(key);
        let beside = place.as_ref().and_then(|place| place.file.parent());
        let working = config.resolve_path("");
        FilePath {
            shown: shown(&path, beside.into_iter().chain([working.as_path()]), &name),
            name: name.into(),
            path,
        }
    }))
}

/// The path below the first of some folders that it is below of; else as it was configured.
fn shown<'a>(path: &Path, folders: impl Iterator<Item = &'a Path>, name: &str) -> Arc<str> {
    let mut below = folders.filter_map(|folder| path.strip_prefix(folder).ok());
    match below.next() {
        Some(below) => below.display().to_string().into(),
        None => name.into(),
    }
}

fn limits(rbac: &View<'_>) -> Result<ConditionsFileLimits, StartError> {
    let default = ConditionsFileLimits::default();
    let condition = |key: &str, default: usize| {
        let path = format!("validation.conditionalPolicies.{key}");
        limit(rbac, &path, key, LimitPurpose::Condition, default)
    };
    let file = |key: &str, default: usize| {
        let path = format!("validation.conditionalPoliciesFile.{key}");
        limit(
            rbac,
            &path,
            &format!("permission.rbac.{path}"),
            LimitPurpose::File,
            default,
        )
    };
    Ok(ConditionsFileLimits {
        max_bytes: file("maxBytes", default.max_bytes)?,
        max_documents: file("maxDocuments", default.max_documents)?,
        conditions: ConditionLimits {
            max_depth: condition("maxConditionDepth", default.conditions.max_depth)?,
            max_nodes: condition("maxConditionNodeCount", default.conditions.max_nodes)?,
            max_items: condition("maxCriteriaItems", default.conditions.max_items)?,
        },
    })
}

fn limit(
    rbac: &View<'_>,
    path: &str,
    key: &str,
    purpose: LimitPurpose,
    default: usize,
) -> Result<usize, StartError> {
    match rbac.optional_number(path)? {
        Some(value) => {
            configured::limit(key, value, purpose).map_err(|error| refused_in(rbac, &error))
        }
        None => Ok(default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_from_the_nearest_folder_that_people_know() {
        let seen = |path: &str| {
            let folders = ["/etc/hub", "/srv"].map(Path::new);
            shown(Path::new(path), folders.into_iter(), path).to_string()
        };

        assert_eq!(seen("/etc/hub/rbac/policies.csv"), "rbac/policies.csv");
        assert_eq!(seen("/srv/policies.csv"), "policies.csv");
        assert_eq!(seen("/etc/hubs/policies.csv"), "/etc/hubs/policies.csv");
    }
}
