//! `GET /explain`: who is told what about a decision.

use crate::sample::{catalog, component, group_below, hidden, user};
use callboard_testkit::{Client, TestHub, TestHubBuilder};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

const POLICIES: &str = "\
g, group:default/house, role:default/readers
g, user:default/tom, role:default/crew
g, user:default/olga, role:default/auditors
g, user:default/zed, role:default/others
p, role:default/readers, catalog-entity, delete, allow
p, role:default/crew, catalog-entity, delete, deny
p, role:default/others, catalog-entity, delete, allow
p, role:default/readers, catalog-entity, update, allow
p, role:default/auditors, policy-entity, read, allow
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/crew
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [update]
conditions:
  anyOf:
    - {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
    - not: {rule: HAS_SPEC, resourceType: catalog-entity, params: {key: lifecycle, value: production}}
---
result: CONDITIONAL
roleEntityRef: role:default/auditors
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  not: {rule: HAS_LABEL, resourceType: catalog-entity, params: {label: hidden}}
";

fn builder() -> TestHubBuilder {
    let entities = [
        user("tom", &["stage"], "Tom Ost"),
        group_below("stage", "house"),
        component("lights", "house"),
        hidden(&component("secret", "stage")),
    ];
    TestHub::builder()
        .catalog(&catalog(&entities))
        .policy_csv(POLICIES)
        .conditions(CONDITIONS)
        .config(json!({"permission": {"rbac": {
            "admin": {"users": [{"name": "user:default/ann"}], "superUsers": [{"name": "user:default/root"}]},
        }}}))
}

async fn ask(client: &Client, query: &str) -> Value {
    let answer = client
        .get(&format!("/api/permission/explain?{query}"))
        .await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()
}

/// As [`ask`], with what differs from run to run taken out: the revision, and the test's folder.
async fn ask_in(hub: &TestHub, client: &Client, query: &str) -> Value {
    let mut answer = ask(client, query).await;
    assert!(answer["revision"].is_u64());
    answer["revision"] = Value::Null;
    let folder = format!("{}/", hub.folder().display());
    serde_json::from_str(&answer.to_string().replace(&folder, "")).unwrap()
}

/// The status and the message of a refusal.
async fn refused(client: &Client, query: &str) -> String {
    let answer = client
        .get(&format!("/api/permission/explain?{query}"))
        .await;
    let error = answer.error();
    format!(
        "{} {} {}",
        answer.status.as_u16(),
        error["name"],
        error["message"]
    )
}

#[tokio::test]
async fn a_denial_is_explained_in_full_to_whoever_reads_policies() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;

    let answer = ask_in(
        &hub,
        &ann,
        "user=user:default/tom&permission=catalog.entity.delete",
    )
    .await;

    assert_json_snapshot!(answer, @r#"
    {
      "result": "DENY",
      "view": "full",
      "revision": null,
      "user": {
        "entityRef": "user:default/tom",
        "ownershipEntityRefs": [
          "user:default/tom",
          "group:default/stage"
        ],
        "groups": [
          {
            "ref": "group:default/stage",
            "path": [
              "group:default/stage"
            ]
          },
          {
            "ref": "group:default/house",
            "path": [
              "group:default/stage",
              "group:default/house"
            ]
          }
        ]
      },
      "roles": [
        {
          "ref": "role:default/crew",
          "via": [],
          "source": "csv-file",
          "file": "policies.csv",
          "line": 2
        },
        {
          "ref": "role:default/readers",
          "via": [
            "group:default/stage",
            "group:default/house"
          ],
          "source": "csv-file",
          "file": "policies.csv",
          "line": 1
        }
      ],
      "considered": [
        {
          "role": "role:default/crew",
          "permission": "catalog-entity",
          "action": "delete",
          "effect": "deny",
          "source": "csv-file",
          "file": "policies.csv",
          "line": 6,
          "outcome": "decided"
        },
        {
          "role": "role:default/readers",
          "permission": "catalog-entity",
          "action": "delete",
          "effect": "allow",
          "source": "csv-file",
          "file": "policies.csv",
          "line": 5,
          "outcome": "overruled-by-deny"
        },
        {
          "role": "role:default/crew",
          "permission": "catalog-entity",
          "action": "update",
          "effect": "conditional",
          "source": "csv-file",
          "file": "conditions.yaml",
          "line": 2,
          "id": 1,
          "outcome": "other-action"
        },
        {
          "role": "role:default/readers",
          "permission": "catalog-entity",
          "action": "update",
          "effect": "allow",
          "source": "csv-file",
          "file": "policies.csv",
          "line": 8,
          "outcome": "other-action"
        },
        {
          "role": "role:default/others",
          "permission": "catalog-entity",
          "action": "delete",
          "effect": "allow",
          "source": "csv-file",
          "file": "policies.csv",
          "line": 7,
          "outcome": "role-not-held"
        },
        {
          "role": "role:default/auditors",
          "permission": "catalog-entity",
          "action": "read",
          "effect": "conditional",
          "source": "csv-file",
          "file": "conditions.yaml",
          "line": 12,
          "id": 2,
          "outcome": "role-not-held"
        },
        {
          "role": "role:default/rbac_admin",
          "permission": "catalog-entity",
          "action": "read",
          "effect": "allow",
          "source": "configuration",
          "outcome": "role-not-held"
        }
      ],
      "conditions": [],
      "decidedBy": {
        "reason": "grant-deny",
        "role": "role:default/crew",
        "permission": "catalog-entity",
        "action": "delete",
        "effect": "deny",
        "source": "csv-file",
        "file": "policies.csv",
        "line": 6,
        "outcome": "decided"
      },
      "flips": [
        {
          "change": "remove-policies",
          "policies": [
            {
              "role": "role:default/crew",
              "permission": "catalog-entity",
              "action": "delete",
              "effect": "deny",
              "source": "csv-file",
              "file": "policies.csv",
              "line": 6
            }
          ],
          "text": "remove `p, role:default/crew, catalog-entity, delete, deny` (policies.csv:6)"
        },
        {
          "change": "add-policy",
          "policy": {
            "role": "role:default/crew",
            "permission": "catalog.entity.delete",
            "action": "delete",
            "effect": "allow"
          },
          "text": "add `p, role:default/crew, catalog.entity.delete, delete, allow`"
        },
        {
          "change": "remove-members",
          "members": [
            {
              "ref": "user:default/tom",
              "role": "role:default/crew",
              "source": "csv-file",
              "file": "policies.csv",
              "line": 2
            }
          ],
          "text": "remove `g, user:default/tom, role:default/crew` (policies.csv:2)"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn a_condition_is_explained_for_the_resource_leaf_by_leaf() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let query =
        "user=user:default/tom&permission=catalog.entity.refresh&resourceRef=Component:lights";

    let answer = ask_in(&hub, &ann, query).await;

    assert_eq!(answer["result"], "DENY");
    assert_json_snapshot!(answer["conditions"], @r#"
    [
      {
        "role": "role:default/crew",
        "id": 1,
        "tree": {
          "anyOf": [
            {
              "rule": "IS_ENTITY_OWNER",
              "resourceType": "catalog-entity",
              "params": {
                "claims": [
                  "user:default/tom",
                  "group:default/stage"
                ]
              },
              "stored": {
                "claims": [
                  "$ownerRefs"
                ]
              },
              "holds": false,
              "found": [
                "group:default/house"
              ]
            },
            {
              "not": {
                "rule": "HAS_SPEC",
                "resourceType": "catalog-entity",
                "params": {
                  "key": "lifecycle",
                  "value": "production"
                },
                "holds": true,
                "found": [
                  "production"
                ]
              },
              "holds": false
            }
          ],
          "holds": false
        }
      }
    ]
    "#);
    assert_json_snapshot!(answer["decidedBy"], @r#"
    {
      "reason": "condition",
      "role": "role:default/crew",
      "permission": "catalog-entity",
      "action": "update",
      "effect": "conditional",
      "source": "csv-file",
      "file": "conditions.yaml",
      "line": 2,
      "id": 1,
      "outcome": "decided"
    }
    "#);
    let texts: Vec<_> = answer["flips"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flip| flip["text"].as_str().unwrap())
        .collect();
    assert_snapshot!(texts.join("\n"), @r#"
    remove condition 1 of `role:default/crew` (conditions.yaml:2)
    set `permission.rbac.policyDecisionPrecedence` to `basic`
    remove `g, user:default/tom, role:default/crew` (policies.csv:2)
    a resource that meets `IS_ENTITY_OWNER(claims = user:default/tom | group:default/stage)` of condition 1
    a resource that does not meet `HAS_SPEC(key = lifecycle, value = production)` of condition 1
    "#);
}

#[tokio::test]
async fn a_missing_resource_meets_nothing_not_even_a_not() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let query = "user=user:default/tom&permission=catalog.entity.refresh&resourceRef=component:default/gone";

    let answer = ask(&ann, query).await;

    assert_eq!(answer["result"], "DENY");
    let not = &answer["conditions"][0]["tree"]["anyOf"][1];
    assert_eq!(not["holds"], false);
    assert_eq!(not["not"]["holds"], false);
    assert_eq!(not["not"]["found"], Value::Null);
}

#[tokio::test]
async fn a_resource_that_the_asker_may_not_read_answers_like_a_missing_one() {
    let hub = builder().start().await;
    let [ann, olga] = [
        hub.user("user:default/ann").await,
        hub.user("user:default/olga").await,
    ];
    let query =
        "user=user:default/tom&permission=catalog.entity.refresh&resourceRef=component:default/";

    let seen = ask(&ann, &format!("{query}secret")).await;
    let hidden = ask(&olga, &format!("{query}secret")).await;
    let missing = ask(&olga, &format!("{query}gone")).await;

    assert_eq!(seen["result"], "ALLOW");
    assert_eq!(hidden, missing);
    assert_eq!(hidden["result"], "DENY");
}

#[tokio::test]
async fn everybody_is_told_the_kind_of_reason_about_themselves() {
    let hub = builder().start().await;
    let tom = hub
        .member("user:default/tom", &["group:default/stage"])
        .await;
    let guest = hub.user("user:default/guest").await;
    let refresh = "permission=catalog.entity.refresh&resourceRef=component:default/secret";

    assert_json_snapshot!(ask(&tom, "permission=catalog.entity.delete").await, @r#"
    {
      "result": "DENY",
      "view": "own",
      "roles": [
        {
          "ref": "role:default/crew"
        },
        {
          "ref": "role:default/readers"
        }
      ],
      "decidedBy": {
        "reason": "grant-deny"
      }
    }
    "#);
    assert_json_snapshot!(ask(&tom, &format!("user=User:tom&{refresh}")).await, @r#"
    {
      "result": "ALLOW",
      "view": "own",
      "roles": [
        {
          "ref": "role:default/crew"
        }
      ],
      "decidedBy": {
        "reason": "condition"
      }
    }
    "#);
    assert_json_snapshot!(ask(&guest, "permission=catalog.entity.delete").await, @r#"
    {
      "result": "DENY",
      "view": "own",
      "roles": [],
      "decidedBy": {
        "reason": "no-grant"
      }
    }
    "#);
}

#[tokio::test]
async fn the_own_view_names_no_other_role_person_file_or_line() {
    let hub = builder().start().await;
    let tom = hub
        .member("user:default/tom", &["group:default/stage"])
        .await;

    for permission in [
        "catalog.entity.read",
        "catalog.entity.delete",
        "catalog.entity.refresh",
        "policy.entity.read",
    ] {
        let answer = ask(&tom, &format!("permission={permission}")).await;
        let members: Vec<_> = answer
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            members,
            ["result", "view", "roles", "decidedBy"],
            "{permission}"
        );
        for role in answer["roles"].as_array().unwrap() {
            assert_eq!(role.as_object().unwrap().len(), 1);
            assert!(
                ["role:default/crew", "role:default/readers"]
                    .contains(&role["ref"].as_str().unwrap())
            );
        }
        assert_eq!(answer["decidedBy"].as_object().unwrap().len(), 1);
        let text = answer.to_string();
        for secret in [
            "others", "auditors", "zed", "group:", ".csv", ".yaml", "claims", "line", "flip",
        ] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn a_conditional_right_leaves_other_roles_out_wholly() {
    let conditions = "
result: CONDITIONAL
roleEntityRef: role:default/auditors
pluginId: permission
resourceType: policy-entity
permissionMapping: [read]
conditions: {rule: IS_OWNER, resourceType: policy-entity, params: {owners: [nobody]}}
";
    let hub = builder().conditions(conditions).start().await;
    let olga = hub.user("user:default/olga").await;

    let answer = ask_in(
        &hub,
        &olga,
        "user=user:default/tom&permission=catalog.entity.delete",
    )
    .await;

    assert_json_snapshot!(answer, @r#"
    {
      "result": "DENY",
      "view": "full",
      "revision": null,
      "user": {
        "entityRef": "user:default/tom",
        "ownershipEntityRefs": [
          "user:default/tom",
          "group:default/stage"
        ],
        "groups": [
          {
            "ref": "group:default/stage",
            "path": [
              "group:default/stage"
            ]
          },
          {
            "ref": "group:default/house",
            "path": [
              "group:default/stage",
              "group:default/house"
            ]
          }
        ]
      },
      "roles": [],
      "considered": [],
      "conditions": [],
      "decidedBy": {
        "reason": "grant-deny"
      },
      "flips": []
    }
    "#);
}

#[tokio::test]
async fn others_are_explained_to_nobody_else() {
    let hub = builder().start().await;
    let tom = hub.user("user:default/tom").await;

    for query in [
        "user=user:default/ann&permission=catalog.entity.read",
        "user=user:default/nobody&permission=catalog.entity.read",
        "user=nonsense&permission=nonsense",
    ] {
        assert_eq!(
            refused(&tom, query).await,
            r#"403 "NotAllowedError" """#,
            "{query}"
        );
    }
    let anonymous = hub
        .anonymous()
        .get("/api/permission/explain?permission=catalog.entity.read")
        .await;
    assert_eq!(anonymous.status, 401);
}

#[tokio::test]
async fn a_service_reads_the_full_view_of_a_user_it_names() {
    let hub = builder().start().await;

    let answer = ask(
        &hub.service(),
        "user=user:default/root&permission=catalog.entity.delete",
    )
    .await;

    assert_eq!(answer["result"], "ALLOW");
    assert_eq!(answer["view"], "full");
    assert_json_snapshot!(answer["user"], @r#"
    {
      "entityRef": "user:default/root",
      "ownershipEntityRefs": [
        "user:default/root"
      ],
      "groups": [],
      "note": "the catalog does not know this user"
    }
    "#);
    assert_json_snapshot!(answer["decidedBy"], @r#"
    {
      "reason": "super-user"
    }
    "#);
    assert_json_snapshot!(answer["flips"], @r#"
    [
      {
        "change": "remove-super-users",
        "superUsers": [
          "user:default/root"
        ],
        "text": "take `user:default/root` off `permission.rbac.admin.superUsers`"
      }
    ]
    "#);
}

#[tokio::test]
async fn a_question_that_cannot_be_understood_is_refused_with_help() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    let mut seen = Vec::new();
    for query in [
        "",
        "permission=catalog.entity.raed",
        "permission=catalog-entity",
        "permission=catalog.entity.read&action=delete",
        "permission=catalog.entity.read&action=destroy",
        "permission=catalog.entity.read&user=tom",
        "permission=catalog.entity.read&user=group:default/stage",
        "permission=catalog.entity.create&resourceRef=component:default/lights",
        "permission=catalog.entity.read&resourceRef=lights",
        "permission[a]=b",
    ] {
        seen.push(format!("{query}: {}", refused(&ann, query).await));
    }
    seen.push(format!(
        "service: {}",
        refused(&hub.service(), "permission=catalog.entity.read").await
    ));
    assert_snapshot!(seen.join("\n"), @r#"
    : 400 "InputError" "permission: must be given"
    permission=catalog.entity.raed: 400 "InputError" "permission: no plugin of this hub has a permission `catalog.entity.raed`; did you mean `catalog.entity.read`?"
    permission=catalog-entity: 400 "InputError" "permission: `catalog-entity` is a resource type; give one of its permissions, such as `catalog.entity.read`"
    permission=catalog.entity.read&action=delete: 400 "InputError" "action: `catalog.entity.read` has the action `read`"
    permission=catalog.entity.read&action=destroy: 400 "InputError" "action: unknown action `destroy`; it is one of create, read, update, delete, use"
    permission=catalog.entity.read&user=tom: 400 "InputError" "user: Entity reference \"tom\" had missing or empty kind (e.g. did not start with \"component:\" or similar)"
    permission=catalog.entity.read&user=group:default/stage: 400 "InputError" "user: `group:default/stage` is no user"
    permission=catalog.entity.create&resourceRef=component:default/lights: 400 "InputError" "resourceRef: `catalog.entity.create` is about no resource"
    permission=catalog.entity.read&resourceRef=lights: 400 "InputError" "resourceRef: Entity reference \"lights\" had missing or empty kind (e.g. did not start with \"component:\" or similar)"
    permission[a]=b: 400 "InputError" "This api doesn't support nested query"
    service: 400 "InputError" "user: must be given, since only people have roles"
    "#);
}

#[tokio::test]
async fn a_condition_with_an_unknown_rule_is_named_as_what_denies() {
    let conditions = "
result: CONDITIONAL
roleEntityRef: role:default/crew
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {rule: IS_ENTITY_KIND, resourceType: catalog-entity, params: {kinds: [component]}}
---
result: CONDITIONAL
roleEntityRef: role:default/readers
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {rule: IS_ENTITY_KNID, resourceType: catalog-entity}
";
    let hub = builder().conditions(conditions).start().await;
    let ann = hub.user("user:default/ann").await;
    let query =
        "user=user:default/tom&permission=catalog.entity.read&resourceRef=component:default/lights";

    let answer = ask_in(&hub, &ann, query).await;

    assert_eq!(answer["result"], "DENY");
    assert_json_snapshot!(answer["decidedBy"], @r#"
    {
      "reason": "unknown-rule",
      "role": "role:default/readers",
      "permission": "catalog-entity",
      "action": "read",
      "effect": "conditional",
      "source": "csv-file",
      "file": "conditions.yaml",
      "line": 9,
      "id": 2,
      "outcome": "decided"
    }
    "#);
    assert_eq!(answer["considered"][1]["outcome"], "overruled-by-deny");
    assert_eq!(answer["flips"][0]["change"], "narrow-conditions");
}

#[tokio::test]
async fn the_answer_is_the_one_that_authorizing_gives() {
    let hub = builder().start().await;
    let ann = hub.user("user:default/ann").await;
    for (user, groups) in [
        ("user:default/tom", &["group:default/stage"][..]),
        ("user:default/zed", &[]),
        ("user:default/root", &[]),
    ] {
        let client = hub.member(user, groups).await;
        for (name, action) in [
            ("read", "read"),
            ("delete", "delete"),
            ("refresh", "update"),
        ] {
            for component in ["lights", "secret", "gone"] {
                let resource = format!("component:default/{component}");
                let permission = json!({
                    "type": "resource", "name": format!("catalog.entity.{name}"),
                    "attributes": {"action": action}, "resourceType": "catalog-entity",
                });
                let body = json!({"items": [{"id": "1", "permission": permission, "resourceRef": resource}]});
                let authorized = client.post("/api/permission/authorize", &body).await.json();
                let query = format!("permission=catalog.entity.{name}&resourceRef={resource}");

                let own = ask(&client, &query).await;
                let full = ask(&ann, &format!("user={user}&{query}")).await;

                assert_eq!(
                    own["result"], authorized["items"][0]["result"],
                    "{user} {query}"
                );
                assert_eq!(
                    full["result"], authorized["items"][0]["result"],
                    "{user} {query}"
                );
            }
        }
    }
}

#[tokio::test]
async fn without_enforcement_there_is_nothing_to_explain() {
    let hub = builder()
        .config(json!({"permission": {"enabled": false}}))
        .start()
        .await;

    let answer = hub
        .service()
        .get("/api/permission/explain?permission=catalog.entity.read")
        .await;

    assert_eq!(answer.status, 404);
}
