//! The home page: what it shows to whom.

use super::{CATALOG, READER, assert_silent, between, guest, hub, owners, words};
use callboard_hub::EntityRef;
use callboard_hub::personal::{Keeper, Stars};
use callboard_testkit::TestHub;

#[tokio::test]
async fn somebody_who_owns_things_reads_about_those() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await;
    guest.get("/catalog/default/api/seating").await;

    let page = guest.get("/").await.text();

    insta::assert_snapshot!(words(between(&page, "<div class=\"tiles s\">", "<div class=\"split\">")), @"Components you own 1 1 in production APIs you provide 1 1 consumer Catalog warnings 0 all is well Roles you hold 1 readers");
    assert!(page.contains("Owned by your groups"));
    let recent = between(&page, "id=\"recent-h\"", "</section>");
    assert!(
        recent.contains(">seating</a>") && recent.contains(">just now</time>"),
        "{recent}"
    );
    assert!(!page.contains("Newest on the board") && !page.contains("Most starred"));
}

#[tokio::test]
async fn somebody_who_owns_nothing_reads_about_the_board() {
    let catalog = CATALOG.replace("memberOf: [crew]", "memberOf: []");
    let hub = TestHub::builder()
        .catalog(&catalog)
        .policy_csv(READER)
        .start()
        .await;
    for (user, name) in [("alice", "vault"), ("bob", "vault"), ("bob", "seat-map")] {
        let keeper = Keeper::User(format!("user:default/{user}").into());
        let entity_ref = EntityRef::new("component", "default", name);
        Stars::set(hub.app(), keeper, entity_ref, true)
            .await
            .unwrap();
    }

    let page = guest(&hub).await.get("/").await.text();

    assert!(page.contains("Newest on the board"));
    let popular = words(between(&page, "id=\"popular-h\">", "</section>"));
    insta::assert_snapshot!(popular, @"Most starred Secret Vault component · safe 2 stars seat-map component · website 1 star");
    let templates = words(between(&page, "id=\"templates-h\">", "</section>"));
    insta::assert_snapshot!(templates, @"Templates Self-service Hideout template · safe Audience website template · website");
}

#[tokio::test]
async fn what_others_starred_or_was_opened_before_tells_of_nothing_hidden() {
    let hub = owners("").start().await;
    let guest = guest(&hub).await;
    let vault = EntityRef::new("component", "default", "vault");
    let bob = Keeper::User("user:default/bob".into());
    Stars::set(hub.app(), bob, vault, true).await.unwrap();
    guest.get("/catalog/default/component/vault").await;

    let page = guest.get("/").await.text();

    assert_silent("/", &page);
    assert!(!page.contains("Recently opened"));
}

#[tokio::test]
async fn a_guest_reads_first_what_guests_may_do() {
    let hub = hub(READER).start().await;

    let page = guest(&hub).await.get("/").await.text();

    let access = page.find("id=\"access-h\"").unwrap();
    assert!(access < page.find("id=\"starred-h\"").unwrap());
}
