//! Roles, and what each of them lets be brought over.

use super::super::foreign::ForeignRole;
use super::super::report::{Fate, Kind, Outcome};
use super::rule::ReadRule;
use super::{Plan, listed};
use crate::rbac::state::{RoleMetadata, State};
use callboard_policy::reference::{self, Usage};
use callboard_policy::{Row, Source};
use indexmap::IndexMap;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashSet};

/// Roles of the other installation by their references.
pub(super) type ReadRoles = IndexMap<SmolStr, ReadRole>;

/// A role that can be stored.
pub(super) struct ReadRole {
    pub(super) metadata: RoleMetadata,
    place: String,
}

/// What may be brought over for a role.
pub(super) enum Standing {
    /// Everything; its rows get this source.
    Ours {
        source: Source,
        /// Whether its metadata are written by this import.
        is_written: bool,
    },
    /// Nothing: the configuration declares such roles. Says which configuration.
    Configuration(&'static str),
    /// Nothing: the role here is another one, or was changed. Says so.
    Kept { reason: String, is_same: bool },
}

impl Plan<'_> {
    /// Reads the metadata that can be read; the others are noted and left out.
    pub(super) fn read_roles(&mut self, roles: Vec<ForeignRole>) -> ReadRoles {
        let mut read = ReadRoles::new();
        for ForeignRole {
            place,
            role,
            metadata,
        } in roles
        {
            let role = SmolStr::new(role.unwrap_or_default());
            if let Err(error) = reference::check(&role, Usage::Role) {
                self.skip(Kind::Role, &role, Some(&place), error.to_string());
                continue;
            }
            match read.get(&role) {
                None => drop(read.insert(role, ReadRole { metadata, place })),
                Some(first) if first.metadata == metadata => {
                    self.report.count(Kind::Role, Fate::Duplicate);
                }
                Some(first) => {
                    let reason = format!("{} says something else, and comes first", first.place);
                    self.skip(Kind::Role, &role, Some(&place), reason);
                }
            }
        }
        read
    }

    /// Brings metadata over, and decides what becomes of the rows of each role.
    pub(super) fn bring_roles(&mut self, roles: ReadRoles, rules: &[ReadRule]) {
        let named: HashSet<SmolStr> = roles.keys().cloned().collect();
        for (role, read) in roles {
            self.bring_role(role, read.metadata, Some(&read.place));
        }
        // Versions before there were metadata left roles without any.
        for rule in rules {
            let role = rule.row.role();
            let is_role = reference::check(role, Usage::Role).is_ok();
            if is_role && !named.contains(role) && !self.standings.contains_key(role) {
                self.bring_role(role.clone(), legacy(), None);
            }
        }
    }

    fn bring_role(&mut self, role: SmolStr, theirs: RoleMetadata, place: Option<&str>) {
        let standing = self.standing(&role, &theirs);
        let here = self.existing.roles.get(&role);
        let fate = match (&standing, here) {
            (Standing::Configuration(_), _) => Fate::Left,
            (Standing::Kept { is_same, .. }, _) if !is_same => Fate::Left,
            (Standing::Kept { .. }, _) => Fate::Unchanged,
            (Standing::Ours { is_written, .. }, _) if !is_written => Fate::Unchanged,
            (Standing::Ours { .. }, Some(_)) => Fate::Updated,
            (Standing::Ours { .. }, None) => Fate::Added,
        };
        self.report.count(Kind::Role, fate);
        match fate {
            Fate::Added if place.is_none() => {
                let reason =
                    "it has no metadata there; its source is `legacy`, so anybody may take it over";
                self.report
                    .note((Outcome::Changed, Kind::Role), role.as_str(), None, reason);
            }
            Fate::Updated => {
                let reason = match here {
                    Some(here) if here.source != theirs.source => format!(
                        "its source was `{}` and is `{}` now",
                        here.source, theirs.source
                    ),
                    Some(_) | None => "it was changed there since it was imported".to_owned(),
                };
                self.report
                    .note((Outcome::Updated, Kind::Role), role.as_str(), place, reason);
            }
            Fate::Added | Fate::Unchanged | Fate::Duplicate | Fate::Left => {}
        }
        if matches!(fate, Fate::Added | Fate::Updated) {
            if here.is_some_and(|here| here.source != theirs.source) {
                own_rows(&mut self.state, &role, &theirs.source);
            }
            self.state.roles.insert(role.clone(), theirs);
        }
        self.standings.insert(role, standing);
    }

