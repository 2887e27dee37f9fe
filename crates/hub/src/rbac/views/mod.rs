//! The pages of roles: the first tab of the administration.

mod address;
mod condition_words;
mod delete;
mod files;
mod plugin_index;
mod review;
mod role;
mod role_list;
mod sight;
mod source;
mod tester;
mod wizard;
mod words;

use super::permissions::POLICY_READ;
use super::source::SourceKind;
use super::state::RoleMetadata;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::ui::{Crumb, Language, Shell, Texts};
use address::ROLES;
pub(super) use address::overview;
use axum::Router;
use axum::routing::get;
use sight::Lock;

/// Declares the pages, their words, and their tab.
pub(super) fn register(hub: &mut Registrar) {
    hub.nav(NavItem {
        label: "nav-rbac",
        href: ROLES,
        icon: "key-round",
        place: NavPlace::Administration { rank: 0 },
        guard: readers(),
    });
    hub.texts(&[
        (Language::English, include_str!("../texts/en.ftl")),
        (Language::German, include_str!("../texts/de.ftl")),
    ]);
    hub.pages(
        Router::new()
            .route(ROLES, get(role_list::page))
            .route("/rbac/roles/{kind}/{namespace}/{name}", get(role::overview))
            .route(
                "/rbac/roles/{kind}/{namespace}/{name}/opens",
                get(role::opens::page),
            )
            .route(
                "/rbac/roles/{kind}/{namespace}/{name}/history",
                get(role::history::page),
            )
            .route(
                "/rbac/roles/{kind}/{namespace}/{name}/export/{form}",
                get(role::download::page),
            )
            .route(
                "/rbac/roles/{kind}/{namespace}/{name}/delete",
                get(delete::ask).post(delete::delete),
            ),
    );
    files::register(hub);
    review::register(hub);
    tester::register(hub);
    wizard::register(hub);
}

/// Whoever may read roles, be it their own only.
fn readers() -> Guard {
    Guard::Any(POLICY_READ.clone())
}

/// The steps of the breadcrumb above a role: the administration, and the list.
fn crumbs(t: &Texts) -> [Crumb; 2] {
    ["nav-administration", "nav-rbac"].map(|name| Crumb::link(t.say(name), ROLES))
}

/// The address of a tab of the administration, if it opens for the person.
fn tab_of(shell: &Shell, href: &str) -> Option<&'static str> {
    let mut tabs = shell.administration.iter();
    tabs.find(|tab| tab.href == href).map(|tab| tab.href)
}

/// Why a role cannot be changed here, and where it can.
fn lock_words(t: &Texts, metadata: &RoleMetadata, lock: &Lock) -> String {
    match lock {
        Lock::Configuration(_) if metadata.is_default => t.say("rbac-locked-default").to_string(),
        Lock::Configuration(key) => t
            .say("rbac-locked-configuration")
            .with("key", *key)
            .to_string(),
        Lock::Provider(name) => t
            .say("rbac-locked-provider")
            .with("provider", name.as_str())
            .to_string(),
        Lock::File {
            file,
            line: Some(line),
            ..
        } => t
            .say("rbac-locked-line")
            .with("file", file.as_str())
            .with("line", *line)
            .to_string(),
        Lock::File {
            file, line: None, ..
        } => t
            .say("rbac-locked-file")
            .with("file", file.as_str())
            .to_string(),
    }
}

/// The page of the policy files at the line that makes a role.
fn file_address(lock: &Lock) -> Option<String> {
    match lock {
        Lock::File { kind, line, .. } => {
            let file = kind.map_or("", SourceKind::name);
            Some(match line {
                Some(line) => format!("{}?file={file}&from={line}#L{line}", address::FILES),
                None => format!("{}?file={file}", address::FILES),
            })
        }
        Lock::Configuration(_) | Lock::Provider(_) => None,
    }
}
