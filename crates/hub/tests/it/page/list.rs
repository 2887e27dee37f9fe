//! The list of the catalog: its filters, its counts, and that it tells of nothing hidden.

use super::{CATALOG, OWNERS, READER, assert_silent, between, guest, hub, owners, rows, words};
use callboard_testkit::TestHub;

#[tokio::test]
async fn nothing_of_a_list_tells_of_what_is_hidden() {
    let hub = owners("").start().await;
    let guest = guest(&hub).await;

    for path in [
        "/catalog",
        "/catalog?filters[kind]=all",
        "/catalog?filters[kind]=api",
        "/catalog?filters[kind]=template",
        "/catalog?filters[kind]=group",
        "/catalog?filters[user]=starred",
        "/api-docs",
        "/create",
        "/",
    ] {
        assert_silent(path, &guest.get(path).await.text());
    }
}

#[tokio::test]
async fn counts_are_of_what_may_be_read() {
    let hub = owners("").start().await;

    let page = guest(&hub).await.get("/catalog").await.text();

    let tabs = between(&page, "<nav class=\"tabs\"", "</nav>");
    insta::assert_snapshot!(words(tabs), @"Components 1 APIs 1 Systems 1 Templates 1");
    let filters = between(&page, "<div class=\"scrollx\">", "<noscript>");
    insta::assert_snapshot!(words(filters), @"All Owned Starred Type website 1 Lifecycle production 1 Tags canvas 1");
}

#[tokio::test]
async fn consumers_are_counted_as_far_as_they_may_be_read() {
    let everything = hub(READER).start().await;
    let own = owners("").start().await;

    let all = guest(&everything).await.get("/api-docs").await.text();
    let readable = guest(&own).await.get("/api-docs").await.text();

    assert!(all.contains("data-l=\"Consumers\">1</td>"), "{all}");
    assert!(
        readable.contains("data-l=\"Consumers\">0</td>"),
        "{readable}"
    );
}

#[tokio::test]
async fn a_list_of_every_kind_has_a_tab_of_its_own() {
    let hub = hub(READER).start().await;

    let page = guest(&hub)
        .await
        .get("/catalog?filters[kind]=all")
        .await
        .text();

    assert!(
        page.contains("aria-current=\"page\">All kinds <span class=\"n\">"),
        "{page}"
    );
    assert!(
        rows(&page).contains(&"crew".to_owned()) && rows(&page).contains(&"seat-map".to_owned())
    );
}

#[tokio::test]
async fn what_has_warnings_is_found_by_them() {
    let orphan = CATALOG.replacen(
        "metadata: {name: seat-map,",
        "metadata: {name: seat-map, annotations: {backstage.io/orphan: 'true'},",
        1,
    );
    let hub = TestHub::builder()
        .catalog(&orphan)
        .policy_csv(READER)
        .start()
        .await;
    let guest = guest(&hub).await;

    let filtered = guest
        .get("/catalog?filters[warnings][]=orphan")
        .await
        .text();
    let faulty = guest.get("/catalog?filters[warnings][]=error").await.text();

    assert_eq!(rows(&filtered), ["seat-map"]);
    assert!(filtered.contains("<span class=\"badge if\">Orphan</span>"));
    assert!(filtered.contains("Orphan<span class=\"n\">1</span>"));
    assert!(
        faulty.contains("No match") && faulty.contains("2 components, none with these filters.")
    );
    let plain = hub_without_warnings().await;
    assert!(!plain.contains("pick-warnings"), "a filter without values");
}

async fn hub_without_warnings() -> String {
    let hub = hub(READER).start().await;
    guest(&hub).await.get("/catalog").await.text()
}

#[tokio::test]
async fn lists_speak_german() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await.header("accept-language", "de");

    let page = guest.get("/catalog?filters[text]=seat").await.text();
    let empty = guest.get("/catalog?filters[text]=nowhere").await.text();

    for words in [
        "Filter zurücksetzen",
        "1–1 von 1 Komponente<",
        "Komponenten filtern",
        ">Eigene<",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(empty.contains("2 Komponenten, keine Treffer mit diesen Filtern."));
}

#[tokio::test]
async fn a_row_offers_what_the_person_may_do_with_it() {
    let changes = OWNERS.replace("[read]", "[update, delete]");
    let csv = format!("{READER}g, user:default/guest, role:default/owners\n");
    let hub = hub(&csv).conditions(&changes).start().await;

    let page = guest(&hub).await.get("/catalog").await.text();

    let menus = page.split("popover>").skip(1);
    let menus = menus.map(|menu| words(menu.split("</div>").next().unwrap()));
    let menus: Vec<_> = menus.filter(|menu| menu.contains("Inspect")).collect();
    insta::assert_debug_snapshot!(menus, @r#"
    [
        "Refresh now Copy entity reference Inspect entity Unregister",
        "Refresh now Not this one. Who can do this? Copy entity reference Inspect entity Unregister Not this one. Who can do this?",
    ]
    "#);
    assert!(page.contains("formaction=\"/catalog/default/component/seat-map/refresh\""));
}

#[tokio::test]
async fn a_list_leads_to_the_question_whether_to_unregister() {
    let hub = hub(&format!(
        "{READER}p, role:default/readers, catalog-entity, delete, allow\n"
    ));
    let hub = hub.start().await;
    let guest = guest(&hub).await;

    let asked = guest
        .get("/catalog/default/component/seat-map?ask=unregister")
        .await
        .text();
    let plain = guest
        .get("/catalog/default/component/seat-map")
        .await
        .text();

    assert!(asked.contains("aria-labelledby=\"unregister-h\" open>"));
    assert!(plain.contains("aria-labelledby=\"unregister-h\">"));
}
