//! What somebody might try; each attempt signs nobody in.

mod id_token;
mod leak;
mod person;
mod state;

use super::scripted::{Script, Scripted};
use super::visitor::{Visitor, refusal};
use super::{START, hub};
use callboard_hub::clock::{Clock, SystemClock};
use callboard_testkit::TestHub;
use serde_json::json;

/// What the callback page says after the provider was told to lie.
async fn after(lie: impl FnOnce(&mut Script)) -> String {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    attempt(&provider, &hub, lie).await
}

async fn attempt(provider: &Scripted, hub: &TestHub, lie: impl FnOnce(&mut Script)) -> String {
    let mut browser = Visitor::of(hub);
    let started = browser.start(START).await;
    let code = provider.agree(&started.location);
    lie(&mut provider.script());

    let answer = browser.back(&started.state, &code).await;

    let (_, message) = refusal(&answer);
    assert!(!browser.jar.contains_key("oidc-refresh-token"), "{message}");
    assert!(browser.session().is_none());
    message
}

fn now() -> i64 {
    SystemClock.now().as_second()
}
