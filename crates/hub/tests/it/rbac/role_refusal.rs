//! Changes of roles that are refused, and change nothing.

use super::builder;
use super::desk::{create_role, desk, everything, send, shown};
use callboard_testkit::{Client, TestHub};
use insta::assert_snapshot;
use serde_json::{Value, json};

const TEST: &str = "/roles/role/default/test";

/// What each request is answered, which changes nothing.
pub(super) async fn refusals(
    hub: &TestHub,
    client: &Client,
    requests: &[(&str, &str, Value)],
) -> String {
    let before = everything(hub).await;
    let mut seen = Vec::new();
    for (method, path, body) in requests {
        let answer = send(client, method, path, body).await;
        assert!(answer.status.as_u16() >= 400, "{method} {path} {body}");
        seen.push(shown(&answer));
        assert_eq!(everything(hub).await, before, "{method} {path} {body}");
    }
    seen.join("\n")
}

#[tokio::test]
async fn creations_are_refused_with_the_messages_of_the_original() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let role = |body: Value| ("POST", "/roles", body);
    let with =
        |members: Value| role(json!({"name": "role:default/new", "memberReferences": members}));
    let existing =
        |name: &str| role(json!({"name": name, "memberReferences": ["user:default/bob"]}));
    let about = |metadata: Value| {
        let members = json!(["user:default/bob"]);
        role(json!({"name": "role:default/new", "memberReferences": members, "metadata": metadata}))
    };

    assert_snapshot!(refusals(&hub, &ann, &[
        role(json!({})),
        role(json!(null)),
        role(json!([])),
        role(json!({"name": "", "memberReferences": ["user:default/bob"]})),
        role(json!({"name": 7, "memberReferences": ["user:default/bob"]})),
        existing("user:default/bob"),
        existing("role:test"),
        existing("test"),
        existing("role:default/a b"),
        existing("role:Default/test"),
        role(json!({"name": "role:default/new"})),
        with(json!([])),
        with(json!("user:default/bob")),
        with(json!([7])),
        with(json!([""])),
        with(json!(["user:default/bob", "bob"])),
        with(json!(["user:Default/bob"])),
        with(json!(["thing:default/bob"])),
        with(json!(["role:default/test"])),
        about(json!("owner")),
        about(json!({"owner": "role:default/test"})),
        about(json!({"owner": "bob"})),
        about(json!({"owner": 7})),
        about(json!({"description": {}})),
        existing("role:default/readers"),
        existing("role:default/rbac_admin"),
        existing("role:default/everybody"),
        role(json!({"name": "role:default/test", "memberReferences": ["user:default/bob", "group:default/example"]})),
        role(json!({"name": "role:default/test", "memberReferences": ["user:default/bob", "user:default/tom"]})),
        with(json!(["user:default/bob", "user:default/Bob"])),
    ]).await, @r#"
    400 InputError: Invalid role definition. Cause: 'name' field must not be empty
    400 InputError: Invalid role definition. Cause: 'name' field must not be empty
    400 InputError: Invalid role definition. Cause: 'name' field must not be empty
    400 InputError: Invalid role definition. Cause: 'name' field must not be empty
    400 InputError: Invalid role definition. Cause: 'name' must be a string
    400 InputError: Invalid role definition. Cause: Unsupported kind user. Supported value should be "role"
    400 InputError: Invalid role definition. Cause: entity reference 'role:test' does not match the required format [<kind>:][<namespace>/]<name>. Provide, please, full entity reference.
    400 InputError: Invalid role definition. Cause: Entity reference "test" had missing or empty kind (e.g. did not start with "component:" or similar)
    400 InputError: Invalid role definition. Cause: The name 'a b' in the entity reference must be a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total
    400 InputError: Invalid role definition. Cause: The namespace 'Default' in the entity reference must be a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total
    400 InputError: Invalid role definition. Cause: 'memberReferences' field must not be empty
    400 InputError: Invalid role definition. Cause: 'memberReferences' field must not be empty
    400 InputError: Invalid role definition. Cause: 'memberReferences' must be an array of strings
    400 InputError: Invalid role definition. Cause: 'memberReferences' must be an array of strings
    400 InputError: Invalid role definition. Cause: 'entityReference' must not be empty
    400 InputError: Invalid role definition. Cause: Entity reference "bob" had missing or empty kind (e.g. did not start with "component:" or similar)
    400 InputError: Invalid role definition. Cause: The namespace 'Default' in the entity reference must be a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total
    400 InputError: Invalid role definition. Cause: Unsupported kind thing. List supported values ["user", "group", "role"]
    400 InputError: Invalid role definition. Cause: Unsupported kind role. List supported values ["user", "group"]
    400 InputError: Invalid role definition. Cause: 'metadata' must be an object
    400 InputError: Invalid role definition. Cause: Unsupported kind role. List supported values ["user", "group"]
    400 InputError: Invalid role definition. Cause: Entity reference "bob" had missing or empty kind (e.g. did not start with "component:" or similar)
    400 InputError: Invalid role definition. Cause: 'metadata.owner' must be a string
    400 InputError: Invalid role definition. Cause: 'metadata.description' must be a string
    403 NotAllowedError: Unable to add role: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    403 NotAllowedError: Unable to add role: source does not match originating role role:default/rbac_admin, consider making changes to the 'CONFIGURATION'
    403 NotAllowedError: Unable to add role: source does not match originating role role:default/everybody, consider making changes to the 'CONFIGURATION'
    409 ConflictError
    409 ConflictError
    409 ConflictError: Duplicate role members found; user:default/bob, role:default/new is a duplicate
    "#);
}

