//! The policy as data: who holds which role, what roles may do, and where each line came from.

use std::{fmt, sync::Arc};

use serde_json::Value;
use smol_str::SmolStr;

use crate::{Action, GroupGraph, Permission};

/// Everything that decisions depend on, in the form in which it is stored.
///
/// The model is plain data: change it, then [`compile`](PolicyModel::compile) it.
#[derive(Clone, Debug, Default)]
pub struct PolicyModel {
    /// What the configuration says about decisions in general.
    pub settings: Settings,
    /// Who holds which role (`g` rows).
    pub memberships: Vec<Sourced<Membership>>,
    /// What roles may and may not do (`p` rows), those of the default role included.
    pub grants: Vec<Sourced<Grant>>,
    /// Conditional policies.
    pub conditions: Vec<Sourced<StoredCondition>>,
    /// Groups of users and parents of groups, as the catalog relates them.
    pub groups: GroupGraph,
}

/// What the configuration says about decisions in general.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether permissions are enforced at all; without it everything is allowed.
    pub enabled: bool,
    /// Users and groups that may do everything, in lower case.
    pub super_users: Vec<SmolStr>,
    /// How many levels of ancestors above a user's groups count; `None` means all.
    pub max_depth: Option<u32>,
    /// What is looked at first when a permission has conditions and basic policies.
    pub precedence: Precedence,
    /// Whether the ownership references of a token give roles too.
    pub use_ownership_refs: bool,
    /// The role that every user holds. What it may do is among the grants.
    pub default_role: Option<SmolStr>,
}

impl Default for Settings {
    /// Permissions are enforced; everything else is off.
    fn default() -> Self {
        Self {
            enabled: true,
            super_users: Vec::new(),
            max_depth: None,
            precedence: Precedence::default(),
            use_ownership_refs: false,
            default_role: None,
        }
    }
}

/// What is looked at first when a permission has conditions and basic policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precedence {
    /// A condition of any role hides the basic policies of all roles.
    #[default]
    Conditional,
    /// Basic policies decide where there are any; conditions only otherwise.
    Basic,
}

impl Precedence {
    /// Reads the configured word; everything but `basic` means `conditional`.
    pub fn from_config(text: &str) -> Self {
        if text == "basic" {
            Self::Basic
        } else {
            Self::Conditional
        }
    }

    /// The configured word: `conditional` or `basic`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conditional => "conditional",
            Self::Basic => "basic",
        }
    }
}

/// A row together with where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sourced<T> {
    /// The row.
    pub row: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// Pairs a row with its origin.
    pub fn new(row: T, origin: Origin) -> Self {
        Self { row, origin }
    }
}

/// Where a row of the policy came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Who may change it.
    pub source: Source,
    /// The file that holds it, if one does.
    pub file: Option<Arc<str>>,
    /// Its line in that file, counted from 1.
    pub line: Option<u32>,
}

impl From<Source> for Origin {
    /// The origin of a row that no file holds.
    fn from(source: Source) -> Self {
        Self {
            source,
            file: None,
            line: None,
        }
    }
}

impl fmt::Display for Origin {
    /// Writes `rbac.csv:12`, or the source where there is no file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}"),
            (Some(file), None) => f.write_str(file),
            (None, _) => self.source.fmt(f),
        }
    }
}

/// Who created a role or row, and so who may change it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// `configuration`: the application configuration
    Configuration,
    /// `rest`: the REST API and the pages
    Rest,
    /// `csv-file`: the policy file
    CsvFile,
    /// `legacy`: data of old versions, which anybody may take over
    Legacy,
    /// A provider, by its name
    Provider(SmolStr),
}

impl Source {
    /// The source's name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Configuration => "configuration",
            Self::Rest => "rest",
            Self::CsvFile => "csv-file",
            Self::Legacy => "legacy",
            Self::Provider(name) => name,
        }
    }

    /// Checks that `writer` may change `role`, whose metadata name this source.
    ///
    /// # Errors
    ///
    /// [`SourceError`] unless the sources are the same or the role is `legacy`. A role
    /// without metadata may be changed by anybody and needs no check.
    pub fn check_writable_by(&self, writer: &Self, role: &str) -> Result<(), SourceError> {
        if self == writer || *self == Self::Legacy {
            return Ok(());
        }
        Err(SourceError {
            role: role.into(),
            source_name: self.as_str().to_uppercase().into(),
        })
    }
}

impl From<&str> for Source {
    /// Reads a stored source; a name that is none of ours is a provider's.
    fn from(text: &str) -> Self {
        [Self::Configuration, Self::Rest, Self::CsvFile, Self::Legacy]
            .into_iter()
            .find(|source| source.as_str() == text)
            .unwrap_or_else(|| Self::Provider(text.into()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Somebody tried to change what another source owns; the message is that of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "source does not match originating role {role}, consider making changes to the '{source_name}'"
)]
pub struct SourceError {
    /// The role, as written.
    pub role: SmolStr,
    /// The source that may change it, in upper case.
    pub source_name: SmolStr,
}

/// A `g` row: a user or group holds a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Membership {
    /// The user or group, in lower case.
    pub member: SmolStr,
    /// The role, as written.
    pub role: SmolStr,
}

impl Membership {
    /// Makes a row of its fields.
    pub fn new(member: impl Into<SmolStr>, role: impl Into<SmolStr>) -> Self {
        Self {
            member: member.into(),
            role: role.into(),
        }
    }
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.member, self.role)
    }
}

