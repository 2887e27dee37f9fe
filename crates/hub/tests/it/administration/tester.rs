//! `/rbac/test`: who is told what.

use super::{seen_by, words};
use crate::pages::guest;
use insta::assert_snapshot;
use serde_json::json;

const DELETE: &str = "/rbac/test?user=user:default/tom&permission=catalog.entity.delete";

#[tokio::test]
async fn a_reader_of_policies_is_told_every_step() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann.get(DELETE).await;

    assert_eq!(page.status, 200);
    let text = words(&page, "result");
    let (trace, _) = text.split_once("Decided\n2").unwrap();
    assert_snapshot!(trace, @r"
    No, Tom Ost cannot delete it
    A rule of
    role:default/crew
    denies it (
    policies.csv:6
    ), and a deny beats every allow.
    Copy link
    Copy as curl
    How it was decided
    Who is asking
    user:default/tom
    counts as 2 references when it comes to owning things.
    user:default/tom
    group:default/stage
    Groups, directly or above:
    group:default/stage
    group:default/house through group:default/stage
    Rules that were considered
    Rules that were considered
    Role
    Permission
    Effect
    Source
    Outcome
    crew
    as a member
    catalog-entity, delete
    Deny
    CSV file
    policies.csv:6
    Decided
    readers
    through group:default/stage, group:default/house
    catalog-entity, delete
    Allow
    CSV file
    policies.csv:5
    Overruled by deny
    crew
    as a member
    catalog-entity, update
    Conditional 1
    YAML file
    conditions.yaml:2
    Other action
    others
    not a member
    catalog-entity, delete
    Allow
    CSV file
    policies.csv:7
    Role not held
    auditors
    not a member
    catalog-entity, read
    Conditional 2
    YAML file
    conditions.yaml:9
    Role not held
    rbac_admin
    not a member
    catalog-entity, read
    Allow
    Configuration
    Role not held
    Denied
    Conditions are weighed before plain rules (
    policyDecisionPrecedence: conditional
    ). Among plain rules those that name the permission come before those for its resource type, and one deny beats every allow.
    ");
}

#[tokio::test]
async fn a_condition_is_told_leaf_by_leaf() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann
        .get("/rbac/test?user=tom&permission=catalog.entity.refresh&resource=component:default/lights")
        .await;

    let text = words(&page, "result");
    let (_, condition) = text
        .split_once("Condition 1 of role:default/crew\n")
        .unwrap();
    assert_snapshot!(condition.split("\nDecided\n2").next().unwrap(), @r"
    matched
    IS_ENTITY_OWNER
    claims = $ownerRefs
    that is claims = user:default/tom, group:default/stage
    found: group:default/stage
    Allowed
    Conditions are weighed before plain rules (
    policyDecisionPrecedence: conditional
    ). Among plain rules those that name the permission come before those for its resource type, and one deny beats every allow.
    ");
}

#[tokio::test]
async fn people_without_the_right_are_told_about_themselves() {
    let (_hub, tom) = seen_by("user:default/tom").await;

    let page = tom.get("/rbac/test?permission=catalog.entity.delete").await;

    assert_eq!(page.status, 200);
    assert_snapshot!(words(&page, "result"), @r"
    No, you cannot
    A rule denies it, and a deny beats every allow.
    Copy link
    Your roles that took part
    2
    role:default/crew
    role:default/readers
    More is shown to those who may read roles.
    ");
    let text = page.text();
    for secret in [
        "others",
        "auditors",
        "zed",
        "secret.plan",
        ".csv",
        "/rbac/test/people",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(tom.get("/rbac/test/people?user=t").await.status, 403);
    let about_ann = tom
        .get("/rbac/test?user=ann&permission=catalog.entity.delete")
        .await;
    assert_eq!(about_ann.status, 403);
}

#[tokio::test]
async fn what_one_may_not_read_answers_as_if_it_were_missing() {
    // Tom may change what he owns, and read nothing.
    let (_hub, tom) = seen_by("user:default/tom").await;
    let query = "/rbac/test?permission=catalog.entity.refresh&resource=component:default/";

    let hidden = tom.get(&format!("{query}secret")).await;
    let missing = tom.get(&format!("{query}absent")).await;

    let plain = |text: String| text.replace("secret", "").replace("absent", "");
    let result = |page| plain(words(page, "result"));
    assert_eq!(result(&hidden), result(&missing));
    assert!(result(&hidden).starts_with("No, you cannot"));
    let offered = tom.get("/rbac/test/resources?resource=sec").await.text();
    assert!(!offered.contains("secret"), "{offered}");
}

#[tokio::test]
async fn a_conditional_reader_is_told_of_the_roles_that_may_be_seen() {
    let (_hub, olga) = seen_by("user:default/olga").await;

    let page = olga.get(DELETE).await;

    assert_eq!(page.status, 200);
    let text = page.text();
    for secret in ["role:default/", "secret.plan", "Zed Z"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let hidden = olga
        .get("/rbac/test?user=tom&permission=secret.plan.use")
        .await;
    let unknown = olga
        .get("/rbac/test?user=tom&permission=absent.plan.use")
        .await;
    let message = |page| {
        words(page, "result")
            .replace("secret", "")
            .replace("absent", "")
    };
    assert_eq!(hidden.status, 400);
    assert_eq!(message(&hidden), message(&unknown));
    let people = olga.get("/rbac/test/people?user=z").await.text();
    assert!(!people.contains("zed"), "{people}");
}

#[tokio::test]
async fn a_super_user_needs_no_role() {
    let (_hub, root) = seen_by("user:default/root").await;

    let page = root
        .get("/rbac/test?permission=catalog.entity.delete")
        .await;

    let text = words(&page, "result");
    assert!(
        text.starts_with("Yes, root can delete it\nA super user passes every check."),
        "{text}"
    );
    assert!(text.contains("This is settled before any role is asked."));
}

#[tokio::test]
async fn a_question_that_makes_no_sense_says_why() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann.get("/rbac/test?permission=catalog.entity.raed").await;

    assert_eq!(page.status, 400);
    assert_snapshot!(words(&page, "result"), @"permission: no plugin of this hub has a permission `catalog.entity.raed`; did you mean `catalog.entity.read`?");
}

#[tokio::test]
async fn the_form_swaps_the_result_alone() {
    let (_hub, ann) = seen_by("user:default/ann").await;
    let htmx = ann.clone().header("hx-request", "true");

    let fragment = htmx.get(DELETE).await;

    assert!(
        fragment
            .text()
            .trim_start()
            .starts_with("<div class=\"stack\" id=\"result\"")
    );
    assert_eq!(
        fragment.header("hx-push-url"),
        "/rbac/test?user=user%3Adefault%2Ftom&permission=catalog.entity.delete"
    );
    assert_eq!(fragment.header("vary"), "Cookie, HX-Request");
}

#[tokio::test]
async fn the_page_speaks_german() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann.header("accept-language", "de").get(DELETE).await;

    let text = words(&page, "result");
    assert!(
        text.starts_with("Nein, Tom Ost darf das nicht löschen"),
        "{text}"
    );
}

#[tokio::test]
async fn a_closed_door_leads_here() {
    let hub = super::builder()
        .config(json!({"auth": {"providers": {"guest": {"userEntityRef": "user:default/tom"}}}}))
        .start()
        .await;
    let tom = guest(&hub).await;

    let door = tom.get("/rbac/review").await;

    assert_eq!(door.status, 403);
    assert!(
        door.text()
            .contains("/rbac/test?permission=policy.entity.read")
    );
}
