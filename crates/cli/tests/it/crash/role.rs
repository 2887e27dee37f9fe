//! A role with its members, policies and condition.

use super::random::Random;
use super::request::Requests;
use super::writer::{Subject, Write};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ROLES: &str = "/api/permission/roles";
const POLICIES: &str = "/api/permission/policies";
const CONDITIONS: &str = "/api/permission/roles/conditions";

/// How many people and permissions there are to choose from.
const CHOICE: u64 = 8;

pub(crate) struct Role {
    name: String,
}

impl Role {
    pub(crate) fn new(number: u32) -> Role {
        let name = format!("role:default/crash{number}");
        Role { name }
    }

    fn path(&self, root: &str) -> String {
        format!("{root}/{}", self.name.replace(':', "/"))
    }

    fn create(&self, random: &mut Random) -> Write {
        let members = random.some(&people());
        let after = json!({"members": members, "policies": [], "conditions": []});
        let body = json!({"name": self.name, "memberReferences": members});
        post(ROLES, body, after)
    }

    fn change_members(&self, now: &Value, random: &mut Random) -> Write {
        let mut members = random.some(&people());
        while json!(members) == now["members"] {
            members = random.some(&people());
        }
        let role = |members: &Value| json!({"name": self.name, "memberReferences": members});
        let members = json!(members);
        Write {
            method: "PUT",
            path: self.path(ROLES),
            body: json!({"oldRole": role(&now["members"]), "newRole": role(&members)}),
            after: with(now, "members", members),
        }
    }

    fn add_policies(&self, now: &Value, random: &mut Random) -> Option<Write> {
        let old = texts(&now["policies"]);
        let absent: Vec<String> = permissions()
            .into_iter()
            .filter(|name| !old.contains(name))
            .collect();
        let new = random.some(&absent);
        let all: BTreeSet<String> = old.into_iter().chain(new.iter().cloned()).collect();
        let write = post(
            POLICIES,
            self.policies(&new),
            with(now, "policies", json!(all)),
        );
        (!new.is_empty()).then_some(write)
    }

    fn delete_policies(&self, now: &Value, random: &mut Random) -> Option<Write> {
        let old = texts(&now["policies"]);
        let gone = random.some(&old);
        let left: Vec<&String> = old.iter().filter(|name| !gone.contains(name)).collect();
        let write = Write {
            method: "DELETE",
            path: self.path(POLICIES),
            body: self.policies(&gone),
            after: with(now, "policies", json!(left)),
        };
        (!gone.is_empty()).then_some(write)
    }

    fn add_condition(&self, now: &Value) -> Option<Write> {
        let body = json!({
            "result": "CONDITIONAL",
            "roleEntityRef": self.name,
            "pluginId": "catalog",
            "resourceType": "catalog-entity",
            "permissionMapping": ["read"],
            "conditions": {
                "rule": "IS_ENTITY_OWNER",
                "resourceType": "catalog-entity",
                "params": {"claims": ["group:default/ushers"]},
            },
        });
        let after = with(now, "conditions", json!(["catalog-entity"]));
        let has_none = now["conditions"] == json!([]);
        has_none.then(|| post(CONDITIONS, body, after))
    }

    fn delete(&self) -> Write {
        Write {
            method: "DELETE",
            path: self.path(ROLES),
            body: json!({}),
            after: nothing(),
        }
    }

    fn policies(&self, permissions: &[String]) -> Value {
        let policy = |permission| json!({"entityReference": self.name, "permission": permission, "policy": "use", "effect": "allow"});
        permissions.iter().map(policy).collect()
    }
}

impl Subject for Role {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn next(&mut self, now: &Value, random: &mut Random) -> Write {
        if now["members"].is_null() {
            return self.create(random);
        }
        let write = match random.below(8) {
            0 | 1 => self.add_policies(now, random),
            2 => self.delete_policies(now, random),
            3 => self.add_condition(now),
            4 => Some(self.delete()),
            _ => None,
        };
        write.unwrap_or_else(|| self.change_members(now, random))
    }

    fn shown(&mut self, requests: &Requests) -> Value {
        let of_role = |path: &str, key: &str| {
            let all = requests.get(path);
            let own = all.as_array().into_iter().flatten();
            own.filter(|one| one[key] == json!(self.name))
                .cloned()
                .collect::<Vec<_>>()
        };
        let roles = of_role(ROLES, "name");
        let policies = of_role(POLICIES, "entityReference");
        let conditions = of_role(CONDITIONS, "roleEntityRef");
        let members = roles.first().map(|role| {
            texts(&role["memberReferences"])
                .into_iter()
                .collect::<BTreeSet<_>>()
        });
        let named = |list: &[Value], key: &str| {
            let names = list.iter().map(|one| one[key].as_str().unwrap_or_default());
            json!(names.collect::<BTreeSet<_>>())
        };
        json!({
            "members": members,
            "policies": named(&policies, "permission"),
            "conditions": named(&conditions, "resourceType"),
        })
    }
}

/// What belongs together and was written together is there together.
pub(crate) fn check_nothing_is_half_there(requests: &Requests) {
    let list = |path| requests.get(path).as_array().cloned().unwrap_or_default();
    let roles = list(ROLES);
    let is_role = |name: &Value| roles.iter().any(|role| &role["name"] == name);
    for role in &roles {
        assert!(
            !texts(&role["memberReferences"]).is_empty()
                || role["name"] == "role:default/rbac_admin",
            "a role without members: {role}"
        );
    }
    for policy in list(POLICIES) {
        assert!(
            is_role(&policy["entityReference"]),
            "a policy of no role: {policy}"
        );
    }
    for condition in list(CONDITIONS) {
        assert!(
            is_role(&condition["roleEntityRef"]),
            "a condition of no role: {condition}"
        );
    }
}

fn nothing() -> Value {
    json!({"members": null, "policies": [], "conditions": []})
}

fn people() -> Vec<String> {
    (0..CHOICE)
        .map(|number| format!("user:default/u{number}"))
        .collect()
}

fn permissions() -> Vec<String> {
    (0..CHOICE)
        .map(|number| format!("crash.p{number}"))
        .collect()
}

fn post(path: &str, body: Value, after: Value) -> Write {
    Write {
        method: "POST",
        path: path.to_owned(),
        body,
        after,
    }
}

fn with(now: &Value, key: &str, value: Value) -> Value {
    let mut after = now.clone();
    after[key] = value;
    after
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}
