//! Changing permission policies over REST.

use super::desk::{audit_events, create_role, desk, event_lines, everything, send, shown};
use super::get;
use crate::support::Log;
use axum::body::Body;
use axum::http::Method;
use callboard_testkit::Client;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

const TEST: &str = "/policies/role/default/test";

fn policy(permission: &str, action: &str, effect: &str) -> Value {
    json!({"permission": permission, "policy": action, "effect": effect})
}

/// The policies of a role, one a line; empty when there are none.
async fn policies_of(client: &Client, role: &str) -> String {
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
async fn add(client: &Client, policies: &[Value]) {
    let mut list = policies.to_vec();
    for policy in &mut list {
        policy["entityReference"] = json!("role:default/test");
    }
    let answer = send(client, "POST", "/policies", &json!(list)).await;
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
    add(&ann, &[read.clone(), delete, create.clone()]).await;

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

    add(&ann, &[allow.clone()]).await;
    assert_eq!(may_read().await, "ALLOW");

    add(&ann, &[deny.clone()]).await;
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
    add(&ann, &[read.clone(), create.clone()]).await;
    let before = everything(&hub).await;

    let body = json!({"oldPolicy": [read, create], "newPolicy": [create, read]});
    let answer = send(&ann, "PUT", TEST, &body).await;

    assert_eq!(shown(&answer), "204");
    assert_eq!(everything(&hub).await, before);
}

/// One of each refusal, with what is asked for.
fn refusals() -> Vec<(&'static str, &'static str, Value)> {
    let role = |name: &str, mut policy: Value| {
        policy["entityReference"] = json!(format!("role:default/{name}"));
        policy
    };
    let read = || policy("catalog-entity", "read", "allow");
    let test = |policy| json!([role("test", policy)]);
    let put = |old: Value, new: Value| json!({"oldPolicy": old, "newPolicy": new});
    let deny = || policy("catalog-entity", "read", "deny");
    vec![
        // The list.
        ("POST", "/policies", json!({})),
        ("POST", "/policies", Value::Null),
        ("POST", "/policies", json!("text")),
        ("POST", "/policies", json!([])),
        ("POST", "/policies", json!([null])),
        ("POST", "/policies", json!(["text", 5])),
        // The fields.
        ("POST", "/policies", json!([{"entityReference": 5}])),
        (
            "POST",
            "/policies",
            json!([{"entityReference": "role:default/a b"}]),
        ),
        ("POST", "/policies", json!([{"entityReference": "test"}])),
        ("POST", "/policies", test(json!({}))),
        ("POST", "/policies", test(policy("a\"b", "read", "allow"))),
        ("POST", "/policies", test(json!({"permission": 5}))),
        ("POST", "/policies", test(json!({"permission": "a"}))),
        ("POST", "/policies", test(policy("a", "destroy", "allow"))),
        (
            "POST",
            "/policies",
            test(json!({"permission": "a", "policy": ["read"]})),
        ),
        (
            "POST",
            "/policies",
            test(json!({"permission": "a", "policy": "read"})),
        ),
        ("POST", "/policies", test(policy("a", "read", "ALLOW"))),
        // The role.
        ("POST", "/policies", json!([role("nobody", read())])),
        (
            "POST",
            "/policies",
            json!([{"entityReference": "user:default/tom", "permission": "a", "policy": "read", "effect": "allow"}]),
        ),
        (
            "POST",
            "/policies",
            json!([role("readers", policy("a", "read", "allow"))]),
        ),
        (
            "POST",
            "/policies",
            json!([role("rbac_admin", policy("a", "read", "allow"))]),
        ),
        (
            "POST",
            "/policies",
            json!([role("everybody", policy("a", "read", "allow"))]),
        ),
        // What is stored.
        ("POST", "/policies", test(read())),
        (
            "POST",
            "/policies",
            json!([role("test", deny()), role("test", deny())]),
        ),
        (
            "POST",
            "/policies",
            json!([role("test", deny()), role("nobody", deny())]),
        ),
        // Updates.
        (
            "PUT",
            "/policies/role/default/a--b",
            put(json!([read()]), json!([deny()])),
        ),
        ("PUT", TEST, json!([])),
        ("PUT", TEST, json!({"newPolicy": [read()]})),
        ("PUT", TEST, put(json!([]), json!([deny()]))),
        ("PUT", TEST, put(json!([read()]), json!({}))),
        ("PUT", TEST, put(json!([read()]), Value::Null)),
        ("PUT", TEST, put(json!("text"), json!([deny()]))),
        (
            "PUT",
            TEST,
            put(json!([read()]), json!({"permission": "a"})),
        ),
        ("PUT", TEST, put(json!([{}]), json!([deny()]))),
        ("PUT", TEST, put(json!([deny()]), json!([read()]))),
        (
            "PUT",
            TEST,
            put(json!([read(), read()]), json!([deny(), deny()])),
        ),
        (
            "PUT",
            TEST,
            put(
                json!([read(), policy("a", "use", "allow")]),
                json!([deny()]),
            ),
        ),
        (
            "PUT",
            TEST,
            put(json!([read()]), json!([policy("a", "b", "allow")])),
        ),
        ("PUT", TEST, put(json!([read()]), json!([read(), deny()]))),
        ("PUT", TEST, put(json!([read()]), json!([deny(), deny()]))),
        (
            "PUT",
            "/policies/role/default/nobody",
            put(json!([read()]), json!([deny()])),
        ),
        (
            "PUT",
            "/policies/group/default/stage",
            put(json!([read()]), json!([deny()])),
        ),
        (
            "PUT",
            "/policies/role/default/readers",
            put(json!([read()]), json!([deny()])),
        ),
        // Deletions.
        ("DELETE", "/policies/thing/default/a", json!([read()])),
        ("DELETE", TEST, json!({})),
        ("DELETE", TEST, json!([])),
        ("DELETE", TEST, json!([{}])),
        ("DELETE", TEST, json!([deny()])),
        ("DELETE", TEST, json!([read(), read()])),
        ("DELETE", "/policies/role/default/nobody", json!([read()])),
        ("DELETE", "/policies/user/default/tom", json!([read()])),
        ("DELETE", "/policies/role/default/readers", json!([read()])),
    ]
}

#[tokio::test]
async fn each_refusal_has_its_message_and_changes_nothing() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    add(
        &ann,
        &[
            policy("catalog-entity", "read", "allow"),
            policy("a", "use", "allow"),
        ],
    )
    .await;
    let before = everything(&hub).await;

    let mut seen = Vec::new();
    for (method, path, body) in refusals() {
        let answer = send(&ann, method, path, &body).await;
        seen.push(format!("{method} {path} {body}\n  {}", shown(&answer)));
        assert_eq!(everything(&hub).await, before, "{method} {path} {body}");
    }

    assert_snapshot!(seen.join("\n"), @r#"
    POST /policies {}
      400 InputError: permission policy must be provided as an array
    POST /policies null
      400 InputError: permission policy must be provided as an array
    POST /policies "text"
      400 InputError: permission policy must be provided as an array
    POST /policies []
      400 InputError: permission policy must be present
    POST /policies [null]
      400 InputError: Invalid policy definition. Cause: 'entityReference' must not be empty
    POST /policies ["text",5]
      400 InputError: Invalid policy definition. Cause: 'entityReference' must not be empty
    POST /policies [{"entityReference":5}]
      400 InputError: Invalid policy definition. Cause: Entity reference "5" had missing or empty kind (e.g. did not start with "component:" or similar)
    POST /policies [{"entityReference":"role:default/a b"}]
      400 InputError: Invalid policy definition. Cause: The name 'a b' in the entity reference must be a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total
    POST /policies [{"entityReference":"test"}]
      400 InputError: Invalid policy definition. Cause: Entity reference "test" had missing or empty kind (e.g. did not start with "component:" or similar)
    POST /policies [{"entityReference":"role:default/test"}]
      400 InputError: Invalid policy definition. Cause: 'permission' field must not be empty
    POST /policies [{"permission":"a\"b","policy":"read","effect":"allow","entityReference":"role:default/test"}]
      400 InputError: Invalid policy definition. Cause: 'permission' contains double quotes (") which are not supported by the RBAC policy persistence format.
    POST /policies [{"permission":5,"entityReference":"role:default/test"}]
      400 InputError: Invalid policy definition. Cause: 'permission' field must not be empty
    POST /policies [{"permission":"a","entityReference":"role:default/test"}]
      400 InputError: Invalid policy definition. Cause: 'policy' field must not be empty
    POST /policies [{"permission":"a","policy":"destroy","effect":"allow","entityReference":"role:default/test"}]
      400 InputError: Invalid policy definition. Cause: 'policy' has invalid value: 'destroy'. It should be one of: create, read, update, delete, use
    POST /policies [{"permission":"a","policy":["read"],"entityReference":"role:default/test"}]
      400 InputError: Invalid policy definition. Cause: 'policy' has invalid value: '["read"]'. It should be one of: create, read, update, delete, use
    POST /policies [{"permission":"a","policy":"read","entityReference":"role:default/test"}]
      400 InputError: Invalid policy definition. Cause: 'effect' field must not be empty
    POST /policies [{"permission":"a","policy":"read","effect":"ALLOW","entityReference":"role:default/test"}]
      400 InputError: Invalid policy definition. Cause: 'effect' has invalid value: 'ALLOW'. It should be: 'allow' or 'deny'
    POST /policies [{"permission":"catalog-entity","policy":"read","effect":"allow","entityReference":"role:default/nobody"}]
      404 NotFoundError: Corresponding role role:default/nobody was not found
    POST /policies [{"entityReference":"user:default/tom","permission":"a","policy":"read","effect":"allow"}]
      403 NotAllowedError
    POST /policies [{"permission":"a","policy":"read","effect":"allow","entityReference":"role:default/readers"}]
      403 NotAllowedError: Unable to add policy role:default/readers,a,read,allow: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    POST /policies [{"permission":"a","policy":"read","effect":"allow","entityReference":"role:default/rbac_admin"}]
      403 NotAllowedError: Unable to add policy role:default/rbac_admin,a,read,allow: source does not match originating role role:default/rbac_admin, consider making changes to the 'CONFIGURATION'
    POST /policies [{"permission":"a","policy":"read","effect":"allow","entityReference":"role:default/everybody"}]
      403 NotAllowedError: Unable to add policy role:default/everybody,a,read,allow: source does not match originating role role:default/everybody, consider making changes to the 'CONFIGURATION'
    POST /policies [{"permission":"catalog-entity","policy":"read","effect":"allow","entityReference":"role:default/test"}]
      409 ConflictError: Policy '[role:default/test, catalog-entity, read, allow]' has been already stored
    POST /policies [{"permission":"catalog-entity","policy":"read","effect":"deny","entityReference":"role:default/test"},{"permission":"catalog-entity","policy":"read","effect":"deny","entityReference":"role:default/test"}]
      409 ConflictError: Duplicate polices found; role:default/test, catalog-entity, read, deny is a duplicate
    POST /policies [{"permission":"catalog-entity","policy":"read","effect":"deny","entityReference":"role:default/test"},{"permission":"catalog-entity","policy":"read","effect":"deny","entityReference":"role:default/nobody"}]
      404 NotFoundError: Corresponding role role:default/nobody was not found
    PUT /policies/role/default/a--b {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      400 InputError: The name 'a--b' in the entity reference must be a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total
    PUT /policies/role/default/test []
      400 InputError: 'oldPolicy' object must be present
    PUT /policies/role/default/test {"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}]}
      400 InputError: 'oldPolicy' object must be present
    PUT /policies/role/default/test {"oldPolicy":[],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      400 InputError: 'oldPolicy' object must be present
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":{}}
      400 InputError: 'newPolicy' object must be present
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":null}
      400 InputError: 'newPolicy' object must be present
    PUT /policies/role/default/test {"oldPolicy":"text","newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      400 InputError: permission policy must be provided as an array
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":{"permission":"a"}}
      400 InputError: permission policy must be provided as an array
    PUT /policies/role/default/test {"oldPolicy":[{}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      400 InputError: Invalid old policy definition. Cause: 'permission' field must not be empty
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}]}
      404 NotFoundError: Policy '[role:default/test, catalog-entity, read, deny]' not found
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"},{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"},{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      409 ConflictError: Duplicate polices found; role:default/test, catalog-entity, read, allow is a duplicate
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"},{"permission":"a","policy":"use","effect":"allow"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      400 InputError: 'oldPolicy' object has more permission policies compared to 'newPolicy' object
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":[{"permission":"a","policy":"b","effect":"allow"}]}
      400 InputError: Invalid new policy definition. Cause: 'policy' has invalid value: 'b'. It should be one of: create, read, update, delete, use
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"},{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      409 ConflictError: Policy '[role:default/test, catalog-entity, read, allow]' has been already stored
    PUT /policies/role/default/test {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"},{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      409 ConflictError: Duplicate polices found; role:default/test, catalog-entity, read, deny is a duplicate
    PUT /policies/role/default/nobody {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      404 NotFoundError: Corresponding role role:default/nobody was not found
    PUT /policies/group/default/stage {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      403 NotAllowedError
    PUT /policies/role/default/readers {"oldPolicy":[{"permission":"catalog-entity","policy":"read","effect":"allow"}],"newPolicy":[{"permission":"catalog-entity","policy":"read","effect":"deny"}]}
      403 NotAllowedError: Unable to edit policy role:default/readers,catalog-entity,read,allow: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    DELETE /policies/thing/default/a [{"permission":"catalog-entity","policy":"read","effect":"allow"}]
      400 InputError: Unsupported kind thing. List supported values ["user", "group", "role"]
    DELETE /policies/role/default/test {}
      400 InputError: permission policy must be provided as an array
    DELETE /policies/role/default/test []
      400 InputError: permission policy must be present
    DELETE /policies/role/default/test [{}]
      400 InputError: Invalid policy definition. Cause: 'permission' field must not be empty
    DELETE /policies/role/default/test [{"permission":"catalog-entity","policy":"read","effect":"deny"}]
      404 NotFoundError: Policy '[role:default/test, catalog-entity, read, deny]' not found
    DELETE /policies/role/default/test [{"permission":"catalog-entity","policy":"read","effect":"allow"},{"permission":"catalog-entity","policy":"read","effect":"allow"}]
      409 ConflictError: Duplicate polices found; role:default/test, catalog-entity, read, allow is a duplicate
    DELETE /policies/role/default/nobody [{"permission":"catalog-entity","policy":"read","effect":"allow"}]
      404 NotFoundError: Corresponding role role:default/nobody was not found
    DELETE /policies/user/default/tom [{"permission":"catalog-entity","policy":"read","effect":"allow"}]
      403 NotAllowedError
    DELETE /policies/role/default/readers [{"permission":"catalog-entity","policy":"read","effect":"allow"}]
      403 NotAllowedError: Unable to delete policy role:default/readers,catalog-entity,read,allow: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    "#);
}

#[tokio::test]
async fn deletions_by_query_are_refused_with_the_same_messages() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let before = everything(&hub).await;

    let mut seen = Vec::new();
    for path in [
        // A mistyped parameter is not the same as none.
        "role/default/test?permision=catalog-entity",
        "role/default/test?permission=catalog-entity",
        "role/default/test?permission=catalog-entity&policy=read",
        "role/default/test?permission=catalog-entity&policy=read&effect=allow",
        "role/default/test?permission[a]=b",
        "role/default/test",
        "role/default/nobody",
        "role/default/readers",
        "role/default/readers?permission=catalog-entity&policy=read&effect=allow",
        "user/default/tom",
    ] {
        let answer = ann
            .delete(&format!("/api/permission/policies/{path}"))
            .await;
        seen.push(format!("{path}\n  {}", shown(&answer)));
        assert_eq!(everything(&hub).await, before, "{path}");
    }

    assert_snapshot!(seen.join("\n"), @r#"
    role/default/test?permision=catalog-entity
      400 InputError: Invalid policy definition. Cause: 'permission' field must not be empty
    role/default/test?permission=catalog-entity
      400 InputError: Invalid policy definition. Cause: 'policy' field must not be empty
    role/default/test?permission=catalog-entity&policy=read
      400 InputError: Invalid policy definition. Cause: 'effect' field must not be empty
    role/default/test?permission=catalog-entity&policy=read&effect=allow
      404 NotFoundError: Policy '[role:default/test, catalog-entity, read, allow]' not found
    role/default/test?permission[a]=b
      400 InputError: This api doesn't support nested query
    role/default/test
      404 NotFoundError
    role/default/nobody
      404 NotFoundError: Corresponding role role:default/nobody was not found
    role/default/readers
      403 NotAllowedError: Unable to delete policy role:default/readers,catalog-entity,read,allow: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    role/default/readers?permission=catalog-entity&policy=read&effect=allow
      403 NotAllowedError: Unable to delete policy role:default/readers,catalog-entity,read,allow: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    user/default/tom
      403 NotAllowedError
    "#);
}

#[tokio::test]
async fn a_body_that_is_not_json_never_deletes_everything() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    add(&ann, &[policy("catalog-entity", "read", "allow")]).await;
    let path = format!("/api/permission{TEST}");

    let form = Some("application/x-www-form-urlencoded");
    let body = || Body::from(r#"[{"permission": "a"}]"#);
    let answer = ann.send(Method::DELETE, &path, form, body()).await;

    let message = "400 InputError: permission policy must be provided as an array";
    assert_eq!(shown(&answer), message);
    assert_eq!(
        shown(&ann.send(Method::DELETE, &path, None, body()).await),
        message
    );
    assert_eq!(
        policies_of(&ann, "role:default/test").await,
        "catalog-entity read allow (rest)"
    );
}

#[tokio::test]
async fn only_people_with_the_right_change_policies() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let read = policy("catalog-entity", "read", "allow");
    add(&ann, &[read.clone()]).await;
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

    add(&ann, &[read.clone()]).await;
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

    add(&ann, &[policy("policy-entity", "create", "allow")]).await;
    add(&ann, &[policy("a", "use", "allow")]).await;
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
