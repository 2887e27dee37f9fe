//! A hub with a role of every source, as often as one is needed.

use super::caller::Caller;
use super::route::{Route, Target};
use crate::auth::limited;
use crate::rbac::provider::{Directory, Entries};
use crate::remote::Remote;
use callboard_store::Query;
use callboard_testkit::{Client, TestHub, TestHubBuilder};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// A role that requests are about.
pub(super) struct Role {
    /// As the table calls it.
    pub(super) column: &'static str,
    /// The last part of its reference.
    pub(super) name: &'static str,
}

const fn role(column: &'static str, name: &'static str) -> Role {
    Role { column, name }
}

/// One of every source, in the order of the table; all have one member, one policy and one
/// condition, but the configuration gives no condition to the administrators' role.
pub(super) const ROLES: &[Role] = &[
    role("own", "own"),
    role("rest", "rest"),
    role("legacy", "legacy"),
    role("csv", "csv"),
    role("ldap", "ldap"),
    role("admin", "rbac_admin"),
    role("default", "everybody"),
    role("absent", "absent"),
];

/// What requests are about that are about no role.
pub(super) const NO_ROLE: &[Role] = &[role("", "absent")];

const POLICIES: &str = "
g, user:default/member, role:default/csv
p, role:default/csv, catalog-entity, read, allow
g, user:default/reader, role:default/readers
p, role:default/readers, policy-entity, read, allow
g, user:default/creator, role:default/creators
p, role:default/creators, policy.entity.create, create, allow
g, user:default/updater, role:default/updaters
p, role:default/updaters, policy-entity, update, allow
g, user:default/deleter, role:default/deleters
p, role:default/deleters, policy-entity, delete, allow
g, user:default/olga, role:default/delegates
p, role:default/delegates, policy.entity.create, create, allow
g, user:callboard-service/robot, role:default/robots
p, role:default/robots, policy-entity, read, allow
p, role:default/robots, policy.entity.create, create, allow
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/csv
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [delete]
conditions: {rule: IS_ENTITY_KIND, resourceType: catalog-entity, params: {kinds: [API]}}
---
result: CONDITIONAL
roleEntityRef: role:default/delegates
pluginId: permission
resourceType: policy-entity
permissionMapping: [read, update, delete]
conditions: {rule: IS_OWNER, resourceType: policy-entity, params: {owners: [$currentUser]}}
";

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: till}
spec: {type: service, lifecycle: production, owner: ushers}
";

const READING_TOKEN: &str = "matrix-reading-service";
const CATALOG_TOKEN: &str = "matrix-catalog-service";

/// The condition of each role.
pub(super) fn condition(role: &str, action: &str) -> Value {
    json!({
        "result": "CONDITIONAL",
        "roleEntityRef": format!("role:default/{role}"),
        "pluginId": "catalog",
        "resourceType": "catalog-entity",
        "permissionMapping": [action],
        "conditions": {"rule": "IS_ENTITY_KIND", "resourceType": "catalog-entity", "params": {"kinds": ["API"]}},
    })
}

/// The records of a hub on which everything is set up, to start hubs from.
pub(super) struct Stage {
    template: TestHubBuilder,
    remote: Remote,
}

impl Stage {
    /// Sets everything up.
    pub(super) async fn set() -> Stage {
        Stage::set_on(TestHub::builder().on_disk()).await
    }

    /// Sets everything up on the records of `template`.
    pub(super) async fn set_on(template: TestHubBuilder) -> Stage {
        let stage = Stage {
            remote: Remote::start().await,
            template,
        };
        let hub = stage.configure(stage.template.clone()).start().await;
        let boss = hub.user("user:default/super").await;
        let post = async |path: &str, body: Value| {
            let answer = boss.post(&format!("/api/permission{path}"), &body).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.text());
        };
        for (name, owner) in [("own", "olga"), ("rest", "ann"), ("legacy", "ann")] {
            let name = format!("role:default/{name}");
            let owner = format!("user:default/{owner}");
            let role = json!({"name": name, "memberReferences": ["user:default/member"], "metadata": {"owner": owner}});
            post("/roles", role).await;
            let policy = json!({
                "entityReference": name, "permission": "catalog-entity", "policy": "read", "effect": "allow",
            });
            post("/policies", json!([policy])).await;
        }
        for name in ["own", "rest", "legacy", "everybody"] {
            post("/roles/conditions", condition(name, "delete")).await;
        }
        post("/plugins/id", json!({"ids": ["stored"]})).await;