/// A `p` row: a subject may, or may not, do something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// The role, as written. Old data also have users and groups here.
    pub subject: SmolStr,
    /// A permission's name or a resource type.
    pub permission: SmolStr,
    /// The action.
    pub action: Action,
    /// Whether it is allowed or denied.
    pub effect: Effect,
}

impl Grant {
    /// Makes a row of its fields.
    pub fn new(
        subject: impl Into<SmolStr>,
        permission: impl Into<SmolStr>,
        action: Action,
        effect: Effect,
    ) -> Self {
        Self {
            subject: subject.into(),
            permission: permission.into(),
            action,
            effect,
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            permission,
            action,
            effect,
        } = self;
        write!(f, "{subject},{permission},{action},{effect}")
    }
}

/// What a grant says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// `allow`
    Allow,
    /// `deny`, which wins over every `allow`
    Deny,
}

impl Effect {
    /// The effect's name in policies and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }

    /// Reads a name exactly as written: `Allow` is no effect.
    pub fn from_name(text: &str) -> Option<Self> {
        [Self::Allow, Self::Deny]
            .into_iter()
            .find(|effect| effect.as_str() == text)
    }

    /// The other effect.
    pub fn opposite(self) -> Self {
        match self {
            Self::Allow => Self::Deny,
            Self::Deny => Self::Allow,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A conditional policy with the id under which it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCondition {
    /// The id, which survives changes.
    pub id: i64,
    /// The policy.
    pub policy: ConditionalPolicy,
}

/// What a role may do with resources that meet a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionalPolicy {
    /// The role, as written.
    pub role: SmolStr,
    /// The plugin that owns the resources.
    pub plugin_id: SmolStr,
    /// The type of the resources.
    pub resource_type: SmolStr,
    /// The permissions that it is about.
    pub mapping: Vec<MappedPermission>,
    /// The criteria as stored, aliases and all. Criteria that cannot be read deny.
    pub conditions: Value,
}

impl ConditionalPolicy {
    /// Whether the policy is about `permission`, its resource type aside.
    pub fn covers(&self, permission: &Permission) -> bool {
        self.mapping
            .iter()
            .any(|entry| entry.covers(permission.name(), permission.action()))
    }

    /// The policy in its wire form, without an id.
    pub fn to_json(&self) -> Value {
        serde_json::json!({
            "result": "CONDITIONAL",
            "roleEntityRef": self.role.as_str(),
            "pluginId": self.plugin_id.as_str(),
            "resourceType": self.resource_type.as_str(),
            "permissionMapping": self.mapping.iter().map(MappedPermission::to_json).collect::<Vec<_>>(),
            "conditions": self.conditions,
        })
    }
}

/// One entry of a permission mapping.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MappedPermission {
    /// Every permission of the resource type that has this action ("broad").
    Action(Action),
    /// One permission.
    Named {
        /// The permission's name.
        name: SmolStr,
        /// Its action.
        action: Action,
    },
}

impl MappedPermission {
    /// The entry's action.
    pub fn action(&self) -> Action {
        match self {
            Self::Action(action) | Self::Named { action, .. } => *action,
        }
    }

    /// The permission that the entry names, if it names one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Action(_) => None,
            Self::Named { name, .. } => Some(name),
        }
    }

    /// Whether the entry is about a permission of this name and action.
    pub fn covers(&self, name: &str, action: Action) -> bool {
        self.action() == action && self.name().is_none_or(|own| own == name)
    }

    /// The entry in its wire form: an action, or a name with an action.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Action(action) => action.as_str().into(),
            Self::Named { name, action } => {
                serde_json::json!({ "name": name.as_str(), "action": action.as_str() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_keep_their_wire_names() {
        for name in ["configuration", "rest", "csv-file", "legacy", "keycloak"] {
            assert_eq!(Source::from(name).to_string(), name);
        }
        assert_eq!(
            Source::from("keycloak"),
            Source::Provider("keycloak".into())
        );
    }

    #[test]
    fn only_the_own_source_and_legacy_are_writable() {
        let error = Source::Configuration
            .check_writable_by(&Source::Rest, "role:default/a")
            .unwrap_err();

        assert_eq!(
            error.to_string(),
            "source does not match originating role role:default/a, consider making changes to the 'CONFIGURATION'"
        );
        assert_eq!(
            Source::Legacy.check_writable_by(&Source::Rest, "role:default/a"),
            Ok(())
        );
        assert_eq!(
            Source::Rest.check_writable_by(&Source::Rest, "role:default/a"),
            Ok(())
        );
    }

    #[test]
    fn an_origin_reads_as_a_place() {
        let origin = Origin {
            source: Source::CsvFile,
            file: Some("rbac.csv".into()),
            line: Some(12),
        };

        assert_eq!(origin.to_string(), "rbac.csv:12");
        assert_eq!(Origin::from(Source::Rest).to_string(), "rest");
    }
}
