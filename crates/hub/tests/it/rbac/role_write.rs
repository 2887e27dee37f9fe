//! Creating, updating and deleting roles.

use super::desk::{create_role, decision, desk, everything, send, shown};
use super::{builder, get};
use crate::support::Log;
use callboard_testkit::{Client, TestHub};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

const TEST: &str = "/roles/role/default/test";

/// A role as it is read, without its times.
async fn role(client: &Client, path: &str) -> Value {
    let mut roles = get(client, path).await;
    let metadata = roles[0]["metadata"].as_object_mut().unwrap();
    assert!(metadata.remove("createdAt").unwrap().is_string());
    assert!(metadata.remove("lastModified").unwrap().is_string());
    roles
}

async fn members(client: &Client, path: &str) -> Value {
    get(client, path).await[0]["memberReferences"].clone()
}

/// What each request is answered, which changes nothing.
async fn refusals(hub: &TestHub, client: &Client, requests: &[(&str, &str, Value)]) -> String {
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
async fn the_requests_of_the_authorization_guide_are_answered() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let created = json!({
        "memberReferences": ["group:default/example"],
        "name": "role:default/test",
        "metadata": {"description": "This is a test role"},
    });
    let updated = json!({
        "oldRole": {"memberReferences": ["group:default/example"], "name": "role:default/test"},
        "newRole": {
            "memberReferences": ["group:default/example", "user:default/test"],
            "name": "role:default/test",
        },
    });

    assert_eq!(shown(&send(&ann, "POST", "/roles", &created).await), "201");
    assert_eq!(shown(&send(&ann, "PUT", TEST, &updated).await), "200");
    assert_json_snapshot!(role(&ann, TEST).await, @r#"
    [
      {
        "memberReferences": [
          "group:default/example",
          "user:default/test"
        ],
        "name": "role:default/test",
        "metadata": {
          "source": "rest",
          "description": "This is a test role",
          "owner": "user:default/ann",
          "author": "user:default/ann",
          "modifiedBy": "user:default/ann",
          "isDefault": false
        }
      }
    ]
    "#);

    let one = format!("{TEST}?memberReferences=group:default/example");
    assert_eq!(shown(&send(&ann, "DELETE", &one, &json!({})).await), "204");
    assert_eq!(members(&ann, TEST).await, json!(["user:default/test"]));
    assert_eq!(shown(&send(&ann, "DELETE", TEST, &json!({})).await), "204");
    let gone = ann.get(&format!("/api/permission{TEST}")).await;
    assert_eq!(shown(&gone), "404 NotFoundError");
}

#[tokio::test]
async fn a_role_is_created_at_its_own_path_too() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let path = "/roles/role/default/test_admin";
    let named =
        json!({"memberReferences": ["group:default/test"], "name": "role:default/test_admin"});
    let unnamed = json!({"memberReferences": ["user:default/tom"]});

    assert_eq!(shown(&send(&ann, "POST", path, &named).await), "201");
    assert_eq!(shown(&send(&ann, "POST", path, &unnamed).await), "201");
    assert_eq!(
        members(&ann, path).await,
        json!(["group:default/test", "user:default/tom"])
    );

    let other = json!({"memberReferences": ["user:default/bob"], "name": "role:default/other"});
    assert_snapshot!(refusals(&hub, &ann, &[
        ("POST", path, other),
        ("POST", "/roles/user/default/tom", unnamed),
    ]).await, @r#"
    400 InputError: Invalid role definition. Cause: 'name' is 'role:default/other', but the path names 'role:default/test_admin'
    400 InputError: Unsupported kind user. Supported value should be "role"
    "#);
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

#[tokio::test]
async fn owner_and_description_stay_unless_they_are_given() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let zoe = hub
        .member("user:default/zoe", &["group:default/board"])
        .await;
    let create = |members: &[&str], metadata: Value| json!({"name": "role:default/test", "memberReferences": members, "metadata": metadata});
    let given = json!({"description": "who tests", "owner": "group:default/stage"});
    let answer = send(
        &ann,
        "POST",
        "/roles",
        &create(&["user:default/Tom"], given),
    )
    .await;
    assert_eq!(shown(&answer), "201");

    let more = create(&["user:default/bob"], Value::Null);
    assert_eq!(shown(&send(&zoe, "POST", "/roles", &more).await), "201");
    let same = json!({"memberReferences": ["user:default/bob"], "name": "role:default/test"});
    let update = json!({"oldRole": same, "newRole": same});
    assert_eq!(shown(&send(&zoe, "PUT", TEST, &update).await), "200");

    assert_json_snapshot!(role(&ann, TEST).await, @r#"
    [
      {
        "memberReferences": [
          "user:default/tom",
          "user:default/bob"
        ],
        "name": "role:default/test",
        "metadata": {
          "source": "rest",
          "description": "who tests",
          "owner": "group:default/stage",
          "author": "user:default/ann",
          "modifiedBy": "user:default/zoe",
          "isDefault": false
        }
      }
    ]
    "#);
}

#[tokio::test]
async fn a_renamed_role_keeps_everything() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let renamed = "/roles/role/default/Renamed";
    create_role(&ann, "role:default/test").await;
    may_read_catalog(&ann, "role:default/test").await;
    let condition = json!({
        "result": "CONDITIONAL", "roleEntityRef": "role:default/test", "pluginId": "catalog",
        "resourceType": "catalog-entity", "permissionMapping": ["delete"],
        "conditions": {"rule": "HAS_LABEL", "resourceType": "catalog-entity", "params": {"label": "a"}},
    });
    let answer = send(&ann, "POST", "/roles/conditions", &condition).await;
    let condition = format!("/roles/conditions/{}", answer.json()["id"]);
    let before = role(&ann, TEST).await;
    let rename = json!({
        "oldRole": {"memberReferences": ["user:default/tom"]},
        "newRole": {"name": "role:default/Renamed", "memberReferences": ["user:default/bob"]},
    });

    assert_eq!(shown(&send(&ann, "PUT", TEST, &rename).await), "200");

    let after = role(&ann, renamed).await;
    assert_eq!(after[0]["metadata"], before[0]["metadata"]);
    assert_eq!(
        after[0]["memberReferences"],
        json!(["group:default/example", "user:default/bob"])
    );
    let policies = get(&ann, "/policies/role/default/Renamed").await;
    assert_eq!(policies.as_array().unwrap().len(), 1);
    assert_eq!(
        get(&ann, &condition).await["roleEntityRef"],
        "role:default/Renamed"
    );
    for gone in [TEST, "/policies/role/default/test"] {
        let gone = ann.get(&format!("/api/permission{gone}")).await;
        assert_eq!(shown(&gone), "404 NotFoundError");
    }
}

#[tokio::test]
async fn members_decide_from_the_next_question_on() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let bob = hub.user("user:default/bob").await;
    let decides = async || decision(&bob, "catalog.entity.read", "read").await;
    let join = json!({"name": "role:default/test", "memberReferences": ["user:default/bob"]});

    assert_eq!(decides().await, "DENY");
    assert_eq!(shown(&send(&ann, "POST", "/roles", &join).await), "201");
    may_read_catalog(&ann, "role:default/test").await;
    assert_eq!(decides().await, "ALLOW");

    let leave = json!({
        "oldRole": {"memberReferences": ["user:default/bob"]},
        "newRole": {"name": "role:default/test", "memberReferences": ["user:default/tom"]},
    });
    assert_eq!(shown(&send(&ann, "PUT", TEST, &leave).await), "200");
    assert_eq!(decides().await, "DENY");
    assert_eq!(shown(&send(&ann, "POST", "/roles", &join).await), "201");
    assert_eq!(decides().await, "ALLOW");

    // The policies go with the role, and do not revive with another one of its name.
    assert_eq!(shown(&send(&ann, "DELETE", TEST, &json!({})).await), "204");
    assert_eq!(decides().await, "DENY");
    assert_eq!(shown(&send(&ann, "POST", "/roles", &join).await), "201");
    assert_eq!(decides().await, "DENY");
}

