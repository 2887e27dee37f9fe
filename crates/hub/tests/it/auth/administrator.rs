//! Tokens with ownership from the catalog: at sign-in, and by `callboard token`.

use super::{HOUR, decode, keys};
use callboard_hub::auth::{AdministratorToken, IssueError, TokenRequest};
use callboard_hub::clock::SystemClock;
use callboard_hub::{Hub, Parts};
use callboard_policy::EntityRef;
use callboard_store::{Store, StoreConfig};
use callboard_testkit::{TestHub, TestHubBuilder};
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const COMPANY: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: mara}
spec: {memberOf: [wardrobe]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: [audience]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: wardrobe}
spec: {type: team, parent: backstage, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: backstage}
spec: {type: department, children: [wardrobe]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: audience}
spec: {type: team, children: []}
";

#[tokio::test]
async fn a_guest_whom_the_catalog_knows_owns_what_their_groups_own() {
    let hub = TestHub::builder().catalog(COMPANY).start().await;

    let session = hub.anonymous().get("/api/auth/guest/refresh").await.json();

    assert_eq!(
        session["backstageIdentity"]["identity"]["ownershipEntityRefs"],
        json!(["user:default/guest", "group:default/audience"])
    );
}

/// What `callboard token` does: the same configuration and database, as another process has them.
async fn at_the_machine(
    builder: &TestHubBuilder,
    store: &StoreConfig,
    user: &str,
    lifetime: Duration,
) -> Result<AdministratorToken, IssueError> {
    let request = TokenRequest {
        user: EntityRef::parse(user).unwrap(),
        lifetime,
        asked_by: "operator".to_owned(),
    };
    let store = Store::open(store).await.unwrap();
    let parts = Parts {
        config: builder.to_config(),
        store,
        clock: Arc::new(SystemClock),
        mode: callboard_hub::app::Mode::Production,
        providers: Vec::new(),
    };
    Hub::issue_token(parts, &request).await
}

fn on_disk(builder: &TestHubBuilder) -> StoreConfig {
    StoreConfig::sqlite_in(builder.folder().join("data"))
}

#[tokio::test]
async fn a_token_of_an_administrator_is_accepted_by_the_running_hub() {
    let builder = TestHub::builder().catalog(COMPANY).on_disk();
    let hub = builder.start().await;

    let token = at_the_machine(&builder, &on_disk(&builder), "user:default/mara", 24 * HOUR)
        .await
        .unwrap();

    assert!(token.is_known);
    let mara = hub.anonymous().bearer(token.issued.token.expose());
    let claims =
        json!({"sub": "user:default/mara", "ent": ["user:default/mara", "group:default/wardrobe"]});
    assert_eq!(
        mara.get("/api/auth/v1/userinfo").await.json()["claims"],
        claims
    );
    // The hub signs with the key that the command made, and keeps it for as long as the token.
    hub.token("user:default/otto", &[]).await;
    assert_eq!(keys(&hub).await.len(), 1);
    hub.clock().advance(SignedDuration::from_hours(23));
    assert_eq!(mara.get("/api/auth/v1/userinfo").await.status, 200);
    assert_eq!(keys(&hub).await.len(), 1);
}

#[tokio::test]
async fn the_command_signs_with_the_key_of_the_hub() {
    let builder = TestHub::builder().catalog(COMPANY).on_disk();
    let hub = builder.start().await;
    let of_hub = hub.token("user:default/otto", &[]).await;

    let of_command = at_the_machine(&builder, &on_disk(&builder), "user:default/mara", HOUR)
        .await
        .unwrap();

    let header = |token: &str| decode(token.split('.').next().unwrap());
    assert_eq!(header(of_command.issued.token.expose()), header(&of_hub));
}

#[tokio::test]
async fn a_token_can_be_issued_before_the_hub_has_ever_run() {
    let builder = TestHub::builder()
        .catalog(COMPANY)
        .config(json!({"includeTransitiveGroupOwnership": true}))
        .on_disk();

    let token = at_the_machine(&builder, &on_disk(&builder), "user:default/mara", HOUR)
        .await
        .unwrap();
    let hub = builder.start().await;

    let mara = hub.anonymous().bearer(token.issued.token.expose());
    let claims = &mara.get("/api/auth/v1/userinfo").await.json()["claims"];
    assert_eq!(
        claims["ent"],
        json!([
            "user:default/mara",
            "group:default/backstage",
            "group:default/wardrobe"
        ])
    );
}

#[tokio::test]
async fn a_user_whom_the_catalog_does_not_know_gets_only_their_own_reference() {
    let builder = TestHub::builder().catalog(COMPANY).on_disk();

    let token = at_the_machine(&builder, &on_disk(&builder), "user:default/nobody", HOUR)
        .await
        .unwrap();

    assert!(!token.is_known);
    let payload = decode(token.issued.token.expose().split('.').nth(1).unwrap());
    assert_eq!(payload["ent"], json!(["user:default/nobody"]));
}

#[tokio::test]
async fn an_administrator_cannot_issue_what_no_hub_would_accept() {
    let builder = TestHub::builder().on_disk();
    let refuse = async |store: &StoreConfig, user: &str, lifetime: Duration| {
        at_the_machine(&builder, store, user, lifetime)
            .await
            .err()
            .unwrap()
            .to_string()
    };
    let store = on_disk(&builder);

    assert!(
        refuse(
            &store,
            "user:default/mara",
            24 * HOUR + Duration::from_secs(1)
        )
        .await
        .contains("24 hours")
    );
    assert!(
        refuse(&store, "user:default/mara", Duration::ZERO)
            .await
            .contains("24 hours")
    );
    assert!(
        refuse(&store, "group:default/wardrobe", HOUR)
            .await
            .contains("is no user")
    );
    assert!(
        refuse(&StoreConfig::SqliteMemory, "user:default/mara", HOUR)
            .await
            .contains("in memory")
    );
}
