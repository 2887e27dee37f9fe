//! Tests of the pages on which tokens are made.

use crate::Hub;
use crate::auth::session::test::start;
use crate::auth::test::{ManualClock, hub};
use crate::principal::UserPrincipal;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use smol_str::SmolStr;
use tower::ServiceExt;

/// A hub with its pages.
struct Site {
    hub: Hub,
    router: Router,
}

async fn site(clock: &ManualClock, config: Value) -> Site {
    let hub = hub(clock, config).await;
    let router = hub.router().unwrap();
    Site { hub, router }
}

/// Somebody with a browser.
struct Person {
    router: Router,
    cookie: String,
    csrf: String,
}

/// What a browser is answered.
struct Shown {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Person {
    async fn sign_in(hub: &Site, user: &'static str, clock: &ManualClock) -> Person {
        let entity_ref = SmolStr::new_static(user);
        let principal = UserPrincipal::new(entity_ref.clone(), vec![entity_ref]);
        let id = start(&hub.hub.app().auth().sessions, principal, clock, None).await;
        let mut person = Person {
            router: hub.router.clone(),
            cookie: format!("callboard-session={id}"),
            csrf: String::new(),
        };
        let page = person.get("/settings").await.text;
        let csrf = page.split("name=\"_csrf\" value=\"").nth(1).unwrap();
        person.csrf = csrf.split('"').next().unwrap().to_owned();
        person
    }

    async fn get(&self, path: &str) -> Shown {
        self.send(Method::GET, path, String::new()).await
    }

    async fn post(&self, path: &str, fields: &str) -> Shown {
        let form = format!("_csrf={}&{fields}", self.csrf);
        self.send(Method::POST, path, form).await
    }

    async fn send(&self, method: Method, path: &str, form: String) -> Shown {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Shown {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

fn token_in(page: &str) -> Option<&str> {
    let rest = page.split("id=\"new-token\">").nth(1)?;
    rest.split('<').next()
}

#[tokio::test]
async fn a_token_is_shown_on_the_page_once_and_kept_by_nobody() {
    let clock = ManualClock::default();
    let hub = site(&clock, json!({})).await;
    let mara = Person::sign_in(&hub, "user:default/mara", &clock).await;

    let made = mara
        .post("/settings/tokens", "name=ci&access=read&life=30")
        .await;
    let again = mara.get("/settings/tokens").await;

    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(made.headers[header::CACHE_CONTROL], "no-store");
    let token = token_in(&made.text).unwrap();
    assert!(token.starts_with("cbp_"), "{token}");
    assert!(!again.text.contains(token));
    for part in [
        &token[..8],
        "ci",
        "Read only",
        "never",
        "in 30 days",
        "Revoke ci",
    ] {
        assert!(again.text.contains(part), "{part}: {}", again.text);
    }
    let tokens = hub.hub.app().access_tokens().of_owner("user:default/mara");
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].scope.read_only);

    let path = format!("/settings/tokens/{}/revoke", tokens[0].id);
    let revoked = mara.post(&path, "").await;

    assert_eq!(revoked.status, StatusCode::SEE_OTHER);
    assert!(
        hub.hub
            .app()
            .access_tokens()
            .of_owner("user:default/mara")
            .is_empty()
    );
}

#[tokio::test]
async fn a_form_that_is_wrong_comes_back_with_what_was_filled_in() {
    let clock = ManualClock::default();
    let hub = site(&clock, json!({})).await;
    let mara = Person::sign_in(&hub, "user:default/mara", &clock).await;
    let fields = "name=%3Cb%3Enight&access=chosen&life=custom&days=9999&plugins=catalog";

    let shown = mara.post("/settings/tokens", fields).await;

    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(token_in(&shown.text), None);
    for part in [
        "A token lives for 1 to 365 days.",
        "value=\"9999\"",
        "value=\"catalog\" checked",
        "&#60;b&#62;night",
    ] {
        assert!(shown.text.contains(part), "{part}: {}", shown.text);
    }
}

#[tokio::test]
async fn another_site_makes_and_revokes_no_token() {
    let clock = ManualClock::default();
    let hub = site(&clock, json!({})).await;
    let mut mara = Person::sign_in(&hub, "user:default/mara", &clock).await;
    mara.post("/settings/tokens", "name=ci&access=all&life=7")
        .await;
    let id = hub.hub.app().access_tokens().of_owner("user:default/mara")[0]
        .id
        .clone();
    mara.csrf = "guessed".to_owned();

    let made = mara
        .post("/settings/tokens", "name=more&access=all&life=7")
        .await;
    let revoked = mara
        .post(&format!("/settings/tokens/{id}/revoke"), "")
        .await;

    assert_eq!(made.status, StatusCode::FORBIDDEN);
    assert_eq!(revoked.status, StatusCode::FORBIDDEN);
    let left = hub.hub.app().access_tokens().of_owner("user:default/mara");
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn a_guest_is_told_why_there_are_no_tokens() {
    let clock = ManualClock::default();
    let hub = site(&clock, json!({})).await;
    let guest = Person::sign_in(&hub, "user:default/guest", &clock).await;

    let page = guest.get("/settings/tokens").await;
    let made = guest
        .post("/settings/tokens", "name=ci&access=all&life=7")
        .await;

    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text.contains("Guests have no access tokens"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("name=\"access\""), "{}", page.text);
    assert_eq!(made.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn service_accounts_are_managed_on_their_pages_by_those_who_may() {
    let clock = ManualClock::default();
    let enforced = json!({"permission": {"enabled": true, "rbac": {"admin": {
        "superUsers": [{"name": "user:default/warden"}],
    }}}});
    let hub = site(&clock, enforced).await;
    let warden = Person::sign_in(&hub, "user:default/warden", &clock).await;
    let mara = Person::sign_in(&hub, "user:default/mara", &clock).await;
    let list = "/settings/service-accounts";
    let page = "/settings/service-accounts/deployer";

    assert!(!mara.get("/settings").await.text.contains(list));
    assert_eq!(mara.get(list).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        mara.post(list, "name=mine").await.status,
        StatusCode::FORBIDDEN
    );

    let wrong = warden.post(list, "name=A+b").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let made = warden
        .post(list, "name=deployer&description=At+night")
        .await;
    assert_eq!(made.headers[header::LOCATION], page);
    let token = warden.post(page, "name=ci&access=all&life=7").await;
    assert!(token_in(&token.text).unwrap().starts_with("cbs_"));
    assert_eq!(token.headers[header::CACHE_CONTROL], "no-store");
    assert!(
        warden
            .get(list)
            .await
            .text
            .contains("user:callboard-service/deployer")
    );
    let gone = warden.post(&format!("{page}/delete"), "").await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    assert_eq!(warden.get(page).await.status, StatusCode::NOT_FOUND);
}
