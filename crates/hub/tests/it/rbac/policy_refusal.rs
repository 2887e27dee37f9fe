//! What is refused of changes of permission policies, and with which words.

use super::desk::{create_role, desk, everything, send, shown};
use super::policy_write::{TEST, add, policies_of, policy};
use axum::body::Body;
use axum::http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

/// A policy written as `a-permission read allow`; words that are missing are members that are.
fn row(text: &str) -> Value {
    let keys = ["permission", "policy", "effect"];
    let members = keys.into_iter().zip(text.split(' '));
    members
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect()
}

/// The same with the subject, as an addition has it.
fn of(subject: &str, text: &str) -> Value {
    let mut row = row(text);
    row["entityReference"] = json!(subject);
    row
}

const ROLE: &str = "role:default/test";

/// The answer to each request by its title; none of them changed anything.
///
/// `role:default/test` has two policies, `stored read allow` and `other use allow`.
async fn refused(method: &str, requests: Vec<(&str, &str, Value)>) -> String {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, ROLE).await;
    let (stored, other) = (
        policy("stored", "read", "allow"),
        policy("other", "use", "allow"),
    );
    add(&ann, &[&stored, &other]).await;
    let before = everything(&hub).await;
    let mut lines = Vec::new();
    for (title, path, body) in requests {
        let answer = send(&ann, method, path, &body).await;
        lines.push(format!("{title}: {}", shown(&answer)));
        assert_eq!(everything(&hub).await, before, "{title}");
    }
    lines.join("\n")
}

