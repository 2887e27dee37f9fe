//! Requests of every kind, successes and refusals, each compared with the document.

use super::contract::Contract;
use super::{builder, document};
use callboard_hub::principal::UserPrincipal;
use callboard_hub::rbac::{Connection, ProviderError, RoleProvider};
use callboard_hub::task::BoxFuture;
use callboard_testkit::{Client, TestHub};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A directory without roles.
struct Directory;

impl RoleProvider for Directory {
    fn name(&self) -> &str {
        "ldap"
    }

    fn connect(self: Arc<Self>, _: Connection) -> BoxFuture<Result<(), ProviderError>> {
        Box::pin(async { Ok(()) })
    }

    fn refresh(self: Arc<Self>) -> BoxFuture<Result<(), ProviderError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Those who ask, and the document that their requests are compared with.
struct Desk {
    hub: TestHub,
    contract: Contract,
    /// The administrator.
    ann: Client,
    /// Creates roles, and has those that he owns.
    bob: Client,
    /// Has no right at all.
    eve: Client,
    program: Client,
}

impl Desk {
    async fn start() -> Desk {
        let hub = builder().provider(Arc::new(Directory)).start().await;
        Desk {
            contract: Contract::new(document(&hub).await),
            ann: hub.user("user:default/ann").await,
            bob: hub.user("user:default/bob").await,
            eve: hub.user("user:default/eve").await,
            program: hub.service(),
            hub,
        }
    }

    /// Requests without a body and the statuses of their answers.
    async fn all(&self, client: &Client, requests: &[(&str, u16)]) {
        for (request, status) in requests {
            self.contract.ask(client, request, None, *status).await;
        }
    }

