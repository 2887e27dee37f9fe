//! A location is chosen, reviewed and registered.

use super::{CATALOG, READER, between, guest, rows, submit, words};
use crate::catalog::site::Site;
use callboard_testkit::{Client, TestHub};
use serde_json::json;
use std::time::Duration;

const EDITOR: &str = "
p, role:default/readers, catalog.entity.create, create, allow
p, role:default/readers, catalog.location.create, create, allow
";

/// A new component, one that the catalog has from elsewhere, and one that is broken.
const FOUND: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: newcomer}
spec: {type: service, lifecycle: experimental, owner: crew}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: seat-map}
spec: {type: service, lifecycle: experimental, owner: crew}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: broken}
spec: {lifecycle: experimental, owner: crew}
";

async fn editor(site: &Site) -> TestHub {
    let hub = TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(&format!("{READER}{EDITOR}"));
    site.allowed_by(hub).start().await
}

fn form(url: &str, act: &str) -> String {
    let url: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
    format!("url={url}&act={act}")
}

async fn act(client: &Client, url: &str, act: &str) -> callboard_testkit::Answer {
    submit(
        client,
        "/catalog-import",
        "/catalog-import",
        &form(url, act),
    )
    .await
}

#[tokio::test]
async fn a_review_tells_what_is_new_taken_and_faulty() {
    let site = Site::start().await;
    site.put("/all.yaml", FOUND);
    let hub = editor(&site).await;

    let answer = act(&guest(&hub).await, &site.url("/all.yaml"), "review").await;

    assert_eq!(answer.status, 200);
    let page = answer.text();
    let found: Vec<_> = between(&page, "<tbody", "</tbody>")
        .split("</tr>")
        .map(words)
        .collect();
    insta::assert_debug_snapshot!(found, @r#"
    [
        "newcomer Component CR crew New",
        "seat-map Component CR crew Taken, comes from elsewhere",
        "broken InputError: Processor BuiltinKindsEntityProcessor threw an error while validating the entity component:default/broken; caused by TypeError: /spec must have required property &#39;type&#39; - missingProperty: type Component CR crew Faulty",
        "",
    ]
    "#);
    assert!(page.contains("One of them has problems"));
}

#[tokio::test]
async fn what_is_reviewed_is_registered_and_arrives() {
    let site = Site::start().await;
    site.put("/all.yaml", FOUND);
    let hub = editor(&site).await;
    let guest = guest(&hub).await;
    let url = site.url("/all.yaml");

    let answer = act(&guest, &url, "register").await;

    assert_eq!(answer.status, 303);
    let result = answer.header("location").to_owned();
    assert!(
        result.starts_with("/catalog-import/result?url=http"),
        "{result}"
    );
    let arriving = async {
        loop {
            let page = guest.get(&result).await.text();
            if page.contains(">newcomer</a>") {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let page = tokio::time::timeout(Duration::from_secs(10), arriving)
        .await
        .unwrap();
    assert!(!page.contains("every 2s"), "it asks on and on");
    let again = act(&guest, &url, "review").await.text();
    assert!(again.contains("This location is registered already."));
    assert!(again.contains("Known, stays up to date"));
}

#[tokio::test]
async fn an_address_that_nobody_reads_is_told_so() {
    let site = Site::start().await;
    let hub = editor(&site).await;
    let guest = guest(&hub).await;

    let unknown = act(&guest, "https://nowhere.example/a.yaml", "review").await;
    let no_web = act(&guest, "file:///etc/passwd", "register").await;
    let check = guest
        .get("/catalog-import/check?url=https%3A%2F%2Fnowhere.example%2Fa.yaml")
        .await;

    assert_eq!(
        (unknown.status.as_u16(), no_web.status.as_u16()),
        (422, 422)
    );
    let told = format!(
        "No integration handles nowhere.example. Configured hosts: github.com, gitlab.com, \
         bitbucket.org, gitea.com, dev.azure.com, {}.",
        site.host()
    );
    assert!(unknown.text().contains(&told), "{}", unknown.text());
    assert!(check.text().contains(&told) && !check.text().contains("<html"));
    assert!(no_web.text().contains("This is no address of the web."));
    let fine = guest
        .get(&format!(
            "/catalog-import/check?{}",
            form(&site.url("/a"), "review")
        ))
        .await;
    assert!(!fine.text().contains("note"), "{}", fine.text());
}

#[tokio::test]
async fn a_file_that_is_not_there_says_why() {
    let site = Site::start().await;
    let hub = editor(&site).await;

    let page = act(&guest(&hub).await, &site.url("/none.yaml"), "review")
        .await
        .text();

    assert!(
        page.contains("class=\"note no\"") && page.contains("none.yaml"),
        "{page}"
    );
    assert!(
        !page.contains("value=\"register\""),
        "nothing can be registered"
    );
}

#[tokio::test]
async fn a_repository_without_a_file_is_given_one() {
    let forge = Site::start().await;
    let host = forge.host();
    let integration = json!([{"host": host, "apiBaseUrl": format!("http://{host}/api/v3")}]);
    let hub = TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(&format!("{READER}{EDITOR}"))
        .config(json!({"integrations": {"github": integration}}))
        .start()
        .await;
    let guest = guest(&hub).await;

    let page = act(&guest, &forge.url("/lantern/seat-map"), "review")
        .await
        .text();

    let text = words(between(&page, "id=\"descriptor-text\">", "</pre>"));
    insta::assert_snapshot!(text, @"apiVersion : backstage.io/v1alpha1 kind : Component metadata : name : seat-map annotations : github.com/project-slug : lantern/seat-map spec : type : other lifecycle : unknown owner : group:default/crew");
    let href = between(&page, "<a class=\"btn ghost icon sm\" href=\"", "\"");
    let file = guest.get(&href.replace("&amp;", "&")).await;
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"catalog-info.yaml\""
    );
    assert!(file.text().contains("name: seat-map"));
}

#[tokio::test]
async fn what_is_hidden_looks_new_to_whoever_registers() {
    let site = Site::start().await;
    site.put("/vault.yaml", &FOUND.replace("seat-map", "vault"));
    let csv = format!(
        "g, user:default/guest, role:default/owners\ng, user:default/guest, role:default/readers\n{EDITOR}"
    );
    let hub = TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(&csv)
        .conditions(super::OWNERS);
    let hub = site.allowed_by(hub).start().await;

    let page = act(&guest(&hub).await, &site.url("/vault.yaml"), "review")
        .await
        .text();

    assert!(!page.contains("Taken, comes from elsewhere"), "{page}");
}

#[tokio::test]
async fn without_permission_there_is_no_way_to_register() {
    let site = Site::start().await;
    let hub = site
        .allowed_by(TestHub::builder().catalog(CATALOG).policy_csv(READER))
        .start()
        .await;
    let guest = guest(&hub).await;

    let page = guest.get("/catalog-import").await;
    let csrf = crate::pages::csrf_of(&guest.get("/catalog").await);
    let fields = format!("_csrf={csrf}&{}", form(&site.url("/all.yaml"), "register"));
    let posted = guest.post_form("/catalog-import", &fields).await;

    assert_eq!((page.status.as_u16(), posted.status.as_u16()), (403, 403));
    assert!(page.text().contains("<code>catalog.entity.create</code>"));
    assert!(site.asked("/all.yaml").is_empty());
    assert!(rows(&guest.get("/catalog?filters[kind]=location").await.text()).len() < 2);
}