#[tokio::test]
async fn additions_are_refused_with_the_words_of_the_original() {
    let additions = vec![
        ("an object", json!({})),
        ("nothing", Value::Null),
        ("a text", json!("text")),
        ("an empty list", json!([])),
        ("a null", json!([null])),
        ("a text in the list", json!(["text"])),
        ("a number for the subject", json!([{"entityReference": 5}])),
        (
            "a bad name",
            json!([of("role:default/a b", "p read allow")]),
        ),
        ("no kind", json!([of("test", "p read allow")])),
        ("no permission", json!([{"entityReference": ROLE}])),
        ("quotes", json!([of(ROLE, "a\"b read allow")])),
        (
            "a number for the permission",
            json!([{"entityReference": ROLE, "permission": 5}]),
        ),
        ("no action", json!([of(ROLE, "p")])),
        ("no such action", json!([of(ROLE, "p destroy")])),
        (
            "a list for the action",
            json!([{"entityReference": ROLE, "permission": "p", "policy": ["read"]}]),
        ),
        ("no effect", json!([of(ROLE, "p read")])),
        ("capitals", json!([of(ROLE, "p read ALLOW")])),
        (
            "no such role",
            json!([of("role:default/nobody", "p read allow")]),
        ),
        ("a user", json!([of("user:default/tom", "p read allow")])),
        (
            "a role of the file",
            json!([of("role:default/readers", "p read allow")]),
        ),
        (
            "administrators",
            json!([of("role:default/rbac_admin", "p read allow")]),
        ),
        (
            "the default role",
            json!([of("role:default/everybody", "p read allow")]),
        ),
        ("stored", json!([of(ROLE, "stored read allow")])),
        (
            "twice",
            json!([of(ROLE, "p read deny"), of(ROLE, "p read deny")]),
        ),
        (
            "good and bad",
            json!([of(ROLE, "p read allow"), of("role:default/nobody", "p")]),
        ),
    ];
    let requests = additions
        .into_iter()
        .map(|(title, body)| (title, "/policies", body));

    assert_snapshot!(refused("POST", requests.collect()).await, @r#"
    an object: 400 InputError: permission policy must be provided as an array
    nothing: 400 InputError: permission policy must be provided as an array
    a text: 400 InputError: permission policy must be provided as an array
    an empty list: 400 InputError: permission policy must be present
    a null: 400 InputError: Invalid policy definition. Cause: 'entityReference' must not be empty
    a text in the list: 400 InputError: Invalid policy definition. Cause: 'entityReference' must not be empty
    a number for the subject: 400 InputError: Invalid policy definition. Cause: Entity reference "5" had missing or empty kind (e.g. did not start with "component:" or similar)
    a bad name: 400 InputError: Invalid policy definition. Cause: The name 'a b' in the entity reference must be a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total
    no kind: 400 InputError: Invalid policy definition. Cause: Entity reference "test" had missing or empty kind (e.g. did not start with "component:" or similar)
    no permission: 400 InputError: Invalid policy definition. Cause: 'permission' field must not be empty
    quotes: 400 InputError: Invalid policy definition. Cause: 'permission' contains double quotes (") which are not supported by the RBAC policy persistence format.
    a number for the permission: 400 InputError: Invalid policy definition. Cause: 'permission' field must not be empty
    no action: 400 InputError: Invalid policy definition. Cause: 'policy' field must not be empty
    no such action: 400 InputError: Invalid policy definition. Cause: 'policy' has invalid value: 'destroy'. It should be one of: create, read, update, delete, use
    a list for the action: 400 InputError: Invalid policy definition. Cause: 'policy' has invalid value: '["read"]'. It should be one of: create, read, update, delete, use
    no effect: 400 InputError: Invalid policy definition. Cause: 'effect' field must not be empty
    capitals: 400 InputError: Invalid policy definition. Cause: 'effect' has invalid value: 'ALLOW'. It should be: 'allow' or 'deny'
    no such role: 404 NotFoundError: Corresponding role role:default/nobody was not found
    a user: 403 NotAllowedError
    a role of the file: 403 NotAllowedError: Unable to add policy role:default/readers,p,read,allow: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    administrators: 403 NotAllowedError: Unable to add policy role:default/rbac_admin,p,read,allow: source does not match originating role role:default/rbac_admin, consider making changes to the 'CONFIGURATION'
    the default role: 403 NotAllowedError: Unable to add policy role:default/everybody,p,read,allow: source does not match originating role role:default/everybody, consider making changes to the 'CONFIGURATION'
    stored: 409 ConflictError: Policy '[role:default/test, stored, read, allow]' has been already stored
    twice: 409 ConflictError: Duplicate polices found; role:default/test, p, read, deny is a duplicate
    good and bad: 400 InputError: Invalid policy definition. Cause: 'policy' field must not be empty
    "#);
}

#[tokio::test]
async fn updates_are_refused_with_the_words_of_the_original() {
    let put = |old: Value, new: Value| json!({"oldPolicy": old, "newPolicy": new});
    let rows = |texts: &[&str]| texts.iter().map(|text| row(text)).collect::<Value>();
    let stored = || rows(&["stored read allow"]);
    let new = || rows(&["new read allow"]);
    let swap = || put(stored(), new());
    let requests = vec![
        ("a bad name", "/policies/role/default/a--b", swap()),
        ("a list", TEST, json!([])),
        ("no old ones", TEST, json!({"newPolicy": new()})),
        ("old ones empty", TEST, put(json!([]), new())),
        ("new ones empty", TEST, put(stored(), json!({}))),
        ("new ones null", TEST, put(stored(), Value::Null)),
        ("old ones a text", TEST, put(json!("text"), new())),
        (
            "new ones an object",
            TEST,
            put(stored(), row("new read allow")),
        ),
        ("nothing in an old one", TEST, put(json!([{}]), new())),
        ("old ones not stored", TEST, put(new(), stored())),
        (
            "old ones twice",
            TEST,
            put(rows(&["stored read allow"; 2]), new()),
        ),
        (
            "more old than new",
            TEST,
            put(rows(&["stored read allow", "other use allow"]), new()),
        ),
        (
            "a bad new one",
            TEST,
            put(stored(), rows(&["new destroy allow"])),
        ),
        (
            "an unchanged one",
            TEST,
            put(stored(), rows(&["stored read allow", "new read allow"])),
        ),
        (
            "new ones twice",
            TEST,
            put(stored(), rows(&["new read deny"; 2])),
        ),
        ("no such role", "/policies/role/default/nobody", swap()),
        ("a group", "/policies/group/default/stage", swap()),
        (
            "a role of the file",
            "/policies/role/default/readers",
            swap(),
        ),
    ];

    assert_snapshot!(refused("PUT", requests).await, @r#"
    a bad name: 400 InputError: The name 'a--b' in the entity reference must be a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total
    a list: 400 InputError: 'oldPolicy' object must be present
    no old ones: 400 InputError: 'oldPolicy' object must be present
    old ones empty: 400 InputError: 'oldPolicy' object must be present
    new ones empty: 400 InputError: 'newPolicy' object must be present
    new ones null: 400 InputError: 'newPolicy' object must be present
    old ones a text: 400 InputError: permission policy must be provided as an array
    new ones an object: 400 InputError: permission policy must be provided as an array
    nothing in an old one: 400 InputError: Invalid old policy definition. Cause: 'permission' field must not be empty
    old ones not stored: 404 NotFoundError: Policy '[role:default/test, new, read, allow]' not found
    old ones twice: 409 ConflictError: Duplicate polices found; role:default/test, stored, read, allow is a duplicate
    more old than new: 400 InputError: 'oldPolicy' object has more permission policies compared to 'newPolicy' object
    a bad new one: 400 InputError: Invalid new policy definition. Cause: 'policy' has invalid value: 'destroy'. It should be one of: create, read, update, delete, use
    an unchanged one: 409 ConflictError: Policy '[role:default/test, stored, read, allow]' has been already stored
    new ones twice: 409 ConflictError: Duplicate polices found; role:default/test, new, read, deny is a duplicate
    no such role: 404 NotFoundError: Corresponding role role:default/nobody was not found
    a group: 403 NotAllowedError
    a role of the file: 403 NotAllowedError: Unable to edit policy role:default/readers,stored,read,allow: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    "#);
}

#[tokio::test]
async fn deletions_are_refused_with_the_words_of_the_original() {
    let stored = || row("stored read allow");
    let requests = vec![
        (
            "no such kind",
            "/policies/thing/default/a",
            json!([stored()]),
        ),
        ("an object", TEST, json!({})),
        ("an empty list", TEST, json!([])),
        ("nothing in it", TEST, json!([{}])),
        ("not stored", TEST, json!([row("stored read deny")])),
        ("twice", TEST, json!([stored(), stored()])),
        (
            "no such role",
            "/policies/role/default/nobody",
            json!([stored()]),
        ),
        ("a user", "/policies/user/default/tom", json!([stored()])),
        (
            "a role of the file",
            "/policies/role/default/readers",
            json!([stored()]),
        ),
    ];

    assert_snapshot!(refused("DELETE", requests).await, @r#"
    no such kind: 400 InputError: Unsupported kind thing. List supported values ["user", "group", "role"]
    an object: 400 InputError: permission policy must be provided as an array
    an empty list: 400 InputError: permission policy must be present
    nothing in it: 400 InputError: Invalid policy definition. Cause: 'permission' field must not be empty
    not stored: 404 NotFoundError: Policy '[role:default/test, stored, read, deny]' not found
    twice: 409 ConflictError: Duplicate polices found; role:default/test, stored, read, allow is a duplicate
    no such role: 404 NotFoundError: Corresponding role role:default/nobody was not found
    a user: 403 NotAllowedError
    a role of the file: 403 NotAllowedError: Unable to delete policy role:default/readers,stored,read,allow: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
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
    add(&ann, &[&policy("catalog-entity", "read", "allow")]).await;
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
