//! How a role came to be what it is, as the audit log tells it.

use super::{Header, Tab, place};
use crate::audit::RoleChange;
use crate::error::Error;
use crate::rbac::state::RoleMetadata;
use crate::rbac::views::address::RolePath;
use crate::rbac::views::readers;
use crate::rbac::views::sight::{Access, RoleSight};
use crate::ui::entity::Sight;
use crate::ui::{Icon, Moment, Page, PageRequest, Shell, Texts, Tone};
use askama::Template;
use axum::extract::Path;
use jiff::Timestamp;
use serde_json::Value;

/// How many changes the page tells.
const CHANGES: u32 = 100;
/// How many the overview tells.
const LAST_CHANGES: u32 = 4;
/// How many lines one change shows.
const LINES: usize = 200;

/// A change of a role.
pub(super) struct Entry {
    pub(super) number: i64,
    pub(super) tone: Tone,
    pub(super) icon: Icon,
    pub(super) title: String,
    pub(super) actor: String,
    pub(super) at: Moment,
    pub(super) lines: Vec<Line>,
}

/// A line of a difference.
pub(super) struct Line {
    pub(super) sign: Sign,
    pub(super) text: String,
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It came.
    Added,
    /// It went.
    Removed,
    /// It is so now.
    Kept,
}

#[derive(Template)]
#[template(path = "rbac/templates/role_history_page.html")]
pub(in crate::rbac::views) struct HistoryPage {
    shell: Shell,
    header: Header,
    entries: Vec<Entry>,
}

/// `GET /rbac/roles/{kind}/{namespace}/{name}/history`.
///
/// Permission: `policy.entity.read` for the role; a conditional right tells nothing of roles that
/// had its name before.
pub(in crate::rbac::views) async fn page(
    request: PageRequest,
    Path(path): Path<RolePath>,
) -> Result<Page<HistoryPage>, Error> {
    request.enter_administration(&readers())?;
    let role = path.role()?;
    let app = &request.app;
    let sight = Sight::of(app, &request.viewer.principal, request.texts())?;
    let roles = RoleSight::of(app, &request.viewer.principal, &sight)?;
    let metadata = roles.role(&role)?;
    let shell = request.shell(place(&sight, &role))?;
    let entries = entries(&request, &sight.t, &roles, (&role, metadata), CHANGES).await?;
    Ok(Page(HistoryPage {
        header: Header::of(&shell, &roles, &role, metadata, Tab::History),
        shell,
        entries,
    }))
}

/// The newest changes, for the overview.
pub(super) async fn last(
    request: &PageRequest,
    t: &Texts,
    roles: &RoleSight,
    role: (&str, &RoleMetadata),
) -> Result<Vec<Entry>, Error> {
    entries(request, t, roles, role, LAST_CHANGES).await
}

async fn entries(
    request: &PageRequest,
    t: &Texts,
    roles: &RoleSight,
    (role, metadata): (&str, &RoleMetadata),
    limit: u32,
) -> Result<Vec<Entry>, Error> {
    // Whoever may read this role need not have been allowed to read one that had its name before.
    let since = if roles.is_whole() {
        None
    } else {
        metadata.created_at
    };
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    let app = &request.app;
    let changes = app.audit().changes_naming(role, since, limit).await?;
    let now = app.core().clock.now();
    Ok(changes
        .iter()
        .map(|change| Entry::of(t, role, change, now))
        .collect())
}

impl Entry {
    fn of(t: &Texts, role: &str, change: &RoleChange, now: Timestamp) -> Entry {
        let action = change.meta["actionType"].as_str().unwrap_or_default();
        let mut lines = lines(role, change);
        lines.truncate(LINES);
        let title = match (change.event_id.as_str(), action) {
            ("role-write", "create") => "rbac-role-created",
            ("role-write", "delete") => "rbac-role-deleted",
            ("role-write", _) => "rbac-role-changed",
            ("policy-write", "create") => "rbac-policies-added",
            ("policy-write", "delete") => "rbac-policies-removed",
            ("policy-write", _) => "rbac-policies-changed",
            (_, "create") => "rbac-condition-added",
            (_, "delete") => "rbac-condition-removed",
            (_, _) => "rbac-condition-changed",
        };
        let (tone, icon) = match action {
            "create" => (Tone::Ok, Icon::Plus),
            "delete" => (Tone::No, Icon::X),
            _ => (Tone::Info, Icon::Pencil),
        };
        Entry {
            number: change.number,
            tone,
            icon,
            title: t.say(title).to_string(),
            actor: change.actor.clone(),
            at: Moment::new(t, change.at, now),
            lines,
        }
    }
}