/// Lets a role read the catalog.
async fn may_read_catalog(client: &Client, role: &str) {
    let policy = json!([{
        "entityReference": role, "permission": "catalog-entity", "policy": "read", "effect": "allow",
    }]);
    assert_eq!(
        shown(&send(client, "POST", "/policies", &policy).await),
        "201"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_lose_nothing() {
    let hub = builder().on_disk().start().await;
    let ann = hub.user("user:default/ann").await;

    let writers = (0..20).map(|n| {
        let ann = ann.clone();
        tokio::spawn(async move {
            let body = json!({"name": "role:default/test", "memberReferences": [format!("user:default/u{n}")]});
            shown(&send(&ann, "POST", "/roles", &body).await)
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.unwrap(), "201");
    }

    let kept = members(&ann, TEST).await;
    assert_eq!(kept.as_array().unwrap().len(), 20, "{kept}");
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let builder = builder().on_disk();
    let hub = builder.start().await;
    create_role(&hub.user("user:default/ann").await, "role:default/test").await;
    let before = everything(&hub).await;
    hub.stop().await;

    let hub = builder.start().await;

    assert_eq!(everything(&hub).await, before);
}

#[tokio::test]
async fn changes_reads_and_refusals_are_audit_events() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let tom = hub.user("user:default/tom").await;
    let log = Log::capture();

    create_role(&ann, "role:default/test").await;
    send(&tom, "DELETE", TEST, &json!({})).await;
    get(&ann, TEST).await;
    get(&ann, "/roles").await;
    send(&ann, "DELETE", TEST, &json!({})).await;

    let events: Vec<_> = audit_events(&log)
        .into_iter()
        .map(|event| event.to_string())
        .collect();
    assert_snapshot!(events.join("\n"), @r#"
    ["role-write","initiated","user:default/ann","POST",{"source":"rest","actionType":"create"},null]
    ["role-write","succeeded","user:default/ann","POST",{"source":"rest","actionType":"create","roleEntityRef":"role:default/test","modifiedBy":"user:default/ann","members":["group:default/example","user:default/tom"],"description":"","owner":"user:default/ann","author":"user:default/ann","response":{"status":201}},null]
    ["role-write","initiated","user:default/tom","DELETE",{"source":"rest","actionType":"delete"},null]
    ["role-write","failed","user:default/tom","DELETE",{"source":"rest","actionType":"delete","response":{"status":403}},"NotAllowedError: "]
    ["role-read","initiated","user:default/ann","GET",{"queryType":"by-role","entityRef":"role:default/test","source":"rest"},null]
    ["role-read","succeeded","user:default/ann","GET",{"queryType":"by-role","entityRef":"role:default/test","source":"rest","response":{"status":200}},null]
    ["role-read","initiated","user:default/ann","GET",{"queryType":"all","source":"rest"},null]
    ["role-read","succeeded","user:default/ann","GET",{"queryType":"all","source":"rest","response":{"status":200}},null]
    ["role-write","initiated","user:default/ann","DELETE",{"source":"rest","actionType":"delete"},null]
    ["role-write","succeeded","user:default/ann","DELETE",{"source":"rest","actionType":"delete","roleEntityRef":"role:default/test","modifiedBy":"user:default/ann","members":["group:default/example","user:default/tom"],"response":{"status":204}},null]
    "#);
}

/// What each audit event about roles says, but for who asked with which program.
fn audit_events(log: &Log) -> Vec<Value> {
    let events = log.lines().into_iter().filter_map(|line| {
        let id = line["eventId"].as_str()?.to_owned();
        let actor = &line["actor"]["actorId"];
        id.starts_with("role-").then(|| {
            json!([
                id,
                line["status"],
                actor,
                line["request"]["method"],
                line["meta"],
                line["error"]
            ])
        })
    });
    events.collect()
}
