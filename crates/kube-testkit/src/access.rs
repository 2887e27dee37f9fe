//! Who asks, and what roles allow them: the cluster's own rules, read from its objects.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::Verb;
use crate::error::ApiError;
use crate::resource::qualified;
use crate::store::State;

const RBAC: &str = "rbac.authorization.k8s.io";

/// Somebody who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
}

impl User {
    /// Who may do everything.
    pub(crate) fn admin() -> Self {
        Self {
            name: "admin".to_owned(),
            groups: vec!["system:masters".to_owned()],
        }
    }

    /// A user with the groups that follow from the name.
    pub(crate) fn named(name: &str) -> Self {
        let mut groups = vec!["system:authenticated".to_owned()];
        if let Some(account) = name.strip_prefix("system:serviceaccount:") {
            let namespace = account.split(':').next().unwrap_or_default();
            groups.push("system:serviceaccounts".to_owned());
            groups.push(format!("system:serviceaccounts:{namespace}"));
        }
        Self {
            name: name.to_owned(),
            groups,
        }
    }

    fn may_everything(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }
}

/// The users that have tokens.
#[derive(Debug, Default)]
pub(crate) struct Users {
    by_token: BTreeMap<String, User>,
}

impl Users {
    /// The token of a user, made at the first call.
    pub(crate) fn token_of(&mut self, user: &User) -> String {
        let known = self.by_token.iter().find(|(_, found)| *found == user);
        if let Some((token, _)) = known {
            return token.clone();
        }
        let token = format!(
            "token-{}-of-{}",
            self.by_token.len() + 1,
            user.name.replace(':', "-")
        );
        self.by_token.insert(token.clone(), user.clone());
        token
    }

    pub(crate) fn of_token(&self, token: &str) -> Option<&User> {
        self.by_token.get(token)
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone)]
pub(crate) struct Attempt<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Attempt<'_> {
    /// 403, in the words of Kubernetes.
    pub(crate) fn forbidden(&self, user: &User) -> ApiError {
        let what = qualified(self.group, self.resource);
        let who = &user.name;
        let resource = if self.subresource.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        };
        let scope = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", self.namespace)
        };
        let about = if self.name.is_empty() {
            String::new()
        } else {
            format!(" \"{}\"", self.name)
        };
        let message = format!(
            "{what}{about} is forbidden: User \"{who}\" cannot {} resource \"{resource}\" in API group \
             \"{}\" {scope}",
            self.verb, self.group
        );
        ApiError::new(403, "Forbidden", message)
    }

    fn is_allowed_by(&self, rule: &Value) -> bool {
        let has = |field: &str, wanted: &str| {
            let found = rule[field].as_array().into_iter().flatten();
            found
                .filter_map(Value::as_str)
                .any(|found| found == "*" || found == wanted)
        };
        let resource = if self.subresource.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        };
        let is_named = || match rule["resourceNames"].as_array() {
            Some(names) if !names.is_empty() => names.iter().any(|name| name == self.name),
            _ => true,
        };
        let any_with_subresource = format!("*/{}", self.subresource);
        has("verbs", self.verb)
            && has("apiGroups", self.group)
            && (has("resources", &resource)
                || (!self.subresource.is_empty() && has("resources", &any_with_subresource)))
            && is_named()
    }
}

impl State {
    /// Whether the roles that are bound to `user` allow the attempt.
    pub(crate) fn may(&self, user: &User, attempt: &Attempt<'_>) -> bool {
        if user.may_everything() {
            return true;
        }
        let everywhere = self.list(RBAC, "clusterrolebindings", None);
        let here = self
            .list(RBAC, "rolebindings", Some(attempt.namespace))
            .filter(|_| !attempt.namespace.is_empty());
        everywhere
            .chain(here)
            .filter(|(key, stored)| binds(&stored.object, user, &key.namespace))
            .flat_map(|(key, stored)| self.rules(&stored.object["roleRef"], &key.namespace))
            .any(|rule| attempt.is_allowed_by(rule))
    }

