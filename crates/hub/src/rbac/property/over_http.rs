//! The same with whole hubs: requests over HTTP, files that change under a hub that runs, and
//! another configuration with each restart.

use super::step::{Configuration, Files, Name, Policy, Step, steps};
use super::wanted::{Request, Wanted};
use super::{USERS, questions};
use axum::body::Body;
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: tom}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, parent: house, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: house}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: x}
spec: {type: service, lifecycle: production, owner: crew}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: x}
spec: {type: openapi, lifecycle: production, owner: crew, definition: x}
";

/// A hub that runs, and what should be there.
struct Stage {
    builder: TestHubBuilder,
    hub: TestHub,
    wanted: Wanted,
}

/// A hub's configuration; the files are its folder's.
fn configured(builder: TestHubBuilder, wanted: &Wanted) -> TestHubBuilder {
    let files = wanted.files.clone().unwrap_or_default();
    builder
        .catalog(CATALOG)
        .policy_csv(&files.csv())
        .conditions(&files.yaml())
        .config(json!({"permission": {"rbac": wanted.configuration.to_json()}}))
        .config(json!({"permission": {"rbac": {
            "policyFileReload": true,
            "admin": {"superUsers": [{"name": "user:default/boss"}]},
        }}}))
}

impl Stage {
    async fn start(builder: TestHubBuilder, wanted: Wanted) -> Stage {
        let hub = configured(builder.clone(), &wanted).start().await;
        Stage {
            builder,
            hub,
            wanted,
        }
    }

    async fn boss(&self) -> Client {
        self.hub.user("user:default/boss").await
    }

    async fn take(mut self, step: &Step) -> Stage {
        match step {
            Step::WriteFiles(files) => {
                let files = files.clone().unwrap_or_default();
                self.wanted.note_files(Some(files.clone()));
                self.write(&files).await;
                self
            }
            Step::Configure(configuration) => self.restart(configuration).await,
            _ => {
                let Some(request) = self.wanted.request(step) else {
                    return self;
                };
                let answer = send(&self.boss().await, &request).await;
                if answer.status.is_success() {
                    let id = if answer.body.is_empty() {
                        None
                    } else {
                        answer.json()["id"].as_i64()
                    };
                    self.wanted.note(request, id);
                }
                self
            }
        }
    }

    /// Writes the files, and waits until the hub has read them.
    async fn write(&self, files: &Files) {
        let texts = [files.csv(), files.yaml()];
        self.builder.write("policies.csv", &texts[0]);
        self.builder.write("conditions.yaml", &texts[1]);
        let expected = texts.map(|text| {
            let digest = Sha256::digest(text.as_bytes());
            Value::from(
                digest
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>(),
            )
        });
        let boss = self.boss().await;
        let read = async {
            loop {
                let sources = boss.get("/api/permission/sources").await.json();
                if [&sources[0]["sha256"], &sources[1]["sha256"]] == [&expected[0], &expected[1]] {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), read)
            .await
            .expect("the files are read in time");
    }

    async fn restart(mut self, configuration: &Configuration) -> Stage {
        self.wanted.note_configuration(configuration.clone());
        self.hub.stop().await;
        // An earlier default role must not shine through what the next one is merged with.
        let none = json!({"permission": {"rbac": {"defaultPermissions": null}}});
        let builder = self.builder.config(none);
        Stage::start(builder, self.wanted).await
    }

    /// What everybody may do with two things, one answer a line.
    async fn decisions(&self) -> Vec<String> {
        let mut decisions = Vec::new();
        for user in USERS {
            let client = self.hub.user(user).await;
            for question in questions() {
                let mut permission =
                    json!({"type": "basic", "name": question.name(), "attributes": {}});
                if let Some(action) = question.attribute_action() {
                    permission["attributes"]["action"] = action.as_str().into();
                }
                let mut resources = vec![Value::Null];
                if let Some(resource_type) = question.resource_type() {
                    permission["type"] = "resource".into();
                    permission["resourceType"] = resource_type.into();
                    resources = vec!["component:default/x".into(), "api:default/x".into()];
                }
                for resource in resources {
                    let mut item = json!({"id": "1", "permission": permission});
                    if !resource.is_null() {
                        item["resourceRef"] = resource.clone();
                    }
                    let answer = client
                        .post("/api/permission/authorize", &json!({"items": [item]}))
                        .await;
                    let result = answer.json()["items"][0]["result"].clone();
                    decisions.push(format!("{user} {} {resource}: {result}", question.name()));
                }
            }
        }
        decisions
    }
}

async fn send(client: &Client, request: &Request) -> Answer {
    let row = |role: Name, Policy(object, action, effect): &Policy| json!({"entityReference": role, "permission": object, "policy": action, "effect": effect});
    let rows = |role: Name, policies: &[Policy]| -> Value {
        policies.iter().map(|policy| row(role, policy)).collect()
    };
    let role = |name: Name, members: &[Name]| json!({"name": name, "memberReferences": members});
    let at = |kind: &str, role: Name| format!("{kind}/{}", role.replace(':', "/"));
    let (method, path, body) = match request {
        Request::CreateRole {
            role: name,
            members,
        } => ("POST", "roles".to_owned(), role(name, members)),
        Request::UpdateRole {
            role: old_name,
            old,
            name,
            members,
        } => {
            let body = json!({"oldRole": role(old_name, old), "newRole": role(name, members)});
            ("PUT", at("roles", old_name), body)
        }
        Request::DeleteRole { role, member } => {
            let query = member
                .map(|member| format!("?memberReferences={member}"))
                .unwrap_or_default();
            ("DELETE", at("roles", role) + query.as_str(), Value::Null)
        }
        Request::AddPolicies { role, policies } => {
            ("POST", "policies".to_owned(), rows(role, policies))
        }
        Request::UpdatePolicies { role, old, new } => {
            let body = json!({"oldPolicy": rows(role, old), "newPolicy": rows(role, new)});
            ("PUT", at("policies", role), body)
        }
        Request::DeletePolicies { role, policies } => {
            ("DELETE", at("policies", role), rows(role, policies))
        }
        Request::AddCondition(condition) => {
            ("POST", "roles/conditions".to_owned(), condition.to_json())
        }
        Request::UpdateCondition { id, new } => {
            ("PUT", format!("roles/conditions/{id}"), new.to_json())
        }
        Request::DeleteCondition { id } => {
            ("DELETE", format!("roles/conditions/{id}"), Value::Null)
        }
    };
    let (kind, body) = match body {
        Value::Null => (None, Body::empty()),
        body => (Some("application/json"), Body::from(body.to_string())),
    };
    client
        .send(
            method.parse().unwrap(),
            &format!("/api/permission/{path}"),
            kind,
            body,
        )
        .await
}

async fn check(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut stage = Stage::start(TestHub::builder().on_disk(), Wanted::default()).await;
    for step in steps {
        stage = stage.take(step).await;
    }
    let fresh = Stage::start(TestHub::builder(), stage.wanted.clone()).await;
    let boss = fresh.boss().await;
    for request in stage.wanted.requests() {
        let answer = send(&boss, &request).await;
        prop_assert!(answer.status.is_success(), "{request:?}: {}", answer.text());
    }
    prop_assert_eq!(stage.decisions().await, fresh.decisions().await);
    fresh.hub.stop().await;
    stage.hub.stop().await;
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_hub_decides_as_one_that_was_built_from_what_is_there_in_the_end(steps in steps(10)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(check(&steps))?;
    }
}
