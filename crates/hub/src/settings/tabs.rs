//! The tabs above the pages of the settings.

use crate::callboard::{self, SERVICE_ACCOUNT_MANAGE, SESSION_MANAGE};
use crate::ui::PageRequest;

/// A tab of the settings.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    /// Its words.
    pub(crate) label: String,
    /// Where it leads.
    pub(crate) href: &'static str,
    /// How many there are behind it; absent for none, and where nobody counts.
    pub(crate) count: Option<usize>,
    /// Whether the page is this one, or belongs to it.
    pub(crate) is_current: bool,
}

/// The tabs that a person sees on the page at `current`, the `href` of one of them.
pub(crate) fn tabs(request: &PageRequest, current: &str) -> Vec<Tab> {
    let PageRequest { app, viewer, .. } = request;
    let t = request.texts();
    let may = |permission| callboard::has(app, &viewer.principal, permission);
    let tokens = app.access_tokens().of_owner(&viewer.user.entity_ref).len();
    let general = [
        ("settings-general", "/settings", 0),
        ("settings-providers", "/settings/auth-providers", 0),
        ("settings-sessions", "/settings/sessions", 0),
        ("settings-tokens", "/settings/tokens", tokens),
    ];
    let accounts = ("settings-accounts", "/settings/service-accounts", 0);
    let people = ("settings-people", "/settings/people", 0);
    let shortcuts = ("settings-shortcuts", "/settings/shortcuts", 0);
    general
        .into_iter()
        .chain(may(&SERVICE_ACCOUNT_MANAGE).then_some(accounts))
        .chain(may(&SESSION_MANAGE).then_some(people))
        .chain([shortcuts])
        .map(|(name, href, count)| Tab {
            label: t.say(name).to_string(),
            href,
            count: (count > 0).then_some(count),
            is_current: href == current,
        })
        .collect()
}