#[tokio::test]
async fn updates_are_refused_with_the_messages_of_the_original() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    create_role(&ann, "role:default/other").await;
    let tom = || json!(["user:default/tom"]);
    let at = |path: &'static str, old: Value, new: Value| {
        ("PUT", path, json!({"oldRole": old, "newRole": new}))
    };
    let update = |old: Value, name: &str, new: Value| {
        let new = json!({"name": name, "memberReferences": new});
        at(TEST, json!({"memberReferences": old}), new)
    };
    let source = |source: &str| {
        let new = json!({"name": "role:default/test", "memberReferences": tom(), "metadata": {"source": source}});
        at(TEST, json!({"memberReferences": tom()}), new)
    };
    let same = |name: &str| json!({"name": name, "memberReferences": tom()});

    assert_snapshot!(refusals(&hub, &ann, &[
        ("PUT", TEST, json!({})),
        ("PUT", TEST, json!(null)),
        ("PUT", TEST, json!({"oldRole": 7, "newRole": {}})),
        ("PUT", TEST, json!({"oldRole": {}})),
        ("PUT", "/roles/user/default/tom", json!({})),
        at(TEST, json!({}), json!({})),
        at(TEST, json!({"memberReferences": ["bob"]}), json!({})),
        at(TEST, json!({"memberReferences": tom()}), json!({})),
        at(TEST, json!({"memberReferences": tom()}), json!({"name": "role:default/test"})),
        update(tom(), "role:default/test", json!([{}])),
        at("/roles/role/default/missing", json!({"memberReferences": tom()}), same("role:default/missing")),
        at("/roles/role/default/readers", json!({"memberReferences": tom()}), same("role:default/readers")),
        at("/roles/role/default/rbac_admin", json!({"memberReferences": tom()}), same("role:default/rbac_admin")),
        at("/roles/role/default/everybody", json!({"memberReferences": tom()}), same("role:default/everybody")),
        update(tom(), "role:default/test", json!(["group:default/example"])),
        update(tom(), "role:default/test", json!(["user:default/bob", "user:default/Bob"])),
        update(json!(["user:default/bob"]), "role:default/test", json!(["user:default/bob"])),
        update(json!(["user:default/tom", "user:default/Tom"]), "role:default/test", tom()),
        update(tom(), "role:default/other", json!(["user:default/bob"])),
        update(tom(), "role:default/readers", json!(["user:default/bob"])),
        update(tom(), "role:default/rbac_admin", json!(["user:default/bob"])),
        update(tom(), "role:default/everybody", json!(["user:default/bob"])),
        source("csv-file"),
        source("legacy"),
    ]).await, @r#"
    400 InputError: 'oldRole' object must be present
    400 InputError: 'oldRole' object must be present
    400 InputError: 'oldRole' object must be present
    400 InputError: 'newRole' object must be present
    400 InputError: Unsupported kind user. Supported value should be "role"
    400 InputError: Invalid old role object. Cause: 'memberReferences' field must not be empty
    400 InputError: Invalid old role object. Cause: Entity reference "bob" had missing or empty kind (e.g. did not start with "component:" or similar)
    400 InputError: Invalid new role object. Cause: 'name' field must not be empty
    400 InputError: Invalid new role object. Cause: 'memberReferences' field must not be empty
    400 InputError: Invalid new role object. Cause: 'memberReferences' must be an array of strings
    404 NotFoundError: Unable to find metadata for role:default/missing
    403 NotAllowedError: Unable to edit role: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    403 NotAllowedError: Unable to edit role: source does not match originating role role:default/rbac_admin, consider making changes to the 'CONFIGURATION'
    403 NotAllowedError: Unable to edit role: source does not match originating role role:default/everybody, consider making changes to the 'CONFIGURATION'
    409 ConflictError
    409 ConflictError: Duplicate role members found; user:default/bob, role:default/test is a duplicate
    404 NotFoundError: Member reference: user:default/bob was not found for role role:default/test
    409 ConflictError: Duplicate role members found; user:default/tom, role:default/test is a duplicate
    409 ConflictError
    409 ConflictError
    409 ConflictError
    409 ConflictError
    400 InputError: The RoleMetadata.source field is 'read-only'.
    400 InputError: The RoleMetadata.source field is 'read-only'.
    "#);
}

