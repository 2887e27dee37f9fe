//! Changing permission policies over REST.

use super::desk::{audit_events, create_role, desk, event_lines, everything, send, shown};
use super::get;
use crate::support::Log;
use callboard_testkit::Client;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

pub(super) const TEST: &str = "/policies/role/default/test";

pub(super) fn policy(permission: &str, action: &str, effect: &str) -> Value {
    json!({"permission": permission, "policy": action, "effect": effect})
}

/// The policies of a role, one a line; empty when there are none.
pub(super) async fn policies_of(client: &Client, role: &str) -> String {
    let policies = get(client, &format!("/policies?entityRef={role}")).await;
    let line = |policy: &Value| {
        let text = |key: &str| policy[key].as_str().unwrap().to_owned();
        let source = policy["metadata"]["source"].as_str().unwrap();
        format!(
            "{} {} {} ({source})",
            text("permission"),
            text("policy"),
            text("effect")
        )
    };
    let lines: Vec<_> = policies.as_array().unwrap().iter().map(line).collect();
    lines.join("\n")
}

/// Adds policies to `role:default/test`.
pub(super) async fn add(client: &Client, policies: &[&Value]) {
    let subject = |policy: &&Value| {
        let mut policy = Value::clone(policy);
        policy["entityReference"] = json!("role:default/test");
        policy
    };
    let list: Value = policies.iter().map(subject).collect();
    let answer = send(client, "POST", "/policies", &list).await;
    assert_eq!(shown(&answer), "201");
}

#[tokio::test]
async fn the_requests_of_the_guide_get_its_answers() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    let tom = hub.user("user:default/tom").await;
    create_role(&ann, "role:default/test").await;

    let body = json!([{
        "entityReference": "role:default/test",
        "permission": "catalog-entity",
        "policy": "read", "effect": "allow"
    }]);
    let created = send(&ann, "POST", "/policies", &body).await;
    assert_eq!(shown(&created), "201");
    assert_json_snapshot!(get(&ann, TEST).await, @r#"
    [
      {
        "entityReference": "role:default/test",
        "permission": "catalog-entity",
        "policy": "read",
        "effect": "allow",
        "metadata": {
          "source": "rest"
        }
      }
    ]
    "#);

    let body = json!({
        "oldPolicy": [
            {"permission": "catalog-entity", "policy": "read", "effect": "allow"}
        ],
        "newPolicy": [
            {"permission": "policy-entity", "policy": "read", "effect": "allow"}
        ]
    });
    let updated = send(&ann, "PUT", TEST, &body).await;
    assert_eq!(shown(&updated), "200");
    assert_eq!(
        policies_of(&ann, "role:default/test").await,
        "policy-entity read allow (rest)"
    );
    assert_eq!(get(&tom, "").await, json!({"status": "Authorized"}));

    let updates = json!({
        "oldPolicy": [{"permission": "policy-entity", "policy": "read", "effect": "allow"}],
        "newPolicy": [
            {"permission": "catalog-entity", "policy": "read", "effect": "allow"},
            {"permission": "catalog.entity.create", "policy": "create", "effect": "allow"}
        ]
    });
    assert_eq!(shown(&send(&ann, "PUT", TEST, &updates).await), "200");
    let replaced = json!({
        "oldPolicy": [
            {"permission": "catalog-entity", "policy": "read", "effect": "allow"},
            {"permission": "catalog.entity.create", "policy": "create", "effect": "allow"}
        ],
        "newPolicy": [
            {"permission": "catalog-entity", "policy": "read", "effect": "deny"},
            {"permission": "policy-entity", "policy": "read", "effect": "allow"}
        ]
    });
    assert_eq!(shown(&send(&ann, "PUT", TEST, &replaced).await), "200");
    assert_snapshot!(policies_of(&ann, "role:default/test").await, @r#"
    catalog-entity read deny (rest)
    policy-entity read allow (rest)
    "#);

    let one = format!("/api/permission{TEST}?permission=catalog-entity&policy=read&effect=deny");
    assert_eq!(shown(&ann.delete(&one).await), "204");
    assert_eq!(
        policies_of(&ann, "role:default/test").await,
        "policy-entity read allow (rest)"
    );

    let all = format!("/api/permission{TEST}");
    assert_eq!(shown(&ann.delete(&all).await), "204");
    assert_eq!(policies_of(&ann, "role:default/test").await, "");
    assert_eq!(shown(&ann.get(&all).await), "404 NotFoundError");
}

#[tokio::test]
async fn newer_clients_delete_with_a_list() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let [read, delete, create] = [
        policy("catalog-entity", "read", "allow"),
        policy("catalog-entity", "delete", "deny"),
        policy("catalog.entity.create", "create", "allow"),
    ];
    add(&ann, &[&read, &delete, &create]).await;

    let answer = send(&ann, "DELETE", TEST, &json!([create, read])).await;

    assert_eq!(shown(&answer), "204");
    assert_eq!(
        policies_of(&ann, "role:default/test").await,
        "catalog-entity delete deny (rest)"
    );
}

