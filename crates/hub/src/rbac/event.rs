//! What the hub changed on its own, as audit events.
//!
//! They are read off the difference of two states, so that nothing changes without one.

use super::state::State;
use callboard_policy::{Grant, Membership, Source};
use indexmap::{IndexMap, IndexSet};
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::collections::HashMap;

/// How many rows one event names at most: a line of the log must not become a book.
const ROWS_PER_EVENT: usize = 500;

/// Something that was done, with what its audit event says.
#[derive(Debug, PartialEq)]
pub(super) struct Change {
    /// The id of the event.
    pub(super) event: &'static str,
    /// What the event says.
    pub(super) meta: Value,
}

/// Everything that differs between two states.
///
/// `skipped` are `g` rows of the file that were not taken over.
pub(super) fn changes(old: &State, new: &State, skipped: &[Vec<SmolStr>]) -> Vec<Change> {
    let mut changes = members_of_file(old, new, skipped);
    changes.extend(roles(old, new));
    changes.extend(policies("create", new, old));
    changes.extend(policies("delete", old, new));
    changes.extend(conditions(old, new));
    changes
}

fn role_write(meta: Value) -> Change {
    Change {
        event: "role-write",
        meta,
    }
}

/// The members that the policy file added, in the form of the original.
fn members_of_file(old: &State, new: &State, skipped: &[Vec<SmolStr>]) -> Vec<Change> {
    let added: Vec<_> = added_members(old, new)
        .filter(|(_, source)| **source == Source::CsvFile)
        .map(|(row, _)| row)
        .collect();
    let rows = |rows: &[&Membership], is_known: bool| {
        let rows = rows
            .iter()
            .filter(|row| old.roles.contains_key(&row.role) == is_known);
        rows.map(|row| json!([row.member, row.role]))
            .collect::<Value>()
    };
    let events = added.chunks(ROWS_PER_EVENT).enumerate();
    events
        .map(|(number, added)| {
            role_write(json!({
                "source": Source::CsvFile.as_str(),
                "actionType": "create_or_update",
                "addedPolicies": rows(added, false),
                "updatedPolicies": rows(added, true),
                "failedPolicies": if number == 0 { json!(skipped) } else { json!([]) },
            }))
        })
        .collect()
}

fn added_members<'a>(
    old: &State,
    new: &'a State,
) -> impl Iterator<Item = (&'a Membership, &'a Source)> {
    new.memberships
        .iter()
        .filter(|(row, _)| !old.memberships.contains_key(*row))
        .map(|(row, record)| (row, &record.origin.source))
}

/// What happened to one role.
#[derive(Default)]
struct RoleChange<'a> {
    added: Vec<&'a str>,
    removed: Vec<&'a str>,
}

/// The roles that came, went, changed hands or lost members, and the members that the
/// configuration added.
fn roles(old: &State, new: &State) -> Vec<Change> {
    let mut changed: IndexMap<&SmolStr, RoleChange<'_>> = IndexMap::new();
    for (role, metadata) in &new.roles {
        let before = old.roles.get(role).map(|metadata| &metadata.source);
        // A new role of the file is told by its members.
        let is_told = before.is_none() && metadata.source == Source::CsvFile;
        if before != Some(&metadata.source) && !is_told {
            changed.entry(role).or_default();
        }
    }
    for (row, source) in added_members(old, new) {
        if *source != Source::CsvFile {
            let change = changed.entry(&row.role).or_default();
            change.added.push(&row.member);
        }
    }
    for (row, _) in added_members(new, old) {
        let change = changed.entry(&row.role).or_default();
        change.removed.push(&row.member);
    }
    for role in old.roles.keys() {
        if !new.roles.contains_key(role) {
            changed.entry(role).or_default();
        }
    }
    let mut members: HashMap<&SmolStr, Vec<&str>> = HashMap::new();
    for Membership { member, role } in new.memberships.keys() {
        if changed.contains_key(role) {
            members.entry(role).or_default().push(member);
        }
    }
    let event = |(role, change): (&&SmolStr, &RoleChange<'_>)| {
        let role = *role;
        let (before, after) = (old.roles.get(role), new.roles.get(role));
        let action = match (before, after) {
            (_, None) => "delete",
            (None, Some(_)) => "create",
            (Some(_), Some(_)) => "update",
        };
        let mut meta = json!({"actionType": action, "roleEntityRef": role});
        if let Some(metadata) = after.or(before) {
            meta["source"] = json!(metadata.source.as_str());
        }
        let members = members.get(role).map_or(&[][..], Vec::as_slice);
        meta["members"] = json!(members);
        for (name, members) in [
            ("addedMembers", &change.added),
            ("removedMembers", &change.removed),
        ] {
            if !members.is_empty() {
                meta[name] = json!(members);
            }
        }
        role_write(meta)
    };
    changed.iter().map(event).collect()
}

/// The policies of one state that the other has not, by source.
fn policies(action: &str, of: &State, not_of: &State) -> Vec<Change> {
    let mut by_source: IndexMap<&Source, Vec<Value>> = IndexMap::new();
    for (grant, record) in &of.policies {
        if !not_of.policies.contains_key(grant) {
            let rows = by_source.entry(&record.origin.source).or_default();
            rows.push(row(grant));
        }
    }
    let event = |source: &Source, rows: &[Value]| Change {
        event: "policy-write",
        meta: json!({"source": source.as_str(), "actionType": action, "policies": rows}),
    };
    by_source
        .iter()
        .flat_map(|(source, rows)| {
            rows.chunks(ROWS_PER_EVENT)
                .map(move |rows| event(source, rows))
        })
        .collect()
}

