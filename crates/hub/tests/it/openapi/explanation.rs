//! Explanations of many kinds, each compared with the document.

use super::contract::Contract;
use super::{builder, document};
use callboard_testkit::TestHubBuilder;
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Two groups, each above the other.
const CYCLE: &str = "
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: stage}
spec: {type: team, parent: house, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: house}
spec: {type: team, parent: stage, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: tom}
spec: {memberOf: [stage]}
";

const USERS: [&str; 6] = ["ann", "bob", "eve", "kim", "root", "tom"];

const QUESTIONS: [&str; 6] = [
    "catalog.entity.read",
    "catalog.entity.read&resourceRef=component:default/lights",
    "catalog.entity.delete",
    "catalog.entity.refresh",
    "policy.entity.create",
    "kubernetes.proxy",
];

/// What was told, one kind a line.
#[derive(Default)]
struct Told(BTreeSet<String>);

impl Told {
    fn note(&mut self, answer: &Value) {
        self.0
            .insert(format!("reason {}", answer["decidedBy"]["reason"]));
        for row in answer["considered"].as_array().into_iter().flatten() {
            self.0.insert(format!("outcome {}", row["outcome"]));
        }
        for flip in answer["flips"].as_array().into_iter().flatten() {
            self.0.insert(format!("change {}", flip["change"]));
        }
    }

    /// Asks every question about every user.
    async fn ask(&mut self, builder: &TestHubBuilder) {
        let hub = builder.start().await;
        let contract = Contract::new(document(&hub).await);
        let ann = hub.user("user:default/ann").await;
        for user in USERS {
            let own = hub.user(&format!("user:default/{user}")).await;
            for question in QUESTIONS {
                let about = format!("GET /explain?user=user:default/{user}&permission={question}");
                self.note(&contract.ask(&ann, &about, None, 200).await.json());
                contract.ask(&own, &about, None, 200).await;
            }
        }
    }
}

#[tokio::test]
async fn explanations_of_every_kind_are_as_documented() {
    let precedence = json!({"permission": {"rbac": {"policyDecisionPrecedence": "basic"}}});
    let mut told = Told::default();

    told.ask(&builder()).await;
    told.ask(&builder().config(precedence)).await;
    told.ask(&builder().catalog(CYCLE)).await;

    let told: Vec<_> = told.0.into_iter().collect();
    assert_snapshot!(told.join("\n"), @r#"
    change "add-member"
    change "add-policy"
    change "change-effect"
    change "change-resource"
    change "narrow-conditions"
    change "remove-members"
    change "remove-parent"
    change "remove-policies"
    change "remove-super-users"
    change "set-precedence"
    outcome "decided"
    outcome "other-action"
    outcome "overruled-by-deny"
    outcome "overruled-by-precedence"
    outcome "role-not-held"
    reason "condition"
    reason "grant-allow"
    reason "grant-deny"
    reason "group-cycle"
    reason "no-grant"
    reason "super-user"
    reason "unknown-rule"
    "#);
}
