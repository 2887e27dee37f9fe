//! What pages answer, before any browser draws them.

use crate::page::{CATALOG, hub, owners};
use crate::sample::READER;
use axum::http::{HeaderMap, StatusCode};
use callboard_hub::auth::csrf_token_for_sign_in;
use callboard_testkit::{Answer, Client, TestHub};
use serde_json::json;

/// A browser whose person is the guest.
pub(crate) async fn guest(hub: &TestHub) -> Client {
    let form = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let cookie = first_pair(form.set_cookie.unwrap().to_str().unwrap());
    let browser = hub.anonymous().header("accept", "text/html");
    let entered = browser
        .clone()
        .header("cookie", &cookie)
        .post_form("/sign-in/guest", &format!("_csrf={}", form.token))
        .await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    browser.header("cookie", &first_pair(entered.header("set-cookie")))
}

pub(crate) fn first_pair(cookie: &str) -> String {
    cookie.split(';').next().unwrap().to_owned()
}

/// The value of the first hidden field `_csrf`.
pub(crate) fn csrf_of(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("name=\"_csrf\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_page_is_there_for_everybody() {
    let hub = hub(READER).start().await;

    let answer = hub.anonymous().get("/").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("vary"), "Cookie, HX-Request");
    assert!(
        answer
            .header("content-security-policy")
            .starts_with("default-src 'none';script-src 'self';")
    );
    assert!(answer.text().contains("Sign in to Test"));
}

#[tokio::test]
async fn without_a_provider_the_first_page_says_what_is_missing() {
    let hub = hub(READER)
        .config(json!({"auth": {"environment": "production"}}))
        .start()
        .await;

    let page = hub.anonymous().get("/").await.text();

    assert!(page.contains("No way to sign in is configured"));
    assert!(!page.contains("/sign-in/guest"));
}

#[tokio::test]
async fn a_deep_link_leads_to_sign_in_and_back() {
    let hub = hub(READER).start().await;

    let answer = hub.anonymous().get("/catalog?filters[kind]=api").await;

    assert_eq!(answer.status, 302);
    assert_eq!(
        answer.header("location"),
        "/?redirect=%2Fcatalog%3Ffilters%5Bkind%5D%3Dapi"
    );
}

#[tokio::test]
async fn the_sign_in_page_forgets_a_way_back_that_leads_elsewhere() {
    let hub = hub(READER).start().await;

    let page = hub
        .anonymous()
        .get("/?redirect=//evil.example")
        .await
        .text();

    assert!(!page.contains("evil.example"));
}

#[tokio::test]
async fn a_list_counts_and_shows_only_what_may_be_read() {
    let hub = owners("").start().await;

    let page = guest(&hub).await.get("/catalog").await.text();

    assert!(page.contains("Components <span class=\"n\">1</span>"));
    assert!(page.contains("1–1 of 1 component<"));
    assert!(!page.contains("Secret Vault"));
}

