//! Who may do what: every route of roles and of the catalog, for every kind of caller, and for a
//! role of every source.
//!
//! `matrix/*.snap` are the table: for a route that is about a role, a row for each caller and a
//! column for each role (`own` and `rest` have the source `rest`, `admin` and `default` the source
//! `configuration`, `absent` does not exist); for any other, the callers by status.
//! A cell that changes fails with a difference; `cargo insta accept` takes it over once somebody
//! has read it.

mod caller;
mod offline;
mod route;
mod stage;

use axum::http::Method;
use callboard_testkit::{Client, TestHub, corpus};
use caller::{CALLERS, Caller};
use insta::{assert_snapshot, with_settings};
use route::{Route, routes};
use stage::{Fresh, ROLES, Role, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What a plugin's part of the table is compared with.
fn assert_table(plugin: &str, table: &str) {
    with_settings!({snapshot_path => "matrix", prepend_module_to_snapshot => false, omit_expression => true}, {
        assert_snapshot!(plugin, table);
    });
}

/// The status of every route of a plugin for every caller: a table for a route that is about a
/// role, a list of callers by status for any other.
async fn table(plugin: &str) -> String {
    let stage = Stage::set().await;
    let mut fresh = stage.start().await;
    let mut text = String::new();
    for route in routes().iter().filter(|route| route.plugin() == plugin) {
        let _ = writeln!(text, "{route}");
        let mut by_status: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        if route.is_about_role() {
            let columns = ROLES.iter().map(|role| format!("{:>8}", role.column));
            let _ = writeln!(text, "{:24}{}", "", columns.collect::<String>());
        }
        for caller in CALLERS {
            let mut cells = String::new();
            for role in route.roles() {
                let status = cell(&stage, &mut fresh, caller, route, role).await;
                let _ = write!(cells, "{status:>8}");
                by_status.entry(status).or_default().push(caller.name());
            }
            if route.is_about_role() {
                let _ = writeln!(text, "  {:22}{cells}", caller.name());
            }
        }
        if !route.is_about_role() {
            for (status, callers) in by_status {
                let _ = writeln!(text, "  {status}  {}", callers.join(", "));
            }
        }
        text.push('\n');
    }
    text
}

/// One request; what it changes is gone before the next one.
async fn cell(
    stage: &Stage,
    fresh: &mut Fresh,
    caller: Caller,
    route: &Route,
    role: &Role,
) -> String {
    let Some(target) = fresh.target(role, route) else {
        return "-".to_owned();
    };
    let client = fresh.client(caller).await;
    let answer = route.send(&client, &target).await;
    let is_refused = answer.status.as_u16() >= 400;
    if !route.is_read() {
        if is_refused {
            let place = format!("{route}, {}, {}", caller.name(), role.column);
            assert_eq!(
                fresh.everything().await,
                *fresh.before(),
                "{place} was refused and changed something"
            );
        } else {
            *fresh = stage.start().await;
        }
    }
    if !route.is_open() && caller.is_unknown() {
        assert_eq!(answer.status, 401, "{route} let {} in", caller.name());
    }
    answer.status.as_u16().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn permission() {
    assert_table("permission", &table("permission").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn catalog() {
    assert_table("catalog", &table("catalog").await);
}

/// Methods and paths of the table, those with several requests once; any other list of the hub's
/// routes must be this one.
pub(crate) fn listed() -> BTreeSet<(String, String)> {
    let routes = routes().into_iter();
    routes
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect()
}

/// The routes that the manual has in a chapter's tables, with the path of the plugin.
fn documented() -> BTreeSet<(String, String)> {
    let path = corpus::workspace_root().join("docs/reference/http-api.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut base = "";
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            base = heading.split('`').nth(1).unwrap_or_default();
        }
        let first = line
            .strip_prefix('|')
            .and_then(|cells| cells.split('|').next());
        let code = first.unwrap_or_default().split('`').skip(1).step_by(2);
        for (method, path) in code.filter_map(|code| code.split_once(' ')) {
            if ["/api/permission", "/api/catalog"].contains(&base) && path.starts_with('/') {
                found.insert((method.to_owned(), format!("{base}{path}")));
            }
        }
    }
    found
}

#[test]
fn the_table_has_the_routes_of_the_manual() {
    let listed = listed();
    let is_of_every_plugin = |path: &str| path.contains("/.well-known/");

    let missing: Vec<_> = documented().difference(&listed).cloned().collect();
    let documented = documented();
    let unknown: Vec<_> = listed
        .iter()
        .filter(|route| !documented.contains(*route) && !is_of_every_plugin(&route.1))
        .collect();

    assert!(missing.is_empty(), "the table lacks {missing:#?}");
    assert!(unknown.is_empty(), "the manual lacks {unknown:#?}");
}

/// A path or method that belongs to nothing answers 404 with an empty body.
async fn is_route(client: &Client, method: &str, path: &str) -> bool {
    let method: Method = method.parse().unwrap();
    let answer = client
        .send(method, path, None, axum::body::Body::empty())
        .await;
    answer.status != 404 || !answer.body.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_has_these_methods_at_these_paths_and_no_others() {
    let hub = TestHub::start().await;
    let client = hub.service();
    let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path) in listed() {
        methods.entry(path).or_default().insert(method);
    }
    for (path, expected) in methods {
        let example = path.replace(['{', '}'], "");
        let mut found = BTreeSet::new();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if is_route(&client, method, &example).await {
                found.insert(method.to_owned());
            }
        }
        assert_eq!(found, expected, "{path}");
    }
}
