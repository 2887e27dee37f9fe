//! `callboard rbac export`: what is stored, as the files that a hub reads.

mod condition;
mod row;
#[cfg(test)]
mod test;

use super::state::{RoleMetadata, State};
use super::store;
use crate::app::Core;
use crate::audit::{Audit, Operation, Requester};
use crate::hub::{Hub, Parts, StartError, register};
use callboard_policy::{ConditionsFileLimits, Source};
use indexmap::IndexMap;
use serde_json::json;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::fmt::{self, Display};

/// Which roles are exported, by where they come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExportSource {
    /// All but those that the configuration makes.
    #[default]
    All,
    /// Those of the REST API.
    Rest,
    /// Those of the policy file.
    CsvFile,
}

/// The stored policy as files, and what these cannot carry.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Export {
    /// The file of roles, members and policies.
    pub policies: String,
    /// The file of conditional policies; empty when there are none.
    pub conditions: String,
    /// How many conditional policies there are in it.
    pub condition_count: usize,
    /// What is not in the files.
    pub left_out: Vec<LeftOut>,
}

/// Something that the files do not carry.
#[derive(Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is, in a form that can be looked up.
    pub what: String,
    /// Why it is not there.
    pub reason: String,
}

impl Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.reason)
    }
}

impl Hub {
    /// Writes what is stored about roles as files that load back to the same decisions, beside a
    /// hub that may be running on the same database. The audit log names `asked_by`.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the configuration cannot be used or the database does not answer.
    pub async fn export_policies(
        parts: Parts,
        source: ExportSource,
        asked_by: &str,
    ) -> Result<Export, StartError> {
        let core = Core::new(parts, prometheus::Registry::new())?;
        register(&core).await?;
        let audit = Audit::new(&core);
        audit.open().await?;
        let requester = Requester::named(asked_by);
        let operation = Operation::begin(requester, "permission", "role-export", json!({}));
        let mut tx = core.store.begin().await?;
        let exported = export(&store::load(&mut tx).await?, source);
        let counts = json!({"conditions": exported.condition_count});
        let recorded = operation.succeed_by(&audit, &mut tx, counts).await?;
        tx.commit().await?;
        recorded.publish();
        audit.close().await;
        Ok(exported)
    }
}

/// Writes the state: roles by name, the rows of each sorted.
fn export(state: &State, source: ExportSource) -> Export {
    let mut export = Export::default();
    let mut roles: BTreeSet<&SmolStr> = state.roles.keys().collect();
    roles.extend(state.memberships.keys().map(|row| &row.role));
    roles.extend(state.policies.keys().map(|row| &row.subject));
    roles.extend(state.conditions.values().map(|record| &record.policy.role));
    let mut exported = BTreeSet::new();
    for role in roles {
        let metadata = state.roles.get(role);
        match source_of(state, role) {
            Some(Source::Configuration) => {
                export.leave_out_configured(state, role);
                continue;
            }
            own if !source.includes(own.as_ref()) => continue,
            _ => {}
        }
        if row::write(state, role, metadata, &mut export) {
            exported.insert(role.as_str());
        }
    }
    condition::write(state, source, &exported, &mut export);
    for id in &state.plugin_ids {
        export.leave_out(
            format!("plugin id {id}"),
            "files do not carry it; name it in `permission.rbac.pluginsWithPermission`",
        );
    }
    export
}

/// Writes one role.
pub(super) fn export_role(state: &State, role: &str) -> Export {
    let own = State {
        roles: pick(&state.roles, |name, _| name == role),
        memberships: pick(&state.memberships, |row, _| row.role == role),
        policies: pick(&state.policies, |policy, _| policy.subject == role),
        conditions: state
            .conditions
            .iter()
            .filter(|(_, record)| record.policy.role == role)
            .map(|(id, record)| (*id, record.clone()))
            .collect(),
        ..State::default()
    };
    export(&own, ExportSource::All)
}

fn pick<K, V>(map: &IndexMap<K, V>, wants: impl Fn(&K, &V) -> bool) -> IndexMap<K, V>
where
    K: Clone + Eq + std::hash::Hash,
    V: Clone,
{
    let wanted = map.iter().filter(|(key, value)| wants(key, value));
    wanted
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Where a role comes from: its metadata say, or else its rows.
fn source_of(state: &State, role: &str) -> Option<Source> {
    if let Some(metadata) = state.roles.get(role) {
        return Some(metadata.source.clone());
    }
    let members = state.memberships.iter().filter(|(row, _)| row.role == role);
    let members = members.map(|(_, record)| &record.origin);
    let policies = state.policies.iter().filter(|(row, _)| row.subject == role);
    let policies = policies.map(|(_, record)| &record.origin);
    let conditions = state.conditions.values();
    let conditions = conditions.filter(|record| record.policy.role == role);
    let mut origins = members
        .chain(policies)
        .chain(conditions.map(|record| &record.origin));
    origins.next().map(|origin| origin.source.clone())
}

impl ExportSource {
    fn includes(self, source: Option<&Source>) -> bool {
        match self {
            ExportSource::All => true,
            ExportSource::Rest => source == Some(&Source::Rest),
            ExportSource::CsvFile => source == Some(&Source::CsvFile),
        }
    }
}

impl Export {
    fn leave_out(&mut self, what: impl Display, reason: impl Display) {
        self.left_out.push(LeftOut {
            what: flat(&what.to_string()),
            reason: reason.to_string(),
        });
    }

    fn leave_out_configured(&mut self, state: &State, role: &str) {
        self.leave_out(role, "the configuration makes this role");
        for (id, record) in &state.conditions {
            if record.policy.role == role {
                self.leave_out(
                    format_args!("condition {id} of {role}"),
                    "a file gives no conditions to a role that the configuration makes",
                );
            }
        }
    }
}

/// How large a file of conditional policies may be unless it is configured.
fn limits() -> ConditionsFileLimits {
    ConditionsFileLimits::default()
}

/// A comment that introduces a role.
fn heading(role: &str, metadata: Option<&RoleMetadata>) -> String {
    let mut heading = format!("# {}", flat(role));
    let Some(metadata) = metadata else {
        return heading + "\n";
    };
    let description = metadata.description.as_deref().unwrap_or_default();
    if !description.is_empty() {
        heading += &format!(": {}", flat(description));
    }
    let owner = metadata.owner.as_deref().unwrap_or_default();
    let owner = match owner {
        "" => String::new(),
        owner => format!(", owner {}", flat(owner)),
    };
    format!(
        "{heading}\n# source {}{owner}\n",
        flat(metadata.source.as_str())
    )
}

/// The text on one line.
fn flat(text: &str) -> String {
    let lines = text.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
