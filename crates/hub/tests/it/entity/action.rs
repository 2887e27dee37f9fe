//! What the page of an entity lets a person do.

use super::{OWN_ONLY, reader};
use crate::catalog::site::Site;
use crate::pages::{csrf_of, guest};
use axum::http::StatusCode;
use callboard_testkit::{Answer, Client, TestHub};
use serde_json::json;

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: mine}
spec: {type: service, lifecycle: production, owner: crew}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: theirs}
spec: {type: service, lifecycle: production, owner: others}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: [crew]}
";

/// How each action is offered on the page of a component.
async fn offers(hub: &TestHub, name: &str) -> String {
    let page = guest(hub)
        .await
        .get(&format!("/catalog/default/component/{name}"))
        .await
        .text();
    let offer =
        |control: &str, refusal: &str| match (page.contains(control), page.contains(refusal)) {
            (true, false) => "offered",
            (false, true) => "refused, with the reason",
            (false, false) => "absent",
            (true, true) => "both",
        };
    format!(
        "refresh: {}, unregister: {}",
        offer(
            &format!("/component/{name}/refresh\""),
            "id=\"refresh-why\""
        ),
        offer("<dialog id=\"unregister\"", "id=\"unregister-why\""),
    )
}

#[tokio::test]
async fn each_person_sees_what_they_may_do() {
    let nothing = reader(CATALOG, "").start().await;
    let all = reader(
        CATALOG,
        "p, role:default/readers, catalog-entity, update, allow
p, role:default/readers, catalog-entity, delete, allow",
    )
    .start()
    .await;
    let own = reader(CATALOG, "g, user:default/guest, role:default/owners")
        .conditions(&OWN_ONLY.replace("[read, update, delete]", "[update, delete]"))
        .start()
        .await;
    let off = TestHub::builder()
        .catalog(CATALOG)
        .config(json!({"permission": {"enabled": false}}))
        .start()
        .await;

    insta::assert_snapshot!(offers(&nothing, "mine").await, @"refresh: absent, unregister: absent");
    insta::assert_snapshot!(offers(&all, "theirs").await, @"refresh: offered, unregister: offered");
    insta::assert_snapshot!(offers(&own, "mine").await, @"refresh: offered, unregister: offered");
    insta::assert_snapshot!(offers(&own, "theirs").await, @"refresh: refused, with the reason, unregister: refused, with the reason");
    insta::assert_snapshot!(offers(&off, "theirs").await, @"refresh: offered, unregister: offered");
}

#[tokio::test]
async fn the_reason_of_each_access_leads_to_the_tester() {
    let hub = reader(CATALOG, "").start().await;

    let page = guest(&hub)
        .await
        .get("/catalog/default/component/mine")
        .await
        .text();

    assert!(page.contains("See which rules decided</a>"));
    assert!(
        page.contains(
            "href=\"/rbac/test?user=user%3Adefault%2Fguest&#38;permission=catalog.entity.refresh&#38;action=update&#38;resource=component%3Adefault%2Fmine\""
        ),
        "{page}"
    );
}

#[tokio::test]
async fn a_form_does_only_what_its_person_may() {
    let hub = reader(CATALOG, "").start().await;
    let guest = guest(&hub).await;
    let csrf = csrf_of(&guest.get("/settings").await);
    let here = "/catalog/default/component/mine";

    let refresh = guest
        .post_form(&format!("{here}/refresh"), &format!("_csrf={csrf}"))
        .await;
    let remove = guest
        .post_form(
            &format!("{here}/unregister"),
            &format!("_csrf={csrf}&remove=entity"),
        )
        .await;
    let forged = guest
        .post_form(&format!("{here}/unregister"), "_csrf=guessed&remove=entity")
        .await;

    assert_eq!(refresh.status, StatusCode::FORBIDDEN);
    assert_eq!(remove.status, StatusCode::FORBIDDEN);
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(guest.get(here).await.status, StatusCode::OK);
}

/// The words of the message that the next page shows.
async fn follow(guest: &Client, answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let flash = crate::pages::first_pair(answer.header("set-cookie"));
    let next = guest.clone().header("cookie", &flash);
    next.get(answer.header("location")).await.text()
}

#[tokio::test]
async fn a_refresh_is_scheduled_and_said() {
    let hub = reader(
        CATALOG,
        "p, role:default/readers, catalog-entity, update, allow",
    )
    .start()
    .await;
    let guest = guest(&hub).await;
    let csrf = csrf_of(&guest.get("/settings").await);

    let refresh = guest
        .post_form(
            "/catalog/default/component/mine/refresh",
            &format!("_csrf={csrf}"),
        )
        .await;

    assert_eq!(
        refresh.header("location"),
        "/catalog/default/component/mine"
    );
    let page = follow(&guest, &refresh).await;
    assert!(page.contains("mine is being refreshed."), "{page}");
}

#[tokio::test]
async fn a_registered_location_goes_with_what_comes_from_it() {
    let site = Site::start().await;
    site.put(
        "/all.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: far, namespace: default}\n\
         spec: {type: service, lifecycle: production, owner: crew}\n---\n\
         apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: away}\n\
         spec: {type: service, lifecycle: production, owner: crew}\n",
    );
    let csv = "g, user:default/guest, role:default/keepers
p, role:default/keepers, catalog-entity, read, allow
p, role:default/keepers, catalog-entity, delete, allow
p, role:default/keepers, catalog.location.delete, delete, allow
";
    let hub = site
        .allowed_by(TestHub::builder().catalog(CATALOG).policy_csv(csv))
        .start()
        .await;
    let location = json!({"type": "url", "target": site.url("/all.yaml")});
    let registered = hub
        .service()
        .post("/api/catalog/locations", &location)
        .await;
    assert_eq!(registered.status, StatusCode::CREATED);
    let guest = guest(&hub).await;
    let here = "/catalog/default/component/far";
    crate::catalog::eventually("what is registered is read", || async {
        guest.get(here).await.status == StatusCode::OK
    })
    .await;

    let page = guest.get(here).await;
    let held = guest.get("/catalog/default/component/mine").await.text();
    let gone = guest
        .post_form(
            &format!("{here}/unregister"),
            &format!("_csrf={}&remove=location", csrf_of(&page)),
        )
        .await;

    let page = page.text();
    assert!(page.contains("The location <code>http://"), "{page}");
    assert!(page.contains("component:default/away") && page.contains("Unregister entity"));
    assert!(
        held.contains("which was not registered here") && held.contains("Remove only this entry")
    );
    assert_eq!(gone.header("location"), "/catalog?filters[kind]=component");
    assert_eq!(guest.get(here).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        guest.get("/catalog/default/component/away").await.status,
        StatusCode::NOT_FOUND
    );
}
