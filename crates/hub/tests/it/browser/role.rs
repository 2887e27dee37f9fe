//! From the list of roles to one of them, and to its end.

use super::accessibility::check;
use super::{Browser, NOOR, Scripts, browse};
use serde_json::{Value, json};

/// A role over the API, by the guest of the hub.
pub(super) async fn make_role(browser: &Browser, name: &str) {
    let client = reqwest::Client::new();
    let signed_in = client
        .get(format!("{}/api/auth/guest/refresh", browser.url))
        .header("x-requested-with", "XMLHttpRequest")
        .send()
        .await
        .unwrap();
    let signed_in: Value = serde_json::from_str(&signed_in.text().await.unwrap()).unwrap();
    let token = signed_in["backstageIdentity"]["token"].as_str().unwrap();
    let role = json!({
        "name": name,
        "memberReferences": ["group:default/box-office", "user:default/june.halloran"],
        "metadata": {"description": "Hangs the lamps"},
    });
    let made = client
        .post(format!("{}/api/permission/roles", browser.url))
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(role.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
}

#[tokio::test]
async fn what_others_change_appears_and_the_row_stays() {
    browse(
        "refresh",
        NOOR,
        Scripts::On,
        |browser: Browser| async move {
            const REFRESH: &str =
                "document.querySelector('[data-refresh]').dispatchEvent(new Event('refresh'))";
            browser.sign_in().await;
            browser.go("/rbac?filters[text]=dev&limit=5").await;
            browser.says("#list-h", "All roles (1)").await;
            browser.type_into("main", "j").await;
            browser.find("[data-jk] tr.cur").await;

            make_role(&browser, "role:default/web-dev").await;
            browser.run(REFRESH).await;

            browser.says("#list-h", "All roles (2)").await;
            browser.says("[data-jk] tr.cur", "box-office-dev").await;
            browser.find("#shell #list").await;
            assert!(browser.place().await.ends_with("filters[text]=dev&limit=5"));
        },
    )
    .await;
}

#[tokio::test]
async fn a_role_is_found_looked_at_and_deleted() {
    browse("role", NOOR, Scripts::On, |browser: Browser| async move {
        make_role(&browser, "role:default/riggers").await;
        browser.sign_in().await;
        browser.type_into("main", "gr").await;
        browser.reads("RBAC").await;
        browser
            .find("nav[aria-label='Main'] a.sub[href='/rbac']")
            .await;
        browser.type_into("#filter-text", "lamps").await;
        browser.says("#list-h", "All roles (1)").await;

        browser.follow("role:default/riggers").await;
        browser.reads("role:default/riggers").await;
        browser
            .says("#members-h", "Users and groups (1 group, 1 user)")
            .await;
        browser.follow("What it opens").await;
        browser.says("table", "no entity").await;
        browser.follow("History").await;
        browser.says(".trace", "Role created").await;

        browser.driver.back().await.unwrap();
        browser.driver.back().await.unwrap();
        browser.driver.back().await.unwrap();
        browser.says("#list-h", "All roles (1)").await;
        browser.click("tbody tr:first-child td:nth-child(2)").await;
        browser.type_into("main", "j#").await;
        browser.says("dialog h2", "Delete this role?").await;
        let is_open = "return document.querySelector('dialog button.bad').disabled === false";
        browser.type_into("#del-n", "role:default/rigger").await;
        assert_eq!(browser.run(is_open).await, false);
        browser.type_into("#del-n", "s").await;
        assert_eq!(browser.run(is_open).await, true);
        browser.click("dialog button.bad").await;

        browser
            .says("#status", "Role role:default/riggers deleted successfully")
            .await;
        browser.says("#list-h", "All roles (0)").await;
        browser.go("/rbac").await;
        assert_eq!(
            browser
                .run("return document.querySelectorAll('#status .note').length")
                .await,
            0
        );
    })
    .await;
}

#[tokio::test]
async fn a_role_is_deleted_without_scripts() {
    browse(
        "role-no-scripts",
        NOOR,
        Scripts::Off,
        |browser: Browser| async move {
            make_role(&browser, "role:default/riggers").await;
            browser.sign_in().await;
            browser.go("/rbac").await;
            browser.type_into("#filter-text", "lamps").await;
            browser.click("#filters noscript button").await;
            browser.says("#list-h", "All roles (1)").await;

            browser
                .click("[data-testid='delete-role-role:default/riggers'] a")
                .await;
            browser.reads("Delete this role?").await;
            browser.type_into("#del-n", "role:default/riggers").await;
            browser.click("button.bad").await;

            browser
                .says("#status", "Role role:default/riggers deleted successfully")
                .await;
            browser.says("#list-h", "All roles (0)").await;
        },
    )
    .await;
}

/// The pages of roles, and what opens on them.
pub(super) const PAGES: [(&str, Option<&str>); 10] = [
    ("/rbac", Some("button[popovertarget='lock-1']")),
    ("/rbac?filters[text]=nothing-is-called-so", None),
    (
        "/rbac?filters[source]=rest",
        Some("[data-testid='delete-role-role:default/riggers'] a"),
    ),
    ("/rbac/roles/role/default/riggers/delete", None),
    (
        "/rbac/roles/role/default/api-owners",
        Some("button[popovertarget='export']"),
    ),
    ("/rbac/roles/role/default/box-office-dev/opens", None),
    ("/rbac/roles/role/default/riggers/history", None),
    ("/rbac/role/role/default/riggers?activeStep=2", None),
    ("/rbac/role/role/default/guests", None),
    ("/rbac/users", Some("summary")),
];

#[tokio::test]
async fn no_page_of_roles_has_a_fault_in_light_and_dark_and_on_a_phone() {
    browse(
        "role-accessible",
        NOOR,
        Scripts::On,
        |browser: Browser| async move {
            make_role(&browser, "role:default/riggers").await;
            browser.sign_in().await;
            for (path, opener) in PAGES {
                check(&browser, path, opener).await;
            }
            browser.go("/").await;
            browser.click(".to-dark").await;
            browser.find("html[data-theme='dark']").await;
            for (path, opener) in PAGES {
                check(&browser, path, opener).await;
            }
            let window = &browser.driver;
            window.set_window_rect(0, 0, 390, 844).await.unwrap();
            for (path, opener) in PAGES {
                check(&browser, path, opener).await;
                let overflow = browser
                    .run("return document.documentElement.scrollWidth - innerWidth")
                    .await;
                assert_eq!(overflow, 0, "{path} scrolls sideways");
            }
        },
    )
    .await;
}
