//! Attacks on sessions and forms, each by its name.

use crate::pages::{csrf_of, first_pair, guest};
use crate::support::Log;
use axum::http::HeaderMap;
use callboard_hub::auth::csrf_token_for_sign_in;
use callboard_testkit::{Answer, Client, TestHub};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

/// A browser with these cookies on the sign-in page, and the cookie that it gets by the form.
async fn sign_in_with(hub: &TestHub, cookies: &str) -> String {
    let form = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
    let own = first_pair(form.set_cookie.unwrap().to_str().unwrap());
    let browser = hub
        .anonymous()
        .header("cookie", &format!("{own}; {cookies}"));
    let answer = browser
        .post_form("/sign-in/guest", &format!("_csrf={}", form.token))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    first_pair(answer.header("set-cookie"))
}

fn browser(hub: &TestHub, cookie: &str) -> Client {
    hub.anonymous()
        .header("accept", "text/html")
        .header("cookie", cookie)
}

async fn is_signed_in(browser: &Client) -> bool {
    browser.get("/settings").await.status == 200
}

#[tokio::test]
async fn session_fixation() {
    let hub = TestHub::start().await;
    let made_up = "callboard-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let attackers = sign_in_with(&hub, "").await;

    for planted in [made_up, &attackers] {
        let victims = sign_in_with(&hub, planted).await;

        assert_ne!(victims, planted);
        assert!(is_signed_in(&browser(&hub, &victims)).await);
        assert!(!is_signed_in(&browser(&hub, planted)).await);
    }
}

#[tokio::test]
async fn reuse_of_a_session_id_that_was_replaced() {
    let log = Log::capture();
    let hub = TestHub::start().await;
    let stolen = sign_in_with(&hub, "").await;
    let next = sign_in_with(&hub, &stolen).await;

    assert!(!is_signed_in(&browser(&hub, &stolen)).await);
    assert!(
        is_signed_in(&browser(&hub, &next)).await,
        "a tab may still have asked with it"
    );
    hub.clock().advance(SignedDuration::from_secs(31));
    assert!(!is_signed_in(&browser(&hub, &stolen)).await);

    assert!(!is_signed_in(&browser(&hub, &next)).await);
    let recorded = async {
        while !log.text().contains("session-reuse") {
            tokio::task::yield_now().await;
        }
    };
    let recorded = tokio::time::timeout(Duration::from_secs(30), recorded).await;
    assert!(recorded.is_ok(), "{}", log.text());
    let secret = stolen.split('=').nth(1).unwrap();
    assert!(!log.text().contains(secret), "an id is in the log");
}

#[tokio::test]
async fn the_cookie_of_another_hub() {
    let (one, two) = (TestHub::start().await, TestHub::start().await);
    let cookie = sign_in_with(&one, "").await;

    assert!(is_signed_in(&browser(&one, &cookie)).await);
    assert!(!is_signed_in(&browser(&two, &cookie)).await);
}

#[tokio::test]
async fn the_cookie_of_another_base_url() {
    let builder = TestHub::builder().on_disk();
    let plain = builder.start().await;
    let cookie = sign_in_with(&plain, "").await;
    let secure = json!({"backend": {"baseUrl": "https://hub.example.com"}});
    let secure = builder.clone().config(secure).start().await;

    // A neighbour on the same domain can set the one, and not the other.
    assert!(!is_signed_in(&browser(&secure, &cookie)).await);
    let prefixed = format!("__Host-{cookie}");
    assert!(is_signed_in(&browser(&secure, &prefixed)).await);
}

/// A form of a page.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Form {
    action: String,
    has_token: bool,
}

/// The forms of a page that change something.
fn forms(page: &Answer) -> Vec<Form> {
    let text = page.text();
    let parts = text.split("<form ").skip(1);
    let forms = parts.filter_map(|part| {
        let (tag, rest) = part.split_once('>')?;
        let body = rest.split("</form>").next()?;
        let attribute = |name: &str| {
            let (_, value) = tag.split_once(&format!("{name}=\""))?;
            value.split('"').next().map(str::to_owned)
        };
        (attribute("method").as_deref() == Some("post")).then(|| Form {
            action: attribute("action").unwrap(),
            has_token: body.contains("name=\"_csrf\" value=\""),
        })
    });
    forms.collect()
}

#[tokio::test]
async fn csrf_on_every_form() {
    let keeper = "p, role:default/keepers, callboard.session.manage, use, allow
p, role:default/keepers, catalog-entity, read, allow
g, user:default/guest, role:default/keepers";
    let hub = TestHub::builder().policy_csv(keeper).start().await;
    let (victim, other) = (guest(&hub).await, guest(&hub).await);
    let mut found = BTreeSet::new();
    for path in [
        "/",
        "/catalog",
        "/settings",
        "/settings/sessions",
        "/settings/people?user=guest",
    ] {
        let page = victim.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        found.extend(forms(&page));
    }
    let foreign = csrf_of(&other.get("/settings").await);
    let own = csrf_of(&victim.get("/settings").await);

    for Form { action, has_token } in &found {
        assert!(has_token, "{action}");
        for fields in ["", "_csrf=", &format!("_csrf={foreign}")] {
            let refused = victim.post_form(action, fields).await;
            assert_eq!(refused.status, 403, "{action} {fields}");
        }
        let elsewhere = victim.clone().header("sec-fetch-site", "cross-site");
        let refused = elsewhere.post_form(action, &format!("_csrf={own}")).await;
        assert_eq!(refused.status, 403, "{action}");
    }

    let actions: Vec<_> = found.iter().map(|form| form.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "/catalog/star",
            "/settings/appearance",
            "/settings/people/end",
            "/settings/sessions/end",
            "/settings/sessions/end-others",
            "/settings/theme",
            "/sign-out",
        ]
    );
    assert!(is_signed_in(&victim).await && is_signed_in(&other).await);
}

#[tokio::test]
async fn a_token_of_a_form_that_is_almost_right() {
    let hub = TestHub::start().await;
    let victim = guest(&hub).await;
    let own = csrf_of(&victim.get("/settings").await);

    // The comparison takes as long for each of them: it is one of `subtle`, over all bytes.
    for at in [0, own.len() / 2, own.len() - 1] {
        let mut almost = own.clone().into_bytes();
        almost[at] = if almost[at] == b'A' { b'B' } else { b'A' };
        let almost = String::from_utf8(almost).unwrap();
        let refused = victim
            .post_form("/sign-out", &format!("_csrf={almost}"))
            .await;
        assert_eq!(refused.status, 403, "{at}");
    }
    for cut in [&own[..own.len() - 1], &format!("{own}A")] {
        let refused = victim.post_form("/sign-out", &format!("_csrf={cut}")).await;
        assert_eq!(refused.status, 403);
    }
    let left = victim.post_form("/sign-out", &format!("_csrf={own}")).await;
    assert_eq!(left.status, 303);
}

#[tokio::test]
async fn a_closed_database_ends_no_session() {
    let hub = TestHub::builder().on_disk().start().await;
    let browser = browser(&hub, &sign_in_with(&hub, "").await);

    hub.app().core().store.close().await;

    assert!(is_signed_in(&browser).await);
    // As old as a token may be: the guest is known without the database.
    hub.clock().advance(SignedDuration::from_secs(3600));
    assert!(is_signed_in(&browser).await);
}
