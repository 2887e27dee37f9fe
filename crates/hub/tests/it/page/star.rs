//! Stars and visits: kept for each person, here and at other hubs.

use super::{CATALOG, READER, csrf_of, guest, hub, owners, rows, submit};
use callboard_hub::EntityRef;
use callboard_hub::personal::{Keeper, Stars};
use callboard_testkit::{Postgres, TestHub, TestHubBuilder};
use std::time::Duration;

const STAR: &str = "star=component%3Adefault%2Fseat-map&back=%2Fcatalog";

#[tokio::test]
async fn a_star_pins_an_entity_to_the_home_page_until_it_is_taken_away() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await;

    let starred = submit(&guest, "/catalog", "/catalog/star", STAR).await;
    let list = guest.get("/catalog?filters[user]=starred").await.text();
    let home = guest.get("/").await.text();

    assert_eq!(
        (starred.status.as_u16(), starred.header("location")),
        (303, "/catalog")
    );
    assert_eq!(rows(&list), ["seat-map"]);
    assert!(
        list.contains("name=\"unstar\" value=\"component:default/seat-map\" aria-pressed=\"true\"")
    );
    assert!(home.contains("<h2 id=\"starred-h\">Starred</h2>") && home.contains(">seat-map</a>"));

    let unstar = "unstar=component%3Adefault%2Fseat-map";
    submit(&guest, "/catalog", "/catalog/star", unstar).await;
    let list = guest.get("/catalog?filters[user]=starred").await.text();
    assert!(list.contains("No match"), "{list}");
}

#[tokio::test]
async fn with_scripts_the_button_alone_comes_back() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await;
    let csrf = csrf_of(&guest.get("/catalog").await);

    let answer = guest
        .header("hx-request", "true")
        .post_form("/catalog/star", &format!("_csrf={csrf}&{STAR}"))
        .await;

    insta::assert_snapshot!(answer.text().split("<svg").next().unwrap(), @r#"<button class="btn ghost icon sm star" form="star" name="unstar" value="component:default/seat-map" aria-pressed="true" aria-label="Star seat-map" hx-post="/catalog/star" hx-target="this" hx-select="" hx-swap="outerMorph">"#);
}

#[tokio::test]
async fn with_scripts_a_refusal_leaves_the_page_and_says_why() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await;
    let csrf = csrf_of(&guest.get("/catalog").await);
    let absent = "star=component%3Adefault%2Fabsent";

    let answer = guest
        .header("hx-request", "true")
        .post_form("/catalog/star", &format!("_csrf={csrf}&{absent}"))
        .await;

    assert_eq!(
        (answer.status.as_u16(), answer.header("hx-reswap")),
        (404, "none")
    );
    assert_eq!(
        answer.text(),
        "It may have moved, or you may not be allowed to see it."
    );
}

#[tokio::test]
async fn what_is_hidden_cannot_be_starred_and_looks_missing() {
    let hub = owners("").start().await;
    let guest = guest(&hub).await;

    let hidden = submit(
        &guest,
        "/catalog",
        "/catalog/star",
        "star=component%3Adefault%2Fvault",
    )
    .await;
    let missing = submit(
        &guest,
        "/catalog",
        "/catalog/star",
        "star=component%3Adefault%2Fvalue",
    )
    .await;
    let without_token = guest.post_form("/catalog/star", STAR).await;

    assert_eq!(
        (hidden.status.as_u16(), missing.status.as_u16()),
        (404, 404)
    );
    assert_eq!(hidden.text().replace("vault", "value"), missing.text());
    assert_eq!(without_token.status, 403);
}

#[tokio::test]
async fn stars_lead_back_to_pages_of_the_hub_only() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await;
    let elsewhere = "star=component%3Adefault%2Fseat-map&back=%2F%2Fevil.example";

    let answer = submit(&guest, "/catalog", "/catalog/star", elsewhere).await;

    assert_eq!(answer.header("location"), "/catalog");
}

fn alice() -> Keeper {
    Keeper::User("user:default/alice".into())
}

fn seat_map() -> EntityRef {
    EntityRef::new("component", "default", "seat-map")
}

/// What Alice starred.
fn starred(hub: &TestHub) -> Vec<String> {
    let stars = hub.app().stars().of(&alice());
    stars
        .iter()
        .map(|star| star.entity_ref.to_string())
        .collect()
}

/// What Alice opened.
fn opened(hub: &TestHub) -> Vec<String> {
    let visits = hub.app().visits().of(&alice()).into_iter();
    visits.map(|visit| visit.entity_ref.to_string()).collect()
}

fn replica(url: &str) -> TestHubBuilder {
    TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(READER)
        .on_postgres(url)
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let holding = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let held = tokio::time::timeout(Duration::from_secs(30), holding).await;
    assert!(held.is_ok(), "not in time: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stars_reach_other_hubs_and_outlive_them() {
    let url = Postgres::start().await.database("hub").await;
    let (one, two) = (replica(&url).start().await, replica(&url).start().await);

    Stars::set(one.app(), alice(), seat_map(), true)
        .await
        .unwrap();
    // The same again changes nothing.
    Stars::set(one.app(), alice(), seat_map(), true)
        .await
        .unwrap();
    until("the other hub knows of the star", || {
        !starred(&two).is_empty()
    })
    .await;
    assert_eq!(
        two.app().stars().most_starred(),
        [("component:default/seat-map".into(), 1)]
    );
    Stars::set(two.app(), alice(), seat_map(), false)
        .await
        .unwrap();
    until("the star is gone", || starred(&one).is_empty()).await;
    Stars::set(two.app(), alice(), seat_map(), true)
        .await
        .unwrap();

    let third = replica(&url).start().await;
    assert_eq!(starred(&third), ["component:default/seat-map"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_is_written_before_a_hub_stops() {
    let url = Postgres::start().await.database("hub").await;
    for builder in [replica(&url), TestHub::builder().catalog(CATALOG).on_disk()] {
        let hub = builder.start().await;
        let now = hub.app().core().clock.now();
        hub.app().visits().note(&alice(), &seat_map(), now);
        assert_eq!(opened(&hub), ["component:default/seat-map"]);
        hub.stop().await;

        let again = builder.start().await;
        assert_eq!(opened(&again), ["component:default/seat-map"]);
    }
}

#[tokio::test]
async fn nobody_stars_without_end() {
    let hub = hub(READER).start().await;
    for number in 0..500 {
        let entity_ref = EntityRef::new("component", "default", &format!("n{number}"));
        let guest = Keeper::Guest(session());
        Stars::set(hub.app(), guest, entity_ref, true)
            .await
            .unwrap();
    }

    let one_more = Stars::set(hub.app(), Keeper::Guest(session()), seat_map(), true).await;

    assert_eq!(
        one_more.unwrap_err().to_string(),
        "There are 500 stars; take some away first"
    );
}

/// A session's name, as its person sees it.
fn session() -> callboard_hub::auth::SessionId {
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        .parse()
        .unwrap()
}