fn row(grant: &Grant) -> Value {
    let Grant {
        subject,
        permission,
        action,
        effect,
    } = grant;
    json!([subject, permission, action.as_str(), effect.as_str()])
}

fn conditions(old: &State, new: &State) -> Vec<Change> {
    let ids: IndexSet<_> = new.conditions.keys().chain(old.conditions.keys()).collect();
    let change = |id| {
        let (before, after) = (old.conditions.get(id), new.conditions.get(id));
        let (action, record) = match (before, after) {
            (None, Some(after)) => ("create", after),
            (Some(before), None) => ("delete", before),
            (Some(before), Some(after)) if before.policy != after.policy => ("update", after),
            _ => return None,
        };
        let mut condition = record.policy.to_json();
        condition["id"] = json!(id);
        let mut meta = json!({"actionType": action, "condition": condition});
        // Those of the conditions file name no source, as in the original.
        if let Source::Provider(name) = &record.origin.source {
            meta["source"] = json!(name);
        }
        Some(Change {
            event: "condition-write",
            meta,
        })
    };
    ids.into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::super::state::RoleMetadata;
    use super::*;
    use callboard_policy::{Action, Effect};
    use insta::assert_snapshot;
    use jiff::Timestamp;

    const ROLE: &str = "role:default/a";

    fn state(source: &Source, members: &[&str], actions: &[Action]) -> State {
        let mut state = State::default();
        let metadata = RoleMetadata::new(source.clone(), "test", Timestamp::UNIX_EPOCH);
        state.roles.insert(ROLE.into(), metadata);
        for member in members {
            state.add_membership(Membership::new(*member, ROLE), source.clone().into());
        }
        for action in actions {
            let grant = Grant::new(ROLE, "x", *action, Effect::Allow);
            state.add_policy(grant, source.clone().into());
        }
        state
    }

    fn told(old: &State, new: &State) -> String {
        let skipped = [vec!["user:default/x".into()]];
        let line = |change: &Change| format!("{} {}", change.event, change.meta);
        let lines: Vec<_> = changes(old, new, &skipped).iter().map(line).collect();
        lines.join("\n")
    }

    #[test]
    fn a_role_of_the_file_comes_changes_and_goes() {
        let (none, file) = (State::default(), Source::CsvFile);
        let one = state(&file, &["user:default/tom"], &[Action::Read]);
        let other = state(&file, &["user:default/eve"], &[Action::Update]);

        assert_snapshot!(told(&none, &one), @r#"
        role-write {"source":"csv-file","actionType":"create_or_update","addedPolicies":[["user:default/tom","role:default/a"]],"updatedPolicies":[],"failedPolicies":[["user:default/x"]]}
        policy-write {"source":"csv-file","actionType":"create","policies":[["role:default/a","x","read","allow"]]}
        "#);
        assert_snapshot!(told(&one, &other), @r#"
        role-write {"source":"csv-file","actionType":"create_or_update","addedPolicies":[],"updatedPolicies":[["user:default/eve","role:default/a"]],"failedPolicies":[["user:default/x"]]}
        role-write {"actionType":"update","roleEntityRef":"role:default/a","source":"csv-file","members":["user:default/eve"],"removedMembers":["user:default/tom"]}
        policy-write {"source":"csv-file","actionType":"create","policies":[["role:default/a","x","update","allow"]]}
        policy-write {"source":"csv-file","actionType":"delete","policies":[["role:default/a","x","read","allow"]]}
        "#);
        assert_snapshot!(told(&other, &none), @r#"
        role-write {"actionType":"delete","roleEntityRef":"role:default/a","source":"csv-file","members":[],"removedMembers":["user:default/eve"]}
        policy-write {"source":"csv-file","actionType":"delete","policies":[["role:default/a","x","update","allow"]]}
        "#);
        assert_snapshot!(told(&one, &one), @"");
    }

    #[test]
    fn a_role_of_the_configuration_is_told_by_itself() {
        let (none, own) = (State::default(), Source::Configuration);
        let empty = state(&own, &[], &[]);
        let full = state(&own, &["user:default/ann"], &[]);

        assert_snapshot!(told(&none, &empty), @r#"role-write {"actionType":"create","roleEntityRef":"role:default/a","source":"configuration","members":[]}"#);
        assert_snapshot!(told(&empty, &full), @r#"role-write {"actionType":"update","roleEntityRef":"role:default/a","source":"configuration","members":["user:default/ann"],"addedMembers":["user:default/ann"]}"#);
        assert_snapshot!(told(&full, &empty), @r#"role-write {"actionType":"update","roleEntityRef":"role:default/a","source":"configuration","members":[],"removedMembers":["user:default/ann"]}"#);
    }

    #[test]
    fn a_role_that_changes_hands_is_told() {
        let legacy = state(&Source::Legacy, &["user:default/tom"], &[]);
        let mut adopted = legacy.clone();
        adopted.roles[ROLE].source = Source::CsvFile;

        assert_snapshot!(told(&legacy, &adopted), @r#"role-write {"actionType":"update","roleEntityRef":"role:default/a","source":"csv-file","members":["user:default/tom"]}"#);
    }

    #[test]
    fn many_rows_are_told_in_parts() {
        let members: Vec<_> = (0..1100).map(|n| format!("user:default/u{n}")).collect();
        let members: Vec<_> = members.iter().map(String::as_str).collect();
        let full = state(&Source::CsvFile, &members, &[]);

        let changes = changes(&State::default(), &full, &[vec!["x".into()]]);

        let counts: Vec<_> = changes
            .iter()
            .map(|change| change.meta["addedPolicies"].as_array().unwrap().len())
            .collect();
        assert_eq!(counts, [500, 500, 100]);
    }
}
