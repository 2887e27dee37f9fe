//! That the plugin of this hub does what its document says.

use super::contract::Contract;
use super::document_of;
use crate::pages::{csrf_of, guest};
use callboard_testkit::{Client, TestHub};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The token of a program that may ask the catalog only.
const RESTRICTED_TOKEN: &str = "a-token-for-the-catalog";

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Alice, who is the guest of the test's browsers, manages everything; Eve nothing.
const POLICIES: &str = "\
g, user:default/alice, role:default/keepers
p, role:default/keepers, callboard.session.manage, use, allow
p, role:default/keepers, callboard.service-account.manage, use, allow
g, user:callboard-service/deployer, role:default/keepers
";

struct Desk {
    hub: TestHub,
    contract: Contract,
    alice: Client,
    eve: Client,
}

impl Desk {
    async fn ask(&self, request: &str, status: u16) -> Value {
        self.send(&self.alice, request, None, status).await
    }

    async fn post(&self, request: &str, body: Value, status: u16) -> Value {
        self.send(&self.alice, request, Some(body), status).await
    }

    async fn send(
        &self,
        client: &Client,
        request: &str,
        body: Option<Value>,
        status: u16,
    ) -> Value {
        let answer = self.contract.ask(client, request, body, status).await;
        match answer.text().as_str() {
            "" => Value::Null,
            _ => answer.json(),
        }
    }

