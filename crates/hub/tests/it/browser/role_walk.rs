//! Walks through the pages of roles, as somebody who administers them goes.

use super::accessibility::no_fault;
use super::role::make_role;
use super::sign_in::{name_of, with_provider};
use super::{Browser, NOOR, Scripts, browse};
use axum::http::Method;
use callboard_testkit::ProviderKind;
use serde_json::json;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::common::requestdata::RequestData;
use thirtyfour::{Cookie, SessionId};

const RIGGERS: &str = "role:default/riggers";
/// An administrator of roles.
const OWEN: &str = "user:default/owen.pryce";
/// Somebody who is to look after roles of her own.
const JUNE: &str = "user:default/june.halloran";

/// Runs `body` before a hub whose guest is a super user, who has signed in and made a role of a
/// group and a user.
async fn with_role<F, Fut>(name: &str, body: F)
where
    F: FnOnce(Browser) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    browse(name, NOOR, Scripts::On, |browser: Browser| async move {
        make_role(&browser, RIGGERS).await;
        browser.sign_in().await;
        body(browser).await;
    })
    .await;
}

impl Browser {
    /// Clicks the button with which a step of the wizard, counted from 0, ends.
    async fn next(&self, step: u8) {
        self.click(&format!("[data-testid=nextButton-{step}]"))
            .await;
    }

    /// Chooses a user or a group by the words of its option.
    async fn add_member(&self, words: &str) {
        self.type_into("#add-members", words).await;
        self.says("#member-options [role=option]", words).await;
        self.click("#member-options [role=option]").await;
        self.says("#members tbody", words).await;
    }

    /// Adds a row for a permission of a plugin.
    async fn add_policy(&self, plugin: &str, permission: &str) {
        self.click("#add-row").await;
        let row = "tbody tr:last-child";
        // The row before has its plugin.
        let empty = format!("{row} select[name$='.plugin']:has(option[value=''])");
        self.choose(&empty, plugin).await;
        let permissions = format!("{row} select[name$='.permission']");
        self.says(&permissions, permission).await;
        self.choose(&permissions, permission).await;
        self.find(&format!("{row} input[type=checkbox]:checked"))
            .await;
    }

    /// Chooses the rule at a place of the tree.
    async fn choose_rule(&self, place: &str, rule: &str) {
        self.choose(&format!("#{place}"), rule).await;
    }

    /// Forgets the session, as another browser does not have it.
    async fn forget(&self) -> Vec<Cookie> {
        let cookies = self.driver.get_all_cookies().await.unwrap();
        self.driver.delete_all_cookies().await.unwrap();
        cookies
    }