    /// The same request with one body after the other.
    async fn each(&self, client: &Client, request: &str, bodies: &[(Value, u16)]) {
        for (body, status) in bodies {
            let body = Some(body.clone());
            self.contract.ask(client, request, body, *status).await;
        }
    }
}

#[tokio::test]
async fn every_documented_answer_is_given_and_is_as_documented() {
    let desk = Desk::start().await;

    roles(&desk).await;
    policies(&desk).await;
    conditions(&desk).await;
    plugins(&desk).await;
    decisions(&desk).await;
    explanations(&desk).await;
    what_every_plugin_has(&desk).await;

    // Those of the barrier and of long bodies are seen elsewhere. Every type of this plugin can be
    // judged.
    let mut unseen = desk.contract.unseen();
    unseen.retain(|answer| !answer.ends_with(" 401") && !answer.ends_with(" 413"));
    let elsewhere = [
        "getMetadata 403",
        "applyConditions 501",
        "clearCookie 403",
        "getOpenApi 403",
    ];
    assert_eq!(unseen, elsewhere);
}

async fn roles(desk: &Desk) {
    let Desk {
        ann,
        bob,
        eve,
        program,
        ..
    } = desk;
    let crew = |members: &[&str]| json!({"name": "role:default/crew", "memberReferences": members});
    let mut full = crew(&["user:default/Tom", "group:default/stage"]);
    full["metadata"] = json!({"description": "Carries things", "owner": "user:default/bob"});
    let foreign =
        json!({"name": "role:default/stagehands", "memberReferences": ["user:default/sam"]});
    let posts = [
        (full, 201),
        (crew(&["user:default/tom"]), 409),
        (crew(&["user:default/ina", "user:default/ina"]), 409),
        (crew(&["user:default/ina"]), 201),
        (crew(&["tom"]), 400),
        (crew(&[]), 400),
        (foreign, 403),
    ];
    desk.each(bob, "POST /roles", &posts).await;
    desk.each(program, "POST /roles", &[(crew(&["user:default/x"]), 403)])
        .await;
    let named = [
        (
            json!({"memberReferences": ["user:default/sam", "user:default/kim"]}),
            201,
        ),
        (json!({"memberReferences": ["user:default/sam"]}), 409),
        (
            json!({"memberReferences": ["user:default/pat"], "name": "role:default/b", "metadata": null}),
            400,
        ),
        (
            json!({"memberReferences": ["user:default/pat"], "name": "role:default/props", "metadata": null}),
            201,
        ),
    ];
    desk.each(ann, "POST /roles/role/default/props", &named)
        .await;
    desk.each(eve, "POST /roles/role/default/props", &[(json!({}), 403)])
        .await;

    let everybody = [
        ("GET /", 200),
        ("GET /roles", 200),
        ("GET /roles/role/default/crew", 200),
        ("GET /roles/role/default/none", 404),
        ("GET /roles/user/default/tom", 400),
    ];
    desk.all(ann, &everybody).await;
    desk.all(bob, &everybody).await;
    desk.all(program, &everybody).await;
    let nobody = everybody.map(|(request, _)| (request, 403));
    desk.all(eve, &nobody).await;

    let update = |old: &[&str], new: &str, members: &[&str]| {
        json!({"oldRole": {"memberReferences": old}, "newRole": {
            "name": new, "memberReferences": members, "metadata": {"description": "new", "source": "rest"},
        }})
    };
    let props = "role:default/props";
    let puts = [
        (
            update(&["user:default/sam"], props, &["user:default/lee"]),
            200,
        ),
        (
            update(&["user:default/sam"], props, &["user:default/max"]),
            404,
        ),
        (
            update(&["user:default/lee"], props, &["user:default/kim"]),
            409,
        ),
        (
            update(
                &["user:default/lee"],
                "role:default/crew",
                &["user:default/lee"],
            ),
            409,
        ),
        (json!({"oldRole": {}}), 400),
    ];
    desk.each(ann, "PUT /roles/role/default/props", &puts).await;
    desk.each(
        bob,
        "PUT /roles/role/default/props",
        &puts[2..3]
            .iter()
            .map(|(body, _)| (body.clone(), 403))
            .collect::<Vec<_>>(),
    )
    .await;
    let path = "/roles/role/default/props";
    let deletes = [
        (
            format!("DELETE {path}?memberReferences=user:default/lee"),
            204,
        ),
        (
            format!("DELETE {path}?memberReferences=user:default/lee"),
            404,
        ),
        (format!("DELETE {path}?memberReferences[a]=b"), 400),
        (format!("DELETE {path}"), 204),
        (format!("DELETE {path}"), 403),
    ];
    let deletes = deletes
        .each_ref()
        .map(|(request, status)| (request.as_str(), *status));
    desk.all(ann, &deletes).await;
}

async fn policies(desk: &Desk) {
    let Desk { ann, bob, eve, .. } = desk;
    let row = |permission: &str, action: &str, effect: &str| json!({"permission": permission, "policy": action, "effect": effect});
    let of = |role: &str, mut row: Value| {
        row["entityReference"] = json!(role);
        row
    };
    let crew = |row: Value| of("role:default/crew", row);
    let read = row("catalog-entity", "read", "allow");
    let proxy = row("kubernetes.proxy", "use", "deny");
    let posts = [
        (json!([crew(read.clone()), crew(proxy.clone())]), 201),
        (json!([crew(read.clone())]), 409),
        (json!([]), 400),
        (json!([crew(row("a", "fly", "allow"))]), 400),
        (json!([of("role:default/none", read.clone())]), 404),
        (json!([of("user:default/tom", read.clone())]), 403),
    ];
    desk.each(bob, "POST /policies", &posts).await;
    let everybody = [
        ("GET /policies", 200),
        (
            "GET /policies?entityRef=role:default/crew&permission=catalog-entity&policy=read&effect=allow",
            200,
        ),
        ("GET /policies?effect[a]=b", 400),
        ("GET /policies/role/default/crew", 200),
        ("GET /policies/role/default/none", 404),
        ("GET /policies/%3A/default/crew", 400),
    ];
    desk.all(ann, &everybody).await;
    desk.all(bob, &everybody).await;
    desk.all(eve, &everybody.map(|(request, _)| (request, 403)))
        .await;

    let change = |old: &Value, new: &Value| json!({"oldPolicy": [old], "newPolicy": [new]});
    let update = row("catalog-entity", "update", "allow");
    let puts = [
        (change(&read, &update), 200),
        (change(&update, &update), 204),
        (change(&read, &update), 404),
        (change(&update, &proxy), 409),
        (json!({"oldPolicy": [update]}), 400),
    ];
    let path = "/policies/role/default/crew";
    desk.each(ann, &format!("PUT {path}"), &puts).await;
    desk.each(eve, &format!("PUT {path}"), &[(json!({}), 403)])
        .await;
    let deletes = [
        (json!([]), 400),
        (json!([update, update]), 409),
        (json!([read]), 404),
        (json!([update]), 204),
    ];
    desk.each(ann, &format!("DELETE {path}"), &deletes).await;
    let one = format!("DELETE {path}?permission=kubernetes.proxy&policy=use&effect=deny");
    let all = format!("DELETE {path}");
    desk.all(ann, &[(&one, 204), (&one, 404), (&all, 404)])
        .await;
    desk.each(ann, "POST /policies", &posts[..1]).await;
    desk.all(ann, &[(&all, 204)]).await;
    desk.all(eve, &[(&all, 403)]).await;
}

async fn conditions(desk: &Desk) {
    let Desk {
        ann,
        bob,
        eve,
        contract,
        ..
    } = desk;
    let policy = |role: &str, mapping: Value| {
        json!({
            "result": "CONDITIONAL", "roleEntityRef": role, "pluginId": "catalog",
            "resourceType": "catalog-entity", "permissionMapping": mapping,
            "conditions": {"allOf": [
                {"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": {"claims": ["$ownerRefs"]}},
                {"anyOf": [{"not": {"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": ["API"]}}}]},
            ]},
        })
    };
    let crew = "role:default/crew";
    let actions = policy(crew, json!(["read", "update"]));
    let names = json!([{"name": "catalog.entity.delete", "action": "delete"}]);
    let added = contract
        .ask(bob, "POST /roles/conditions", Some(actions.clone()), 201)
        .await;
    let id = added.json()["id"].as_i64().unwrap();
    let posts = [
        (policy(crew, names.clone()), 201),
        (actions, 409),
        (policy(crew, json!(["fly"])), 400),
        (policy("role:default/none", names.clone()), 404),
        (policy("role:default/stagehands", names.clone()), 403),
    ];
    desk.each(bob, "POST /roles/conditions", &posts).await;