    async fn submit(&self, target: &str, fields: &[(&str, &str)], status: u16) -> Value {
        let client = self.hub.anonymous();
        let answer = self.contract.submit(&client, target, fields, status);
        answer.await.json()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn every_answer_of_the_plugin_callboard_is_as_documented() {
    let hub = TestHub::builder()
        .policy_csv(POLICIES)
        .config(json!({
            "auth": {"providers": {"guest": {"userEntityRef": "user:default/otto"}}},
            "backend": {"auth": {"externalAccess": [
                {"type": "static", "options": {"token": RESTRICTED_TOKEN, "subject": "reader"},
                 "accessRestrictions": [{"plugin": "catalog"}]},
            ]}},
        }))
        .start()
        .await;
    let desk = Desk {
        contract: Contract::new(document_of(&hub, "callboard").await),
        alice: hub.user("user:default/alice").await,
        eve: hub.user("user:default/eve").await,
        hub,
    };

    tokens(&desk).await;
    service_accounts(&desk).await;
    sessions(&desk).await;
    programs(&desk).await;
    refusals(&desk).await;
    long_bodies(&desk).await;

    // What every plugin has is seen with that of permissions.
    let mut unseen = desk.contract.unseen();
    let of_every_plugin = [
        "getOpenApi",
        "getMetadata",
        "applyConditions",
        "setCookie",
        "clearCookie",
        "getKeys",
    ];
    unseen.retain(|answer| !of_every_plugin.iter().any(|id| answer.starts_with(id)));
    assert_eq!(unseen, [""; 0]);
}

async fn tokens(desk: &Desk) {
    let scope = json!({"readOnly": true, "plugins": ["catalog"]});
    let whole = json!({"name": "ci", "expiresInDays": 7, "scope": scope});
    let created = desk.post("POST /v1/tokens", whole.clone(), 201).await;
    desk.post("POST /v1/tokens", whole, 409).await;
    desk.post("POST /v1/tokens", json!({"name": ""}), 400).await;
    let program = desk.hub.anonymous().bearer(text(&created["token"]));
    program.get("/api/catalog/entities").await;
    let listed = desk.ask("GET /v1/tokens", 200).await;
    assert_ne!(listed["items"][0]["lastUsedAt"], Value::Null);
    let one = format!("DELETE /v1/tokens/{}", text(&created["id"]));
    desk.ask(&one, 204).await;
    desk.ask(&one, 404).await;
}

async fn service_accounts(desk: &Desk) {
    let list = "/v1/service-accounts";
    let account = json!({"name": "deployer", "description": "At night"});
    let created = desk
        .post(&format!("POST {list}"), account.clone(), 201)
        .await;
    assert_eq!(created["roles"], json!(["role:default/keepers"]));
    desk.post(&format!("POST {list}"), account, 409).await;
    desk.post(&format!("POST {list}"), json!({"name": "A b"}), 400)
        .await;
    desk.post(&format!("POST {list}"), json!({"name": "painter"}), 201)
        .await;
    desk.ask(&format!("GET {list}"), 200).await;
    desk.ask(&format!("GET {list}/deployer"), 200).await;
    desk.ask(&format!("GET {list}/nobody"), 404).await;
    let tokens = format!("{list}/painter/tokens");
    let token = desk
        .post(&format!("POST {tokens}"), json!({"name": "ci"}), 201)
        .await;
    desk.post(&format!("POST {tokens}"), json!({"name": "ci"}), 409)
        .await;
    desk.post(&format!("POST {tokens}"), json!({"name": 1}), 400)
        .await;
    desk.post(
        &format!("POST {list}/nobody/tokens"),
        json!({"name": "ci"}),
        404,
    )
    .await;
    desk.ask(&format!("GET {tokens}"), 200).await;
    desk.ask(&format!("GET {list}/nobody/tokens"), 404).await;
    let one = format!("DELETE {tokens}/{}", text(&token["id"]));
    desk.ask(&one, 204).await;
    desk.ask(&one, 404).await;
    desk.ask(&format!("DELETE {list}/painter"), 204).await;
    desk.ask(&format!("DELETE {list}/painter"), 404).await;
    desk.ask(&format!("DELETE {list}/deployer"), 409).await;
}

async fn sessions(desk: &Desk) {
    let otto = desk.hub.user("user:default/otto").await;
    let browser = guest(&desk.hub).await;
    browser.get("/settings").await;
    let listed = desk.send(&otto, "GET /v1/sessions", None, 200).await;
    let one = format!("DELETE /v1/sessions/{}", text(&listed["items"][0]["id"]));
    desk.send(&otto, &one, None, 204).await;
    desk.send(&otto, &one, None, 404).await;
    let of_otto = "/v1/users/default/otto/sessions";
    guest(&desk.hub).await;
    desk.ask(&format!("GET {of_otto}"), 200).await;
    let ended = desk.ask(&format!("DELETE {of_otto}"), 200).await;
    assert_eq!(ended, json!({"ended": 1}));
    for method in ["GET", "DELETE"] {
        let nobody = format!("{method} /v1/users/%2F/x/sessions");
        desk.ask(&nobody, 400).await;
    }
}

/// Otto lets a program in.
async fn programs(desk: &Desk) {
    let (apply, token, revoke) = (
        "/v1/oauth/device_authorization",
        "/v1/oauth/token",
        "/v1/oauth/revoke",
    );
    let browser = guest(&desk.hub).await;
    let client = [
        ("client_id", "callboard-cli"),
        ("device_name", "stage door"),
    ];
    let codes = desk.submit(apply, &client, 200).await;
    desk.submit(apply, &[], 400).await;
    let csrf = csrf_of(&browser.get("/device").await);
    let form = format!(
        "_csrf={csrf}&decision=approve&code={}",
        text(&codes["user_code"])
    );
    browser.post_form("/device/decide", &form).await;
    let code = [
        ("grant_type", DEVICE_GRANT),
        ("device_code", text(&codes["device_code"])),
    ];
    let tokens = desk.submit(token, &code, 200).await;
    desk.submit(token, &code, 400).await;
    let otto = desk.hub.anonymous().bearer(text(&tokens["access_token"]));
    let listed = desk.send(&otto, "GET /v1/device-sessions", None, 200).await;
    let one = format!(
        "DELETE /v1/device-sessions/{}",
        text(&listed["items"][0]["id"])
    );
    // Tokens of the same person, of the same second, are the same.
    desk.hub.clock().advance(SignedDuration::from_secs(1));
    let otto = desk.hub.user("user:default/otto").await;
    desk.send(&otto, &one, None, 204).await;
    desk.send(&otto, &one, None, 404).await;
    let refresh = text(&tokens["refresh_token"]);
    desk.submit(revoke, &[("token", refresh)], 200).await;
    desk.submit(revoke, &[], 400).await;
    let crowd = desk.hub.anonymous().at("203.0.113.7:1".parse().unwrap());
    for _ in 0..20 {
        desk.contract.submit(&crowd, apply, &client, 200).await;
    }
    desk.contract.submit(&crowd, apply, &client, 429).await;
}

async fn refusals(desk: &Desk) {
    let stranger = desk.hub.anonymous();
    let restricted = desk.hub.anonymous().bearer(RESTRICTED_TOKEN);
    let scope = json!({"name": "narrow", "scope": {"plugins": ["callboard"]}});
    let narrow = desk.post("POST /v1/tokens", scope, 201).await;
    let narrow = desk.hub.anonymous().bearer(text(&narrow["token"]));
    let asked = [
        ("GET /v1/tokens", &narrow),
        ("POST /v1/tokens", &narrow),
        ("DELETE /v1/tokens/1", &narrow),
        ("GET /v1/service-accounts", &desk.eve),
        ("POST /v1/service-accounts", &desk.eve),
        ("GET /v1/service-accounts/x", &desk.eve),
        ("DELETE /v1/service-accounts/x", &desk.eve),
        ("GET /v1/service-accounts/x/tokens", &desk.eve),
        ("POST /v1/service-accounts/x/tokens", &desk.eve),
        ("DELETE /v1/service-accounts/x/tokens/1", &desk.eve),
        ("GET /v1/sessions", &narrow),
        ("DELETE /v1/sessions/1", &narrow),
        ("GET /v1/users/default/x/sessions", &desk.eve),
        ("DELETE /v1/users/default/x/sessions", &desk.eve),
        ("GET /v1/device-sessions", &narrow),
        ("DELETE /v1/device-sessions/1", &narrow),
    ];
    for (request, who) in asked {
        let body = request.starts_with("POST").then(|| json!({"name": "x"}));
        desk.send(&stranger, request, body.clone(), 401).await;
        desk.send(&restricted, request, body.clone(), 403).await;
        desk.send(who, request, body, 403).await;
    }
}

async fn long_bodies(desk: &Desk) {
    let long = "x".repeat(101 * 1024);
    for list in [
        "/v1/tokens",
        "/v1/service-accounts",
        "/v1/service-accounts/x/tokens",
    ] {
        let body = json!({"name": long});
        desk.post(&format!("POST {list}"), body, 413).await;
    }
    for route in ["device_authorization", "token", "revoke"] {
        let target = format!("/v1/oauth/{route}");
        desk.submit(&target, &[("client_id", &long)], 413).await;
    }
}
