//! What a sign-in and a token cost: issued, verified for the first time, and known already.
//!
//! Everything runs on one thread, in a hub in this process whose records are in a SQLite file.

use axum::http::{HeaderMap, HeaderValue, header};
use callboard_hub::auth::{IssuedToken, UserIdentity};
use callboard_hub::principal::Principal;
use callboard_hub::{App, EntityRef};
use callboard_testkit::{Client, TestHub};
use divan::{Bencher, counter::ItemsCount};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::{Builder, Runtime};

/// The allocator of the program that is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tokens in a sample, so that a sample is long enough to be timed.
const TOKENS: usize = 100;

fn main() {
    divan::main();
}

/// Verifies the tokens of users whom the hub has not seen before.
#[divan::bench(sample_count = 100)]
fn verify_cold(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = started();
    bencher
        .counter(ItemsCount::new(TOKENS))
        .with_inputs(|| runtime.block_on(users(hub.app())))
        .bench_local_values(|users| runtime.block_on(enter(hub.app(), &users, "catalog")));
}

/// Verifies tokens that were verified before.
#[divan::bench(sample_count = 200)]
fn verify_warm(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = started();
    let users = runtime.block_on(users(hub.app()));
    runtime.block_on(enter(hub.app(), &users, "catalog"));
    bencher
        .counter(ItemsCount::new(TOKENS))
        .bench_local(|| runtime.block_on(enter(hub.app(), &users, "catalog")));
}

/// Verifies tokens of a plugin of this hub on behalf of users: two signatures each.
#[divan::bench(sample_count = 100)]
fn verify_on_behalf_cold(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = started();
    let tokens = async || {
        let mut tokens = Vec::with_capacity(TOKENS);
        for user in users(hub.app()).await {
            let Ok(Principal::User(user)) = hub.app().auth().authenticate(&user, "catalog").await
            else {
                panic!("a user");
            };
            let auth = hub.app().auth();
            let issued = auth.issue_plugin_token("permission", "catalog", Some(&user));
            tokens.push(bearer(&issued.await.expect("a token can be signed")));
        }
        tokens
    };
    bencher
        .counter(ItemsCount::new(TOKENS))
        .with_inputs(|| runtime.block_on(tokens()))
        .bench_local_values(|tokens| runtime.block_on(enter(hub.app(), &tokens, "catalog")));
}

/// Issues tokens, each remembered in the database.
#[divan::bench(sample_count = 50)]
fn issue(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = started();
    bencher
        .counter(ItemsCount::new(TOKENS))
        .bench_local(|| runtime.block_on(users(hub.app())));
}

/// `GET /api/auth/guest/refresh`: a token and its line in the audit log.
#[divan::bench(sample_count = 50)]
fn sign_in_as_guest(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = started();
    let browser = hub.anonymous();
    bencher.counter(ItemsCount::new(TOKENS)).bench_local(|| {
        runtime.block_on(async {
            for _ in 0..TOKENS {
                assert_eq!(browser.get("/api/auth/guest/refresh").await.status, 200);
            }
        });
    });
}

/// `POST /api/permission/authorize` with a token that is known.
#[divan::bench(sample_count = 100)]
fn authorize_warm(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = started();
    let user = runtime.block_on(hub.user("user:default/ann"));
    bencher.counter(ItemsCount::new(TOKENS)).bench_local(|| {
        runtime.block_on(async {
            for _ in 0..TOKENS {
                authorize(&user).await;
            }
        });
    });
}

/// The same with tokens that the hub has not seen before.
#[divan::bench(sample_count = 100)]
fn authorize_cold(bencher: Bencher<'_, '_>) {
    let (runtime, hub) = started();
    let clients = || {
        let users = runtime.block_on(users(hub.app())).into_iter();
        let client = |headers: HeaderMap| {
            let token = headers[header::AUTHORIZATION].to_str().expect("ASCII");
            hub.anonymous().header("authorization", token)
        };
        users.map(client).collect::<Vec<_>>()
    };
    bencher
        .counter(ItemsCount::new(TOKENS))
        .with_inputs(clients)
        .bench_local_values(|clients| {
            runtime.block_on(async {
                for client in &clients {
                    authorize(client).await;
                }
            });
        });
}

fn started() -> (Runtime, TestHub) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be started");
    let quiet = json!({"callboard": {"audit": {"decisions": "none"}}});
    let builder = TestHub::builder().on_disk().config(quiet);
    let hub = runtime.block_on(builder.start());
    (runtime, hub)
}

/// Headers with new tokens of people who were never there before.
async fn users(app: &App) -> Vec<HeaderMap> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let auth = app.auth();
    let mut users = Vec::with_capacity(TOKENS);
    for _ in 0..TOKENS {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let entity_ref = EntityRef::parse(&format!("user:default/u{number}")).expect("a user");
        let ownership = vec![
            entity_ref.as_smol_str().clone(),
            "group:default/stage".into(),
        ];
        let user = UserIdentity {
            entity_ref,
            ownership,
        };
        let issued = auth.issue_user_token(&user, auth.token_lifetime()).await;
        users.push(bearer(&issued.expect("a token can be signed")));
    }
    users
}

fn bearer(issued: &IssuedToken) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {}", issued.token.expose()));
    HeaderMap::from_iter([(header::AUTHORIZATION, value.expect("a token is ASCII"))])
}

async fn enter(app: &App, users: &[HeaderMap], plugin: &str) {
    for user in users {
        let caller = app.auth().authenticate(user, plugin).await;
        assert!(matches!(caller, Ok(Principal::User(_))), "{caller:?}");
    }
}

async fn authorize(client: &Client) {
    let item = json!({
        "id": "1",
        "permission": {"type": "basic", "name": "scaffolder.task.create", "attributes": {"action": "create"}},
    });
    let answer = client
        .post("/api/permission/authorize", &json!({"items": [item]}))
        .await;
    assert_eq!(answer.status, 200);
}