        // Only data that is older than sources is `legacy`; no request makes any.
        let mut tx = hub.app().core().store.begin().await.unwrap();
        for query in [
            "UPDATE rbac_roles SET source = 'legacy', owner_ref = NULL WHERE role_ref = 'role:default/legacy'",
            "UPDATE rbac_memberships SET source = 'legacy' WHERE role_ref = 'role:default/legacy'",
            "UPDATE rbac_policies SET source = 'legacy' WHERE subject_ref = 'role:default/legacy'",
            "UPDATE rbac_conditions SET source = 'legacy' WHERE role_ref = 'role:default/legacy'",
        ] {
            assert_eq!(tx.execute(Query::new(query)).await.unwrap(), 1, "{query}");
        }
        tx.commit().await.unwrap();
        hub.app().core().store.close().await;
        hub.stop().await;
        stage
    }

    fn configure(&self, builder: TestHubBuilder) -> TestHubBuilder {
        let entries = Entries {
            members: vec![("user:default/member", "role:default/ldap")],
            policies: vec![["role:default/ldap", "catalog-entity", "read", "allow"]],
            conditions: vec![condition("ldap", "delete")],
        };
        let service = |token: &str, restrictions: Value| {
            json!({
                "type": "static", "options": {"token": token, "subject": token},
                "accessRestrictions": [restrictions],
            })
        };
        let access = [
            json!({"type": "static", "options": {"token": callboard_testkit::STATIC_TOKEN, "subject": "testkit"}}),
            service(
                READING_TOKEN,
                json!({"plugin": "permission", "permission": "policy.entity.read"}),
            ),
            service(CATALOG_TOKEN, json!({"plugin": "catalog"})),
        ];
        builder
            .policy_csv(POLICIES)
            .conditions(CONDITIONS)
            .catalog(CATALOG)
            .provider(Directory::with(entries))
            .config(self.remote.config())
            .config(json!({
                "backend": {"auth": {"externalAccess": access}},
                "permission": {"rbac": {
                    "admin": {
                        "users": [{"name": "user:default/admin"}],
                        "superUsers": [{"name": "user:default/super"}],
                    },
                    "defaultPermissions": {
                        "defaultRole": "role:default/everybody",
                        "basicPermissions": [{"permission": "kubernetes.proxy"}],
                    },
                }},
            }))
    }

    /// A hub on a copy of the records.
    pub(super) async fn start(&self) -> Fresh {
        let builder = TestHub::builder().on_disk();
        copy(
            &self.template.folder().join("data"),
            &builder.folder().join("data"),
        );
        self.fresh(builder).await
    }

    /// A hub on the records themselves.
    pub(super) async fn start_here(&self) -> Fresh {
        self.fresh(self.template.clone()).await
    }

    async fn fresh(&self, builder: TestHubBuilder) -> Fresh {
        let hub = self.configure(builder).start().await;
        let boss = hub.user("user:default/super").await;
        let mut fresh = Fresh {
            remote: self.remote.clone(),
            hub,
            boss,
            clients: HashMap::new(),
            conditions: HashMap::new(),
            uid: String::new(),
            before: Value::Null,
        };
        let till = fresh
            .boss
            .get("/api/catalog/entities/by-name/component/default/till")
            .await;
        fresh.uid = till.json()["metadata"]["uid"].as_str().unwrap().to_owned();
        fresh.before = fresh.everything().await;
        for condition in fresh.before["/roles/conditions"].as_array().unwrap() {
            let role = condition["roleEntityRef"].as_str().unwrap().to_owned();
            fresh
                .conditions
                .insert(role, condition["id"].as_i64().unwrap());
        }
        fresh
    }
}

