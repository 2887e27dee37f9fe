//! `/rbac/files`: what is loaded, what is wrong in it, and what a change would do.

use super::{builder, seen_by, words};
use crate::pages::{csrf_of, guest};
use axum::body::Body;
use axum::http::Method;
use callboard_testkit::{Answer, Client};
use insta::assert_snapshot;
use serde_json::json;
use url::form_urlencoded;

const CSV: &str = "policies-csv-file";

fn form(token: &str, text: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("_csrf", token);
    form.append_pair("file", CSV);
    form.append_pair("text", text);
    form.finish()
}

#[tokio::test]
async fn what_is_wrong_is_told_by_line() {
    let (hub, ann) = seen_by("user:default/ann").await;

    let page = ann.get("/rbac/files").await;

    assert_eq!(page.status, 200);
    let folder = format!("{}/", hub.folder().display());
    let text = words(&page, "diag").replace(&folder, "");
    assert_snapshot!(text.split("\npolicies.csv").next().unwrap(), @r"
    Diagnostics
    2
    Warning
    Line 3
    the catalog does not know `user:default/olga`
    Warning
    Line 8
    no plugin of this hub has a permission or resource type `secret.plan.use`
    ");
    assert!(page.text().contains("id=\"L8\" class=\"if\""));
}

#[tokio::test]
async fn a_conditional_reader_sees_the_files_and_nothing_in_them() {
    let (_hub, olga) = seen_by("user:default/olga").await;

    let page = olga.get("/rbac/files").await;

    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("4 memberships, 4 policies"));
    for secret in [
        "role:default/",
        "secret.plan",
        "id=\"source\"",
        "Dry run",
        "Reload now",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_dry_run_tells_who_gains_and_loses_and_changes_nothing() {
    let (hub, ann) = seen_by("user:default/ann").await;
    let token = csrf_of(&ann.get("/rbac/files").await);
    let revision = hub.app().permission().snapshot().revision();
    let changed = "\
g, group:default/house, role:default/readers
p, role:default/readers, catalog-entity, delete, allow
g, user:default/tom, role:default/crew
g, user:default/olga, role:default/auditors
p, role:default/crew, catalog-entity, create, allow
";

    let page = ann
        .post_form("/rbac/files/try", &form(&token, changed))
        .await;

    assert_eq!(page.status, 200);
    assert_snapshot!(words(&page, "trial"), @r"
    What would change
    Of 4 people 1 gains, 1 loses something, and nobody comes under other conditions.
    Diagnostics
    Warning
    Line 4
    the catalog does not know `user:default/olga`
    Warning
    Line 5
    no permission of `catalog-entity` has the action `create`, but `read`, `update`, `delete`
    What would change
    Permission
    Gain
    Lose
    Other conditions
    Entities
    catalog.entity.delete
    1
    Tom Ost
    1
    Zed Z
    –
    Tom Ost: 8 more, 0 fewer of 8
    secret.plan.use
    –
    1
    Zed Z
    –
    ");
    assert_eq!(hub.app().permission().snapshot().revision(), revision);
    let htmx = ann.clone().header("hx-request", "true");
    let fragment = htmx
        .post_form("/rbac/files/try", &form(&token, changed))
        .await;
    assert!(fragment.text().contains("id=\"trial\""));
    assert!(!fragment.text().contains("<html"));
}

/// The form as a browser without scripts sends it, with a file.
async fn upload(client: &Client, token: &str, text: &str, upload: &[u8]) -> Answer {
    let mut body = Vec::new();
    let mut part = |name: &str, file: &str, content: &[u8]| {
        let head =
            format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    part("_csrf", "", token.as_bytes());
    part("file", "", CSV.as_bytes());
    part("text", "", text.as_bytes());
    part("upload", "; filename=\"policies.csv\"", upload);
    body.extend_from_slice(b"--limit--\r\n");
    let content_type = Some("multipart/form-data; boundary=limit");
    let body = Body::from(body);
    client
        .send(Method::POST, "/rbac/files/try", content_type, body)
        .await
}

#[tokio::test]
async fn a_file_is_tried_out_by_upload_too() {
    let (_hub, ann) = seen_by("user:default/ann").await;
    let token = csrf_of(&ann.get("/rbac/files").await);
    let empty = "g, user:default/tom, role:default/crew\n";

    let uploaded = upload(&ann, &token, "", super::POLICIES.as_bytes()).await;
    let both = upload(&ann, &token, empty, super::POLICIES.as_bytes()).await;
    let pasted = upload(&ann, &token, super::POLICIES, b"").await;
    let forged = upload(&ann, "forged", "", super::POLICIES.as_bytes()).await;

    for page in [uploaded, both, pasted] {
        assert_eq!(page.status, 200);
        assert!(words(&page, "trial").contains("nothing would change"));
    }
    assert_eq!(forged.status, 403);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_told_so() {
    let (_hub, ann) = seen_by("user:default/ann").await;
    let token = csrf_of(&ann.get("/rbac/files").await);

    let page = upload(&ann, &token, "", &vec![b'#'; 5 * 1024 * 1024]).await;

    assert_eq!(page.status, 422);
    assert!(words(&page, "trial").contains("at most 4 MB are read"));
}

#[tokio::test]
async fn the_same_file_would_change_nothing() {
    let (_hub, ann) = seen_by("user:default/ann").await;
    let token = csrf_of(&ann.get("/rbac/files").await);

    let page = ann
        .post_form("/rbac/files/try", &form(&token, super::POLICIES))
        .await;

    assert!(words(&page, "trial").contains("nothing would change"));
}

#[tokio::test]
async fn a_reload_counts_a_changed_file_and_is_recorded() {
    let hub = builder()
        .config(json!({"auth": {"providers": {"guest": {"userEntityRef": "user:default/root"}}}}))
        .start()
        .await;
    let root = guest(&hub).await;
    let token = csrf_of(&root.get("/rbac/files").await);
    let file = hub.folder().join("policies.csv");
    let changed = format!(
        "{}p, role:default/crew, catalog-entity, create, allow\n",
        super::POLICIES
    );
    std::fs::write(&file, changed).unwrap();

    let answer = root
        .post_form("/rbac/files/reload", &format!("_csrf={token}"))
        .await;

    assert_eq!(answer.status, 303);
    let page = root.get("/rbac/files").await.text();
    assert!(page.contains("4 memberships, 5 policies"));
    let log = root.get("/rbac/audit").await.text();
    assert!(log.contains("policy-files-reload"));
}

#[tokio::test]
async fn the_file_is_given_as_it_is_and_the_log_knows_who_took_it() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let answer = ann.get(&format!("/rbac/files/download?file={CSV}")).await;

    assert_eq!(answer.text(), super::POLICIES);
    assert_eq!(answer.header("cache-control"), "no-store");
    let log = ann.get("/rbac/audit?event=policy-file-export").await;
    assert!(words(&log, "events").contains("user:default/ann"));
}

#[tokio::test]
async fn without_files_the_page_says_how_to_have_some() {
    let hub = callboard_testkit::TestHub::builder()
        .config(json!({"permission": {"enabled": true, "rbac": {"admin": {"users": [{"name": "user:default/ann"}]}}},
            "auth": {"providers": {"guest": {"userEntityRef": "user:default/ann"}}}}))
        .start()
        .await;

    let page = guest(&hub).await.get("/rbac/files").await.text();

    assert!(page.contains("No policy file is configured"));
}