/// What a change did to the role, line by line; what it did to other roles is left out.
fn lines(role: &str, change: &RoleChange) -> Vec<Line> {
    let meta = &change.meta;
    let sign = match meta["actionType"].as_str() {
        Some("create") => Sign::Added,
        Some("delete") => Sign::Removed,
        _ => Sign::Kept,
    };
    let mut lines = Vec::new();
    let mut push = |sign, text: String| lines.push(Line { sign, text });
    match change.event_id.as_str() {
        "role-write" if meta["roleEntityRef"] == role => {
            for name in ["description", "owner", "source"] {
                if let Some(text) = meta[name].as_str().filter(|text| !text.is_empty()) {
                    let told = format!("{name}: {text}");
                    told.lines().for_each(|line| push(sign, line.to_owned()));
                }
            }
            let (added, removed) = (texts(&meta["addedMembers"]), texts(&meta["removedMembers"]));
            for member in texts(&meta["members"]).filter(|one| !has(&meta["addedMembers"], one)) {
                push(sign, format!("g, {member}, {role}"));
            }
            added.for_each(|member| push(Sign::Added, format!("g, {member}, {role}")));
            removed.for_each(|member| push(Sign::Removed, format!("g, {member}, {role}")));
        }
        // The policy file names its members in rows.
        "role-write" => {
            for row in rows_of(&meta["addedPolicies"], 1, role).chain(rows_of(
                &meta["updatedPolicies"],
                1,
                role,
            )) {
                push(Sign::Added, format!("g, {row}"));
            }
        }
        "policy-write" => {
            for row in rows_of(&meta["policies"], 0, role) {
                push(sign, format!("p, {row}"));
            }
        }
        _ => {
            let condition = &meta["condition"];
            let is_of_role = condition["roleEntityRef"] == role;
            if is_of_role && !condition["conditions"].is_null() {
                let told = format!("{:#}", condition["conditions"]);
                told.lines().for_each(|line| push(sign, line.to_owned()));
            }
        }
    }
    lines
}

/// The texts of a list.
fn texts(list: &Value) -> impl Iterator<Item = &str> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(Value::as_str)
}

fn has(list: &Value, text: &str) -> bool {
    texts(list).any(|item| item == text)
}

/// The rows whose cell at `place` names the role, as lines of a policy file.
fn rows_of<'a>(rows: &'a Value, place: usize, role: &'a str) -> impl Iterator<Item = String> {
    let rows = rows.as_array().into_iter().flatten();
    rows.filter(move |row| row[place] == role)
        .map(|row| texts(row).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ROLE: &str = "role:default/crew";

    fn told(event_id: &str, meta: Value) -> String {
        let change = RoleChange {
            number: 1,
            at: Timestamp::UNIX_EPOCH,
            event_id: event_id.to_owned(),
            actor: "user:default/ann".to_owned(),
            meta,
        };
        let line = |line: Line| {
            let sign = match line.sign {
                Sign::Added => '+',
                Sign::Removed => '-',
                Sign::Kept => ' ',
            };
            format!("{sign}{}", line.text)
        };
        let lines: Vec<_> = lines(ROLE, &change).into_iter().map(line).collect();
        lines.join("\n")
    }

    #[test]
    fn what_came_and_went_is_told_and_nothing_of_other_roles() {
        let removed = json!({"actionType": "delete", "policies": [
            [ROLE, "catalog-entity", "read", "allow"],
            ["role:default/other", "secret", "read", "allow"],
        ]});
        assert_eq!(
            told("policy-write", removed),
            "-p, role:default/crew, catalog-entity, read, allow"
        );
        let members = json!({
            "actionType": "update", "roleEntityRef": ROLE, "members": ["user:default/ann", "user:default/bob"],
            "addedMembers": ["user:default/bob"], "removedMembers": ["user:default/eve"],
        });
        assert_eq!(
            told("role-write", members),
            " g, user:default/ann, role:default/crew\n\
             +g, user:default/bob, role:default/crew\n\
             -g, user:default/eve, role:default/crew"
        );
        let of_file = json!({"actionType": "create_or_update", "addedPolicies": [
            ["user:default/tom", ROLE], ["user:default/tom", "role:default/other"],
        ]});
        assert_eq!(
            told("role-write", of_file),
            "+g, user:default/tom, role:default/crew"
        );
    }
}
