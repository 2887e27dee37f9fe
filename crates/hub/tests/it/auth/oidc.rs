//! Sign-in through OpenID Connect, against a provider that says what each test wants.

mod attack;
mod configuration;
mod device;
mod farewell;
mod flow;
mod limit;
mod page;
mod preference;
mod refresh;
mod reuse;
mod scripted;
mod visitor;

use callboard_testkit::{TestHub, TestHubBuilder};
use scripted::{CLIENT, SECRET, Scripted};
use serde_json::{Value, json};
use visitor::Visitor;

/// The people of the tests.
const PEOPLE: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: mara, annotations: {keycloak.org/id: '4711'}}
spec: {profile: {email: mara@lantern.example}, memberOf: [wardrobe]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: otto}
spec: {profile: {email: otto@lantern.example}, memberOf: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: wardrobe}
spec: {type: team, parent: house, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: house}
spec: {type: team, children: []}
";

/// The section of one environment, with `more` in it.
fn environment(provider: &Scripted, more: &Value) -> Value {
    let mut section = json!({
        "clientId": CLIENT,
        "clientSecret": SECRET,
        "metadataUrl": format!("{}/.well-known/openid-configuration", provider.url),
        "prompt": "auto",
        "tokenSignedResponseAlg": "ES256",
    });
    if let Value::Object(more) = more {
        for (name, value) in more {
            section[name] = value.clone();
        }
    }
    section
}

/// A hub in production whose people sign in with `provider`; `more` goes into its section.
fn builder(provider: &Scripted, more: &Value) -> TestHubBuilder {
    TestHub::builder().catalog(PEOPLE).config(json!({
        "app": {"baseUrl": "http://localhost:3000"},
        "signInPage": "oidc",
        "auth": {
            "environment": "production",
            "session": {"secret": "canary-session-secret"},
            "providers": {"oidc": {"production": environment(provider, more)}},
        },
    }))
}

/// As [`builder`], started.
async fn hub(provider: &Scripted, more: Value) -> TestHub {
    builder(provider, &more).start().await
}

/// A provider, a hub whose people sign in with it, and somebody with a browser before both.
async fn stage() -> (Scripted, TestHub, Visitor) {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let browser = Visitor::of(&hub);
    (provider, hub, browser)
}

/// Where another front end begins.
const START: &str =
    "/api/auth/oidc/start?env=production&scope=&origin=http%3A%2F%2Flocalhost%3A3000&flow=popup";
