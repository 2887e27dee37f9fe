//! What the table is made on: a catalog, roles of every source, and one person of each kind.

use crate::pages::guest;
use callboard_testkit::{Client, TestHub, TestHubBuilder};
use serde_json::json;

/// Two teams; everybody but Nell, who has nothing, is in the crew.
const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: seat-map, links: [{url: 'https://docs.example/seats', title: Manual}]}
spec: {type: website, lifecycle: production, owner: crew, system: ticketing, providesApis: [seating], dependsOn: ['component:default/vault']}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: vault}
spec: {type: safe, lifecycle: production, owner: shadows, consumesApis: [seating]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: seating}
spec:
  type: openapi
  lifecycle: production
  owner: crew
  definition: '{openapi: 3.0.0, info: {title: Seating, version: 1.0.0}, paths: {/seats: {get: {summary: Lists seats, responses: {}}}}}'
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: ticketing}
spec: {owner: crew}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: website}
spec: {type: website, owner: crew, steps: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: shadows}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: nell}
spec: {memberOf: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: carl}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: edna}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: olga}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: sam}
spec: {memberOf: [crew]}
";

const POLICIES: &str = "\
g, user:default/carl, role:default/owners
g, user:default/edna, role:default/editors
g, user:default/olga, role:default/delegates
p, role:default/editors, catalog-entity, read, allow
p, role:default/editors, catalog.entity.create, create, allow
p, role:default/editors, catalog.location.create, create, allow
p, role:default/editors, catalog.location.read, read, allow
p, role:default/editors, scaffolder.task.create, create, allow
p, role:default/delegates, catalog-entity, read, allow
p, role:default/delegates, policy.entity.create, create, allow
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/owners
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
---
result: CONDITIONAL
roleEntityRef: role:default/editors
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [update, delete]
conditions: {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
---
result: CONDITIONAL
roleEntityRef: role:default/delegates
pluginId: permission
resourceType: policy-entity
permissionMapping: [read, update, delete]
conditions: {rule: IS_OWNER, resourceType: policy-entity, params: {owners: [$currentUser]}}
";

/// A kind of person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Person {
    Anonymous,
    /// Has signed in, and holds no role.
    Nobody,
    /// Reads what their groups own.
    ConditionalReader,
    /// Reads the catalog, adds to it, runs templates, and changes what their groups own.
    Editor,
    /// Reads the catalog, makes roles, and reads, changes and deletes those that they own.
    RoleOwner,
    PolicyAdministrator,
    SuperUser,
}

/// Every one, in the order of the table.
pub(super) const PEOPLE: [Person; 7] = [
    Person::Anonymous,
    Person::Nobody,
    Person::ConditionalReader,
    Person::Editor,
    Person::RoleOwner,
    Person::PolicyAdministrator,
    Person::SuperUser,
];

impl Person {
    /// As the table calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Person::Anonymous => "anon",
            Person::Nobody => "nobody",
            Person::ConditionalReader => "reader",
            Person::Editor => "editor",
            Person::RoleOwner => "owner",
            Person::PolicyAdministrator => "admin",
            Person::SuperUser => "super",
        }
    }

    /// Who signs in; absent for somebody who does not.
    pub(super) fn user(self) -> Option<&'static str> {
        match self {
            Person::Anonymous => None,
            Person::Nobody => Some("user:default/nell"),
            Person::ConditionalReader => Some("user:default/carl"),
            Person::Editor => Some("user:default/edna"),
            Person::RoleOwner => Some("user:default/olga"),
            Person::PolicyAdministrator => Some("user:default/ann"),
            Person::SuperUser => Some("user:default/sam"),
        }
    }
}

fn builder() -> TestHubBuilder {
    // Who signed in is kept on disk only.
    TestHub::builder()
        .on_disk()
        .catalog(CATALOG)
        .policy_csv(POLICIES)
        .conditions(CONDITIONS)
        .config(json!({"permission": {"rbac": {
            "admin": {
                "users": [{"name": "user:default/ann"}],
                "superUsers": [{"name": "user:default/sam"}],
            },
            "defaultPermissions": {
                "defaultRole": "role:default/everybody",
                "basicPermissions": [{"permission": "catalog.location.read", "action": "read"}],
            },
        }}}))
}

/// A hub that enforces permissions, with a role of Ann's and one of Olga's, and the browser of
/// `person`.
pub(super) async fn enforced(person: Person) -> (TestHub, Client) {
    let (hub, browser) = start(builder(), person).await;
    for (maker, name) in [("ann", "stage"), ("olga", "workshop")] {
        let maker = hub.user(&format!("user:default/{maker}")).await;
        let role = json!({
            "name": format!("role:default/{name}"),
            "memberReferences": ["group:default/crew"],
        });
        let made = maker.post("/api/permission/roles", &role).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    (hub, browser)
}

/// The same hub with permissions off.
pub(super) async fn open(person: Person) -> (TestHub, Client) {
    let off = json!({"permission": {"enabled": false}});
    start(builder().config(off), person).await
}

async fn start(builder: TestHubBuilder, person: Person) -> (TestHub, Client) {
    let Some(user) = person.user() else {
        let hub = builder.start().await;
        let browser = hub.anonymous().header("accept", "text/html");
        return (hub, browser);
    };
    let guest_is = json!({"auth": {"providers": {"guest": {"userEntityRef": user}}}});
    let hub = builder.config(guest_is).start().await;
    let browser = guest(&hub).await;
    (hub, browser)
}
