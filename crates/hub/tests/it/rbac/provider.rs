//! Roles that something outside the hub provides.

use super::desk::{audit_events, event_lines, send, shown};
use super::{builder, get};
use crate::support::Log;
use callboard_hub::rbac::{Connection, ProviderError, RoleProvider};
use callboard_hub::task::BoxFuture;
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, OnceLock};

/// A directory that hands over what the test says.
#[derive(Default)]
pub(crate) struct Directory {
    connection: OnceLock<Connection>,
    entries: Mutex<Entries>,
    is_away: bool,
}

/// What is in it.
#[derive(Clone, Default)]
pub(crate) struct Entries {
    pub(crate) members: Vec<(&'static str, &'static str)>,
    pub(crate) policies: Vec<[&'static str; 4]>,
    pub(crate) conditions: Vec<Value>,
}

impl Directory {
    pub(crate) fn with(entries: Entries) -> Arc<Directory> {
        Arc::new(Directory {
            entries: Mutex::new(entries),
            ..Directory::default()
        })
    }

    pub(crate) fn away() -> Arc<Directory> {
        Arc::new(Directory {
            is_away: true,
            ..Directory::default()
        })
    }

    pub(crate) fn set(&self, entries: Entries) {
        *self.entries.lock().unwrap() = entries;
    }
}

impl RoleProvider for Directory {
    fn name(&self) -> &str {
        "ldap"
    }

    fn connect(self: Arc<Self>, connection: Connection) -> BoxFuture<Result<(), ProviderError>> {
        Box::pin(async move {
            let _first = self.connection.set(connection);
            self.refresh().await
        })
    }

