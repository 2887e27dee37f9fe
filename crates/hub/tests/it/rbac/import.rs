//! Bringing roles over from another installation: from its database, and from itself.

mod schema;

use super::{builder, get};
use callboard_config::Secret;
use callboard_hub::app::Mode;
use callboard_hub::clock::SystemClock;
use callboard_hub::rbac::import::{
    ApiAddress, ImportError, ImportMode, ImportSource, Outcome, Report,
};
use callboard_hub::{Hub, Parts};
use callboard_store::foreign::ForeignAddress;
use callboard_store::{Store, StoreConfig};
use callboard_testkit::{Postgres, RunningHub, STATIC_TOKEN, TestHub, TestHubBuilder};
use insta::{assert_json_snapshot, assert_snapshot};
use miette::Diagnostic;
use serde_json::{Value, json};
use std::sync::Arc;

/// Where the hub of `builder` keeps its records.
async fn store(builder: &TestHubBuilder) -> Store {
    let config = StoreConfig::sqlite_in(builder.folder().join("data"));
    Store::open(&config).await.unwrap()
}

async fn import(
    builder: &TestHubBuilder,
    source: &ImportSource,
    mode: ImportMode,
) -> Result<Report, ImportError> {
    let parts = Parts {
        config: builder.to_config(),
        store: store(builder).await,
        clock: Arc::new(SystemClock),
        mode: Mode::Production,
        providers: Vec::new(),
    };
    Hub::import_roles(parts, source, mode, "root").await
}

fn database(url: &str) -> ImportSource {
    ImportSource::Database(ForeignAddress::parse(url).unwrap())
}

/// A database with these tables and rows.
async fn installed(sql: &[&str]) -> (Postgres, String) {
    let postgres = Postgres::start().await;
    let url = postgres.database("backstage_plugin_permission").await;
    postgres.execute(&url, &sql.join("\n")).await;
    (postgres, url)
}

/// A hub with an administrator and nothing else.
fn empty() -> TestHubBuilder {
    let admin = json!({"users": [{"name": "user:default/boss"}]});
    TestHub::builder()
        .on_disk()
        .config(json!({"permission": {"rbac": {"admin": admin}}}))
}

fn notes(report: &Report) -> String {
    let notes = report
        .notes
        .iter()
        .map(|note| format!("{:?} {note}", note.outcome));
    notes.collect::<Vec<_>>().join("\n")
}

/// What `user` may do with some permissions, in the words of the wire.
async fn decisions(hub: &TestHub, user: &str, groups: &[&str]) -> Vec<String> {
    let basic = |name: &str, action: &str| json!({"id": name, "permission": {"type": "basic", "name": name, "attributes": {"action": action}}});
    let entity = |name: &str, action: &str| {
        json!({"id": name, "resourceRef": "component:default/till", "permission": {
            "type": "resource", "name": name, "attributes": {"action": action}, "resourceType": "catalog-entity",
        }})
    };
    let items = json!({"items": [
        entity("catalog.entity.read", "read"),
        entity("catalog.entity.refresh", "update"),
        entity("catalog.entity.delete", "delete"),
        basic("catalog.entity.create", "create"),
        basic("catalog.location.read", "read"),
        basic("catalog.location.create", "create"),
        basic("policy.entity.create", "create"),
    ]});
    let client = hub.member(user, groups).await;
    let answer = client.post("/api/permission/authorize", &items).await;
    let answer = answer.json();
    let items = answer["items"].as_array().unwrap().clone();
    items
        .iter()
        .map(|item| {
            let id = item["id"].as_str().unwrap();
            format!("{id} {}", item["result"].as_str().unwrap())
        })
        .collect()
}

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: till}
spec: {type: service, lifecycle: production, owner: 'user:default/olga'}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: zoe}
spec: {memberOf: [crew]}
";

