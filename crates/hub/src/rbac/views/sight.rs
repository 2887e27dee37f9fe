//! The roles as one person sees them, and what the person may do with each.

use super::super::config::FilePath;
use super::super::owner::Visible;
use super::super::permissions::{POLICY_CREATE, POLICY_DELETE, POLICY_READ, POLICY_UPDATE};
use super::super::roster::Roster;
use super::super::source::SourceKind;
use super::super::state::RoleMetadata;
use crate::app::App;
use crate::error::Error;
use crate::principal::Principal;
use crate::ui::entity::Sight;
use callboard_catalog::{Filter, Match};
use callboard_policy::{Origin, Source};
use smol_str::SmolStr;
use std::sync::Arc;

/// One state of the roles, limited to those that a person may read.
///
/// A page takes one sight and asks it for everything, so that its counts and rows agree.
pub(super) struct RoleSight {
    pub(super) roster: Arc<Roster>,
    readable: Visible,
    updatable: Visible,
    deletable: Visible,
    /// Whether the person may read any user or group: roles cannot be edited without.
    sees_people: bool,
    may_create: bool,
    /// The policy files.
    files: Vec<(SourceKind, FilePath)>,
}

/// Whether something can be done with a role here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It can.
    Open,
    /// Not by this person.
    Refused,
    /// By nobody: the role belongs to another source.
    Locked,
}

/// Where a role that nobody can change here is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lock {
    /// In a policy file.
    File {
        /// Its path, from the folder of the configuration where it is below.
        file: String,
        /// Which of the policy files it is, if it still is one.
        kind: Option<SourceKind>,
        /// The first line that makes the role.
        line: Option<u32>,
    },
    /// In the configuration, under this key.
    Configuration(&'static str),
    /// By this provider.
    Provider(String),
}

impl RoleSight {
    /// What `principal` sees at this moment; `sight` is what they see of the catalog.
    ///
    /// # Errors
    ///
    /// 403 with an empty message when it is nothing.
    pub(super) fn of(app: &App, principal: &Principal, sight: &Sight) -> Result<RoleSight, Error> {
        let limited = |permission| {
            let visible = Visible::of(app, principal, permission);
            visible.unwrap_or(Visible::Nothing)
        };
        let people = Filter::from(Match::one_of("kind", ["user", "group"]));
        Ok(RoleSight {
            readable: Visible::of(app, principal, &POLICY_READ)?,
            updatable: limited(&POLICY_UPDATE),
            deletable: limited(&POLICY_DELETE),
            may_create: app
                .permission()
                .authorize(app, principal, &POLICY_CREATE, None),
            sees_people: sight.count(people) > 0,
            files: app.rbac().config().files(),
            roster: app.rbac().roster(),
        })
    }

    /// The roles that the person may read, in order of creation.
    pub(super) fn roles(&self) -> impl Iterator<Item = (&SmolStr, &RoleMetadata)> {
        let roles = self.roster.state().roles.iter();
        roles.filter(|(_, metadata)| self.readable.includes(metadata))
    }

    /// The metadata of a role.
    ///
    /// # Errors
    ///
    /// 404 for a role that is not there, and alike for one that the person may not read.
    pub(super) fn role(&self, role: &str) -> Result<&RoleMetadata, Error> {
        let found = self.readable.role(self.roster.state(), role);
        found.ok_or_else(|| Error::NotFound(String::new()))
    }

    /// Whether the person may read every role there is.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.readable, Visible::All)
    }

    /// Whether the person can create roles.
    pub(super) fn may_create(&self) -> bool {
        self.may_create && self.sees_people
    }

    /// Where a row stands in a file, such as `rbac/policies.csv:12`; else the source of the row.
    pub(super) fn place(&self, origin: &Origin) -> String {
        let known = origin.file.as_deref().and_then(|name| self.file(name));
        let origin = Origin {
            file: known.map_or_else(|| origin.file.clone(), |(_, file)| Some(file.shown.clone())),
            ..origin.clone()
        };
        origin.to_string()
    }

    /// The policy file that was configured under a name.
    fn file(&self, name: &str) -> Option<&(SourceKind, FilePath)> {
        self.files.iter().find(|(_, file)| *file.name == *name)
    }

    /// Whether the person can edit a role.
    pub(super) fn update(&self, metadata: &RoleMetadata) -> Access {
        if is_locked(metadata) {
            Access::Locked
        } else if self.sees_people && self.updatable.includes(metadata) {
            Access::Open
        } else {
            Access::Refused
        }
    }

    /// Whether the person can delete a role.
    pub(super) fn delete(&self, metadata: &RoleMetadata) -> Access {
        if is_locked(metadata) {
            Access::Locked
        } else if self.deletable.includes(metadata) {
            Access::Open
        } else {
            Access::Refused
        }
    }

    /// Where a role is changed; absent when that is here.
    pub(super) fn lock(&self, role: &str, metadata: &RoleMetadata) -> Option<Lock> {
        if metadata.is_default {
            return Some(Lock::Configuration("permission.rbac.defaultPermissions"));
        }
        match &metadata.source {
            Source::Rest | Source::Legacy => None,
            Source::Configuration => Some(Lock::Configuration("permission.rbac.admin")),
            Source::Provider(name) => Some(Lock::Provider(name.to_string())),
            Source::CsvFile => {
                let origins = self.roster.members(role).map(|(_, record)| &record.origin);
                let mut origins = origins.filter(|origin| origin.file.is_some());
                // Files give rows in order of their lines, members are in another.
                let first = origins.by_ref().min_by_key(|origin| origin.line);
                let name = first.and_then(|origin| origin.file.as_deref());
                let known = name.and_then(|name| self.file(name));
                Some(Lock::File {
                    file: match (known, name) {
                        (Some((_, file)), _) => file.shown.to_string(),
                        (None, Some(name)) => name.to_owned(),
                        (None, None) => "permission.rbac.policies-csv-file".to_owned(),
                    },
                    kind: known.map(|(kind, _)| *kind),
                    line: first.and_then(|origin| origin.line),
                })
            }
        }
    }
}

/// Whether a role belongs to another source than the API and the pages.
fn is_locked(metadata: &RoleMetadata) -> bool {
    metadata.is_default || !matches!(metadata.source, Source::Rest | Source::Legacy)
}
