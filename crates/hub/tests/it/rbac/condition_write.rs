//! Changing conditional policies over REST.

use super::desk::{
    audit_events, create_role, decision, desk, event_lines, everything, send, shown,
};
use super::get;
use crate::support::Log;
use callboard_testkit::Client;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

pub(super) const CONDITIONS: &str = "/roles/conditions";

/// The condition of the guide: components of a team may be read.
pub(super) fn condition(mapping: &Value) -> Value {
    json!({
        "result": "CONDITIONAL",
        "roleEntityRef": "role:default/test",
        "pluginId": "catalog",
        "resourceType": "catalog-entity",
        "permissionMapping": mapping,
        "conditions": {
            "rule": "IS_ENTITY_OWNER",
            "resourceType": "catalog-entity",
            "params": {"claims": ["group:default/janus-authors"]}
        }
    })
}

/// The same with some members replaced; `null` takes one away.
pub(super) fn with(changes: &Value) -> Value {
    let mut body = condition(&json!(["read"]));
    let members = body.as_object_mut().unwrap();
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(key)),
            value => drop(members.insert(key.clone(), value.clone())),
        }
    }
    body
}

/// Adds a condition, and gives its id.
pub(super) async fn add(client: &Client, body: &Value) -> i64 {
    let answer = send(client, "POST", CONDITIONS, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

#[tokio::test]
async fn the_requests_of_the_guide_get_its_answers() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;

    let created = send(&ann, "POST", CONDITIONS, &condition(&json!(["read"]))).await;
    assert_eq!(shown(&created), r#"201 {"id":4}"#);
    assert_json_snapshot!(get(&ann, "/roles/conditions/4").await, @r#"
    {
      "id": 4,
      "result": "CONDITIONAL",
      "roleEntityRef": "role:default/test",
      "pluginId": "catalog",
      "resourceType": "catalog-entity",
      "permissionMapping": [
        "read"
      ],
      "conditions": {
        "rule": "IS_ENTITY_OWNER",
        "resourceType": "catalog-entity",
        "params": {
          "claims": [
            "group:default/janus-authors"
          ]
        }
      }
    }
    "#);

    let wider = condition(&json!(["read", "update", "delete"]));
    let updated = send(&ann, "PUT", "/roles/conditions/4", &wider).await;
    assert_eq!(shown(&updated), "200");
    let read = get(&ann, "/roles/conditions?roleEntityRef=role:default/test").await;
    assert_eq!(read.as_array().unwrap().len(), 1);
    assert_eq!(
        read[0]["permissionMapping"],
        json!(["read", "update", "delete"])
    );

    let deleted = ann.delete("/api/permission/roles/conditions/4").await;
    assert_eq!(shown(&deleted), "204");
    assert_eq!(
        shown(&ann.get("/api/permission/roles/conditions/4").await),
        "404 NotFoundError"
    );
}

#[tokio::test]
async fn newer_clients_name_permissions_and_get_them_back() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let mapping = json!([
        {"name": "catalog.entity.refresh", "action": "update"},
        {"name": "catalog.entity.delete", "action": "delete"},
    ]);

    let id = add(&ann, &condition(&mapping)).await;

    let path = format!("/roles/conditions/{id}");
    assert_eq!(get(&ann, &path).await["permissionMapping"], mapping);
    let actions = get(&ann, &format!("{path}?mappingFormat=actions")).await;
    assert_eq!(actions["permissionMapping"], json!(["update", "delete"]));
}

#[tokio::test]
async fn criteria_are_stored_as_sent() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let kind = json!({"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": ["API"]}});
    let owner = json!({"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": {"claims": ["$ownerRefs", "$currentUser"]}});
    let nested = json!({"anyOf": [owner, {"allOf": [{"not": kind}, owner]}]});

    let id = add(&ann, &with(&json!({"conditions": nested}))).await;

    let read = get(&ann, &format!("/roles/conditions/{id}")).await;
    assert_eq!(read["conditions"], nested);
}

#[tokio::test]
async fn decisions_change_with_the_answer() {
    let hub = desk()
        .catalog(
            "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: x}
spec: {type: service, lifecycle: production, owner: group:default/crew}
",
        )
        .start()
        .await;
    let ann = hub.user("user:default/ann").await;
    let fay = hub.user("user:default/fay").await;
    let body = json!({"name": "role:default/test", "memberReferences": ["user:default/fay"]});
    assert_eq!(shown(&send(&ann, "POST", "/roles", &body).await), "201");
    let may_read = async || decision(&fay, "catalog.entity.read", "read").await;
    let owned_by = |owner: &str| {
        with(
            &json!({"conditions": {"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": {"claims": [owner]}}}),
        )
    };
    assert_eq!(may_read().await, "DENY");

    let id = add(&ann, &owned_by("group:default/crew")).await;
    assert_eq!(may_read().await, "ALLOW");

    let path = format!("/roles/conditions/{id}");
    let other = owned_by("group:default/others");
    assert_eq!(shown(&send(&ann, "PUT", &path, &other).await), "200");
    assert_eq!(may_read().await, "DENY");
    assert_eq!(
        shown(&send(&ann, "PUT", &path, &owned_by("group:default/crew")).await),
        "200"
    );
    assert_eq!(may_read().await, "ALLOW");

    assert_eq!(
        shown(&ann.delete(&format!("/api/permission{path}")).await),
        "204"
    );
    assert_eq!(may_read().await, "DENY");
}

