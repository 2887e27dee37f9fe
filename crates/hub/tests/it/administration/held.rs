//! The roles on the pages of users and groups.

use super::{builder, entities, seen_by, words};
use crate::pages::guest;
use crate::sample::{catalog, user};
use callboard_testkit::{Answer, TestHub};
use insta::assert_snapshot;
use serde_json::json;

const TOM: &str = "/catalog/default/user/tom";

/// What the card says.
fn card(page: &Answer) -> String {
    let text = words(page, "roles");
    text.split("All that this allows")
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn each_role_is_told_with_what_gives_it() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    assert_snapshot!(card(&ann.get(TOM).await), @r"
    Roles held
    2
    role:default/crew
    as a member
    role:default/readers
    through stage → house
    ");
    assert_snapshot!(card(&ann.get("/catalog/default/group/stage").await), @r"
    Roles held
    1
    role:default/readers
    through house
    ");
    assert_snapshot!(card(&ann.get("/catalog/default/group/house").await), @r"
    Roles held
    1
    role:default/readers
    as a member
    ");
}

#[tokio::test]
async fn the_tester_and_the_review_are_asked_about_the_person() {
    let (_hub, ann) = seen_by("user:default/ann").await;

    let page = ann.get(TOM).await.text();

    for href in [
        "/rbac/review?by=person&#38;who=user%3Adefault%2Ftom",
        "/rbac/test?user=user%3Adefault%2Ftom",
    ] {
        assert!(
            page.contains(&format!("<a href=\"{href}\"")) || page.contains(href),
            "{href}"
        );
    }
    let review = ann
        .get("/rbac/review?by=person&who=user%3Adefault%2Ftom")
        .await;
    let tester = ann.get("/rbac/test?user=user%3Adefault%2Ftom").await;
    assert_eq!((review.status.as_u16(), tester.status.as_u16()), (200, 200));
}

#[tokio::test]
async fn a_super_user_needs_no_role() {
    let mut entities = entities();
    entities.push(user("root", &[], "Root"));
    let provider = json!({"auth": {"providers": {"guest": {"userEntityRef": "user:default/ann"}}}});
    let hub = builder()
        .catalog(&catalog(&entities))
        .config(provider)
        .start()
        .await;

    let page = guest(&hub).await.get("/catalog/default/user/root").await;

    assert_snapshot!(card(&page), @r"
    Roles held
    Super user: everything is allowed, whatever roles say.
    Holds no role.
    ");
}

#[tokio::test]
async fn whoever_may_read_some_roles_is_told_of_those_alone() {
    let (_hub, olga) = seen_by("user:default/olga").await;

    let page = olga.get(TOM).await;

    assert_snapshot!(card(&page), @r"
    Roles held
    None of the roles that you may read.
    ");
    assert!(!page.text().contains("role:default/"));
}

#[tokio::test]
async fn whoever_may_read_no_role_is_told_nothing() {
    let policies = "\
g, user:default/tom, role:default/r
p, role:default/r, catalog-entity, read, allow
";
    let provider = json!({"auth": {"providers": {"guest": {"userEntityRef": "user:default/tom"}}}});
    let catalog = catalog(&entities());
    let hub = TestHub::builder().catalog(&catalog).policy_csv(policies);
    let on = hub.config(provider).start().await;
    let off = TestHub::builder()
        .catalog(&catalog)
        .config(json!({"permission": {"enabled": false}}))
        .start()
        .await;

    for hub in [on, off] {
        let page = guest(&hub).await.get(TOM).await;

        assert_eq!(page.status, 200);
        assert!(!page.text().contains("Roles held"));
        assert!(!page.text().contains("id=\"roles\""));
    }
}
