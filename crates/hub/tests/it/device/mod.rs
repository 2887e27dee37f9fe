//! Device authorization: a program asks, a person lets it in, the program has tokens.

mod attack;
mod replica;

use axum::http::HeaderMap;
use callboard_hub::auth::csrf_token_for_sign_in;
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use jiff::SignedDuration;
use serde_json::{Value, json};

const OAUTH: &str = "/api/callboard/v1/oauth";
const SESSIONS: &str = "/api/callboard/v1/device-sessions";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Longer than a program has to wait between two questions.
const PAUSE: SignedDuration = SignedDuration::from_secs(6);

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: alice}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
";

/// A hub on which everybody who signs in by the browser is Alice.
fn house() -> TestHubBuilder {
    TestHub::builder()
        .catalog(CATALOG)
        .config(json!({"auth": {"providers": {"guest": {"userEntityRef": "user:default/alice"}}}}))
}

/// A browser in which Alice is signed in.
struct Browser {
    client: Client,
    csrf: String,
}

impl Browser {
    async fn sign_in(hub: &TestHub) -> Browser {
        let form = csrf_token_for_sign_in(hub.app(), &HeaderMap::new()).unwrap();
        let secret = form.set_cookie.unwrap().to_str().unwrap().to_owned();
        let browser = hub
            .anonymous()
            .header("cookie", secret.split(';').next().unwrap());
        let fields = format!("_csrf={}", form.token);
        let answer = browser.post_form("/sign-in/guest", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        Browser::with_cookie(hub, &cookie).await
    }

    async fn with_cookie(hub: &TestHub, cookie: &str) -> Browser {
        let client = hub.anonymous().header("cookie", cookie);
        let page = client.get("/settings").await.text();
        let csrf = page.split("name=\"_csrf\" value=\"").nth(1).unwrap();
        let csrf = csrf.split('"').next().unwrap().to_owned();
        Browser { client, csrf }
    }

    async fn post(&self, path: &str, fields: &str) -> Answer {
        let form = format!("_csrf={}&{fields}", self.csrf);
        self.client.post_form(path, &form).await
    }

    async fn decide(&self, code: &str, decision: &str) -> Answer {
        let fields = format!("code={code}&decision={decision}");
        self.post("/device/decide", &fields).await
    }
}

/// The codes of a new program.
async fn apply(hub: &TestHub) -> Value {
    let form = "client_id=callboard-cli&device_name=stage%20door";
    let answer = hub
        .anonymous()
        .post_form(&format!("{OAUTH}/device_authorization"), form)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// What a program is answered that asks for its first tokens.
async fn poll(hub: &TestHub, codes: &Value) -> Answer {
    let code = text(codes, "device_code");
    let form = format!("grant_type={DEVICE_GRANT}&device_code={code}&client_id=callboard-cli");
    let path = format!("{OAUTH}/token");
    hub.anonymous().post_form(&path, &form).await
}

async fn refresh(hub: &TestHub, token: &str) -> Answer {
    let form = format!("grant_type=refresh_token&refresh_token={token}&client_id=callboard-cli");
    let path = format!("{OAUTH}/token");
    hub.anonymous().post_form(&path, &form).await
}

/// The tokens of a program that Alice let in.
async fn let_in(hub: &TestHub, browser: &Browser) -> Value {
    let codes = apply(hub).await;
    let approved = browser.decide(text(&codes, "user_code"), "approve").await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    let answer = poll(hub, &codes).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn oauth_error(answer: &Answer) -> (u16, String) {
    let status = answer.status.as_u16();
    (status, text(&answer.json(), "error").to_owned())
}

async fn asks(hub: &TestHub, token: &str) -> u16 {
    let program = hub.anonymous().bearer(token);
    program.get("/api/catalog/entities").await.status.as_u16()
}

#[tokio::test]
async fn a_program_is_let_in_by_its_code() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;

    let codes = apply(&hub).await;
    let code = text(&codes, "user_code");
    assert_eq!(codes["expires_in"], 600);
    assert_eq!(codes["interval"], 5);
    assert_eq!(codes["verification_uri"], "http://localhost:7007/device");
    let complete = format!("http://localhost:7007/device?code={code}");
    assert_eq!(text(&codes, "verification_uri_complete"), complete);
    assert_eq!(
        oauth_error(&poll(&hub, &codes).await),
        (400, "authorization_pending".into())
    );

    let page = browser
        .client
        .get(&format!("/device?code={code}"))
        .await
        .text();
    assert!(page.contains(&format!("value=\"{code}\"")), "{page}");
    let shown = browser
        .post("/device", &format!("code={}", code.to_lowercase()))
        .await;
    assert_eq!(shown.status, 200);
    let shown = shown.text();
    for part in ["callboard-cli (stage door)", code, "user:default/alice"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    hub.clock().advance(PAUSE);
    assert_eq!(
        oauth_error(&poll(&hub, &codes).await),
        (400, "authorization_pending".into()),
        "looking is not letting in"
    );

    let approved = browser.decide(code, "approve").await;
    let tokens = poll(&hub, &codes).await;

    assert!(approved.text().contains("is let in"), "{}", approved.text());
    assert_eq!(tokens.status, 200, "{}", tokens.text());
    assert_eq!(tokens.header("cache-control"), "no-store");
    let tokens = tokens.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    let program = hub.anonymous().bearer(text(&tokens, "access_token"));
    let info = program.get("/api/auth/v1/userinfo").await.json();
    assert_eq!(
        info["claims"]["ent"],
        json!(["user:default/alice", "group:default/crew"])
    );
    let listed = program.get(SESSIONS).await.json();
    assert_eq!(listed["items"][0]["client"], "callboard-cli (stage door)");
    let settings = browser.client.get("/settings/tokens").await.text();
    assert!(
        settings.contains("callboard-cli (stage door)"),
        "{settings}"
    );
}

#[tokio::test]
async fn a_program_keeps_going_with_its_refresh_token() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let first = let_in(&hub, &browser).await;

    hub.clock().advance(SignedDuration::from_hours(2));
    assert_eq!(asks(&hub, text(&first, "access_token")).await, 401);
    let second = refresh(&hub, text(&first, "refresh_token")).await;

    assert_eq!(second.status, 200, "{}", second.text());
    let second = second.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(asks(&hub, text(&second, "access_token")).await, 200);
}

#[tokio::test]
async fn ending_a_session_ends_the_tokens_that_its_program_holds() {
    let hub = house().start().await;
    let browser = Browser::sign_in(&hub).await;
    let by_page = let_in(&hub, &browser).await;
    // Tokens of the same person, of the same second, are the same.
    hub.clock().advance(SignedDuration::from_secs(1));
    let by_program = let_in(&hub, &browser).await;
    let token = text(&by_page, "access_token").to_owned();
    assert_eq!(asks(&hub, &token).await, 200);

    let sessions = hub.anonymous().bearer(&token).get(SESSIONS).await.json();
    let ids: Vec<&str> = sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(one, "id"))
        .collect();
    assert_eq!(ids.len(), 2);
    let form = format!("token={}", text(&by_program, "refresh_token"));
    let revoked = hub
        .anonymous()
        .post_form(&format!("{OAUTH}/revoke"), &form)
        .await;
    assert_eq!(revoked.status, 200);
    assert_eq!(asks(&hub, text(&by_program, "access_token")).await, 401);
    assert_eq!(asks(&hub, &token).await, 200);
    for id in ids {
        browser
            .post(&format!("/settings/devices/{id}/end"), "")
            .await;
    }

    assert_eq!(asks(&hub, &token).await, 401);
    let limited = hub.anonymous().bearer(&crate::auth::limited(&token));
    assert_eq!(limited.get("/api/auth/v1/userinfo").await.status, 401);
    let gone = refresh(&hub, text(&by_page, "refresh_token")).await;
    assert_eq!(oauth_error(&gone), (400, "invalid_grant".into()));
    let again = hub
        .anonymous()
        .post_form(&format!("{OAUTH}/revoke"), &form)
        .await;
    assert_eq!(again.status, 200, "what has ended has ended");
}
