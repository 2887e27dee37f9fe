//! The pages of roles, as different people see them.

use super::desk::send;
use crate::pages::{csrf_of, guest};
use crate::sample::{catalog, component, group, user};
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use serde_json::json;
use std::collections::BTreeSet;

/// Bob reads and changes the roles that he owns; Ann administers; Sam is a super user; Cora has
/// nothing but the catalog; Eve has nothing at all.
const POLICIES: &str = "g, user:default/cora, role:default/readers
g, user:default/bob, role:default/readers
p, role:default/readers, catalog-entity, read, allow
g, user:default/bob, role:default/delegates
p, role:default/delegates, policy.entity.create, create, allow
";

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/delegates
pluginId: permission
resourceType: policy-entity
permissionMapping: [read, update, delete]
conditions:
  rule: IS_OWNER
  resourceType: policy-entity
  params: {owners: [$currentUser]}
";

fn hub(guest: &str) -> TestHubBuilder {
    let entities = [
        group("crew"),
        user("bob", &["crew"], "Bob Builder"),
        user("cora", &["crew"], "Cora"),
        component("seat-map", "crew"),
        component("vault", "other"),
    ];
    TestHub::builder()
        .catalog(&catalog(&entities))
        .policy_csv(POLICIES)
        .conditions(CONDITIONS)
        .config(json!({
            "auth": {"providers": {"guest": {"userEntityRef": guest}}},
            "permission": {"rbac": {
                "admin": {
                    "users": [{"name": "user:default/ann"}],
                    "superUsers": [{"name": "user:default/sam"}],
                },
                "defaultPermissions": {
                    "defaultRole": "role:default/everybody",
                    "basicPermissions": [{"permission": "catalog.location.read", "action": "read"}],
                },
            }},
        }))
}