#[tokio::test]
async fn the_pages_of_old_versions_send_ids_with_a_brace() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let id = add(&ann, &condition(&json!(["read"]))).await;

    let path = format!("/roles/conditions/{id}%7D");
    assert_eq!(
        shown(&send(&ann, "PUT", &path, &condition(&json!(["delete"]))).await),
        "200"
    );
    assert_eq!(
        shown(&ann.delete(&format!("/api/permission{path}")).await),
        "204"
    );
}

#[tokio::test]
async fn a_condition_may_move_to_another_role() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    create_role(&ann, "role:default/other").await;
    let id = add(&ann, &condition(&json!(["read"]))).await;
    let path = format!("/roles/conditions/{id}");

    let moved = with(&json!({"roleEntityRef": "role:default/other"}));
    assert_eq!(shown(&send(&ann, "PUT", &path, &moved).await), "200");

    assert_eq!(
        get(&ann, &path).await["roleEntityRef"],
        "role:default/other"
    );
    add(&ann, &condition(&json!(["read"]))).await;
}

#[tokio::test]
async fn only_people_with_the_right_change_conditions() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let id = add(&ann, &condition(&json!(["read"]))).await;
    let before = everything(&hub).await;
    let one = format!("/roles/conditions/{id}");

    let mut seen = Vec::new();
    for (who, client) in [
        ("tom", hub.user("user:default/tom").await),
        ("service", hub.service()),
        ("nobody", hub.anonymous()),
    ] {
        for (method, path) in [("POST", CONDITIONS), ("PUT", &one), ("DELETE", &one)] {
            let answer = send(&client, method, path, &condition(&json!(["delete"]))).await;
            seen.push(format!("{who} {method}: {}", shown(&answer)));
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
async fn an_owner_sees_and_changes_conditions_of_owned_roles_only() {
    let hub = desk().start().await;
    let (bob, cid) = (
        hub.user("user:default/bob").await,
        hub.user("user:default/cid").await,
    );
    create_role(&bob, "role:default/bobs").await;
    create_role(&cid, "role:default/cids").await;
    let of = |role: &str| with(&json!({"roleEntityRef": role, "permissionMapping": ["delete"]}));
    let bobs = add(&bob, &of("role:default/bobs")).await;
    let cids = add(&cid, &of("role:default/cids")).await;
    let before = everything(&hub).await;

    let theirs = format!("/roles/conditions/{cids}");
    let mine = format!("/roles/conditions/{bobs}");
    let read = with(&json!({"roleEntityRef": "role:default/cids"}));
    let mut seen = Vec::new();
    for (method, path, body) in [
        ("POST", CONDITIONS, &read),
        ("PUT", &theirs, &of("role:default/cids")),
        ("PUT", &theirs, &json!({})),
        ("PUT", &mine, &of("role:default/cids")),
        ("DELETE", &theirs, &Value::Null),
        // The default role is everybody's to see, and not theirs to change.
        ("POST", CONDITIONS, &of("role:default/everybody")),
    ] {
        seen.push(shown(&send(&bob, method, path, body).await));
    }
    assert_eq!(seen, ["403 NotAllowedError"; 6]);
    assert_eq!(everything(&hub).await, before);
    assert_eq!(
        shown(&bob.get(&format!("/api/permission{theirs}")).await),
        "404 NotFoundError"
    );
    let visible = get(&bob, CONDITIONS).await;
    assert_eq!(visible.as_array().unwrap().len(), 1);
    assert_eq!(visible[0]["id"], bobs);

    let changed = with(&json!({"roleEntityRef": "role:default/bobs"}));
    assert_eq!(shown(&send(&bob, "PUT", &mine, &changed).await), "200");
    assert_eq!(
        shown(&bob.delete(&format!("/api/permission{mine}")).await),
        "204"
    );
}

#[tokio::test]
async fn the_default_role_gets_its_conditions_over_rest() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    let body = with(&json!({"roleEntityRef": "role:default/everybody"}));

    let id = add(&ann, &body).await;

    let path = format!("/roles/conditions/{id}");
    assert_eq!(
        get(&ann, &path).await["roleEntityRef"],
        "role:default/everybody"
    );
    assert_eq!(shown(&send(&ann, "PUT", &path, &body).await), "200");
    assert_eq!(
        shown(&ann.delete(&format!("/api/permission{path}")).await),
        "204"
    );
}

#[tokio::test]
async fn a_condition_that_cannot_be_evaluated_is_stored_and_reported_once() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let broken =
        with(&json!({"conditions": {"rule": "IS_ENTITY_OWNED", "resourceType": "catalog-entity"}}));
    let log = Log::capture();

    let id = add(&ann, &broken).await;
    add(&ann, &condition(&json!(["delete"]))).await;

    let warnings: Vec<_> = log
        .lines()
        .into_iter()
        .filter(|line| line["level"] == "warn")
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(
        (&warnings[0]["id"], &warnings[0]["role"]),
        (&json!(id), &json!("role:default/test"))
    );
    let path = format!("/roles/conditions/{id}");
    let other =
        with(&json!({"conditions": {"rule": "IS_OWNED", "resourceType": "catalog-entity"}}));
    assert_eq!(shown(&send(&ann, "PUT", &path, &other).await), "200");
    assert_eq!(
        log.lines()
            .iter()
            .filter(|line| line["level"] == "warn")
            .count(),
        2
    );
}

