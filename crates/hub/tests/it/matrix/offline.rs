//! Whatever reads answers as before when the hub has no connection to its database.

use super::caller::{CALLERS, Caller};
use super::route::routes;
use super::stage::{Fresh, Stage};
use crate::pages::guest;
use callboard_testkit::{Answer, Client, Postgres, TestHub, TestHubBuilder};
use serde_json::json;
use std::collections::BTreeSet;

/// Paths below which a `GET` does not answer from memory alone, and why.
const EXCEPT: &[(&str, &str)] = &[
    ("/metrics", "tells whether the database answers"),
    ("/.backstage/health/", "tells whether the database answers"),
    ("/api/auth/guest/", "a sign-in is recorded"),
    ("/api/auth/{provider}", "a sign-in is recorded"),
    ("/rbac/audit", "reads the audit log"),
    ("/rbac/users", "reports what is recorded of sign-ins"),
    (
        "/rbac/roles/{kind}/{namespace}/{name}/history",
        "reads the audit log",
    ),
    ("/rbac/role/", "resumes the draft that is kept"),
    (
        "/api/licensed-users-info/users",
        "reports what is recorded of sign-ins",
    ),
];

/// What stands for the parameters of a page or of a route that the table of callers has not.
const EXAMPLES: &[(&str, &str)] = &[
    ("{namespace}", "default"),
    ("{kind}", "component"),
    ("{name}", "till"),
    ("{tab}", "relations"),
    ("{id}", "none"),
    ("{provider}", "oidc"),
    ("{account}", "robot"),
    ("{hash}/{*path}", "0/none.css"),
    ("{hash}/{file}", "0/none"),
    ("{form}", "csv"),
    ("{number}", "1"),
];

/// What pages and searches are asked for beside their paths.
const QUERIES: &[(&str, &str)] = &[
    ("/api/search/query", "?term=till"),
    ("/catalog", "?filters[kind]=component"),
];

/// A request, and what came back.
struct Asked {
    name: String,
    answer: (u16, String),
}

/// Status and body, without the secrets of forms, which are other ones each time.
fn plain(answer: &Answer) -> (u16, String) {
    let text = answer.text();
    let mut parts = text.split("name=\"_csrf\" value=\"");
    let mut body = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        body += part.split_once('"').map_or(part, |(_, rest)| rest);
    }
    let lines: Vec<_> = body.lines().filter(|line| !line.is_empty()).collect();
    body = lines.join("\n");
    // Without its database the hub says so above each page.
    if let Some((before, stale)) = body.split_once("<div class=\"note if\" role=\"status\">") {
        let (_, after) = stale.split_once("</div>").unwrap_or_default();
        body = format!("{}\n{}", before.trim_end(), after.trim_start());
    }
    (answer.status.as_u16(), body)
}

/// Everything that reads in the table of callers, for one of them.
async fn ask_table(fresh: &Fresh, caller: Caller, client: &Client) -> Vec<Asked> {
    let mut asked = Vec::new();
    for route in routes().iter().filter(|route| route.is_read()) {
        for role in route.roles() {
            let Some(target) = fresh.target(role, route) else {
                continue;
            };
            asked.push(Asked {
                name: format!("{route} of {} for {}", role.column, caller.name()),
                answer: plain(&route.send(client, &target).await),
            });
        }
    }
    asked
}

/// The other paths of the router, as far as they can be asked with `GET`.
async fn ask_others(fresh: &Fresh, client: &Client) -> Vec<Asked> {
    let known: BTreeSet<&str> = routes().iter().map(|route| route.path).collect();
    let is_except = |path: &str| EXCEPT.iter().any(|(except, _)| path.starts_with(except));
    let mut asked = Vec::new();
    for path in fresh.hub.paths() {
        if known.contains(path.as_str()) || is_except(&path) {
            continue;
        }
        let filled = EXAMPLES.iter().fold(path.clone(), |path, (name, value)| {
            path.replace(name, value)
        });
        assert!(
            !filled.contains('{'),
            "{path} has a parameter without an example"
        );
        let query = QUERIES.iter().find(|(known, _)| *known == path);
        let query = query.map_or("", |(_, query)| query);
        asked.push(Asked {
            answer: plain(&client.get(&format!("{filled}{query}")).await),
            name: path,
        });
    }
    asked
}

async fn everything(fresh: &Fresh, clients: &[Client], browser: &Client) -> Vec<Asked> {
    let mut asked = Vec::new();
    for (caller, client) in callers().zip(clients) {
        asked.extend(ask_table(fresh, caller, client).await);
    }
    for client in [browser, &fresh.hub.service(), &fresh.hub.anonymous()] {
        asked.extend(ask_others(fresh, client).await);
    }
    asked
}

/// All but plugins in the name of a user, whose tokens do not say what that user owns: the hub
/// looks into the record of the sign-in whenever another of its plugins is shown one.
fn callers() -> impl Iterator<Item = Caller> {
    let is_for_user = |caller: &Caller| caller.is_plugin() && caller.user().is_some();
    CALLERS
        .into_iter()
        .filter(move |caller| !is_for_user(caller))
}

async fn check(builder: TestHubBuilder, cut: impl AsyncFnOnce(&Fresh)) {
    // Somebody who may read the catalog, so that there are pages to be asked for.
    let guest_is =
        json!({"auth": {"providers": {"guest": {"userEntityRef": "user:default/member"}}}});
    let stage = Stage::set_on(builder.config(guest_is)).await;
    let fresh = stage.start_here().await;
    let browser = guest(&fresh.hub).await;
    let (mut clients, mut unseen) = (Vec::new(), Vec::new());
    for caller in callers() {
        let client = fresh.new_client(caller).await;
        unseen.push(match caller {
            // It does not say what the user owns: seen for the first time, it has the hub look.
            Caller::LimitedToken => client.clone(),
            // Every hub has the access tokens of all in memory, seen or not.
            Caller::AdminToken
            | Caller::ReadingAdminToken
            | Caller::CatalogAdminToken
            | Caller::ServiceAccount => client.clone(),
            _ => fresh.new_client(caller).await,
        });
        clients.push(client);
    }
    // The home page tells of what was opened, so everything is opened once beforehand.
    everything(&fresh, &clients, &browser).await;
    let before = everything(&fresh, &clients, &browser).await;
    for is_answered in ["/catalog", "/api/search/query", "/"] {
        let is_this = |asked: &Asked| asked.name == is_answered && asked.answer.0 == 200;
        assert!(before.iter().any(is_this), "{is_answered}");
    }

    let boss = fresh.new_client(Caller::SuperUser).await;

    cut(&fresh).await;

    let after = everything(&fresh, &unseen, &browser).await;
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(before.answer.0, 503, "{}", before.name);
        assert_eq!(before.answer, after.answer, "{}", after.name);
    }
    let role = json!({"name": "role:default/late", "memberReferences": ["user:default/a"]});
    let refused = boss.post("/api/permission/roles", &role).await;
    assert_eq!(refused.status, 503, "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_answers_as_before_without_the_database_file() {
    check(TestHub::builder().on_disk(), async |fresh| {
        fresh.hub.app().core().store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_answers_as_before_without_the_database_server() {
    let postgres = Postgres::own().await;
    let url = postgres.database("offline").await;
    // A pool that is closed would be made anew.
    check(TestHub::builder().on_postgres(&url), async |_| {
        postgres.stop().await;
    })
    .await;
}
