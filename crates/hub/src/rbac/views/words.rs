//! Small words that several pages of roles say.

use crate::rbac::roster::Counts;
use crate::rbac::state::RoleMetadata;
use crate::ui::{self, Icon, Texts};
use callboard_policy::{Action, Source};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Who is a member, such as `1 group, 2 users`.
pub(super) fn members(t: &Texts, metadata: &RoleMetadata, counts: Counts) -> String {
    if metadata.is_default {
        return t.say("rbac-everybody").to_string();
    }
    let groups = (counts.groups > 0).then(|| t.say("rbac-groups").with("n", counts.groups));
    let users = (counts.users > 0).then(|| t.say("rbac-users").with("n", counts.users));
    let parts: Vec<_> = [groups, users]
        .into_iter()
        .flatten()
        .map(|part| part.to_string())
        .collect();
    if parts.is_empty() {
        return t.say("rbac-no-members").to_string();
    }
    parts.join(", ")
}

/// Where a role comes from, as a badge shows it.
#[derive(Debug, Clone)]
pub(super) struct SourceBadge {
    pub(super) icon: Icon,
    pub(super) label: String,
}

impl SourceBadge {
    pub(super) fn of(t: &Texts, source: &Source) -> SourceBadge {
        let (icon, name) = match source {
            Source::Configuration => (Icon::SlidersHorizontal, "rbac-source-configuration"),
            Source::Rest => (Icon::Braces, "rbac-source-rest"),
            Source::CsvFile => (Icon::FileText, "rbac-source-csv"),
            Source::Legacy => (Icon::History, "rbac-source-legacy"),
            Source::Provider(name) => {
                return SourceBadge {
                    icon: Icon::Plug,
                    label: name.to_string(),
                };
            }
        };
        SourceBadge {
            icon,
            label: t.say(name).to_string(),
        }
    }
}

/// An action as policies are listed: `Read`.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "Create",
        Action::Read => "Read",
        Action::Update => "Update",
        Action::Delete => "Delete",
        Action::Use => "Use",
    }
}

/// A moment in UTC, such as `25 Mar 2025, 17:24`.
pub(super) fn full_time(t: &Texts, time: Timestamp) -> String {
    let day = ui::day(t, &time.to_string()).unwrap_or_default();
    let time = time.to_zoned(TimeZone::UTC);
    format!("{day}, {:02}:{:02}", time.hour(), time.minute())
}
