//! The wizard without a browser: what is stored, what is refused, and what nobody learns.

use super::get;
use crate::pages::{csrf_of, first_pair, guest};
use crate::sample::{self, component, group, user};
use axum::http::StatusCode;
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use insta::assert_snapshot;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

const FILE_ROLE: &str = "
g, user:default/tom, role:default/filed
p, role:default/filed, catalog-entity, read, allow
";

const NEW: &str = "/rbac/role/new";

fn catalog() -> String {
    sample::catalog(&[
        group("crew"),
        user("guest", &["crew"], "Gil Uest"),
        user("tom", &["crew"], "Tom Rigger"),
        component("seat-map", "crew"),
        component("vault", "other"),
    ])
}

/// A hub whose guest administers roles.
fn desk() -> TestHubBuilder {
    TestHub::builder()
        .catalog(&catalog())
        .policy_csv(FILE_ROLE)
        .config(
            json!({"permission": {"rbac": {"admin": {"users": [{"name": "user:default/guest"}]}}}}),
        )
}

/// Sends a form of the wizard as a browser without scripts does.
async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = csrf_of(&client.get("/settings").await);
    let mut form = Serializer::new(String::new());
    form.append_pair("_csrf", &csrf);
    form.extend_pairs(fields);
    client.post_form(path, &form.finish()).await
}