    /// Goes back to a session that was forgotten.
    async fn remember(&self, cookies: Vec<Cookie>) {
        self.driver.delete_all_cookies().await.unwrap();
        for cookie in cookies {
            self.driver.add_cookie(cookie).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_member_is_added_from_the_list() {
    with_role("walk-5", |browser| async move {
        browser.go("/rbac?filters[text]=riggers").await;
        browser.says("tbody", "1 group, 1 user").await;

        browser
            .click("[data-testid='update-role-role:default/riggers'] a")
            .await;
        browser.reads("Edit role").await;
        browser.next(0).await;
        browser.add_member("Mara Lindqvist").await;
        browser.says("#members-h", "(1 group, 2 users)").await;
        browser.next(1).await;
        browser.add_policy("catalog", "catalog.entity.delete").await;
        browser.next(2).await;
        browser.says("#part-h", "Review and save").await;
        browser.click("button[value=save]").await;

        browser
            .says("#status", "Role role:default/riggers updated successfully")
            .await;
        assert_eq!(browser.place().await, "/rbac");
        browser.says("tbody", "1 group, 2 users").await;
        browser.says("tbody", "Catalog").await;
    })
    .await;
}

#[tokio::test]
async fn members_are_edited_from_the_role() {
    with_role("walk-6", |browser| async move {
        browser.go("/rbac/roles/role/default/riggers").await;

        browser.click("[data-testid=update-members] a").await;
        browser.says("#part-h", "Edit users and groups").await;
        assert!(browser.place().await.ends_with("?activeStep=1"));
        browser.add_member("Mara Lindqvist").await;
        browser.next(1).await;
        browser.add_policy("catalog", "catalog.entity.delete").await;
        browser.next(2).await;
        browser.click("button[value=save]").await;

        browser
            .says("#status", "Role role:default/riggers updated successfully")
            .await;
        assert_eq!(browser.place().await, "/rbac/roles/role/default/riggers");
        browser
            .says("#members-h", "Users and groups (1 group, 2 users)")
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_condition_of_four_rules_is_built() {
    with_role("walk-8", |browser| async move {
        browser.go("/rbac/roles/role/default/riggers").await;
        browser.click("[data-testid=update-policies] a").await;
        browser.add_policy("catalog", "catalog.entity.read").await;
        browser.click("button[value^=configure]").await;

        browser.click("#n0-anyOf").await;
        browser.choose_rule("n0-0", "IS_ENTITY_KIND").await;
        for kind in ["component", "template", "user", "group"] {
            browser.type_into("#n0-0-kinds", &format!("{kind}\t")).await;
            browser.says(".chip", kind).await;
        }
        browser.click("button[value='add-rule 0']").await;
        browser.choose_rule("n0-1", "HAS_SPEC").await;
        browser.type_into("#n0-1-key", "lifecycle\t").await;
        browser.type_into("#n0-1-value", "experimental\t").await;
        browser.says("#code", "experimental").await;
        browser.click("button[value='add-rule 0']").await;
        browser.choose_rule("n0-2", "HAS_LABEL").await;
        browser.type_into("#n0-2-label", "partner\t").await;
        browser.says("#code", "partner").await;
        browser.click("button[value='add-group 0']").await;
        browser
            .find("#n0-3 button[value='allOf 0.3'][aria-pressed=true]")
            .await;
        browser.choose_rule("n0-3-0", "HAS_ANNOTATION").await;
        browser.type_into("#n0-3-0-annotation", "test\t").await;
        browser.says("#code", "HAS_ANNOTATION").await;
        no_fault(&browser, "a condition of four rules").await;
        browser.click("[data-testid=save-conditions]").await;
        browser.says("td button", "4 rules").await;

        browser.next(2).await;
        browser.says("h2", "Permission policies (1)").await;
        browser.says("td .badge", "4 rules").await;
        browser.click("button[value=save]").await;
        browser.says("#policies-h", "Permission policies (1)").await;
        browser.says("pre", "\"anyOf\"").await;
        browser.says("td", "4 rules").await;
    })
    .await;
}

#[tokio::test]
async fn what_was_entered_is_thrown_away() {
    with_role("walk-10", |browser| async move {
        browser.go("/rbac").await;
        browser.follow("Create").await;
        browser.reads("Create role").await;
        browser.type_into("#role-name", "ushers").await;
        browser.next(0).await;
        browser.type_into("#add-members", "mara").await;
        browser.says("#member-options [role=option]", "Mara").await;
        browser.find("#add-members").await.clear().await.unwrap();

        browser.click("button[commandfor=exit]").await;
        browser.says("dialog h2", "Exit role creation?").await;
        browser.click("dialog button[value=discard]").await;

        browser.reads("RBAC").await;
        assert_eq!(browser.place().await, "/rbac");
        browser.find("#status:empty").await;
        browser.go("/rbac/role/new").await;
        let name = "return document.querySelector('#role-name').value";
        assert_eq!(browser.run(name).await, "");
    })
    .await;
}

#[tokio::test]
async fn two_editors_at_once_lose_nothing() {
    with_role("walk-conflict", |browser| async move {
        let edit = "/rbac/role/role/default/riggers?activeStep=1";
        browser.go(edit).await;
        browser.add_member("Mara Lindqvist").await;
        let first = browser.forget().await;
        browser.sign_in().await;
        browser.go(edit).await;
        browser.add_member("Bea Thorne").await;
        browser.next(1).await;
        browser.add_policy("catalog", "catalog.entity.delete").await;
        browser.next(2).await;
        browser.click("button[value=save]").await;
        browser.says("#status", "updated successfully").await;

        browser.remember(first).await;
        browser.go(edit).await;
        browser.says("#members tbody", "Mara Lindqvist").await;
        browser.next(1).await;
        browser
            .add_policy("catalog", "catalog.entity.refresh")
            .await;
        browser.next(2).await;
        browser.click("button[value=save]").await;

        browser
            .says("#part-h", "The role was changed meanwhile")
            .await;
        browser.says("[role=alert]", NOOR).await;
        browser.says(".split .card", "bea.thorne").await;
        browser.says(".split .card", "mara.lindqvist").await;
        no_fault(&browser, "a conflict").await;
        browser.click("button[value=rebase]").await;
        browser.says("#part-h", "Review and save").await;
        browser.click("button[value=save]").await;
        browser.says("#status", "updated successfully").await;
        browser.go("/rbac/roles/role/default/riggers").await;
        browser
            .says("#members-h", "Users and groups (1 group, 3 users)")
            .await;
        browser.says("#policies-h", "Permission policies (2)").await;
    })
    .await;
}

/// Takes every cookie away, the provider's as well: a command of Chromium alone.
#[derive(Debug)]
struct Oblivion;

impl FormatRequestData for Oblivion {
    fn format_request(&self, session_id: &SessionId) -> RequestData {
        let path = format!("session/{session_id}/goog/cdp/execute");
        let command = json!({"cmd": "Network.clearBrowserCookies", "params": {}});
        RequestData::new(Method::POST, path).add_body(command)
    }
}

/// Signs in with the provider, which knows nobody any more either.
async fn enter(browser: &Browser, user: &str, path: &str) {
    browser.driver.handle().cmd(Oblivion).await.unwrap();
    browser.go(path).await;
    browser.identify(name_of(user)).await;
}

#[tokio::test]
async fn somebody_looks_after_roles_of_their_own() {
    let body = |browser: Browser| async move {
        enter(&browser, OWEN, "/rbac/role/new").await;
        browser.type_into("#role-name", "stewards").await;
        browser.next(0).await;
        browser.add_member("June Halloran").await;
        browser.next(1).await;
        browser.add_policy("catalog", "catalog.entity.read").await;
        browser
            .add_policy("permission", "policy.entity.create")
            .await;
        for action in ["read", "update", "delete"] {
            browser
                .add_policy("permission", &format!("policy.entity.{action}"))
                .await;
            browser
                .click("tbody tr:last-child button[value^=configure]")
                .await;
            browser.choose_rule("n0", "IS_OWNER").await;
            browser.type_into("#n0-owners", &format!("{JUNE}\t")).await;
            browser.says(".chip", JUNE).await;
            browser.click("[data-testid=save-conditions]").await;
            browser.says("tbody tr:last-child button", "1 rule").await;
        }
        browser.next(2).await;
        browser.says("h2", "Permission policies (5)").await;
        browser.click("button[value=save]").await;
        browser.says("#status", "created successfully").await;

        enter(&browser, JUNE, "/rbac").await;
        // The default role is everybody's.
        browser.says("#list-h", "All roles (1)").await;
        browser.follow("Create").await;
        browser.type_into("#role-name", "ushers").await;
        browser.type_into("#role-owner", JUNE).await;
        browser.next(0).await;
        browser.add_member("Mara Lindqvist").await;
        browser.next(1).await;
        browser.add_policy("catalog", "catalog.entity.read").await;
        browser.next(2).await;
        browser.click("button[value=save]").await;
        browser.says("#list-h", "All roles (2)").await;

        browser
            .click("[data-testid='update-role-role:default/ushers'] a")
            .await;
        browser.type_into("#role-description", "Shows seats").await;
        browser.next(0).await;
        browser.next(1).await;
        browser.next(2).await;
        browser.click("button[value=save]").await;
        browser.says("tbody", "Shows seats").await;
        browser
            .click("[data-testid='delete-role-role:default/ushers'] a")
            .await;
        browser.type_into("#del-n", "role:default/ushers").await;
        browser.click("dialog button.bad").await;
        browser.says("#status", "deleted successfully").await;
        browser.says("#list-h", "All roles (1)").await;
        let others = "return document.querySelectorAll('[data-testid^=update-role]').length";
        assert_eq!(browser.run(others).await, 0);
    };
    with_provider("walk-12", ProviderKind::Keycloak, Scripts::On, body).await;
}