#[tokio::test]
async fn a_hidden_entity_looks_like_one_that_is_not_there() {
    let hub = owners("").start().await;
    let guest = guest(&hub).await;

    let hidden = guest.get("/catalog/default/component/vault").await;
    let missing = guest.get("/catalog/default/component/vaults").await;

    assert_eq!(
        (hidden.status, missing.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert_eq!(hidden.text(), missing.text().replace("vaults", "vault"));
    assert!(hidden.text().contains("Not on the board"));
}

#[tokio::test]
async fn a_relation_to_what_is_hidden_is_left_out() {
    let hub = owners("").start().await;
    let guest = guest(&hub).await;

    for tab in [
        "",
        "?depth=2",
        "/dependencies",
        "/related?relation=dependsOn",
        "/system",
    ] {
        let page = guest
            .get(&format!("/catalog/default/component/seat-map{tab}"))
            .await
            .text();

        assert!(page.contains("<h1>seat-map"), "{tab}: {page}");
        assert!(
            !page.contains("vault") && !page.contains("Secret Vault"),
            "{tab}: {page}"
        );
        assert!(
            !page.contains("not in the catalog"),
            "what is hidden must not be told from what is missing"
        );
    }
}

#[tokio::test]
async fn a_relation_to_nothing_is_a_warning_for_whoever_sees_everything() {
    let catalog = CATALOG.replace("component:default/vault", "component:default/vualt");
    let hub = TestHub::builder()
        .catalog(&catalog)
        .policy_csv(READER)
        .start()
        .await;

    let page = guest(&hub)
        .await
        .get("/catalog/default/component/seat-map")
        .await
        .text();

    assert!(page.contains("Related, but not in the catalog: component:default/vualt."));
}

#[tokio::test]
async fn a_closed_door_names_the_permission_that_opens_it() {
    let hub = hub("")
        .config(json!({"app": {"support": {"url": "mailto:platform@test.example"}}}))
        .start()
        .await;

    let answer = guest(&hub).await.get("/catalog").await;

    assert_eq!(answer.status, 403);
    let page = answer.text();
    assert!(
        page.contains("This door is closed to you")
            && page.contains("<code>catalog.entity.read</code>")
    );
    assert!(page.contains("mailto:platform@test.example"));
    assert!(
        !page.contains("href=\"/catalog\""),
        "the sidebar leads to a closed door"
    );
}

#[tokio::test]
async fn the_reason_of_an_access_is_in_words() {
    let hub = hub(READER).start().await;

    let page = guest(&hub)
        .await
        .get("/catalog/default/component/seat-map")
        .await
        .text();

    assert!(page.contains("A policy allows it") && page.contains("No policy allows it"));
    assert!(
        !page.contains("role:default/readers"),
        "roles are named to those who may read roles only"
    );
}

#[tokio::test]
async fn whoever_reads_roles_sees_which_line_decided() {
    let csv = format!("{READER}p, role:default/readers, policy-entity, read, allow\n");
    let hub = hub(&csv).start().await;

    let page = guest(&hub)
        .await
        .get("/catalog/default/component/seat-map")
        .await
        .text();

    assert!(
        page.contains("role:default/readers, ") && page.contains("policies.csv:3"),
        "{page}"
    );
}

#[tokio::test]
async fn a_fragment_is_the_list_alone_with_its_address() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await.header("hx-request", "true");

    let answer = guest
        .get("/catalog?filters[kind]=component&filters[text]=seat&filters[user]=all&limit=20")
        .await;

    assert_eq!(
        answer.header("hx-push-url"),
        "/catalog?filters[kind]=component&filters[text]=seat"
    );
    let text = answer.text();
    assert!(text.trim_start().starts_with("<section id=\"list\"") && !text.contains("<html"));
}

#[tokio::test]
async fn a_session_that_ended_moves_the_whole_page_to_sign_in() {
    let hub = hub(READER).start().await;

    let answer = hub
        .anonymous()
        .header("hx-request", "true")
        .get("/?redirect=%2Fcatalog")
        .await;

    assert_eq!(answer.header("hx-redirect"), "/?redirect=%2Fcatalog");
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn text_of_the_catalog_is_never_markup() {
    let catalog = CATALOG.replace("Interactive seating plans", "'<script>alert(1)</script>'");
    let hub = TestHub::builder()
        .catalog(&catalog)
        .policy_csv(READER)
        .start()
        .await;
    let guest = guest(&hub).await;

    for path in [
        "/",
        "/catalog",
        "/catalog/default/component/seat-map",
        "/catalog/default/component/seat-map/inspect",
    ] {
        let page = guest.get(path).await.text();
        assert!(!page.contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn a_theme_is_kept_by_a_form_with_a_token_only() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await;
    let csrf = csrf_of(&guest.get("/settings").await);

    let kept = guest
        .post_form(
            "/settings/theme",
            &format!("_csrf={csrf}&theme=dark&back=%2Fcatalog"),
        )
        .await;
    let forged = guest
        .post_form("/settings/theme", "_csrf=guessed&theme=dark")
        .await;
    let elsewhere = guest
        .post_form(
            "/settings/theme",
            &format!("_csrf={csrf}&theme=dark&back=//evil.example"),
        )
        .await;

    assert_eq!(
        (kept.status, kept.header("location")),
        (StatusCode::SEE_OTHER, "/catalog")
    );
    let dark = guest.header("cookie", &first_pair(kept.header("set-cookie")));
    assert_eq!(forged.status, 403);
    assert_eq!(elsewhere.header("location"), "/settings");
    assert!(
        dark.get("/nowhere")
            .await
            .text()
            .contains("<html lang=\"en\" data-theme=\"dark\">")
    );
}

#[tokio::test]
async fn settings_say_who_one_is() {
    let hub = hub(READER).start().await;

    let page = guest(&hub).await.get("/settings").await.text();

    for words in [
        "Gil Uest",
        "user:default/guest",
        "group:default/crew",
        "readers",
        "Enforced",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn an_unknown_tab_keeps_the_header_of_its_entity() {
    let hub = hub(READER).start().await;

    let answer = guest(&hub)
        .await
        .get("/catalog/default/component/seat-map/nowhere")
        .await;

    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("<h1>seat-map"));
}

#[tokio::test]
async fn programs_get_no_pages() {
    let hub = hub(READER).start().await;
    let browser = hub.anonymous().header("accept", "text/html");

    let api = browser.get("/api/catalog/entities").await;
    let nowhere = hub.anonymous().get("/nowhere").await;

    assert_eq!(
        (api.status, api.error()["name"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("AuthenticationError"))
    );
    assert_eq!(
        (nowhere.status, nowhere.body.len()),
        (StatusCode::NOT_FOUND, 0)
    );
}

#[tokio::test]
async fn pages_stay_within_their_budgets() {
    use std::fmt::Write as _;
    let mut catalog = CATALOG.to_owned();
    for number in 0..60 {
        writeln!(
            catalog,
            "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{name: part-{number}, description: Does the \
             work of part {number}, tags: [rust, grpc, tier-{number}]}}\nspec: {{type: service, lifecycle: production, owner: \
             crew-{number}, system: system-{number}}}",
        )
        .unwrap();
    }
    let hub = TestHub::builder()
        .catalog(&catalog)
        .policy_csv(READER)
        .start()
        .await;
    let uncompressed = guest(&hub).await;

    let list = uncompressed
        .clone()
        .header("accept-encoding", "br")
        .get("/catalog?limit=50")
        .await;

    assert_eq!(list.header("content-encoding"), "br");
    assert!(
        list.body.len() < 40 * 1024,
        "a list of 50 rows has {} bytes",
        list.body.len()
    );
    let size = async |kind: &str, within: &str| {
        let mut sum = 0;
        for address in within
            .split('"')
            .filter(|part| part.starts_with("/static/") && part.ends_with(kind))
        {
            let asset = hub
                .anonymous()
                .header("accept-encoding", "br")
                .get(address)
                .await;
            assert_eq!(
                asset.header("cache-control"),
                "public, max-age=31536000, immutable"
            );
            sum += asset.body.len();
        }
        sum
    };
    let page = uncompressed.get("/settings").await.text();
    let (styles, scripts) = (size(".css", &page).await, size(".js", &page).await);
    assert!(
        styles > 0 && styles < 10 * 1024,
        "style sheets have {styles} bytes"
    );
    assert!(
        scripts > 0 && scripts < 30 * 1024,
        "scripts have {scripts} bytes"
    );
}