/// Sends a form that is taken, and gives the page that follows.
async fn step(client: &Client, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = post(client, path, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let target = answer.header("location").to_owned();
    client.get(target.split('#').next().unwrap()).await.text()
}

/// The numbers of the rows on a page.
fn rows(page: &str) -> Vec<String> {
    let parts = page.split("id=\"row-").skip(1);
    let ids = parts.filter_map(|part| part.split('"').next());
    ids.filter(|id| id.parse::<u32>().is_ok())
        .map(str::to_owned)
        .collect()
}

/// A role with one member and one policy, made over REST.
async fn stored_role(hub: &TestHub) -> Client {
    let ann = hub.user("user:default/guest").await;
    let role = json!({"name": "role:default/riggers", "memberReferences": ["user:default/tom"]});
    assert_eq!(ann.post("/api/permission/roles", &role).await.status, 201);
    let policy = json!([{
        "entityReference": "role:default/riggers", "permission": "catalog-entity",
        "policy": "read", "effect": "allow",
    }]);
    assert_eq!(
        ann.post("/api/permission/policies", &policy).await.status,
        201
    );
    ann
}

#[tokio::test]
async fn a_role_is_written_step_by_step_and_stored_at_once() {
    let hub = desk().start().await;
    let person = guest(&hub).await;

    let page = step(&person, &format!("{NEW}?step=1"), &[("op", "to 2")]).await;
    assert!(page.contains("Name is required"));
    let words = [
        ("name", "riggers"),
        ("description", "Up there"),
        ("op", "to 2"),
    ];
    let page = step(&person, &format!("{NEW}?step=1"), &words).await;
    assert!(page.contains("No users and groups selected"));
    let typed = [("add-users-and-groups", "Tom Rigger"), ("op", "add-member")];
    step(&person, &format!("{NEW}?step=2"), &typed).await;
    let chosen = [("op", "choose-member group:default/crew")];
    let page = step(&person, &format!("{NEW}?step=2"), &chosen).await;
    assert!(
        page.contains("Users and groups (1 group, 1 user)") && page.contains("Reach: 2 people")
    );
    let at = format!("{NEW}?step=3");
    let page = step(&person, &at, &[("op", "add-permission-policy")]).await;
    let [row] = rows(&page).try_into().unwrap();
    let field = |part: &str| format!("permissionPoliciesRows[{row}]{part}");
    let (plugin, permission) = (field(".plugin"), field(".permission"));
    let kept = [
        (plugin.as_str(), "catalog"),
        (permission.as_str(), "catalog.entity.delete"),
    ];
    let page = step(&person, &at, &kept).await;
    assert!(page.contains("Configure access"));
    let tick = field(".policies[0].policy-Delete");
    let ticked = [kept[0], kept[1], (tick.as_str(), "on")];
    let press = |op: &'static str| [&ticked[..], &[("op", op)]].concat();
    let configure = format!("configure {row}");
    step(
        &person,
        &at,
        &[&ticked[..], &[("op", configure.as_str())]].concat(),
    )
    .await;
    step(&person, &at, &press("anyOf 0")).await;
    step(
        &person,
        &at,
        &[&press("keep")[..], &[("rule:0.0", "IS_ENTITY_OWNER")]].concat(),
    )
    .await;
    let claims = [
        ("param:0.0:claims", "$ownerRefs"),
        ("rule:0.0", "IS_ENTITY_OWNER"),
    ];
    let page = step(&person, &at, &[&press("keep")[..], &claims].concat()).await;
    assert!(
        page.contains("<b>1</b> of 6 entities for Gil Uest"),
        "{page}"
    );
    step(&person, &at, &press("save-conditions")).await;
    let review = step(&person, &at, &press("to 4")).await;
    assert!(review.contains("Review and create") && review.contains("Permission policies (1)"));
    assert!(
        review.contains("1 rule")
            && review.contains("2 people gain catalog.entity.delete on 1 entity.")
    );
    assert!(review.contains("Nobody loses anything."));

    let saved = post(&person, &format!("{NEW}?step=4"), &[("op", "save")]).await;

    assert_eq!(saved.header("location"), "/rbac");
    let list = person
        .clone()
        .header("cookie", &first_pair(saved.header("set-cookie")))
        .get("/rbac")
        .await;
    assert!(
        list.text()
            .contains("Role role:default/riggers created successfully")
    );
    let ann = hub.user("user:default/guest").await;
    let role = get(&ann, "/roles/role/default/riggers").await;
    assert_eq!(
        role[0]["memberReferences"],
        json!(["user:default/tom", "group:default/crew"])
    );
    assert_eq!(role[0]["metadata"]["description"], "Up there");
    let conditions = get(&ann, "/roles/conditions?roleEntityRef=role:default/riggers").await;
    assert_eq!(
        conditions[0]["permissionMapping"],
        json!([{"name": "catalog.entity.delete", "action": "delete"}])
    );
    let fresh = person.get(NEW).await.text();
    assert!(!fresh.contains("riggers"), "the draft is gone");
}

#[tokio::test]
async fn a_draft_waits_for_its_session_only() {
    let hub = desk().start().await;
    let (one, other) = (guest(&hub).await, guest(&hub).await);

    step(
        &one,
        &format!("{NEW}?step=1"),
        &[("name", "riggers"), ("op", "keep")],
    )
    .await;

    assert!(one.get(NEW).await.text().contains("value=\"riggers\""));
    assert!(!other.get(NEW).await.text().contains("riggers"));
    step(
        &one,
        &format!("{NEW}?step=1"),
        &[("name", "riggers"), ("op", "discard")],
    )
    .await;
    assert!(!one.get(NEW).await.text().contains("riggers"));
}

#[tokio::test]
async fn two_editors_lose_nothing() {
    let hub = desk().start().await;
    let ann = stored_role(&hub).await;
    let (one, other) = (guest(&hub).await, guest(&hub).await);
    let path = "/rbac/role/role/default/riggers";
    for (person, member) in [(&one, "user:default/guest"), (&other, "group:default/crew")] {
        let chosen = [("op", format!("choose-member {member}"))];
        let chosen = chosen
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        step(person, &format!("{path}?step=2"), &chosen).await;
    }
    let save = format!("{path}?activeStep=1&step=4");

    let first = post(&one, &save, &[("op", "save")]).await;
    let second = post(&other, &save, &[("op", "save")]).await;

    assert_eq!(first.header("location"), "/rbac/roles/role/default/riggers");
    assert_eq!(second.status, StatusCode::CONFLICT);
    let page = second.text();
    assert!(
        page.contains("user:default/guest becomes a member"),
        "{page}"
    );
    assert!(page.contains("group:default/crew becomes a member"));
    step(&other, &save, &[("op", "rebase")]).await;
    let third = post(&other, &save, &[("op", "save")]).await;
    assert_eq!(third.status, StatusCode::SEE_OTHER, "{}", third.text());
    let role = get(&ann, "/roles/role/default/riggers").await;
    assert_eq!(
        role[0]["memberReferences"],
        json!([
            "user:default/tom",
            "group:default/crew",
            "user:default/guest"
        ])
    );
}

#[tokio::test]
async fn an_edit_changes_what_differs_in_one_transaction() {
    let hub = desk().start().await;
    let ann = stored_role(&hub).await;
    let person = guest(&hub).await;
    let path = "/rbac/role/role/default/riggers";

    let renamed = [
        ("name", "flyers"),
        ("description", "Higher"),
        ("op", "to 3"),
    ];
    let page = step(&person, &format!("{path}?step=1"), &renamed).await;
    let [row] = rows(&page).try_into().unwrap();
    let field = |part: &str| format!("permissionPoliciesRows[{row}]{part}");
    let names = [
        field(".plugin"),
        field(".permission"),
        field(".policies[2].policy-Delete"),
    ];
    let fields = [
        (names[0].as_str(), "catalog"),
        (names[1].as_str(), "catalog-entity"),
        (names[2].as_str(), "on"),
        ("op", "to 4"),
    ];
    let review = step(&person, &format!("{path}?step=3"), &fields).await;
    for line in [
        "The role is called role:default/flyers",
        "The description reads “Higher”",
        "Allow: delete catalog-entity",
        "No longer Allow: read catalog-entity",
        "2 people gain catalog.entity.delete on 6 entities.",
    ] {
        assert!(review.contains(line), "{line}: {review}");
    }
    post(&person, &format!("{path}?step=4"), &[("op", "save")]).await;

    let policies = get(&ann, "/policies/role/default/flyers").await;
    let shown: Vec<_> = policies
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            [&one["permission"], &one["policy"], &one["effect"]]
                .map(Value::to_string)
                .join(" ")
        })
        .collect();
    assert_eq!(shown, [r#""catalog-entity" "delete" "allow""#]);
    assert_eq!(person.get(path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn doors_stay_closed() {
    let off = desk()
        .config(json!({"permission": {"enabled": false}}))
        .start()
        .await;
    let person = guest(&off).await;
    assert_eq!(person.get(NEW).await.status, StatusCode::NOT_FOUND);

    let reader = "
g, user:default/guest, role:default/readers
p, role:default/readers, catalog-entity, read, allow
p, role:default/readers, policy-entity, read, allow
";
    let hub = TestHub::builder()
        .catalog(&catalog())
        .policy_csv(reader)
        .start()
        .await;
    let person = guest(&hub).await;
    for path in [
        NEW,
        "/rbac/role/role/default/readers",
        "/rbac/members?q=tom",
    ] {
        let answer = person.get(path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(
        person
            .get(NEW)
            .await
            .text()
            .contains("policy.entity.create")
    );
    let posted = post(&person, NEW, &[("name", "x"), ("op", "save")]).await;
    assert_eq!(posted.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_role_of_the_file_is_shown_and_not_edited() {
    let hub = desk().start().await;
    let person = guest(&hub).await;
    let path = "/rbac/role/role/default/filed";

    let page = person.get(path).await.text();

    assert!(
        page.contains(", line 2; edit it there and it reloads by itself."),
        "{page}"
    );
    assert!(page.contains("Copy as a new role") && !page.contains("id=\"wizard\""));
    let posted = post(&person, path, &[("op", "save")]).await;
    assert_eq!(posted.status, StatusCode::FORBIDDEN);
    let missing = person.get("/rbac/role/role/default/nobody").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_role_that_begins_as_another_is_kept_with_the_first_form_and_no_earlier() {
    let hub = desk().start().await;
    let person = guest(&hub).await;
    let copy = format!("{NEW}?copy=role:default/filed");
    let policies = format!("{NEW}?step=3");

    let page = person.get(&copy).await.text();
    let action = "/rbac/role/new?step=1&#38;copy=role%3Adefault%2Ffiled";
    assert!(
        page.contains(action) && !page.contains("throws it away"),
        "{page}"
    );
    assert_eq!(rows(&person.get(&policies).await.text()).len(), 0);

    let named = [("name", "like-filed"), ("op", "keep")];
    let form = format!("{NEW}?step=1&copy=role%3Adefault%2Ffiled");
    let page = step(&person, &form, &named).await;
    assert!(page.contains("like-filed") && !page.contains("copy=role"));
    let page = person.get(&policies).await.text();
    assert!(page.contains("catalog-entity") && rows(&page).len() == 1);

    let page = person.get(&copy).await.text();
    assert!(
        page.contains("throws it away") && !page.contains("copy=role%3A"),
        "a draft is not lost unasked"
    );
    let again = [("op", "copy-role role:default/filed")];
    let page = step(&person, &policies, &again).await;
    assert!(page.contains("Enter name and description of role") && !page.contains("like-filed"));
    let missing = person.get(&format!("{NEW}?copy=role:default/nobody")).await;
    assert_eq!(missing.status, StatusCode::OK, "the draft is still there");
}

#[tokio::test]
async fn owners_edit_their_own_roles_and_learn_of_no_others() {
    let delegates = "
g, user:default/guest, role:default/delegates
p, role:default/delegates, policy.entity.create, create, allow
p, role:default/delegates, catalog-entity, read, allow
g, user:default/ann, role:default/others
p, role:default/others, policy.entity.create, create, allow
";
    let own = "
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
    let hub = TestHub::builder()
        .catalog(&catalog())
        .policy_csv(delegates)
        .conditions(own)
        .start()
        .await;
    let ann = hub.user("user:default/ann").await;
    let role = json!({"name": "role:default/anns", "memberReferences": ["user:default/tom"]});
    assert_eq!(ann.post("/api/permission/roles", &role).await.status, 201);
    let person = guest(&hub).await;

    let hidden = person.get("/rbac/role/role/default/anns").await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    let at = |step: u8| format!("{NEW}?step={step}");
    step(
        &person,
        &at(1),
        &[
            ("name", "mine"),
            ("owner", "user:default/guest"),
            ("op", "to 2"),
        ],
    )
    .await;
    step(&person, &at(2), &[("op", "choose-member user:default/tom")]).await;
    let page = step(&person, &at(3), &[("op", "add-permission-policy")]).await;
    let [row] = rows(&page).try_into().unwrap();
    let field = |part: &str| format!("permissionPoliciesRows[{row}]{part}");
    let (plugin, permission) = (field(".plugin"), field(".permission"));
    let chosen = [
        (plugin.as_str(), "catalog"),
        (permission.as_str(), "catalog.entity.create"),
    ];
    step(&person, &at(3), &chosen).await;
    let saved = post(&person, &at(4), &[("op", "save")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());

    let mine = person.get("/rbac/role/role/default/mine").await;
    assert_eq!(mine.status, StatusCode::OK);
}

#[tokio::test]
async fn only_who_may_be_read_is_offered() {
    let owners = "
g, user:default/guest, role:default/owners
p, role:default/owners, policy.entity.create, create, allow
";
    let readable = "
result: CONDITIONAL
roleEntityRef: role:default/owners
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  rule: IS_ENTITY_KIND
  resourceType: catalog-entity
  params: {kinds: [group]}
";
    let hub = TestHub::builder()
        .catalog(&catalog())
        .policy_csv(owners)
        .conditions(readable)
        .start()
        .await;
    let person = guest(&hub).await;

    let found = person.get("/rbac/members?q=r").await.text();
    assert!(
        found.contains("group:default/crew") && !found.contains("tom"),
        "{found}"
    );
    let hidden = person.get("/rbac/members?q=tom").await.text();
    assert!(hidden.contains("No users and groups found."), "{hidden}");
    assert!(!hidden.contains("user:default/tom"), "{hidden}");
    let page = step(
        &person,
        &format!("{NEW}?step=2"),
        &[("op", "choose-member user:default/tom")],
    )
    .await;
    assert!(page.contains("No users and groups selected"));
    let page = step(
        &person,
        &format!("{NEW}?step=2"),
        &[("op", "choose-member group:default/crew")],
    )
    .await;
    assert!(
        page.contains("Reach: 0 people"),
        "users that cannot be read are not counted"
    );
}

#[tokio::test]
async fn what_is_suggested_stands_where_the_person_may_read() {
    let owners = "
g, user:default/guest, role:default/owners
p, role:default/owners, policy.entity.create, create, allow
";
    let readable = "
result: CONDITIONAL
roleEntityRef: role:default/owners
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  rule: IS_ENTITY_KIND
  resourceType: catalog-entity
  params: {kinds: [group]}
";
    let mapped = "
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: map, annotations: {example.com/Secret: hush}, labels: {tier: gold}}
spec: {type: website, lifecycle: production, owner: crew}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: stage, annotations: {example.com/Chat: '#stage'}}
spec: {type: team, children: []}
";
    let catalog = catalog() + mapped;
    let of = async |client: &Client, query: &str| {
        let text = client
            .get(&format!("/rbac/suggestions?{query}"))
            .await
            .text();
        let values = text.split("value=\"").skip(1);
        let values = values.filter_map(|rest| rest.split('"').next());
        values.map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    const ANNOTATIONS: &str = "list=keys&of=metadata.annotations&param%3A0%3Aannotation=example";

    let some = TestHub::builder()
        .catalog(&catalog)
        .policy_csv(owners)
        .conditions(readable)
        .start()
        .await;
    let some = guest(&some).await;
    assert_eq!(of(&some, ANNOTATIONS).await, "example.com/Chat");
    assert_eq!(of(&some, "list=keys&of=metadata.labels").await, "");
    assert_eq!(of(&some, "list=kinds").await, "Group");
    assert_eq!(of(&some, "list=claims&param%3A0%3Aclaims=tom").await, "");
    assert_eq!(of(&some, "list=roles").await, "", "no role may be read");

    let all = desk().catalog(&catalog).start().await;
    let all = guest(&all).await;
    assert_eq!(
        of(&all, ANNOTATIONS).await,
        "example.com/Chat example.com/Secret"
    );
    let values = "list=values&of=metadata.annotations.example.com/Secret";
    assert_eq!(of(&all, values).await, "hush");
    let claims = of(&all, "list=claims").await;
    assert!(
        claims.starts_with("$ownerRefs $currentUser group:default/crew"),
        "{claims}"
    );
    assert!(
        of(&all, "list=roles&copy-from=FILED")
            .await
            .contains("role:default/filed")
    );
    let unknown = all.get("/rbac/suggestions?list=secrets").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn policies_are_copied_from_a_role() {
    let hub = desk().start().await;
    stored_role(&hub).await;
    let person = guest(&hub).await;
    let at = format!("{NEW}?step=3");

    let page = step(&person, &at, &[("op", "add-permission-policy")]).await;
    assert!(page.contains("Copy from a role"));
    let copy = [
        ("copy-from", "role:default/riggers"),
        ("op", "copy-policies"),
    ];
    let page = step(&person, &at, &copy).await;
    assert_eq!(rows(&page).len(), 1, "a row without anything makes room");
    assert!(page.contains("<option selected>catalog-entity</option>"));
    let page = step(&person, &at, &copy).await;
    assert_eq!(rows(&page).len(), 1, "what is there already is not added");
    let unknown = [("copy-from", "role:default/nobody"), ("op", "enter")];
    let answer = post(&person, &at, &unknown).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("There is no such role"));
}

#[tokio::test]
async fn many_members_come_in_pages() {
    let hub = desk().start().await;
    let ann = hub.user("user:default/guest").await;
    let members: Vec<_> = (0..60).map(|n| format!("user:default/m{n:02}")).collect();
    let role = json!({"name": "role:default/many", "memberReferences": members});
    assert_eq!(ann.post("/api/permission/roles", &role).await.status, 201);
    let person = guest(&hub).await;
    let at = "/rbac/role/role/default/many?step=2";

    let first = person.get(at).await.text();
    assert!(first.contains("1–50 / 60") && !first.contains("user:default/m50"));
    assert!(
        first.contains("/rbac/role/role/default/many?step=2&#38;page=2"),
        "{first}"
    );
    let second = person.get(&format!("{at}&page=2")).await.text();
    assert!(second.contains("51–60 / 60") && second.contains("user:default/m59"));
    let gone = [("op", "remove-member user:default/m55")];
    let second = step(&person, &format!("{at}&page=2"), &gone).await;
    assert!(second.contains("51–59 / 59"), "the page stays");
    let found = step(&person, &format!("{at}&page=2"), &[("member-filter", "m1")]).await;
    assert!(found.contains("user:default/m19") && !found.contains("user:default/m20"));
    let review = person
        .get("/rbac/role/role/default/many?step=4")
        .await
        .text();
    assert!(review.contains("And 49 more."), "{review}");
}

#[tokio::test]
async fn a_refusal_keeps_what_was_entered() {
    let hub = desk().start().await;
    stored_role(&hub).await;
    let person = guest(&hub).await;

    let taken = [("name", "riggers"), ("description", "Mine"), ("op", "to 2")];
    let page = step(&person, &format!("{NEW}?step=1"), &taken).await;
    assert!(page.contains("There is a role of this name") && page.contains("Mine"));
    let unknown = [
        ("add-users-and-groups", "nobody at all"),
        ("op", "add-member"),
    ];
    let answer = post(&person, &format!("{NEW}?step=2"), &unknown).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("No users and groups found."));
    let saved = post(&person, &format!("{NEW}?step=4"), &[("op", "save")]).await;
    assert_eq!(saved.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(saved.text().contains("Mine"));
}

#[tokio::test]
async fn a_save_is_one_event_for_each_thing_that_it_changes() {
    let log = crate::support::Log::capture();
    let hub = desk().start().await;
    stored_role(&hub).await;
    let person = guest(&hub).await;
    let path = "/rbac/role/role/default/riggers";
    let page = person.get(&format!("{path}?step=3")).await.text();
    let [row] = rows(&page).try_into().unwrap();
    step(
        &person,
        &format!("{path}?step=1"),
        &[("description", "New"), ("op", "keep")],
    )
    .await;
    let remove = format!("remove-row {row}");
    let page = step(
        &person,
        &format!("{path}?step=3"),
        &[("op", "add-permission-policy")],
    )
    .await;
    let added = rows(&page).pop().unwrap();
    let field = |part: &str| format!("permissionPoliciesRows[{added}]{part}");
    let (plugin, permission) = (field(".plugin"), field(".permission"));
    let chosen = [
        (plugin.as_str(), "catalog"),
        (permission.as_str(), "catalog.entity.create"),
        ("op", remove.as_str()),
    ];
    step(&person, &format!("{path}?step=3"), &chosen).await;
    let before = super::desk::audit_events(&log).len();

    post(&person, &format!("{path}?step=4"), &[("op", "save")]).await;

    let events = super::desk::audit_events(&log);
    let ended: Vec<_> = events[before..]
        .iter()
        .filter(|event| event["status"] == "succeeded" && event["meta"]["actionType"].is_string())
        .map(|event| format!("{} {}", event["eventId"], event["meta"]["actionType"]))
        .collect();
    assert_snapshot!(ended.join("\n"), @r#"
    "role-write" "update"
    "policy-write" "delete"
    "policy-write" "create"
    "#);
}
