//! Every route, with a request that would succeed if the caller were allowed it.

use super::stage::{NO_ROLE, ROLES, Role, condition};
use axum::body::Body;
use callboard_testkit::{Answer, Client};
use serde_json::{Value, json};
use std::fmt;

/// What a request is about.
pub(super) struct Target {
    /// The last part of a role's reference.
    pub(super) role: &'static str,
    /// The id of the role's condition, or one that nothing has.
    pub(super) id: String,
    /// Of the component that the catalog has.
    pub(super) uid: String,
}

impl Target {
    fn reference(&self) -> String {
        format!("role:default/{}", self.role)
    }

    fn policy(&self, effect: &str) -> Value {
        json!({"entityReference": self.reference(), "permission": "catalog-entity", "policy": "read", "effect": effect})
    }
}

/// A route with one kind of request.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// With the names of its parameters.
    pub(super) path: &'static str,
    /// What stands for the parameters that name no role and no condition of one.
    example: Option<&'static str>,
    query: &'static str,
    body: fn(&Target) -> Value,
    is_about_role: bool,
}

impl Route {
    const fn new(method: &'static str, path: &'static str) -> Route {
        Route {
            method,
            path,
            example: None,
            query: "",
            body: |_| Value::Null,
            is_about_role: false,
        }
    }

    const fn of_role(mut self) -> Route {
        self.is_about_role = true;
        self
    }

    const fn query(mut self, query: &'static str) -> Route {
        self.query = query;
        self
    }

    const fn at(mut self, example: &'static str) -> Route {
        self.example = Some(example);
        self
    }

    const fn body(mut self, body: fn(&Target) -> Value) -> Route {
        self.body = body;
        self
    }

    /// The plugin that it belongs to.
    pub(super) fn plugin(&self) -> &'static str {
        self.path.split('/').nth(2).unwrap_or_default()
    }

    pub(super) fn is_about_role(&self) -> bool {
        self.is_about_role
    }

    /// The roles to ask about.
    pub(super) fn roles(&self) -> &'static [Role] {
        if self.is_about_role { ROLES } else { NO_ROLE }
    }

    /// Whether it changes nothing, whatever the method says.
    pub(super) fn is_read(&self) -> bool {
        let reading = [
            "by-query",
            "by-refs",
            "entity-facets",
            "validate-entity",
            "analyze-location",
            "authorize",
            "apply-conditions",
        ];
        self.method == "GET" || reading.iter().any(|name| self.path.ends_with(name))
    }

    /// Whether it needs no token.
    pub(super) fn is_open(&self) -> bool {
        self.path.ends_with("/health")
    }

    /// Sends its request.
    pub(super) async fn send(&self, client: &Client, target: &Target) -> Answer {
        let path = self.example.unwrap_or(self.path);
        let path = path
            .replace(
                "{kind}/{namespace}/{name}",
                &format!("role/default/{}", target.role),
            )
            .replace("{id}", &target.id)
            .replace("{uid}", &target.uid);
        let method = self.method.parse().unwrap();
        let body = (self.body)(target);
        let (kind, body) = match body {
            Value::Null => (None, Body::empty()),
            body => (Some("application/json"), Body::from(body.to_string())),
        };
        client
            .send(method, &format!("{path}{}", self.query), kind, body)
            .await
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.path, self.query)
    }
}

fn new_member(target: &Target) -> Value {
    json!({"name": target.reference(), "memberReferences": ["user:default/newcomer"]})
}

fn other_members(target: &Target) -> Value {
    let role = |member: &str| json!({"name": target.reference(), "memberReferences": [member]});
    json!({"oldRole": role("user:default/member"), "newRole": role("user:default/newcomer")})
}

fn new_policy(target: &Target) -> Value {
    json!([{
        "entityReference": target.reference(),
        "permission": "catalog.location.read", "policy": "read", "effect": "allow",
    }])
}

fn other_policy(target: &Target) -> Value {
    json!({"oldPolicy": [target.policy("allow")], "newPolicy": [target.policy("deny")]})
}

fn old_policy(target: &Target) -> Value {
    json!([target.policy("allow")])
}

fn new_condition(target: &Target) -> Value {
    condition(target.role, "update")
}

fn question(_: &Target) -> Value {
    json!({"items": [{"id": "1", "permission": {
        "type": "basic", "name": "kubernetes.proxy", "attributes": {},
    }}]})
}

fn apply(resource_type: &str, reference: &str, rule: &str, params: &Value) -> Value {
    let condition = json!({"rule": rule, "resourceType": resource_type, "params": params});
    json!({"items": [{
        "id": "1", "resourceRef": reference, "resourceType": resource_type, "conditions": condition,
    }]})
}

const ROLE: &str = "/api/permission/roles/{kind}/{namespace}/{name}";
const POLICY: &str = "/api/permission/policies/{kind}/{namespace}/{name}";
const CONDITION: &str = "/api/permission/roles/conditions/{id}";
const ENTITY: &str = "/api/catalog/entities/by-name/{kind}/{namespace}/{name}";
const TILL: &str = "/api/catalog/entities/by-name/component/default/till";