#[tokio::test]
async fn roles_policies_conditions_and_ids_are_those_of_the_database() {
    let (_postgres, url) = installed(&[schema::NEWEST, schema::ROWS]).await;
    let builder = empty();

    let report = import(&builder, &database(&url), ImportMode::Write)
        .await
        .unwrap();
    let hub = builder.start().await;
    let service = hub.service();

    assert_snapshot!(notes(&report), @r"
    Changed role `role:default/old`: it has no metadata there; its source is `legacy`, so anybody may take it over
    Changed membership `user:default/Carl,role:default/old` (casbin_rule 10): stored in lower case, as `user:default/carl`
    Changed policy `role:default/old,policy-entity,create,allow` (casbin_rule 11): its permission is `policy.entity.create` now
    Configuration role `role:default/rbac_admin`: the configuration of this hub declares it; left out with it: 1 membership and 1 policy
    Attention role `role:default/filed`: its source is `csv-file`, and the configuration names no `permission.rbac.policies-csv-file`: the next start removes it
    ");
    assert_json_snapshot!(get(&service, "/roles/role/default/readers").await, @r#"
    [
      {
        "memberReferences": [
          "user:default/tom",
          "group:default/crew"
        ],
        "name": "role:default/readers",
        "metadata": {
          "source": "rest",
          "description": "who reads",
          "owner": "user:default/boss",
          "author": "user:default/boss",
          "modifiedBy": "user:default/boss",
          "createdAt": "2025-03-25T17:24:17.500Z",
          "lastModified": "2025-04-25T17:24:17.000Z",
          "isDefault": false
        }
      }
    ]
    "#);
    assert_json_snapshot!(get(&service, "/policies/role/default/owners").await, @r#"
    [
      {
        "entityReference": "role:default/owners",
        "permission": "catalog.location.read",
        "policy": "read",
        "effect": "deny",
        "metadata": {
          "source": "rest"
        }
      },
      {
        "entityReference": "role:default/owners",
        "permission": "catalog.location.create",
        "policy": "create",
        "effect": "allow",
        "metadata": {
          "source": "rest"
        }
      }
    ]
    "#);
    assert_json_snapshot!(get(&service, "/roles/conditions").await, @r#"
    [
      {
        "id": 4,
        "result": "CONDITIONAL",
        "roleEntityRef": "role:default/owners",
        "pluginId": "catalog",
        "resourceType": "catalog-entity",
        "permissionMapping": [
          "read",
          "delete"
        ],
        "conditions": {
          "rule": "IS_ENTITY_OWNER",
          "resourceType": "catalog-entity",
          "params": {
            "claims": [
              "$currentUser"
            ]
          }
        }
      },
      {
        "id": 9,
        "result": "CONDITIONAL",
        "roleEntityRef": "role:default/readers",
        "pluginId": "catalog",
        "resourceType": "catalog-entity",
        "permissionMapping": [
          {
            "name": "catalog.entity.refresh",
            "action": "update"
          }
        ],
        "conditions": {
          "not": {
            "rule": "IS_ENTITY_KIND",
            "resourceType": "catalog-entity",
            "params": {
              "kinds": [
                "Group"
              ]
            }
          }
        }
      }
    ]
    "#);
    let roles = get(&service, "/roles").await;
    let names = roles.as_array().unwrap().iter().map(|role| &role["name"]);
    assert_json_snapshot!(names.collect::<Vec<_>>(), @r#"
    [
      "role:default/readers",
      "role:default/owners",
      "role:default/old",
      "role:default/rbac_admin"
    ]
    "#);
    hub.stop().await;
}

#[tokio::test]
async fn decisions_are_those_of_the_rows() {
    let (_postgres, url) = installed(&[schema::NEWEST, schema::ROWS]).await;
    let builder = empty().catalog(CATALOG);
    import(&builder, &database(&url), ImportMode::Write)
        .await
        .unwrap();

    let hub = builder.start().await;

    // Reading by role; refreshing what is no group by condition 9.
    let reader = [
        "catalog.entity.read ALLOW",
        "catalog.entity.refresh ALLOW",
        "catalog.entity.delete DENY",
        "catalog.entity.create ALLOW",
        "catalog.location.read DENY",
        "catalog.location.create DENY",
        "policy.entity.create DENY",
    ];
    assert_eq!(decisions(&hub, "user:default/tom", &[]).await, reader);
    assert_eq!(
        decisions(&hub, "user:default/zoe", &[]).await,
        reader,
        "through the group"
    );
    // Reading and deleting what one owns by condition 4; a deny.
    let owner = [
        "catalog.entity.read ALLOW",
        "catalog.entity.refresh DENY",
        "catalog.entity.delete ALLOW",
        "catalog.entity.create DENY",
        "catalog.location.read DENY",
        "catalog.location.create ALLOW",
        "policy.entity.create DENY",
    ];
    assert_eq!(decisions(&hub, "user:default/olga", &[]).await, owner);
    // The retired row, and a member that was written with a capital letter.
    let carl = decisions(&hub, "user:default/carl", &[]).await;
    assert_eq!(carl.last().unwrap(), "policy.entity.create ALLOW");
    hub.stop().await;
}

#[tokio::test]
async fn a_second_import_finds_nothing_to_do_and_wakes_nobody() {
    let (_postgres, url) = installed(&[schema::NEWEST, schema::ROWS]).await;
    let builder = empty();
    let source = database(&url);
    import(&builder, &source, ImportMode::Write).await.unwrap();
    let first = store(&builder).await.feed().latest().await.unwrap();

    let report = import(&builder, &source, ImportMode::Write).await.unwrap();

    assert!(report.is_empty());
    assert_eq!(store(&builder).await.feed().latest().await.unwrap(), first);
    assert!(report.to_string().ends_with("Nothing to do."));

    // Nor does one after the hub has started and brought its own roles in.
    builder.start().await.stop().await;
    let report = import(&builder, &source, ImportMode::DryRun).await.unwrap();

    // The role of the file went, as there is no file here, and would come back.
    let added: Vec<_> = report
        .counts
        .iter()
        .map(|(kind, count)| (format!("{kind:?}"), count.added))
        .filter(|(_, added)| *added > 0)
        .collect();
    let expected = [("Role", 1), ("Membership", 1), ("Policy", 1)];
    assert_eq!(
        added,
        expected.map(|(kind, count)| (kind.to_owned(), count))
    );
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let (_postgres, url) = installed(&[schema::NEWEST, schema::ROWS]).await;
    let builder = empty();

    let dry = import(&builder, &database(&url), ImportMode::DryRun)
        .await
        .unwrap();
    let wet = import(&builder, &database(&url), ImportMode::Write)
        .await
        .unwrap();

    assert!(dry.dry_run && !dry.is_empty());
    assert_eq!((dry.counts, dry.notes), (wet.counts, wet.notes));
}

#[tokio::test]
async fn what_is_added_there_is_brought_over_by_the_next_import() {
    let (postgres, url) = installed(&[schema::NEWEST, schema::ROWS]).await;
    let builder = empty();
    import(&builder, &database(&url), ImportMode::Write)
        .await
        .unwrap();
    let before = store(&builder).await.feed().latest().await.unwrap();

    let row = "INSERT INTO casbin_rule (ptype, v0, v1) VALUES ('g', 'user:default/new', 'role:default/readers')";
    postgres.execute(&url, row).await;
    import(&builder, &database(&url), ImportMode::Write)
        .await
        .unwrap();

    let after = store(&builder).await.feed().latest().await.unwrap();
    assert_eq!(after.number(), before.number() + 1);
    let hub = builder.start().await;
    let role = get(&hub.service(), "/roles/role/default/readers").await;
    assert_eq!(
        role[0]["memberReferences"],
        json!(["user:default/tom", "group:default/crew", "user:default/new"])
    );
    hub.stop().await;
}

#[tokio::test]
async fn poisoned_rows_are_reported_and_the_rest_comes_over() {
    let (_postgres, url) = installed(&[schema::NEWEST, schema::ROWS, schema::POISON]).await;
    let builder = empty();

    let mut report = import(&builder, &database(&url), ImportMode::Write)
        .await
        .unwrap();
    report.notes.retain(|note| note.outcome == Outcome::Skipped);

    assert_snapshot!(notes(&report), @r#"
    Skipped policy `role:default/readers,"catalog-entity,read,deny` (casbin_rule 101): it has a stray double quote; it denied, and what it denied may be allowed now
    Skipped policy `role:default/readers` (casbin_rule 102): value 2 of 4 is missing
    Skipped policy `` (casbin_rule 103): rows of the type `` are not known
    Skipped condition `10` (role-condition-policies 10): the column `permissions` is not JSON: EOF while parsing a string at line 1 column 6; until it is written again, the other policies of the role decide without it
    Skipped condition `11` (role-condition-policies 11): 'conditions' must be specified in the role condition; until it is written again, the other policies of the role decide without it
    Skipped condition `12` (role-condition-policies 12): its role `role:default/gone` does not exist any more, and would get it back when somebody makes it again
    Skipped condition `13` (role-condition-policies 13): 'roleEntityRef' must be specified in the role condition; until it is written again, the other policies of the role decide without it
    "#);
    let hub = builder.start().await;
    let conditions = get(&hub.service(), "/roles/conditions").await;
    let ids = conditions.as_array().unwrap().iter().map(|it| &it["id"]);
    assert_eq!(ids.collect::<Vec<_>>(), [&json!(4), &json!(9)]);
    hub.stop().await;
}

#[tokio::test]
async fn an_old_installation_is_brought_to_the_newest_form() {
    let (_postgres, url) = installed(&[schema::OLD]).await;
    let builder = empty();

    import(&builder, &database(&url), ImportMode::Write)
        .await
        .unwrap();
    let hub = builder.start().await;
    let service = hub.service();

    assert_json_snapshot!(get(&service, "/roles/role/default/readers").await, @r#"
    [
      {
        "memberReferences": [
          "user:default/tom"
        ],
        "name": "role:default/readers",
        "metadata": {
          "source": "rest",
          "description": null,
          "owner": null,
          "author": "user:default/boss",
          "modifiedBy": null,
          "createdAt": "2025-03-25T17:24:17.000Z",
          "lastModified": "2025-04-25T17:24:17.000Z",
          "isDefault": false
        }
      }
    ]
    "#);
    let policies = get(&service, "/policies/role/default/readers").await;
    assert_eq!(policies[1]["permission"], "policy.entity.create");
    let condition = get(&service, "/roles/conditions/2").await;
    assert_eq!(condition["permissionMapping"], json!(["delete"]));
    hub.stop().await;
}

#[tokio::test]
async fn tables_in_a_schema_are_found_when_it_is_named() {
    let schema = "CREATE SCHEMA permission; SET search_path = permission;";
    let (_postgres, url) = installed(&[schema, schema::NEWEST, schema::ROWS]).await;
    let builder = empty();
    let named = ForeignAddress::parse(&url).unwrap().in_schema("permission");
    let by_option = format!("{url}&options=-csearch_path%3Dpermission");

    let missing = import(&builder, &database(&url), ImportMode::Write).await;
    let found = import(&builder, &ImportSource::Database(named), ImportMode::Write).await;
    let again = import(&builder, &database(&by_option), ImportMode::Write).await;

    let missing = missing.unwrap_err();
    assert!(matches!(missing, ImportError::NoTables));
    assert!(
        missing
            .help()
            .unwrap()
            .to_string()
            .contains("--schema permission")
    );
    assert!(!found.unwrap().is_empty());
    assert!(again.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_refuses_is_an_error_without_the_password() {
    let (postgres, url) = installed(&[]).await;
    let role = "CREATE ROLE guarded; CREATE ROLE hub LOGIN PASSWORD 'secret' IN ROLE guarded";
    postgres.execute(&url, role).await;
    let url = url.replace("postgres@", "hub:hush@");

    let error = import(&empty(), &database(&url), ImportMode::Write)
        .await
        .unwrap_err();

    assert_eq!(error.to_string(), "cannot connect to the database");
    let causes = format!("{error:?} {}", error.help().unwrap());
    assert!(
        causes.contains("password authentication failed"),
        "{causes}"
    );
    assert!(!causes.contains("hush"), "{causes}");
}

/// A hub that stands for the other installation, with the policies of the other tests; its files
/// go with the second value.
async fn installation() -> (RunningHub, impl Sized) {
    let mut files = None;
    let hub = RunningHub::start(|url| {
        let builder = builder().config(json!({"backend": {"baseUrl": url}}));
        let config = builder.to_config();
        files = Some(builder);
        config
    });
    (hub.await, files)
}

fn api(base: &str, token: &str) -> ImportSource {
    ImportSource::Api(ApiAddress::new(base, Secret::new(token.to_owned())).unwrap())
}

#[tokio::test]
async fn a_running_installation_is_read_over_its_interface() {
    let (there, _files) = installation().await;
    let builder = empty();

    let report = import(
        &builder,
        &api(&there.url(), STATIC_TOKEN),
        ImportMode::Write,
    )
    .await
    .unwrap();
    let again = import(
        &builder,
        &api(&there.url(), STATIC_TOKEN),
        ImportMode::Write,
    )
    .await
    .unwrap();
    there.stop().await;

    assert_snapshot!(notes(&report), @r"
    Configuration role `role:default/rbac_admin`: the configuration of this hub declares it; left out with it: 1 membership and 5 policies
    Attention role `role:default/readers`: its source is `csv-file`, and the configuration names no `permission.rbac.policies-csv-file`: the next start removes it
    Attention role `role:default/owners`: its source is `csv-file`, and the configuration names no `permission.rbac.policies-csv-file`: the next start removes it
    Configuration role `role:default/everybody`: it comes from the configuration there, so declare it in the configuration here; left out with it: 1 policy
    ");
    assert!(again.is_empty());
    // The file has to come along, or its roles go at the next start.
    let with_file = builder
        .policy_csv(super::POLICIES)
        .conditions(super::CONDITIONS);
    let hub = with_file.start().await;
    let service = hub.service();
    let roles = get(&service, "/roles").await;
    let readers = roles.as_array().unwrap().iter();
    let mut readers = readers.filter(|role| role["name"] == "role:default/readers");
    assert_eq!(
        readers.next().unwrap()["memberReferences"],
        json!(["user:default/tom", "group:default/stage"])
    );
    let conditions = get(&service, "/roles/conditions").await;
    let ids = conditions.as_array().unwrap().iter().map(|it| &it["id"]);
    assert_eq!(
        ids.collect::<Vec<_>>(),
        [&json!(1), &json!(2)],
        "ids are kept"
    );
    hub.stop().await;
}

#[tokio::test]
async fn a_token_without_rights_is_refused_with_advice() {
    let (there, _files) = installation().await;

    let error = import(&empty(), &api(&there.url(), "hush"), ImportMode::Write)
        .await
        .unwrap_err();
    let url = there.url();
    there.stop().await;
    let gone = import(&empty(), &api(&url, STATIC_TOKEN), ImportMode::Write)
        .await
        .unwrap_err();

    assert_snapshot!(error, @"the installation answers `/api/permission/roles` with status 401");
    assert_snapshot!(error.help().unwrap(), @"use a token whose owner has the permission `policy.entity.read` there");
    assert_snapshot!(gone, @"the installation does not answer `/api/permission/roles`");
    assert!(!format!("{error:?} {gone:?}").contains("hush"));
}

#[tokio::test]
async fn what_is_no_installation_is_refused() {
    let there = RunningHub::start(|url| {
        TestHub::builder()
            .config(json!({"backend": {"baseUrl": url}, "permission": {"enabled": false}}))
            .to_config()
    })
    .await;

    let error = import(
        &empty(),
        &api(&there.url(), STATIC_TOKEN),
        ImportMode::Write,
    )
    .await
    .unwrap_err();
    there.stop().await;

    let help: Option<Value> = error.help().map(|help| help.to_string().into());
    assert_snapshot!(error, @"the installation answers `/api/permission/roles` with status 404");
    assert!(help.is_some());
}