    fn standing(&self, role: &SmolStr, theirs: &RoleMetadata) -> Standing {
        let configured = [&self.config.admin, &self.config.default_role];
        let mut configured = configured.into_iter().flatten();
        if configured.any(|configured| configured.role == *role) {
            return Standing::Configuration("the configuration of this hub declares it");
        }
        if theirs.source == Source::Configuration || theirs.is_default {
            return Standing::Configuration(
                "it comes from the configuration there, so declare it in the configuration here",
            );
        }
        let ours = |is_written| Standing::Ours {
            source: theirs.source.clone(),
            is_written,
        };
        let Some(here) = self.existing.roles.get(role) else {
            return ours(true);
        };
        let kept = |reason: String| Standing::Kept {
            reason,
            is_same: here.description == theirs.description && here.owner == theirs.owner,
        };
        if here == theirs {
            return ours(false);
        }
        if here.source == Source::Legacy && theirs.source != Source::Legacy {
            return ours(true);
        }
        if here.source != theirs.source {
            return kept(format!(
                "its source is `{}` here and `{}` there",
                here.source, theirs.source
            ));
        }
        // What was imported has kept the time when it was made.
        if here.created_at != theirs.created_at {
            return kept("a role of this name was made here independently".to_owned());
        }
        if theirs.modified_at > here.modified_at {
            return ours(true);
        }
        kept("it was changed here since it was imported".to_owned())
    }

    /// Notes what is to be said about roles once all of their rows are known.
    pub(super) fn note_roles(&mut self, rules: &[ReadRule]) {
        let theirs: HashSet<&Row> = rules.iter().map(|rule| &rule.row).collect();
        for (role, standing) in std::mem::take(&mut self.standings) {
            let left = self.left.remove(&role).unwrap_or_default();
            match standing {
                Standing::Configuration(reason) => {
                    let reason = with_left(reason, &left);
                    let outcome = (Outcome::Configuration, Kind::Role);
                    self.report.note(outcome, role.as_str(), None, reason);
                }
                Standing::Kept { is_same, .. } if is_same && left.is_empty() => {}
                Standing::Kept { reason, .. } => {
                    let reason = with_left(&reason, &left);
                    let outcome = (Outcome::Kept, Kind::Role);
                    self.report.note(outcome, role.as_str(), None, reason);
                }
                Standing::Ours { source, is_written } => {
                    if is_written {
                        self.note_source(&role, &source);
                    }
                    self.note_extra(&role, &theirs);
                }
            }
        }
    }

    fn note_source(&mut self, role: &SmolStr, source: &Source) {
        let reason = match (source, &self.config.policies) {
            (Source::CsvFile, Some(file)) => format!(
                "its source is `csv-file`: it stays only as long as `{}` has it, from the next start on",
                file.name
            ),
            (Source::CsvFile, None) => {
                "its source is `csv-file`, and the configuration names no `permission.rbac.policies-csv-file`: \
                 the next start removes it"
                    .to_owned()
            }
            (Source::Provider(provider), _) => format!(
                "its source is the provider `{provider}`: nothing else may change it, here as there"
            ),
            (Source::Configuration | Source::Rest | Source::Legacy, _) => return,
        };
        self.report.note(
            (Outcome::Attention, Kind::Role),
            role.as_str(),
            None,
            reason,
        );
    }

    /// Notes rows of a role that only this hub has: an import takes nothing away.
    fn note_extra(&mut self, role: &SmolStr, theirs: &HashSet<&Row>) {
        let memberships = self
            .existing
            .memberships
            .keys()
            .filter(|membership| membership.role == *role)
            .map(|membership| Row::Membership(membership.clone()));
        let policies = self
            .existing
            .policies
            .keys()
            .filter(|policy| policy.subject == *role)
            .map(|policy| Row::Grant(policy.clone()));
        let rows = memberships
            .map(|row| (Kind::Membership, row))
            .chain(policies.map(|row| (Kind::Policy, row)));
        let mut extra = BTreeMap::<Kind, usize>::new();
        for (kind, _) in rows.filter(|(_, row)| !theirs.contains(row)) {
            *extra.entry(kind).or_default() += 1;
        }
        if extra.is_empty() {
            return;
        }
        let reason = format!("only here, and kept: {}", listed(&extra));
        self.report
            .note((Outcome::Kept, Kind::Role), role.as_str(), None, reason);
    }
}

/// The metadata that the original gives to roles from before there were any.
fn legacy() -> RoleMetadata {
    RoleMetadata {
        source: Source::Legacy,
        description: None,
        owner: None,
        author: None,
        modified_by: None,
        created_at: None,
        modified_at: None,
        is_default: false,
    }
}

/// Gives the rows that a role has here its new source.
fn own_rows(state: &mut State, role: &str, source: &Source) {
    for (membership, record) in &mut state.memberships {
        if membership.role == role {
            record.origin = source.clone().into();
        }
    }
    for (policy, record) in &mut state.policies {
        if policy.subject == role {
            record.origin = source.clone().into();
        }
    }
    for record in state.conditions.values_mut() {
        if record.policy.role == role {
            record.origin = source.clone().into();
        }
    }
}

fn with_left(reason: &str, left: &BTreeMap<Kind, usize>) -> String {
    if left.is_empty() {
        return reason.to_owned();
    }
    format!("{reason}; left out with it: {}", listed(left))
}