/// Every route of `/api/permission` and `/api/catalog`.
///
/// A route has to be here and in the manual to be in the hub.
pub(super) fn routes() -> Vec<Route> {
    let route = Route::new;
    vec![
        route("GET", "/api/permission/health"),
        route("GET", "/api/permission/"),
        route("POST", "/api/permission/authorize").body(question),
        route("GET", "/api/permission/explain").query("?user=user:default/guest&permission=kubernetes.proxy"),
        route("GET", "/api/permission/openapi.json"),
        route("GET", "/api/permission/sources"),
        route("GET", "/api/permission/roles"),
        route("GET", ROLE).of_role(),
        route("POST", "/api/permission/roles").of_role().body(new_member),
        route("POST", ROLE).of_role().body(new_member),
        route("PUT", ROLE).of_role().body(other_members),
        route("DELETE", ROLE).of_role(),
        route("DELETE", ROLE).of_role().query("?memberReferences=user:default/member"),
        route("GET", "/api/permission/policies"),
        route("GET", POLICY).of_role(),
        route("POST", "/api/permission/policies").of_role().body(new_policy),
        route("PUT", POLICY).of_role().body(other_policy),
        route("DELETE", POLICY).of_role().body(old_policy),
        route("DELETE", POLICY).of_role().query("?permission=catalog-entity&policy=read&effect=allow"),
        route("GET", "/api/permission/roles/conditions"),
        route("GET", CONDITION).of_role(),
        route("POST", "/api/permission/roles/conditions").of_role().body(new_condition),
        route("PUT", CONDITION).of_role().body(new_condition),
        route("DELETE", CONDITION).of_role(),
        route("GET", "/api/permission/plugins/policies"),
        route("GET", "/api/permission/plugins/condition-rules"),
        route("GET", "/api/permission/plugins/id"),
        route("POST", "/api/permission/plugins/id").body(|_| json!({"ids": ["fresh"]})),
        route("DELETE", "/api/permission/plugins/id").body(|_| json!({"ids": ["stored"]})),
        route("POST", "/api/permission/refresh/{id}").at("/api/permission/refresh/ldap"),
        route("GET", "/api/permission/.well-known/backstage/permissions/metadata"),
        route("POST", "/api/permission/.well-known/backstage/permissions/apply-conditions").body(|_| {
            apply("policy-entity", "role:default/own", "IS_OWNER", &json!({"owners": ["user:default/olga"]}))
        }),
        route("GET", "/api/catalog/openapi.json"),
        route("GET", "/api/catalog/entities"),
        route("GET", "/api/catalog/entities/by-query"),
        route("POST", "/api/catalog/entities/by-query").body(|_| json!({})),
        route("GET", "/api/catalog/entities/by-uid/{uid}"),
        route("GET", ENTITY).at(TILL),
        route("GET", "/api/catalog/entities/by-name/{kind}/{namespace}/{name}/ancestry")
            .at("/api/catalog/entities/by-name/component/default/till/ancestry"),
        route("POST", "/api/catalog/entities/by-refs")
            .body(|_| json!({"entityRefs": ["component:default/till"]})),
        route("GET", "/api/catalog/entity-facets").query("?facet=kind"),
        route("POST", "/api/catalog/entity-facets").body(|_| json!({"facets": ["kind"]})),
        route("DELETE", "/api/catalog/entities/by-uid/{uid}"),
        route("POST", "/api/catalog/refresh").body(|_| json!({"entityRef": "component:default/till"})),
        route("GET", "/api/catalog/entities/unprocessed/failed"),
        route("GET", "/api/catalog/entities/unprocessed/pending"),
        route("DELETE", "/api/catalog/entities/unprocessed/delete/{uid}"),
        route("GET", "/api/catalog/locations"),
        route("POST", "/api/catalog/locations")
            .body(|_| json!({"type": "url", "target": "http://localhost/catalog.yaml"})),
        route("GET", "/api/catalog/locations/by-query"),
        route("POST", "/api/catalog/locations/by-query").body(|_| json!({})),
        route("PUT", "/api/catalog/locations/{id}")
            .body(|_| json!({"type": "url", "target": "http://localhost/catalog.yaml"})),
        route("DELETE", "/api/catalog/locations/{id}"),
        route("POST", "/api/catalog/analyze-location")
            .body(|_| json!({"location": {"type": "url", "target": "http://localhost/a/till"}})),
        route("GET", "/api/catalog/locations/{id}"),
        route("GET", "/api/catalog/locations/by-entity/{kind}/{namespace}/{name}")
            .at("/api/catalog/locations/by-entity/component/default/till"),
        route("POST", "/api/catalog/validate-entity").body(|_| {
            json!({
                "location": "url:http://localhost/catalog.yaml",
                "entity": {"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "a"},
                           "spec": {"type": "service", "lifecycle": "production", "owner": "ushers"}},
            })
        }),
        route("GET", "/api/catalog/.well-known/backstage/permissions/metadata"),
        route("POST", "/api/catalog/.well-known/backstage/permissions/apply-conditions").body(|_| {
            apply("catalog-entity", "component:default/till", "IS_ENTITY_KIND", &json!({"kinds": ["Component"]}))
        }),
    ]
}