#[tokio::test]
async fn decisions_change_with_the_answer() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    let tom = hub.user("user:default/tom").await;
    create_role(&ann, "role:default/test").await;
    let question = json!({"items": [{"id": "a", "permission": {
        "type": "basic", "name": "catalog.location.read", "attributes": {"action": "read"},
    }}]});
    let may_read = async || {
        let answer = tom.post("/api/permission/authorize", &question).await;
        answer.json()["items"][0]["result"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(may_read().await, "DENY");
    let allow = policy("catalog.location.read", "read", "allow");
    let deny = policy("catalog.location.read", "read", "deny");

    add(&ann, &[&allow]).await;
    assert_eq!(may_read().await, "ALLOW");

    add(&ann, &[&deny]).await;
    assert_eq!(may_read().await, "DENY");

    assert_eq!(
        shown(&send(&ann, "DELETE", TEST, &json!([deny])).await),
        "204"
    );
    assert_eq!(may_read().await, "ALLOW");

    let body = json!({"oldPolicy": [allow], "newPolicy": [deny]});
    assert_eq!(shown(&send(&ann, "PUT", TEST, &body).await), "200");
    assert_eq!(may_read().await, "DENY");
}

#[tokio::test]
async fn what_is_already_so_changes_nothing() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let [read, create] = [
        policy("catalog-entity", "read", "allow"),
        policy("catalog.entity.create", "create", "allow"),
    ];
    add(&ann, &[&read, &create]).await;
    let before = everything(&hub).await;

    let body = json!({"oldPolicy": [read, create], "newPolicy": [create, read]});
    let answer = send(&ann, "PUT", TEST, &body).await;

    assert_eq!(shown(&answer), "204");
    assert_eq!(everything(&hub).await, before);
}

#[tokio::test]
async fn only_people_with_the_right_change_policies() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let read = policy("catalog-entity", "read", "allow");
    add(&ann, &[&read]).await;
    let before = everything(&hub).await;
    let mut row = read.clone();
    row["entityReference"] = json!("role:default/test");
    let requests = [
        ("POST", "/policies", json!([row])),
        (
            "PUT",
            TEST,
            json!({"oldPolicy": [read], "newPolicy": [policy("a", "use", "allow")]}),
        ),
        ("DELETE", TEST, json!([read])),
    ];

    let mut seen = Vec::new();
    for (who, client) in [
        ("tom", hub.user("user:default/tom").await),
        ("service", hub.service()),
        ("nobody", hub.anonymous()),
    ] {
        for (method, path, body) in &requests {
            let answer = send(&client, method, path, body).await;
            seen.push(format!("{who} {method}: {}", shown(&answer)));
            // Who may not change anything learns nothing of what is wrong with the request.
            let broken = send(&client, method, path, &json!(5)).await;
            assert_eq!(shown(&broken), shown(&answer));
        }
    }

    assert_snapshot!(seen.join("\n"), @r#"
    tom POST: 403 NotAllowedError
    tom PUT: 403 NotAllowedError
    tom DELETE: 403 NotAllowedError
    service POST: 403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    service PUT: 403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    service DELETE: 403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    nobody POST: 401 AuthenticationError: Missing credentials
    nobody PUT: 401 AuthenticationError: Missing credentials
    nobody DELETE: 401 AuthenticationError: Missing credentials
    "#);
    assert_eq!(everything(&hub).await, before);
}