/// The text of a new access token of a kind.
async fn access_token(maker: &Client, caller: Caller) -> String {
    let accounts = "/api/callboard/v1/service-accounts";
    let (path, scope) = match caller {
        Caller::ReadingAdminToken => ("/api/callboard/v1/tokens", json!({"readOnly": true})),
        Caller::CatalogAdminToken => ("/api/callboard/v1/tokens", json!({"plugins": ["catalog"]})),
        Caller::ServiceAccount => {
            let made = maker.post(accounts, &json!({"name": "robot"})).await;
            assert_eq!(made.status, 201, "{}", made.text());
            ("/api/callboard/v1/service-accounts/robot/tokens", json!({}))
        }
        _ => ("/api/callboard/v1/tokens", json!({})),
    };
    let body = json!({"name": caller.name(), "scope": scope});
    let made = maker.post(path, &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["token"].as_str().unwrap().to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A hub on which nothing has happened yet.
pub(super) struct Fresh {
    remote: Remote,
    pub(super) hub: TestHub,
    boss: Client,
    clients: HashMap<&'static str, Client>,
    conditions: HashMap<String, i64>,
    /// Of the component.
    uid: String,
    before: Value,
}

impl Fresh {
    /// What is stored, as a super user reads it.
    pub(super) async fn everything(&self) -> Value {
        let mut everything = json!({});
        for path in ["/roles", "/policies", "/roles/conditions", "/plugins/id"] {
            everything[path] = self
                .boss
                .get(&format!("/api/permission{path}"))
                .await
                .json();
        }
        everything
    }

    /// What was stored at first.
    pub(super) fn before(&self) -> &Value {
        &self.before
    }

    /// What a request of a route is about; nothing when the role has none of it.
    pub(super) fn target(&self, role: &Role, route: &Route) -> Option<Target> {
        let known = self.conditions.get(&format!("role:default/{}", role.name));
        let condition = match known {
            Some(id) => *id,
            None if role.name == "rbac_admin" && route.path.ends_with("/conditions/{id}") => {
                return None;
            }
            None => 999,
        };
        Some(Target {
            role: role.name,
            id: condition.to_string(),
            uid: self.uid.clone(),
        })
    }

    /// A client of a caller.
    pub(super) async fn client(&mut self, caller: Caller) -> Client {
        if let Some(client) = self.clients.get(caller.name()) {
            return client.clone();
        }
        let client = self.new_client(caller).await;
        self.clients.insert(caller.name(), client.clone());
        client
    }

    /// A client of a caller, with a token that the hub has not seen.
    pub(super) async fn new_client(&self, caller: Caller) -> Client {
        let anonymous = self.hub.anonymous();
        let token = match caller.user() {
            Some(user) => Some(self.hub.token(user, &[]).await),
            None => None,
        };
        let bearer = |token: &str| anonymous.clone().bearer(token);
        match caller {
            Caller::Anonymous => anonymous,
            Caller::BadToken => bearer("no-token-of-anybody"),
            Caller::Service => self.hub.service(),
            Caller::ReadingService => bearer(READING_TOKEN),
            Caller::CatalogService => bearer(CATALOG_TOKEN),
            Caller::LimitedToken => bearer(&limited(&token.unwrap())),
            Caller::AdminToken
            | Caller::ReadingAdminToken
            | Caller::CatalogAdminToken
            | Caller::ServiceAccount => {
                let maker = bearer(&token.unwrap());
                bearer(&access_token(&maker, caller).await)
            }
            plugin if plugin.is_plugin() => {
                let now = self.hub.now();
                let mut claims = json!({"sub": "props", "aud": ["permission", "catalog"], "iat": now, "exp": now + 3600});
                if let Some(token) = token {
                    claims["obo"] = limited(&token).into();
                }
                bearer(&self.remote.sign(&claims))
            }
            _user => bearer(&token.unwrap()),
        }
    }
}