#[tokio::test]
async fn changes_survive_a_restart() {
    let builder = desk().on_disk();
    let first = builder.start().await;
    let ann = first.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    create_role(&ann, "role:default/other").await;
    let row = |effect: &str| json!({"permission": "a", "policy": "use", "effect": effect});
    let mut added = row("allow");
    added["entityReference"] = json!("role:default/test");
    send(&ann, "POST", "/policies", &json!([added])).await;
    let swap = json!({"oldPolicy": [row("allow")], "newPolicy": [row("deny")]});
    send(&ann, "PUT", "/policies/role/default/test", &swap).await;
    let removed = add(&ann, &condition(&json!(["read"]))).await;
    ann.delete(&format!("/api/permission/roles/conditions/{removed}"))
        .await;
    let id = add(&ann, &condition(&json!(["read"]))).await;
    let moved = with(&json!({"roleEntityRef": "role:default/other"}));
    send(&ann, "PUT", &format!("/roles/conditions/{id}"), &moved).await;
    let before = everything(&first).await;
    first.stop().await;

    let second = builder.start().await;

    assert_eq!(everything(&second).await, before);
    let ann = second.user("user:default/ann").await;
    assert!(
        add(&ann, &condition(&json!(["read"]))).await > id,
        "ids are not given twice"
    );
    second.stop().await;
}

#[tokio::test]
async fn reads_and_changes_are_audited() {
    let hub = desk()
        .config(json!({"callboard": {"audit": {"decisions": "none"}}}))
        .start()
        .await;
    let ann = hub.user("user:default/ann").await;
    create_role(&ann, "role:default/test").await;
    let log = Log::capture();

    let id = add(&ann, &condition(&json!(["read"]))).await;
    let path = format!("/roles/conditions/{id}");
    send(&ann, "PUT", &path, &condition(&json!(["use"]))).await;
    send(&ann, "PUT", &path, &json!({})).await;
    ann.delete(&format!("/api/permission{path}")).await;
    get(&ann, CONDITIONS).await;
    get(&ann, "/roles/conditions?actions=read&actions=use").await;
    ann.get("/api/permission/roles/conditions/99%7D").await;

    let events = audit_events(&log);
    assert_snapshot!(event_lines(&events), @r#"
    condition-write initiated "" {"source":"rest","actionType":"create"}
    condition-write succeeded "" {"source":"rest","actionType":"create","condition":{"result":"CONDITIONAL","roleEntityRef":"role:default/test","pluginId":"catalog","resourceType":"catalog-entity","permissionMapping":["read"],"conditions":{"rule":"IS_ENTITY_OWNER","resourceType":"catalog-entity","params":{"claims":["group:default/janus-authors"]}}},"response":{"status":201}}
    condition-write initiated "" {"source":"rest","actionType":"update"}
    condition-write succeeded "" {"source":"rest","actionType":"update","condition":{"result":"CONDITIONAL","roleEntityRef":"role:default/test","pluginId":"catalog","resourceType":"catalog-entity","permissionMapping":["use"],"conditions":{"rule":"IS_ENTITY_OWNER","resourceType":"catalog-entity","params":{"claims":["group:default/janus-authors"]}}},"response":{"status":200}}
    condition-write initiated "" {"source":"rest","actionType":"update"}
    condition-write failed "InputError: 'roleEntityRef' must be specified in the role condition" {"source":"rest","actionType":"update","response":{"status":400}}
    condition-write initiated "" {"source":"rest","actionType":"delete"}
    condition-write succeeded "" {"source":"rest","actionType":"delete","condition":{"result":"CONDITIONAL","roleEntityRef":"role:default/test","pluginId":"catalog","resourceType":"catalog-entity","permissionMapping":["use"],"conditions":{"rule":"IS_ENTITY_OWNER","resourceType":"catalog-entity","params":{"claims":["group:default/janus-authors"]}},"id":4},"response":{"status":204}}
    condition-read initiated "" {"queryType":"all","source":"rest"}
    condition-read succeeded "" {"queryType":"all","source":"rest","response":{"status":200}}
    condition-read initiated "" {"queryType":"by-query","query":{"actions":["read","use"]},"source":"rest"}
    condition-read succeeded "" {"queryType":"by-query","query":{"actions":["read","use"]},"source":"rest","response":{"status":200}}
    condition-read initiated "" {"queryType":"by-id","id":"99}","source":"rest"}
    condition-read failed "NotFoundError: " {"queryType":"by-id","id":"99}","source":"rest","response":{"status":404}}
    "#);
}