#[tokio::test]
async fn an_owner_changes_policies_of_owned_roles_only() {
    let hub = desk().start().await;
    let (bob, cid) = (
        hub.user("user:default/bob").await,
        hub.user("user:default/cid").await,
    );
    create_role(&bob, "role:default/bobs").await;
    create_role(&cid, "role:default/cids").await;
    let row = |role: &str, action: &str| json!({"entityReference": role, "permission": "catalog-entity", "policy": action, "effect": "allow"});
    let both = json!([row("role:default/bobs", "read")]);
    assert_eq!(shown(&send(&bob, "POST", "/policies", &both).await), "201");
    let theirs = json!([row("role:default/cids", "read")]);
    assert_eq!(
        shown(&send(&cid, "POST", "/policies", &theirs).await),
        "201"
    );
    let before = everything(&hub).await;

    let change = json!({"oldPolicy": [row("", "read")], "newPolicy": [row("", "delete")]});
    let cids = "/policies/role/default/cids";
    let mut seen = Vec::new();
    for (method, path, body) in [
        (
            "POST",
            "/policies",
            json!([row("role:default/cids", "update")]),
        ),
        (
            "POST",
            "/policies",
            json!([
                row("role:default/bobs", "update"),
                row("role:default/cids", "update")
            ]),
        ),
        ("PUT", cids, change.clone()),
        ("DELETE", cids, json!([row("", "read")])),
    ] {
        seen.push(shown(&send(&bob, method, path, &body).await));
    }
    let everything_of_cids = format!("/api/permission{cids}");
    seen.push(shown(&bob.delete(&everything_of_cids).await));
    assert_eq!(seen, ["403 NotAllowedError"; 5]);
    assert_eq!(everything(&hub).await, before);
    assert_eq!(
        shown(&bob.get(&everything_of_cids).await),
        "404 NotFoundError"
    );

    let bobs = "/policies/role/default/bobs";
    assert_eq!(shown(&send(&bob, "PUT", bobs, &change).await), "200");
    assert_eq!(
        policies_of(&bob, "role:default/bobs").await,
        "catalog-entity delete allow (rest)"
    );
    assert_eq!(
        shown(&bob.delete(&format!("/api/permission{bobs}")).await),
        "204"
    );
    assert_eq!(policies_of(&bob, "role:default/bobs").await, "");
}

#[tokio::test]
async fn who_may_only_create_adds_to_own_roles() {
    let hub = desk().start().await;
    let (dan, cid) = (
        hub.user("user:default/dan").await,
        hub.user("user:default/cid").await,
    );
    create_role(&dan, "role:default/dans").await;
    create_role(&cid, "role:default/cids").await;
    let row = |role: &str| json!([{"entityReference": role, "permission": "a", "policy": "use", "effect": "allow"}]);

    let own = send(&dan, "POST", "/policies", &row("role:default/dans")).await;
    let foreign = send(&dan, "POST", "/policies", &row("role:default/cids")).await;

    assert_eq!(shown(&own), "201");
    assert_eq!(shown(&foreign), "403 NotAllowedError");
}