#[tokio::test]
async fn deletions_are_refused_with_the_messages_of_the_original() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let delete = |path: &'static str| ("DELETE", path, json!({}));

    assert_snapshot!(refusals(&hub, &ann, &[
        delete("/roles/user/default/tom"),
        delete("/roles/role/default/missing"),
        delete("/roles/role/default/readers"),
        delete("/roles/role/default/readers?memberReferences=user:default/tom"),
        delete("/roles/role/default/rbac_admin"),
        delete("/roles/role/default/everybody"),
        delete("/roles/role/default/test?memberReferences=User:default/Bob"),
        delete("/roles/role/default/test?memberReferences[a]=user:default/tom"),
    ]).await, @r#"
    400 InputError: Unsupported kind user. Supported value should be "role"
    403 NotAllowedError
    403 NotAllowedError: Unable to delete role: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    403 NotAllowedError: Unable to delete role: source does not match originating role role:default/readers, consider making changes to the 'CSV-FILE'
    403 NotAllowedError: Unable to delete role: source does not match originating role role:default/rbac_admin, consider making changes to the 'CONFIGURATION'
    403 NotAllowedError: Unable to delete role: source does not match originating role role:default/everybody, consider making changes to the 'CONFIGURATION'
    404 NotFoundError: role member 'user:default/bob' was not found
    400 InputError: This api doesn't support nested query
    "#);
}

#[tokio::test]
async fn only_people_with_the_right_change_roles() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let requests = [
        (
            "POST",
            "/roles",
            json!({"name": "role:default/test", "memberReferences": ["user:default/tom"]}),
        ),
        (
            "POST",
            TEST,
            json!({"memberReferences": ["user:default/bob"]}),
        ),
        ("PUT", TEST, json!({})),
        ("DELETE", TEST, json!({})),
    ];
    let (tom, service) = (hub.user("user:default/tom").await, hub.service());

    assert_snapshot!(refusals(&hub, &tom, &requests).await, @r"
    403 NotAllowedError
    403 NotAllowedError
    403 NotAllowedError
    403 NotAllowedError
    ");
    assert_snapshot!(refusals(&hub, &service, &requests).await, @r"
    403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    403 NotAllowedError: Only credential principal with type 'user' permitted to modify permissions
    ");
    assert_snapshot!(refusals(&hub, &hub.anonymous(), &requests).await, @r"
    401 AuthenticationError: Missing credentials
    401 AuthenticationError: Missing credentials
    401 AuthenticationError: Missing credentials
    401 AuthenticationError: Missing credentials
    ");
}

#[tokio::test]
async fn whoever_may_only_create_takes_over_no_role() {
    let hub = desk().start().await;
    let (ann, dan) = (
        hub.user("user:default/ann").await,
        hub.user("user:default/dan").await,
    );
    create_role(&ann, "role:default/test").await;
    create_role(&dan, "role:default/of-dan").await;
    let join = |role: &str| json!({"name": role, "memberReferences": ["user:default/dan"], "metadata": {"owner": "user:default/dan"}});

    let requests =
        ["role:default/test", "role:default/of-dan"].map(|role| ("POST", "/roles", join(role)));
    assert_snapshot!(refusals(&hub, &dan, &requests).await, @r"
    403 NotAllowedError
    403 NotAllowedError
    ");
}

#[tokio::test]
async fn an_owner_changes_owned_roles_only() {
    let hub = desk().start().await;
    let (ann, bob) = (
        hub.user("user:default/ann").await,
        hub.user("user:default/bob").await,
    );
    create_role(&ann, "role:default/test").await;
    create_role(&bob, "role:default/of-bob").await;
    let tom = json!(["user:default/tom"]);
    let put = |name: &str| json!({"oldRole": {"memberReferences": tom}, "newRole": {"name": name, "memberReferences": tom}});

    assert_snapshot!(refusals(&hub, &bob, &[
        ("POST", "/roles", json!({"name": "role:default/test", "memberReferences": ["user:default/bob"]})),
        ("PUT", TEST, put("role:default/test")),
        ("PUT", TEST, put("role:default/stolen")),
        ("DELETE", TEST, json!({})),
        ("DELETE", "/roles/role/default/of-bob?memberReferences=user:default/nobody", json!({})),
    ]).await, @r"
    403 NotAllowedError
    403 NotAllowedError
    403 NotAllowedError
    403 NotAllowedError
    404 NotFoundError: role member 'user:default/nobody' was not found
    ");

    let own = "/roles/role/default/of-bob";
    let more = json!({"name": "role:default/of-bob", "memberReferences": ["user:default/cid"]});
    assert_eq!(shown(&send(&bob, "POST", "/roles", &more).await), "201");
    assert_eq!(
        shown(&send(&bob, "PUT", own, &put("role:default/of-bob")).await),
        "200"
    );
    assert_eq!(shown(&send(&bob, "DELETE", own, &json!({})).await), "204");
}
