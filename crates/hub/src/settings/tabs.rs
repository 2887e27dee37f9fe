//! The tabs above the pages of the settings.

use crate::app::App;
use crate::auth::Viewer;
use crate::callboard::{self, SERVICE_ACCOUNT_MANAGE, SESSION_MANAGE};

/// A tab of the settings.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    /// Its words.
    pub(crate) label: &'static str,
    /// Where it leads.
    pub(crate) href: &'static str,
    /// Whether the page is this one, or belongs to it.
    pub(crate) is_current: bool,
}

/// The tabs that `viewer` sees on the page at `current`, the `href` of one of them.
pub(crate) fn tabs(app: &App, viewer: &Viewer, current: &str) -> Vec<Tab> {
    let mut links = vec![
        ("General", "/settings"),
        ("Sessions", "/settings/sessions"),
        ("Access tokens", "/settings/tokens"),
    ];
    if callboard::has(app, &viewer.principal, &SERVICE_ACCOUNT_MANAGE) {
        links.push(("Service accounts", "/settings/service-accounts"));
    }
    if callboard::has(app, &viewer.principal, &SESSION_MANAGE) {
        links.push(("People", "/settings/people"));
    }
    let tab = |(label, href): (&'static str, &'static str)| Tab {
        label,
        href,
        is_current: href == current,
    };
    links.into_iter().map(tab).collect()
}