    fn rules<'a>(&'a self, role: &Value, namespace: &str) -> impl Iterator<Item = &'a Value> {
        let (plural, namespace) = match role["kind"].as_str() {
            Some("Role") => ("roles", namespace),
            _ => ("clusterroles", ""),
        };
        let name = role["name"].as_str().unwrap_or_default();
        let key = crate::store::Key {
            group: RBAC.to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let rules = self
            .get(&key)
            .and_then(|stored| stored.object["rules"].as_array());
        rules.into_iter().flatten()
    }

    /// Answers a review: who a token belongs to, or what somebody may do.
    pub(crate) fn review(&self, kind: &str, review: &Value, asker: &User, users: &Users) -> Value {
        let spec = &review["spec"];
        let status = match kind {
            "TokenReview" => match users.of_token(spec["token"].as_str().unwrap_or_default()) {
                Some(user) => json!({
                    "authenticated": true,
                    "user": {"username": user.name, "groups": user.groups},
                    "audiences": spec["audiences"],
                }),
                None => json!({"authenticated": false, "error": "invalid bearer token"}),
            },
            "SubjectAccessReview" => {
                let groups = spec["groups"].as_array().into_iter().flatten();
                let groups = groups.filter_map(Value::as_str).map(ToOwned::to_owned);
                let user = User {
                    name: spec["user"].as_str().unwrap_or_default().to_owned(),
                    groups: groups.collect(),
                };
                json!({"allowed": self.may_review(&user, spec)})
            }
            _ => json!({"allowed": self.may_review(asker, spec)}),
        };
        let mut answer = review.clone();
        answer["status"] = status;
        answer
    }

    fn may_review(&self, user: &User, spec: &Value) -> bool {
        let attributes = &spec["resourceAttributes"];
        let text = |field: &str| attributes[field].as_str().unwrap_or_default();
        if attributes.is_null() {
            return user.may_everything() || self.may_path(user, &spec["nonResourceAttributes"]);
        }
        let attempt = Attempt {
            verb: text("verb"),
            group: text("group"),
            resource: text("resource"),
            subresource: text("subresource"),
            namespace: text("namespace"),
            name: text("name"),
        };
        self.may(user, &attempt)
    }

    /// Whether roles allow a path that is no resource, such as `/metrics`.
    fn may_path(&self, user: &User, attributes: &Value) -> bool {
        let path = attributes["path"].as_str().unwrap_or_default();
        let verb = attributes["verb"].as_str().unwrap_or_default();
        let has = |rule: &Value, field: &str, is_match: &dyn Fn(&str) -> bool| {
            let found = rule[field].as_array().into_iter().flatten();
            found.filter_map(Value::as_str).any(is_match)
        };
        let is_path = |pattern: &str| match pattern.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == pattern,
        };
        self.list(RBAC, "clusterrolebindings", None)
            .filter(|(key, stored)| binds(&stored.object, user, &key.namespace))
            .flat_map(|(_, stored)| self.rules(&stored.object["roleRef"], ""))
            .any(|rule| {
                has(rule, "nonResourceURLs", &is_path)
                    && has(rule, "verbs", &|found| found == "*" || found == verb)
            })
    }
}

fn binds(binding: &Value, user: &User, namespace: &str) -> bool {
    let subjects = binding["subjects"].as_array().into_iter().flatten();
    subjects.into_iter().any(|subject| {
        let name = subject["name"].as_str().unwrap_or_default();
        match subject["kind"].as_str() {
            Some("ServiceAccount") => {
                let namespace = subject["namespace"].as_str().unwrap_or(namespace);
                user.name == format!("system:serviceaccount:{namespace}:{name}")
            }
            Some("Group") => user.groups.iter().any(|group| group == name),
            _ => user.name == name,
        }
    })
}

impl Attempt<'_> {
    pub(crate) fn of_call(call: &crate::call::Call) -> Attempt<'_> {
        Attempt {
            verb: Verb::name(call.verb),
            group: &call.group,
            resource: &call.resource,
            subresource: &call.subresource,
            namespace: &call.namespace,
            name: &call.name,
        }
    }
}
