//! Adding and removing plugin ids.

use super::builder;
use super::desk::{audit_events, event_lines, send, shown};
use super::get;
use crate::support::Log;
use callboard_testkit::{Client, TestHub};
use insta::assert_snapshot;
use serde_json::{Value, json};

const PATH: &str = "/plugins/id";

fn ids(ids: &[&str]) -> Value {
    json!({"ids": ids})
}

/// What each request is answered, which changes nothing.
async fn refusals(hub: &TestHub, client: &Client, requests: &[(&str, Value)]) -> String {
    let ann = hub.user("user:default/ann").await;
    let before = get(&ann, PATH).await;
    let mut seen = Vec::new();
    for (method, body) in requests {
        seen.push(shown(&send(client, method, PATH, body).await));
        assert_eq!(get(&ann, PATH).await, before, "{method} {body}");
    }
    seen.join("\n")
}

#[tokio::test]
async fn ids_are_added_and_removed() {
    let builder = builder().on_disk();
    let hub = builder.start().await;
    let ann = hub.user("user:default/ann").await;

    let added = send(&ann, "POST", PATH, &ids(&["tekton", "argocd"])).await;
    let removed = send(&ann, "DELETE", PATH, &ids(&["argocd"])).await;

    assert_snapshot!(shown(&added), @r#"200 {"ids":["kubernetes","catalog","scaffolder","permission","callboard","argocd","tekton"]}"#);
    assert_snapshot!(shown(&removed), @r#"200 {"ids":["kubernetes","catalog","scaffolder","permission","callboard","tekton"]}"#);
    let left = get(&ann, PATH).await;
    assert_eq!(left, removed.json());
    hub.stop().await;
    let hub = builder.start().await;
    assert_eq!(get(&hub.service(), PATH).await, left);
}

#[tokio::test]
async fn refusals_have_the_messages_of_the_original() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    send(&ann, "POST", PATH, &ids(&["tekton"])).await;
    let many: Vec<_> = (0..101).map(|n| format!("p{n}")).collect();
    let long = "p".repeat(65);

    assert_snapshot!(refusals(&hub, &ann, &[
        ("POST", json!(null)),
        ("POST", json!({})),
        ("POST", json!({"ids": null})),
        ("POST", json!({"ids": "argocd"})),
        ("POST", json!({"ids": ["argocd", 7]})),
        ("POST", ids(&[])),
        ("POST", json!({"ids": many})),
        ("POST", ids(&[""])),
        ("POST", ids(&[&long])),
        ("POST", ids(&["argocd", "argocd"])),
        ("POST", ids(&["argocd", "tekton", "kubernetes", "scaffolder"])),
        ("DELETE", json!([])),
        ("DELETE", ids(&["tekton", "kubernetes"])),
        ("DELETE", ids(&["scaffolder"])),
        ("DELETE", ids(&["tekton", "argocd", "quay"])),
    ]).await, @r#"
    400 InputError: 'ids' must be specified in the permission dependent plugin
    400 InputError: 'ids' must be specified in the permission dependent plugin
    400 InputError: 'ids' must be specified in the permission dependent plugin
    400 InputError: 'ids' must be an array of string plugin ID values
    400 InputError: 'ids' must be an array of string plugin ID values
    400 InputError: 'ids' must contain at least one plugin ID
    400 InputError: 'ids' can include at most 100 plugin IDs
    400 InputError: plugin ID '' must be between 1 and 64 characters
    400 InputError: plugin ID 'ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp' must be between 1 and 64 characters
    400 InputError: 'ids' contains duplicate plugin ID 'argocd'
    409 ConflictError: Plugin IDs ["tekton","kubernetes","scaffolder"] already exist in the system. Please use a different set of plugin ids.
    400 InputError: 'ids' must be specified in the permission dependent plugin
    403 NotAllowedError: Plugin IDs ["tekton","kubernetes"] can be removed only with help of configuration.
    403 NotAllowedError: Plugin IDs ["scaffolder"] can be removed only with help of configuration.
    404 NotFoundError: Plugin IDs ["argocd","quay"] were not found.
    "#);
}

#[tokio::test]
async fn only_people_with_the_right_change_ids() {
    let hub = builder().start().await;
    let requests = [("POST", ids(&["tekton"])), ("DELETE", ids(&["tekton"]))];

    assert_snapshot!(refusals(&hub, &hub.user("user:default/tom").await, &requests).await, @r"
    403 NotAllowedError
    403 NotAllowedError
    ");
    assert_snapshot!(refusals(&hub, &hub.service(), &requests).await, @r"
    403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    ");
    assert_snapshot!(refusals(&hub, &hub.anonymous(), &requests).await, @r"
    401 AuthenticationError: Missing credentials
    401 AuthenticationError: Missing credentials
    ");
}

#[tokio::test]
async fn changes_and_reads_are_audit_events() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let log = Log::capture();

    send(&ann, "POST", PATH, &ids(&["tekton"])).await;
    send(&ann, "DELETE", PATH, &ids(&["argocd"])).await;
    for path in [PATH, "/plugins/policies", "/plugins/condition-rules"] {
        get(&ann, path).await;
    }

    let mut events = audit_events(&log);
    events.retain(|event| event["eventId"] != "permission-evaluation");
    assert_snapshot!(event_lines(&events), @r#"
    plugin-ids-write initiated "" {"source":"rest","actionType":"create"}
    plugin-ids-write succeeded "" {"source":"rest","actionType":"create","ids":["tekton"],"response":{"status":200}}
    plugin-ids-write initiated "" {"source":"rest","actionType":"delete"}
    plugin-ids-write failed "NotFoundError: Plugin IDs [\"argocd\"] were not found." {"source":"rest","actionType":"delete","response":{"status":404}}
    plugin-ids-read initiated "" {"source":"rest"}
    plugin-ids-read succeeded "" {"source":"rest","response":{"status":200}}
    plugin-policies-read initiated "" {"source":"rest"}
    plugin-policies-read succeeded "" {"source":"rest","response":{"status":200}}
    condition-rules-read initiated "" {"source":"rest"}
    condition-rules-read succeeded "" {"source":"rest","response":{"status":200}}
    "#);
}