#[tokio::test]
async fn reads_and_changes_are_audited() {
    let hub = desk()
        .config(json!({"callboard": {"audit": {"decisions": "none"}}}))
        .start()
        .await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let read = policy("catalog-entity", "read", "allow");
    let log = Log::capture();

    add(&ann, &[&read]).await;
    send(
        &ann,
        "PUT",
        TEST,
        &json!({"oldPolicy": [read], "newPolicy": [read]}),
    )
    .await;
    send(&ann, "DELETE", TEST, &json!([policy("a", "use", "allow")])).await;
    send(&hub.service(), "DELETE", TEST, &json!([read])).await;
    get(&ann, "/policies").await;
    get(&ann, "/policies?entityRef=role:default/test&policy=read").await;
    ann.get("/api/permission/policies/role/default/nobody")
        .await;

    let events = audit_events(&log);
    assert_snapshot!(event_lines(&events), @r#"
    policy-write initiated "" {"source":"rest","actionType":"create"}
    policy-write succeeded "" {"source":"rest","actionType":"create","policies":[["role:default/test","catalog-entity","read","allow"]],"response":{"status":201}}
    policy-write initiated "" {"source":"rest","actionType":"update"}
    policy-write succeeded "" {"source":"rest","actionType":"update","policies":[],"response":{"status":204}}
    policy-write initiated "" {"source":"rest","actionType":"delete"}
    policy-write failed "NotFoundError: Policy '[role:default/test, a, use, allow]' not found" {"source":"rest","actionType":"delete","response":{"status":404}}
    policy-write initiated "" {"source":"rest","actionType":"delete"}
    policy-write failed "NotAllowedError: Only credential principal with type 'user' permitted to modify permissions" {"source":"rest","actionType":"delete","response":{"status":403}}
    policy-read initiated "" {"queryType":"all","source":"rest"}
    policy-read succeeded "" {"queryType":"all","source":"rest","response":{"status":200}}
    policy-read initiated "" {"queryType":"by-query","query":{"entityRef":"role:default/test","policy":"read"},"source":"rest"}
    policy-read succeeded "" {"queryType":"by-query","query":{"entityRef":"role:default/test","policy":"read"},"source":"rest","response":{"status":200}}
    policy-read initiated "" {"queryType":"by-role","entityRef":"role:default/nobody","source":"rest"}
    policy-read failed "NotFoundError: " {"queryType":"by-role","entityRef":"role:default/nobody","source":"rest","response":{"status":404}}
    "#);
    assert_eq!(events[0]["actor"]["actorId"], "user:default/ann");
    assert_eq!(
        events[0]["request"],
        json!({"method": "POST", "url": "/api/permission/policies"})
    );
}

#[tokio::test]
async fn retired_rows_are_shown_by_their_new_name_and_reported_once() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let log = Log::capture();

    add(&ann, &[&policy("policy-entity", "create", "allow")]).await;
    add(&ann, &[&policy("a", "use", "allow")]).await;
    for _ in 0..2 {
        get(&ann, "/policies").await;
    }

    assert_snapshot!(policies_of(&ann, "role:default/test").await, @r#"
    policy.entity.create create allow (rest)
    a use allow (rest)
    "#);
    let warnings = log.lines();
    let warnings = warnings.iter().filter(|line| line["level"] == "warn");
    let roles: Vec<_> = warnings
        .map(|line| line["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["role:default/test"]);
}

#[tokio::test]
async fn entity_ref_vectors_hold_for_what_people_write() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    let mut count = 0;
    for (_, vectors) in callboard_testkit::corpus::vectors("rbac-decisions") {
        for vector in vectors["entityRefs"].as_array().unwrap() {
            let reference = vector["ref"].as_str().unwrap();
            let name = format!("role:default/vector{count}");
            let members = json!(["user:default/tom"]);
            let (path, what, body, valid) = match vector["as"].as_str() {
                Some("role") => {
                    let body = json!({"name": reference, "memberReferences": members});
                    ("/roles", "role", body, "201")
                }
                Some(_) => {
                    let metadata = json!({"owner": reference});
                    let body =
                        json!({"name": name, "memberReferences": members, "metadata": metadata});
                    ("/roles", "role", body, "201")
                }
                None => {
                    let mut row = policy("a", "use", "allow");
                    row["entityReference"] = json!(reference);
                    // The role of these vectors was created by one before; nobody else gets policies.
                    let is_role = reference.starts_with("role:");
                    let valid = if is_role {
                        "201"
                    } else {
                        "403 NotAllowedError"
                    };
                    ("/policies", "policy", json!([row]), valid)
                }
            };

            let answer = send(&ann, "POST", path, &body).await;

            let expected = match vector["error"].as_str() {
                Some(cause) => format!("400 InputError: Invalid {what} definition. Cause: {cause}"),
                None => valid.to_owned(),
            };
            assert_eq!(shown(&answer), expected, "{vector}");
            count += 1;
        }
    }
    assert_eq!(count, 27);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_lose_nothing() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;

    let writers = (0..30).map(|n| {
        let ann = ann.clone();
        tokio::spawn(async move {
            let (one, other) = (format!("p{n}"), format!("q{n}"));
            add(&ann, &[&policy(&one, "use", "allow")]).await;
            let body = json!({
                "oldPolicy": [policy(&one, "use", "allow")],
                "newPolicy": [policy(&one, "use", "deny"), policy(&other, "use", "allow")],
            });
            assert_eq!(shown(&send(&ann, "PUT", TEST, &body).await), "200");
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }

    let stored = policies_of(&ann, "role:default/test").await;
    assert_eq!(stored.lines().count(), 60, "{stored}");
    assert_eq!(stored.matches("deny").count(), 30, "{stored}");
}

#[tokio::test]
async fn a_thousand_policies_are_added_at_once_and_no_more_than_fit() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let rows = |count: usize| -> Value {
        let row = |n: usize| json!({"entityReference": "role:default/test", "permission": format!("p{n}"), "policy": "use", "effect": "allow"});
        (0..count).map(row).collect()
    };

    assert_eq!(
        shown(&send(&ann, "POST", "/policies", &rows(1000)).await),
        "201"
    );
    let larger = send(&ann, "POST", "/policies", &rows(2000)).await;

    assert_eq!(
        shown(&larger),
        "413 PayloadTooLargeError: request entity too large"
    );
    assert_eq!(
        policies_of(&ann, "role:default/test").await.lines().count(),
        1000
    );
}
