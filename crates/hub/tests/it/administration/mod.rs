//! The pages of the administration that only look: tester, policy files, review, audit log.

mod audit;
mod files;
mod held;
mod review;
mod tester;

use crate::pages::{csrf_of, guest};
use crate::sample::{catalog, component, group, group_below, hidden, user};
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use serde_json::json;

const POLICIES: &str = "\
g, group:default/house, role:default/readers
g, user:default/tom, role:default/crew
g, user:default/olga, role:default/auditors
g, user:default/zed, role:default/others
p, role:default/readers, catalog-entity, delete, allow
p, role:default/crew, catalog-entity, delete, deny
p, role:default/others, catalog-entity, delete, allow
p, role:default/others, secret.plan.use, use, allow
";

/// Whoever asks may update what they own; auditors see what is not hidden, and no role but those
/// of `user:default/olga`.
const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/crew
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [update]
conditions: {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
---
result: CONDITIONAL
roleEntityRef: role:default/auditors
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  not: {rule: HAS_LABEL, resourceType: catalog-entity, params: {label: hidden}}
---
result: CONDITIONAL
roleEntityRef: role:default/auditors
pluginId: permission
resourceType: policy-entity
permissionMapping: [read]
conditions: {rule: IS_OWNER, resourceType: policy-entity, params: {owners: ['user:default/olga']}}
";

/// Who and what the tests are about.
fn entities() -> Vec<String> {
    vec![
        user("tom", &["stage"], "Tom Ost"),
        user("ann", &[], "Ann Adams"),
        hidden(&user("zed", &[], "Zed Z")),
        group_below("stage", "house"),
        group("house"),
        component("lights", "stage"),
        hidden(&component("secret", "stage")),
    ]
}

fn builder() -> TestHubBuilder {
    TestHub::builder()
        .catalog(&catalog(&entities()))
        .policy_csv(POLICIES)
        .conditions(CONDITIONS)
        .config(json!({"permission": {"rbac": {
            "admin": {"users": [{"name": "user:default/ann"}], "superUsers": [{"name": "user:default/root"}]},
        }}}))
}

/// A hub and the browser of somebody who entered it.
async fn seen_by(user: &str) -> (TestHub, Client) {
    let provider = json!({"auth": {"providers": {"guest": {"userEntityRef": user}}}});
    let hub = builder().config(provider).start().await;
    let browser = guest(&hub).await;
    (hub, browser)
}

/// What the part of a page with an id says, a line for each element that has words of its own.
fn words(page: &Answer, id: &str) -> String {
    let text = page.text();
    let start = format!("id=\"{id}\"");
    let (_, rest) = text
        .split_once(&start)
        .unwrap_or_else(|| panic!("no #{id} in {text}"));
    let (_, rest) = rest.split_once('>').unwrap();
    let rest = rest.split("</main>").next().unwrap();
    let mut lines = Vec::new();
    let mut is_tag = false;
    let mut line = String::new();
    for letter in rest.chars() {
        match letter {
            '<' => {
                is_tag = true;
                lines.push(std::mem::take(&mut line));
            }
            '>' => is_tag = false,
            letter if !is_tag => line.push(letter),
            _ => {}
        }
    }
    let lines = lines.iter().map(|line| line.trim());
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn nobody_in_particular_is_sent_to_sign_in() {
    let hub = builder().start().await;
    let browser = hub.anonymous().header("accept", "text/html");

    for page in [
        "/rbac/test?permission=catalog.entity.read",
        "/rbac/test/people?user=t",
        "/rbac/review",
        "/rbac/review.csv",
        "/rbac/files",
        "/rbac/files/download?file=policies-csv-file",
        "/rbac/audit",
        "/rbac/audit/1",
        "/rbac/audit.jsonl",
    ] {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, 302, "{page}");
    }
}

#[tokio::test]
async fn without_enforcement_there_are_no_such_pages() {
    let hub = builder()
        .config(json!({"permission": {"enabled": false}}))
        .start()
        .await;
    let browser = guest(&hub).await;

    for page in [
        "test",
        "review",
        "files",
        "audit",
        "audit/1",
        "audit.jsonl",
        "review.csv",
    ] {
        let answer = browser.get(&format!("/rbac/{page}")).await;
        assert_eq!(answer.status, 404, "{page}");
        assert!(answer.text().contains("Permissions are off"), "{page}");
    }
}

#[tokio::test]
async fn whoever_may_not_read_every_role_gets_none_of_what_tells_of_all() {
    let (_hub, olga) = seen_by("user:default/olga").await;
    let page = olga.get("/rbac/files").await;
    let token = csrf_of(&page);

    let file = "policies-csv-file";
    let download = olga.get(&format!("/rbac/files/download?file={file}")).await;
    let form = format!("_csrf={token}&file={file}&text=x");
    let tried = olga.post_form("/rbac/files/try", &form).await;
    let reload = olga
        .post_form("/rbac/files/reload", &format!("_csrf={token}"))
        .await;
    let mark = olga
        .post_form("/rbac/review/mark", &format!("_csrf={token}"))
        .await;

    for answer in [download, tried, reload, mark] {
        assert_eq!(answer.status, 403);
    }
}