/// A hub whose guest is `user`, with a role of Bob's and one of Ann's, and the guest's browser.
async fn start(user: &str) -> (TestHub, Client) {
    let hub = hub(user).start().await;
    let ann = hub.user("user:default/ann").await;
    let bob = hub.user("user:default/bob").await;
    for (client, name, members) in [
        (&ann, "role:default/stage", vec!["group:default/crew"]),
        (
            &bob,
            "role:default/workshop",
            vec!["user:default/bob", "user:default/zoe", "group:default/crew"],
        ),
    ] {
        let role = json!({"name": name, "memberReferences": members, "metadata": {"description": "A <role>"}});
        let made = send(client, "POST", "/roles", &role).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let condition = json!({
        "result": "CONDITIONAL", "roleEntityRef": "role:default/workshop", "pluginId": "catalog",
        "resourceType": "catalog-entity",
        "permissionMapping": [{"name": "catalog.entity.delete", "action": "delete"}],
        "conditions": {"rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": {"claims": ["$ownerRefs"]}},
    });
    let made = send(&ann, "POST", "/roles/conditions", &condition).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let policies = json!([
        {"entityReference": "role:default/workshop", "permission": "catalog-entity", "policy": "read", "effect": "allow"},
        {"entityReference": "role:default/workshop", "permission": "catalog.entity.create", "policy": "create", "effect": "deny"},
    ]);
    let made = send(&ann, "POST", "/policies", &policies).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let browser = guest(&hub).await;
    (hub, browser)
}

/// What can be done on a page, by its test ids, a line each.
fn offered(answer: &Answer) -> String {
    let text = answer.text();
    let ids = text.split("data-testid=\"").skip(1);
    let ids: BTreeSet<_> = ids.filter_map(|rest| rest.split('"').next()).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    format!("{}\n{}", answer.status, ids.join("\n"))
}

#[tokio::test]
async fn administrators_and_super_users_edit_what_belongs_to_no_file() {
    for person in ["user:default/ann", "user:default/sam"] {
        let (_hub, browser) = start(person).await;

        let page = browser.get("/rbac").await;

        insta::allow_duplicates! {
            insta::assert_snapshot!(offered(&page), @r"
            200 OK
            create-role
            delete-role-role:default/stage
            delete-role-role:default/workshop
            disable-delete-role-role:default/delegates
            disable-delete-role-role:default/everybody
            disable-delete-role-role:default/rbac_admin
            disable-delete-role-role:default/readers
            disable-update-role-role:default/delegates
            disable-update-role-role:default/everybody
            disable-update-role-role:default/rbac_admin
            disable-update-role-role:default/readers
            update-role-role:default/stage
            update-role-role:default/workshop
            ");
        }
        assert!(page.text().contains("All roles (6)"), "{}", page.text());
        assert!(page.text().contains("A &#60;role&#62;"));
    }
}

#[tokio::test]
async fn an_owner_sees_their_own_roles_and_the_default_one() {
    let (_hub, browser) = start("user:default/bob").await;

    let page = browser.get("/rbac").await;

    insta::assert_snapshot!(offered(&page), @r"
    200 OK
    create-role
    delete-role-role:default/workshop
    disable-delete-role-role:default/everybody
    disable-update-role-role:default/everybody
    update-role-role:default/workshop
    ");
    let text = page.text();
    assert!(text.contains("All roles (2)"));
    for hidden in ["stage", "rbac_admin", "delegates", "readers"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    for path in ["stage", "readers", "nothing"] {
        for tab in ["", "/opens", "/history", "/delete", "/export/csv"] {
            let path = format!("/rbac/roles/role/default/{path}{tab}");
            assert_eq!(browser.get(&path).await.status, 404, "{path}");
        }
    }
    assert_eq!(browser.get("/rbac/users").await.status, 403);
}

#[tokio::test]
async fn others_meet_a_closed_door_and_strangers_the_sign_in() {
    for user in ["user:default/cora", "user:default/eve"] {
        let (hub, browser) = start(user).await;

        let page = browser.get("/rbac").await;
        let role = browser.get("/rbac/roles/role/default/stage").await;
        let missing = browser.get("/rbac/roles/role/default/nothing").await;

        for answer in [&page, &role, &missing] {
            assert_eq!(answer.status, 403);
        }
        assert!(page.text().contains("policy.entity.read"));
        assert!(!role.text().contains("A &#60;role"));
        assert!(!browser.get("/").await.text().contains("href=\"/rbac\""));
        let stranger = hub
            .anonymous()
            .header("accept", "text/html")
            .get("/rbac")
            .await;
        assert_eq!(stranger.status, 302);
    }
}

#[tokio::test]
async fn without_permissions_there_are_no_pages_of_roles() {
    let hub = hub("user:default/ann")
        .config(json!({"permission": {"enabled": false}}))
        .start()
        .await;
    let browser = guest(&hub).await;

    for path in ["/rbac", "/rbac/roles/role/default/stage", "/rbac/users"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text().contains("permission.enabled"), "{path}");
    }
}

#[tokio::test]
async fn the_list_is_filtered_by_its_words_sorted_and_turned() {
    let (_hub, browser) = start("user:default/ann").await;

    let names = |page: &Answer| {
        let text = page.text();
        let names = text
            .split("<span class=\"mut\">role:default/</span>")
            .skip(1);
        names
            .filter_map(|rest| rest.split('<').next().map(str::to_owned))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let of = async |query: &str| names(&browser.get(&format!("/rbac?{query}")).await);

    assert_eq!(of("filters[text]=WORK").await, "workshop");
    assert_eq!(of("filters[text]=1+group,+2+users").await, "workshop");
    assert_eq!(of("filters[source]=rest").await, "stage workshop");
    assert_eq!(
        of("filters[source]=rest&orderField=name,desc").await,
        "workshop stage"
    );
    assert_eq!(
        of("orderField=members,desc&limit=3").await,
        "everybody workshop readers"
    );
    assert_eq!(of("limit=5&page=2").await, "workshop");
    assert_eq!(of("limit=5&page=99").await, "workshop");
    let none = browser.get("/rbac?filters[text]=nobody").await.text();
    assert!(none.contains("All roles (0)") && none.contains("roles-table-empty"));
    let fragment = browser
        .clone()
        .header("hx-request", "true")
        .get("/rbac?filters[text]=work&page=7")
        .await;
    assert!(fragment.text().starts_with("<section id=\"list\""));
    assert_eq!(
        fragment.header("hx-push-url"),
        "/rbac?filters[text]=work&page=7"
    );
    assert_eq!(fragment.header("vary"), "Cookie, HX-Request");
}

#[tokio::test]
async fn a_role_shows_who_has_it_and_what_it_does() {
    let (_hub, browser) = start("user:default/bob").await;

    let page = browser.get("/rbac/roles/role/default/workshop").await;

    insta::assert_snapshot!(offered(&page), @r"
    200 OK
    update-members
    update-policies
    ");
    let text = page.text();
    for words in [
        "Users and groups (1 group, 2 users)",
        "Permission policies (2)",
        "Deny Create",
        "Allowed when the entity is owned by the person or one of their groups.",
        "Reaches 3 people",
        ">Bob Builder<",
        ">zoe<",
    ] {
        assert!(text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn a_role_of_a_file_names_the_line_and_offers_nothing() {
    let (_hub, browser) = start("user:default/ann").await;

    let page = browser.get("/rbac/roles/role/default/readers").await;

    insta::assert_snapshot!(offered(&page), @r"
    200 OK
    disable-update-members
    disable-update-policies
    ");
    assert!(
        page.text().contains(", line 1; edit it there"),
        "{}",
        page.text()
    );
    let ask = browser.get("/rbac/roles/role/default/readers/delete").await;
    assert_eq!(ask.status, 403);
}

#[tokio::test]
async fn a_role_can_be_copied_by_who_may_create_one() {
    const COPY: &str = "/rbac/role/new?copy=role%3Adefault%2Feverybody";
    let path = "/rbac/roles/role/default/everybody";
    let looks = POLICIES.replace("policy.entity.create, create", "policy.entity.read, read");
    let (_hub, bob) = start("user:default/bob").await;
    let other = hub("user:default/bob").policy_csv(&looks).start().await;
    let reader = guest(&other).await;

    assert!(bob.get(path).await.text().contains(COPY));
    let read = reader.get(path).await;
    assert_eq!(read.status, 200);
    assert!(!read.text().contains("?copy="));
}

#[tokio::test]
async fn a_description_is_read_as_markdown() {
    let (hub, browser) = start("user:default/ann").await;
    let ann = hub.user("user:default/ann").await;
    let text = "Who **builds** <i>sets</i>.\n\n- [plans](https://plans.example)";
    let role = json!({"name": "role:default/builders", "memberReferences": ["user:default/bob"], "metadata": {"description": text}});
    let made = send(&ann, "POST", "/roles", &role).await;
    assert_eq!(made.status, 201, "{}", made.text());

    let page = browser
        .get("/rbac/roles/role/default/builders")
        .await
        .text();
    let list = browser.get("/rbac").await.text();

    assert!(
        page.contains("<p>Who <strong>builds</strong> &lt;i&gt;sets&lt;/i&gt;.</p>"),
        "{page}"
    );
    assert!(page.contains("<a href=\"https://plans.example\""), "{page}");
    assert!(
        list.contains("<small>Who builds &#60;i&#62;sets&#60;/i&#62;.</small>"),
        "{list}"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_with_its_line_to_those_who_read_all() {
    let broken = CONDITIONS.to_owned() + "\n---\nresult: [\n";
    let sees = async |user: &str| {
        let hub = hub(user).conditions(&broken).start().await;
        guest(&hub).await.get("/rbac").await.text()
    };

    let ann = sees("user:default/ann").await;
    let bob = sees("user:default/bob").await;

    assert!(
        ann.contains("is refused; what counted before stays in force."),
        "{ann}"
    );
    assert!(
        ann.contains("/rbac/files?file=conditionalPoliciesFile&#38;from="),
        "{ann}"
    );
    assert!(!bob.contains("is refused;"), "{bob}");
}

#[tokio::test]
async fn what_a_role_opens_is_counted_for_a_member() {
    let (_hub, browser) = start("user:default/ann").await;

    let page = browser
        .get("/rbac/roles/role/default/workshop/opens?as=user:default/bob")
        .await
        .text();
    let stranger = browser
        .get("/rbac/roles/role/default/workshop/opens?as=user:default/eve")
        .await
        .text();

    assert!(page.contains("every entity"), "{page}");
    assert!(page.contains("1 of 6 entities"), "{page}");
    assert!(stranger.contains("<code>user:default/eve</code> does not hold this role"));
}

#[tokio::test]
async fn a_role_goes_only_by_its_whole_name() {
    let (hub, browser) = start("user:default/bob").await;
    let path = "/rbac/roles/role/default/workshop/delete";
    let question = browser.get(path).await;
    let csrf = csrf_of(&question);
    let form = |typed: &str| format!("_csrf={csrf}&back=%2Frbac%3Flimit%3D5&delete-role={typed}");

    let mistyped = browser.post_form(path, &form("workshop")).await;
    let forged = browser
        .post_form(path, "_csrf=x&delete-role=role:default/workshop")
        .await;
    let done = browser
        .post_form(path, &form("role:default/workshop"))
        .await;

    assert!(question.text().contains("Delete this role?"));
    assert!(
        question
            .text()
            .contains("pattern=\"role:default/workshop\"")
    );
    assert_eq!(mistyped.status, 422);
    assert!(mistyped.text().contains("The name does not match."));
    assert_eq!(forged.status, 403);
    assert_eq!(done.status, 303);
    assert_eq!(done.header("location"), "/rbac?limit=5");
    let flash = crate::pages::first_pair(done.header("set-cookie"));
    assert!(flash.contains("callboard-flash"), "{flash}");
    let gone = hub
        .user("user:default/ann")
        .await
        .get("/api/permission/roles/role/default/workshop")
        .await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_role_that_somebody_else_owns_is_not_deleted() {
    let (_hub, browser) = start("user:default/bob").await;
    let csrf = csrf_of(&browser.get("/rbac").await);

    let refused = browser
        .post_form(
            "/rbac/roles/role/default/stage/delete",
            &format!("_csrf={csrf}&delete-role=role:default/stage"),
        )
        .await;

    assert_eq!(refused.status, 404);
}

#[tokio::test]
async fn the_last_role_that_edits_policies_goes_with_a_warning() {
    let warning = "last role that lets you edit policies";
    let (_of_ann, ann) = start("user:default/ann").await;
    let (_of_cora, cora) = editors_of("user:default/cora").await;

    // Ann has the administrators' role as well.
    let other = ann.get("/rbac/roles/role/default/stage/delete").await;
    let last = cora.get("/rbac/roles/role/default/editors/delete").await;

    assert!(!other.text().contains(warning));
    assert!(last.text().contains(warning), "{}", last.text());
}

/// A hub whose guest may edit policies by one role alone.
async fn editors_of(user: &str) -> (TestHub, Client) {
    let hub = hub(user).start().await;
    let ann = hub.user("user:default/ann").await;
    let role = json!({"name": "role:default/editors", "memberReferences": [user]});
    assert_eq!(send(&ann, "POST", "/roles", &role).await.status, 201);
    let policy = |action| json!({"entityReference": "role:default/editors", "permission": "policy-entity", "policy": action, "effect": "allow"});
    let policies = json!([policy("read"), policy("update"), policy("delete")]);
    assert_eq!(send(&ann, "POST", "/policies", &policies).await.status, 201);
    let browser = guest(&hub).await;
    (hub, browser)
}

#[tokio::test]
async fn a_role_is_taken_along_as_files_and_requests() {
    let (_hub, browser) = start("user:default/ann").await;
    let path = "/rbac/roles/role/default/workshop/export";

    let csv = browser.get(&format!("{path}/csv")).await;
    let yaml = browser.get(&format!("{path}/yaml")).await;
    let rest = browser.get(&format!("{path}/rest")).await;

    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"workshop.csv\""
    );
    insta::assert_snapshot!(csv.text(), @r"
    # role:default/workshop: A <role>
    # source rest, owner user:default/bob
    g, group:default/crew, role:default/workshop
    g, user:default/bob, role:default/workshop
    g, user:default/zoe, role:default/workshop
    p, role:default/workshop, catalog-entity, read, allow
    p, role:default/workshop, catalog.entity.create, create, deny
    ");
    assert!(
        yaml.text().contains("rule: IS_ENTITY_OWNER"),
        "{}",
        yaml.text()
    );
    assert_eq!(rest.text().matches("curl ").count(), 3);
    assert_eq!(browser.get(&format!("{path}/xml")).await.status, 400);
}

#[tokio::test]
async fn the_history_tells_what_changed() {
    let (_hub, browser) = start("user:default/ann").await;

    let page = browser
        .get("/rbac/roles/role/default/workshop/history")
        .await
        .text();

    for words in [
        "<ins>+ g, user:default/bob, role:default/workshop</ins>",
        "<ins>+ p, role:default/workshop, catalog-entity, read, allow</ins>",
        "Condition added",
        "user:default/ann, <time",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("role:default/stage"));
}
