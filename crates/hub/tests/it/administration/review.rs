//! `/rbac/review`: who can do what.

use super::{seen_by, words};
use crate::pages::csrf_of;
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn a_permission_lists_everybody_with_the_path_that_gives_it() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann
        .get("/rbac/review?by=group&permission=catalog.entity.delete")
        .await;

    assert_eq!(page.status, 200);
    let text = words(&page, "matrix");
    let (_, list) = text.split_once("Export CSV").unwrap();
    assert_snapshot!(list, @r"
    catalog.entity.delete
    Access review
    Group
    Answer
    Role
    How it is held
    Rule
    HO
    house
    group:default/house
    Allow
    readers
    through group:default/house
    policies.csv:5
    ST
    stage
    group:default/stage
    Allow
    readers
    through group:default/stage → group:default/house
    policies.csv:5
    1–2 of 2
    Revision 3 of the policy
    ");
}

#[tokio::test]
async fn one_person_is_told_with_everything() {
    let (_hub, root) = seen_by("user:default/root").await;

    let page = root
        .get("/rbac/review?by=person&who=user:default/tom")
        .await;

    let text = words(&page, "matrix");
    let (_, list) = text.split_once("Export CSV").unwrap();
    assert_snapshot!(list, @r"
    user:default/tom
    Access review
    Permission
    Answer
    Role
    How it is held
    Rule
    catalog.entity.delete
    Deny
    crew
    as a member
    policies.csv:6
    catalog.entity.refresh
    Conditional 1
    crew
    as a member
    Condition 1
    Revision 3 of the policy
    ");
}

#[tokio::test]
async fn a_matrix_has_a_word_in_each_cell() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann.get("/rbac/review?plugin=secret").await;

    let text = words(&page, "matrix");
    let (_, matrix) = text.split_once("Export CSV").unwrap();
    assert_snapshot!(matrix, @r"
    Answers by permission
    Role
    secret.plan.use
    auditors
    No rule
    crew
    No rule
    others
    Allow
    rbac_admin
    No rule
    readers
    No rule
    1–5 of 5
    Revision 3 of the policy
    ");
}

#[tokio::test]
async fn what_changed_since_a_day_is_told_with_what_is_lost() {
    let (hub, ann) = seen_by("user:default/ann").await;
    let api = hub.user("user:default/ann").await;
    let role = json!({"memberReferences": ["user:default/zed"], "name": "role:default/passing"});
    let policy = json!([{
        "entityReference": "role:default/passing", "permission": "catalog.entity.refresh",
        "policy": "update", "effect": "allow",
    }]);
    // What the policy file brought at the start is not of interest.
    hub.clock().advance(SignedDuration::from_secs(1));
    let begin = hub.app().core().clock.now();
    assert_eq!(api.post("/api/permission/roles", &role).await.status, 201);
    assert_eq!(
        api.post("/api/permission/policies", &policy).await.status,
        201
    );
    let gone = api
        .delete("/api/permission/roles/role/default/passing")
        .await;
    assert_eq!(gone.status, 204);

    let asked = |by: &str, since: &str| format!("/rbac/review?{by}&since={since}");
    let people = ann
        .get(&asked(
            "by=person&permission=catalog.entity.refresh",
            &begin.to_string(),
        ))
        .await;
    let zed = ann
        .get(&asked("by=person&who=user:default/zed", &begin.to_string()))
        .await;
    let matrix = ann.get(&asked("by=person", &begin.to_string())).await;
    let later = ann.get(&asked("by=person", "2999-01-01")).await;

    let list = |page| {
        let text = words(page, "matrix");
        let (_, list) = text.split_once("as they are now.").unwrap();
        list.lines()
            .skip_while(|line| *line != "Rule")
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (people, zed) = (list(&people), list(&zed));
    assert!(
        people.contains("ZZ Zed Z user:default/zed No rule –"),
        "{people}"
    );
    assert!(zed.contains("catalog.entity.refresh No rule –"), "{zed}");
    assert!(matrix.text().contains("changed</span>"));
    assert!(words(&later, "matrix").contains("No match"));
}

#[tokio::test]
async fn a_day_that_is_none_is_told() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann.get("/rbac/review?since=spring").await;
    let file = ann.get("/rbac/review.csv?since=spring").await;

    assert_eq!((page.status.as_u16(), file.status.as_u16()), (422, 400));
    assert!(words(&page, "wrong").starts_with("spring is no day."));
}

#[tokio::test]
async fn a_conditional_reader_sees_no_other_role_nor_what_it_gives() {
    let (_hub, olga) = seen_by("user:default/olga").await;

    for query in [
        "",
        "?since=2001-01-01",
        "?by=person&since=2001-01-01",
        "?by=person",
        "?by=group",
        "?by=person&who=user:default/tom",
    ] {
        let page = olga.get(&format!("/rbac/review{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        let text = page.text();
        for secret in [
            "crew",
            "readers",
            "others",
            "secret.plan",
            "Zed Z",
            "Export CSV?",
        ] {
            assert!(!text.contains(secret), "{query}: {secret}");
        }
    }
    let page = olga
        .get("/rbac/review?by=group&permission=catalog.entity.delete")
        .await;
    assert!(words(&page, "matrix").contains("Nobody has it"));
    let file = olga.get("/rbac/review.csv?by=person").await.text();
    assert!(!file.contains("catalog.entity.delete"), "{file}");
}

#[tokio::test]
async fn the_file_names_who_took_it_and_when() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let file = ann
        .get("/rbac/review.csv?by=person&permission=catalog.entity.delete")
        .await;

    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let text = file.text();
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0)
        .collect();
    assert_snapshot!(lines.join("\n"), @r"
    subject,permission,action,answer,role,path,reviewer
    user:default/tom,catalog.entity.delete,delete,deny,role:default/crew,as a member,user:default/ann
    user:default/zed,catalog.entity.delete,delete,allow,role:default/others,as a member,user:default/ann
    ");
}

#[tokio::test]
async fn a_review_is_noted_in_the_audit_log() {
    let (_hub, ann) = seen_by("user:default/ann").await;
    let token = csrf_of(&ann.get("/rbac/review").await);

    let form = format!("_csrf={token}&query=by%3Drole%26plugin%3Dcatalog");
    let answer = ann.post_form("/rbac/review/mark", &form).await;

    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        "/rbac/review?by=role&plugin=catalog"
    );
    let log = ann.get("/rbac/audit?event=access-review").await;
    assert!(words(&log, "events").contains("user:default/ann"));
}