    let one = format!("/roles/conditions/{id}");
    let everybody = [
        ("GET /roles/conditions".to_owned(), 200),
        (
            "GET /roles/conditions?mappingFormat=actions&actions=read&actions=update".to_owned(),
            200,
        ),
        (
            format!(
                "GET /roles/conditions?roleEntityRef={crew}&pluginId=catalog&resourceType=catalog-entity"
            ),
            200,
        ),
        ("GET /roles/conditions?actions=fly".to_owned(), 400),
        (format!("GET {one}"), 200),
        (format!("GET {one}?mappingFormat=actions"), 200),
        ("GET /roles/conditions/x".to_owned(), 400),
        ("GET /roles/conditions/12345".to_owned(), 404),
    ];
    let everybody = everybody
        .each_ref()
        .map(|(request, status)| (request.as_str(), *status));
    desk.all(ann, &everybody).await;
    desk.all(bob, &everybody).await;
    desk.all(eve, &everybody.map(|(request, _)| (request, 403)))
        .await;

    let puts = [
        (policy(crew, json!(["read"])), 200),
        (policy(crew, names), 409),
        (json!({}), 400),
    ];
    desk.each(bob, &format!("PUT {one}"), &puts).await;
    desk.each(
        bob,
        "PUT /roles/conditions/12345",
        &[(puts[0].0.clone(), 404)],
    )
    .await;
    desk.each(eve, &format!("PUT {one}"), &[(json!({}), 403)])
        .await;
    let gone = format!("DELETE {one}");
    desk.all(eve, &[(&gone, 403)]).await;
    desk.all(
        bob,
        &[
            (&gone, 204),
            (&gone, 404),
            ("DELETE /roles/conditions/x", 400),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_file_that_does_not_count_is_as_documented() {
    let builder = builder().config(json!({"permission": {"rbac": {"policyFileReload": true}}}));
    let hub = builder.start().await;
    let contract = Contract::new(document(&hub).await);
    let ann = hub.user("user:default/ann").await;
    let bob = hub.user("user:default/bob").await;

    builder.write("conditions.yaml", "result: [");
    let refused = async {
        loop {
            let answer = contract.ask(&ann, "GET /sources", None, 200).await;
            let file = answer.json()[1].clone();
            if file["inForce"] == false {
                return file;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(30), refused)
        .await
        .unwrap();

    assert!(refused["refused"]["reason"].is_string(), "{refused}");
    assert_eq!(refused["diagnostics"][0]["severity"], "error");
    let limited = contract.ask(&bob, "GET /sources", None, 200).await;
    assert!(limited.json()[1].get("diagnostics").is_none());
}

async fn plugins(desk: &Desk) {
    let Desk { ann, bob, eve, .. } = desk;
    let reads = [
        ("GET /plugins/policies", 200),
        ("GET /plugins/condition-rules", 200),
        ("GET /plugins/id", 200),
        ("GET /sources", 200),
    ];
    desk.all(ann, &reads).await;
    desk.all(bob, &reads).await;
    desk.all(eve, &reads.map(|(request, _)| (request, 403)))
        .await;
    let ids = |ids: &[&str]| json!({"ids": ids});
    let posts = [
        (ids(&["tekton"]), 200),
        (ids(&["tekton"]), 409),
        (ids(&[]), 400),
    ];
    desk.each(ann, "POST /plugins/id", &posts).await;
    let deletes = [
        (ids(&["catalog"]), 403),
        (ids(&["tekton"]), 200),
        (ids(&["tekton"]), 404),
        (json!({"ids": 1}), 400),
    ];
    desk.each(ann, "DELETE /plugins/id", &deletes).await;
    desk.each(eve, "POST /plugins/id", &[(ids(&["tekton"]), 403)])
        .await;
    desk.all(
        ann,
        &[("POST /refresh/ldap", 200), ("POST /refresh/other", 404)],
    )
    .await;
    desk.all(eve, &[("POST /refresh/ldap", 403)]).await;
}

async fn decisions(desk: &Desk) {
    let Desk {
        hub, eve, program, ..
    } = desk;
    let read = json!({
        "type": "resource", "name": "catalog.entity.read", "resourceType": "catalog-entity",
        "attributes": {"action": "read"},
    });
    let proxy = json!({"type": "basic", "name": "kubernetes.proxy", "attributes": {}});
    let items = |items: Value| json!({"items": items});
    let named = items(json!([
        {"id": "1", "permission": proxy},
        {"id": "2", "permission": read, "resourceRef": "component:default/lights"},
        {"id": "3", "permission": read, "resourceRef": ["component:default/lights", "component:default/x"]},
    ]));
    let unnamed = items(json!([{"id": "1", "permission": read}]));
    let tom = hub
        .member("user:default/tom", &["group:default/stage"])
        .await;
    let bodies = [(named, 200), (unnamed.clone(), 400), (json!({}), 400)];
    desk.each(&tom, "POST /authorize", &bodies).await;
    desk.each(eve, "POST /authorize", &bodies[..1]).await;
    desk.each(program, "POST /authorize", &[(items(json!([])), 403)])
        .await;

    let user = UserPrincipal::new(
        "user:default/tom".into(),
        vec!["user:default/tom".into(), "group:default/stage".into()],
    );
    let auth = hub.app().auth();
    let issued = auth.issue_plugin_token("catalog", "permission", Some(&user));
    let catalog = hub.anonymous().bearer(issued.await.unwrap().token.expose());
    let answer = desk
        .contract
        .ask(&catalog, "POST /authorize", Some(unnamed), 200)
        .await;
    assert_eq!(answer.json()["items"][0]["result"], "CONDITIONAL");
}

async fn explanations(desk: &Desk) {
    let Desk {
        ann, eve, program, ..
    } = desk;
    let about_tom = "GET /explain?user=user:default/tom&permission=catalog.entity.read&action=read&resourceRef=component:default/lights";
    let own = "GET /explain?permission=catalog.entity.read";
    desk.all(ann, &[(about_tom, 200), (own, 200), ("GET /explain", 400)])
        .await;
    desk.all(eve, &[(about_tom, 403), (own, 200)]).await;
    desk.all(program, &[(about_tom, 200), (own, 400)]).await;
}

async fn what_every_plugin_has(desk: &Desk) {
    let Desk {
        hub, ann, program, ..
    } = desk;
    let anonymous = hub.anonymous();
    desk.all(
        &anonymous,
        &[
            ("GET /health", 200),
            ("GET /.backstage/auth/v1/jwks.json", 200),
        ],
    )
    .await;
    let known = "GET /.well-known/backstage/permissions/metadata";
    let cookie = "GET /.backstage/auth/v1/cookie";
    desk.all(
        ann,
        &[(known, 200), ("GET /openapi.json", 200), (cookie, 200)],
    )
    .await;
    desk.all(ann, &[("DELETE /.backstage/auth/v1/cookie", 204)])
        .await;
    desk.all(program, &[(cookie, 403)]).await;
    // A plugin that has shown a token has a key.
    let issued = hub
        .app()
        .auth()
        .issue_plugin_token("permission", "catalog", None)
        .await;
    assert!(issued.is_ok());
    desk.all(&anonymous, &[("GET /.backstage/auth/v1/jwks.json", 200)])
        .await;

    let item = |resource_type: &str, resource: Value, rule: &str| {
        json!({"items": [{
            "id": "1", "resourceRef": resource, "resourceType": resource_type,
            "conditions": {"rule": rule, "resourceType": resource_type, "params": {"owners": ["user:default/bob"]}},
        }]})
    };
    let crew = "role:default/crew";
    let bodies = [
        (item("policy-entity", json!(crew), "IS_OWNER"), 200),
        (
            item("policy-entity", json!([crew, "role:default/x"]), "IS_OWNER"),
            200,
        ),
        (item("policy-entity", json!(crew), "IS_NOT_THERE"), 500),
        (item("catalog-entity", json!(crew), "IS_OWNER"), 400),
    ];
    let request = "POST /.well-known/backstage/permissions/apply-conditions";
    desk.each(program, request, &bodies).await;
    desk.each(ann, request, &[(bodies[0].0.clone(), 403)]).await;
}