    fn refresh(self: Arc<Self>) -> BoxFuture<Result<(), ProviderError>> {
        Box::pin(async move {
            if self.is_away {
                return Err("the directory does not answer".into());
            }
            let Entries {
                members,
                policies,
                conditions,
            } = self.entries.lock().unwrap().clone();
            let connection = self
                .connection
                .get()
                .ok_or("the directory is not connected")?;
            let members = members
                .into_iter()
                .map(|(member, role)| (member.to_owned(), role.to_owned()));
            connection.apply_roles(members.collect()).await?;
            let policies = policies.into_iter().map(|policy| policy.map(str::to_owned));
            connection.apply_permissions(policies.collect()).await?;
            connection.apply_conditional_permissions(conditions).await?;
            Ok(())
        })
    }
}

/// The crew, who may read.
pub(super) fn crew() -> Entries {
    let role = "role:default/crew";
    Entries {
        members: vec![("user:default/Bob", role)],
        policies: vec![
            [role, "catalog.location.read", "read", "allow"],
            [role, "catalog.location.read", "destroy", "allow"],
        ],
        conditions: vec![json!({
            "result": "CONDITIONAL", "roleEntityRef": role, "pluginId": "permission", "resourceType": "policy-entity",
            "permissionMapping": ["read"],
            "conditions": {"rule": "IS_OWNER", "resourceType": "policy-entity", "params": {"owners": ["$currentUser"]}},
        })],
    }
}

#[tokio::test]
async fn provided_roles_are_there_from_the_start() {
    let hub = builder().provider(Directory::with(crew())).start().await;
    let ann = hub.user("user:default/ann").await;
    let bob = hub.user("user:default/bob").await;

    let mut role = get(&ann, "/roles/role/default/crew").await;
    for time in ["createdAt", "lastModified"] {
        assert!(role[0]["metadata"][time].take().is_string());
    }
    assert_json_snapshot!(role, @r#"
    [
      {
        "memberReferences": [
          "user:default/bob"
        ],
        "name": "role:default/crew",
        "metadata": {
          "source": "ldap",
          "description": null,
          "owner": null,
          "author": null,
          "modifiedBy": "ldap",
          "createdAt": null,
          "lastModified": null,
          "isDefault": false
        }
      }
    ]
    "#);
    assert_json_snapshot!(get(&ann, "/policies/role/default/crew").await, @r#"
    [
      {
        "entityReference": "role:default/crew",
        "permission": "catalog.location.read",
        "policy": "read",
        "effect": "allow",
        "metadata": {
          "source": "ldap"
        }
      }
    ]
    "#);
    let conditions = get(&ann, "/roles/conditions?roleEntityRef=role:default/crew").await;
    assert_eq!(conditions.as_array().unwrap().len(), 1);
    assert_eq!(get(&bob, "").await, json!({"status": "Authorized"}));
}

#[tokio::test]
async fn provided_roles_are_changed_by_nobody_else() {
    let hub = builder().provider(Directory::with(crew())).start().await;
    let ann = hub.user("user:default/ann").await;
    let path = "/roles/role/default/crew";
    let role = json!({"name": "role:default/crew", "memberReferences": ["user:default/tom"]});
    let update = json!({"oldRole": role, "newRole": role});

    let mut seen = Vec::new();
    for (method, path, body) in [
        ("POST", "/roles", role),
        ("PUT", path, update),
        ("DELETE", path, json!({})),
    ] {
        seen.push(shown(&send(&ann, method, path, &body).await));
    }

    assert_snapshot!(seen.join("\n"), @r"
    403 NotAllowedError: Unable to add role: source does not match originating role role:default/crew, consider making changes to the 'LDAP'
    403 NotAllowedError: Unable to edit role: source does not match originating role role:default/crew, consider making changes to the 'LDAP'
    403 NotAllowedError: Unable to delete role: source does not match originating role role:default/crew, consider making changes to the 'LDAP'
    ");
}

#[tokio::test]
async fn what_a_provider_no_longer_has_is_gone_after_a_restart() {
    let builder = builder().on_disk();
    let hub = builder
        .clone()
        .provider(Directory::with(crew()))
        .start()
        .await;
    hub.stop().await;

    let hub = builder
        .provider(Directory::with(Entries::default()))
        .start()
        .await;

    let ann = hub.user("user:default/ann").await;
    let gone = ann.get("/api/permission/roles/role/default/crew").await;
    assert_eq!(shown(&gone), "404 NotFoundError");
    assert_eq!(
        get(&ann, "/roles/conditions?roleEntityRef=role:default/crew").await,
        json!([])
    );
}

#[tokio::test]
async fn a_provider_that_cannot_connect_stops_the_start() {
    let started = builder().provider(Directory::away()).try_start().await;

    let error = started.err().expect("the hub does not start");
    assert_eq!(
        error.to_string(),
        "Unable to connect provider ldap, the directory does not answer"
    );
}

#[tokio::test]
async fn what_providers_change_are_audit_events() {
    let log = Log::capture();

    let directory = Directory::with(crew());
    let hub = builder().provider(directory.clone()).start().await;
    let mut faulty = crew();
    faulty.conditions.push(json!({}));
    directory.set(faulty);
    assert!(directory.refresh().await.is_err());

    let mut events = audit_events(&log);
    events.retain(|event| event["meta"]["source"] == "ldap");
    assert_snapshot!(event_lines(&events), @r#"
    role-write initiated "" {"actionType":"create","roleEntityRef":"role:default/crew","source":"ldap","members":["user:default/bob"],"addedMembers":["user:default/bob"]}
    role-write succeeded "" {"actionType":"create","roleEntityRef":"role:default/crew","source":"ldap","members":["user:default/bob"],"addedMembers":["user:default/bob"]}
    policy-write initiated "" {"source":"ldap","actionType":"create","policies":[["role:default/crew","catalog.location.read","read","allow"]]}
    policy-write succeeded "" {"source":"ldap","actionType":"create","policies":[["role:default/crew","catalog.location.read","read","allow"]]}
    policy-write initiated "" {"actionType":"create","policies":[["role:default/crew","catalog.location.read","destroy","allow"]],"source":"ldap"}
    policy-write failed "InputError: 'policy' has invalid value: 'destroy'. It should be one of: create, read, update, delete, use" {"actionType":"create","policies":[["role:default/crew","catalog.location.read","destroy","allow"]],"source":"ldap"}
    condition-write initiated "" {"actionType":"create","condition":{"result":"CONDITIONAL","roleEntityRef":"role:default/crew","pluginId":"permission","resourceType":"policy-entity","permissionMapping":["read"],"conditions":{"rule":"IS_OWNER","resourceType":"policy-entity","params":{"owners":["$currentUser"]}},"id":1},"source":"ldap"}
    condition-write succeeded "" {"actionType":"create","condition":{"result":"CONDITIONAL","roleEntityRef":"role:default/crew","pluginId":"permission","resourceType":"policy-entity","permissionMapping":["read"],"conditions":{"rule":"IS_OWNER","resourceType":"policy-entity","params":{"owners":["$currentUser"]}},"id":1},"source":"ldap"}
    policy-write initiated "" {"actionType":"create","policies":[["role:default/crew","catalog.location.read","destroy","allow"]],"source":"ldap"}
    policy-write failed "InputError: 'policy' has invalid value: 'destroy'. It should be one of: create, read, update, delete, use" {"actionType":"create","policies":[["role:default/crew","catalog.location.read","destroy","allow"]],"source":"ldap"}
    condition-write initiated "" {"actionType":"reconcile_abort","source":"ldap"}
    condition-write failed "InputError: 'roleEntityRef' must be specified in the role condition" {"actionType":"reconcile_abort","source":"ldap"}
    "#);
    hub.stop().await;
}
