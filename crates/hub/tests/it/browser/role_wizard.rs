//! The wizard of roles: by keyboard alone, without scripts, and two editors at once.

use super::accessibility::no_fault;
use super::{Browser, Patience, Scripts, browse_at, example_with};
use callboard_testkit::RunningHub;
use serde_json::json;
use thirtyfour::prelude::*;

/// An administrator of the example.
const OWEN: &str = "user:default/owen.pryce";
pub(super) const NEW: &str = "/rbac/role/new";

/// Runs `body` before a hub whose guest administers roles.
async fn at_desk<F, Fut>(name: &str, scripts: Scripts, body: F)
where
    F: FnOnce(Browser) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let hub = RunningHub::start(|url| {
        let guest = json!({"auth": {"providers": {"guest": {"userEntityRef": OWEN}}}});
        example_with(url, guest)
    })
    .await;
    browse_at(name, hub, scripts, body).await;
}

impl Browser {
    /// Sends keys to whatever has the focus.
    async fn keys(&self, keys: impl Into<TypingData>) {
        let focused = self.driver.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// Presses Tab until something that `selector` finds has the focus.
    async fn tab_to(&self, selector: &str) {
        self.find(selector).await;
        let script = format!("return document.activeElement.matches({selector:?})");
        for _ in 0..120 {
            if self.run(&script).await == true {
                return;
            }
            self.keys(Key::Tab).await;
        }
        panic!("no way leads to `{selector}`");
    }

    /// Waits until something that `selector` finds has the focus.
    async fn is_at(&self, selector: &str) {
        let script = format!("return document.activeElement.matches({selector:?})");
        let mut patience = Patience::default();
        while self.run(&script).await != true {
            patience
                .spend(|| format!("`{selector}` does not have the focus"))
                .await;
        }
    }

    /// Chooses an option of a list by its value or its words.
    pub(super) async fn choose(&self, selector: &str, words: &str) {
        let option = format!(".//option[@value={words:?} or normalize-space()={words:?}]");
        let pick = async || {
            let list = self.find(selector).await;
            list.find(By::XPath(option.clone())).await?.click().await
        };
        let mut patience = Patience::default();
        // The form may just be coming in anew.
        while let Err(error) = pick().await {
            patience
                .spend(|| format!("`{selector}` has no `{words}`: {error}"))
                .await;
        }
    }
}

#[tokio::test]
async fn a_role_is_made_by_keyboard_alone() {
    at_desk("wizard-keys", Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        browser.go(NEW).await;
        browser.reads("Create role").await;

        browser.tab_to("#role-name").await;
        browser.keys("riggers").await;
        browser
            .says("#role-name-hint", "role:default/riggers")
            .await;
        browser.keys(Key::Enter).await;
        browser
            .says("#members-h", "No users and groups selected")
            .await;
        browser.tab_to("#add-members").await;
        browser.keys("mara.lind").await;
        browser.says("#member-options [role=option]", "Mara").await;
        browser.keys(Key::Enter).await;
        browser.says("#members-h", "(1 user)").await;
        browser.is_at("#add-members").await;
        browser.tab_to("[data-testid=nextButton-1]").await;
        browser.keys(Key::Enter).await;

        browser.tab_to("#add-row").await;
        browser.keys(Key::Enter).await;
        browser.is_at("select[name$='.plugin']").await;
        browser.keys("cat").await;
        browser
            .says("select[name$='.permission']", "catalog-entity")
            .await;
        browser.tab_to("select[name$='.permission']").await;
        browser.keys("catalog.entity.delete").await;
        browser.tab_to("button[value^=configure]").await;
        browser.keys(Key::Enter).await;
        browser.is_at("#bh").await;
        browser.tab_to("#n0-anyOf").await;
        browser.keys(Key::Space).await;
        browser.is_at("#n0-anyOf").await;
        browser.tab_to("#n0-0").await;
        browser.keys("IS_ENTITY_O").await;
        browser.find("#n0-0-claims").await;
        browser.tab_to("#n0-0-claims").await;
        browser
            .keys(format!("$ownerRefs{}", Key::Tab.value()))
            .await;
        browser.says(".chip", "$ownerRefs").await;
        browser.tab_to("#n0-0").await;
        browser.keys(Key::Alt + Key::Shift + "n").await;
        browser.is_at("#n0-1").await;
        browser.keys("IS_ENTITY_K").await;
        browser.find("#n0-1-kinds").await;
        browser.tab_to("#n0-1").await;
        browser.keys(Key::Alt + Key::Up).await;
        browser.find("#n0-0-kinds").await;
        browser.is_at("#n0-0").await;
        browser.tab_to("#n0-0-kinds").await;
        browser.keys(format!("API{}", Key::Tab.value())).await;
        browser.says("#preview .card", "for Owen").await;
        browser.tab_to("[data-testid=save-conditions]").await;
        browser.keys(Key::Enter).await;
        browser.says("td button", "2 rules").await;
        browser.tab_to("[data-testid=nextButton-2]").await;
        browser.keys(Key::Enter).await;
        browser.says("h2", "Permission policies (1)").await;
        browser.tab_to("button[value=save]").await;
        browser.keys(Key::Enter).await;
        browser
            .says(".note", "Role role:default/riggers created successfully")
            .await;
        assert_eq!(browser.place().await, "/rbac");
    })
    .await;
}

#[tokio::test]
async fn a_role_is_made_and_edited_without_scripts() {
    at_desk(
        "wizard-plain",
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go(NEW).await;
            browser.type_into("#role-name", "riggers").await;
            browser.click("[data-testid=nextButton-0]").await;
            browser.type_into("#add-members", "Mara").await;
            browser.click("[data-combo-add]").await;
            browser.says("#found-h", "Found users and groups").await;
            browser.click("button[value^='choose-member']").await;
            browser.says("#members-h", "(1 user)").await;
            browser.click("[data-testid=nextButton-1]").await;

            browser.click("#add-row").await;
            browser.choose("select[name$='.plugin']", "catalog").await;
            browser.click("td noscript button").await;
            browser
                .choose("select[name$='.permission']", "catalog.entity.delete")
                .await;
            browser.click("td noscript button").await;
            browser.click("button[value^=configure]").await;
            browser.click("#n0-not").await;
            browser.choose("#n0-0", "HAS_SPEC").await;
            browser.click("#builder noscript button").await;
            browser.type_into("#n0-0-key", "lifecycle").await;
            browser.click("[data-testid=save-conditions]").await;
            browser.says("td button", "1 rule").await;
            browser.click("[data-testid=nextButton-2]").await;
            browser.says("h2", "Review and create").await;
            browser.click("button[value=save]").await;
            browser
                .says(".note", "Role role:default/riggers created successfully")
                .await;

            browser
                .go("/rbac/role/role/default/riggers?activeStep=2")
                .await;
            browser.says("h2", "Edit permission policies").await;
            browser.click("button[value^=configure]").await;
            browser.click("[data-testid=remove-conditions]").await;
            browser.click("[data-testid=save-conditions]").await;
            browser.says("td button", "Configure access").await;
            browser.click("[data-testid=nextButton-2]").await;
            browser
                .says(".rows", "Allow: delete catalog.entity.delete")
                .await;
            browser.click("button[value=save]").await;
            browser
                .says(".note", "Role role:default/riggers updated successfully")
                .await;
            assert!(
                browser
                    .place()
                    .await
                    .starts_with("/rbac/roles/role/default/riggers")
            );
        },
    )
    .await;
}

#[tokio::test]
async fn rows_come_from_a_role_and_fields_suggest_what_the_catalog_has() {
    at_desk("wizard-offers", Scripts::On, |browser: Browser| async move {
        const KEYS: &str = "#list-keys-metadata-annotations";
        browser.sign_in().await;
        browser.go(&format!("{NEW}?step=3")).await;

        browser.click("#copy-open").await;
        browser
            .type_into("#copy-from", "role:default/contractors")
            .await;
        browser.click("button[value=copy-policies]").await;
        browser.find("#copy-policies:not(:popover-open)").await;
        browser.click("button[value^=configure].on").await;
        browser.is_at("#bh").await;
        browser.choose(".rule select", "HAS_ANNOTATION").await;
        browser.find("input[name$=':annotation']").await;
        browser
            .find(&format!("{KEYS} option[value='backstage.io/managed-by-location']"))
            .await;
        browser.type_into("input[name$=':annotation']", "techdocs").await;
        browser
            .find(&format!(
                "{KEYS}:has(option[value='backstage.io/techdocs-ref']):not(:has(option[value*=managed]))"
            ))
            .await;
        no_fault(&browser, "the builder with suggestions").await;
    })
    .await;
}

#[tokio::test]
async fn no_step_has_a_fault_in_light_and_dark() {
    at_desk("wizard-axe", Scripts::On, |browser: Browser| async move {
        browser.sign_in().await;
        for theme in ["light", "dark"] {
            browser.go(NEW).await;
            if theme == "dark" {
                browser.click(".to-dark").await;
            }
            browser.find("#role-name").await;
            no_fault(&browser, "step 1").await;
            browser
                .run("document.querySelector('#role-name').value = 'riggers'")
                .await;
            browser.click("[data-testid=nextButton-0]").await;
            browser.type_into("#add-members", "box").await;
            browser.find("#member-options [role=option]").await;
            no_fault(&browser, "step 2").await;
            browser.click("#member-options [role=option]").await;
            browser.says("#members-h", "1").await;
            browser.click("[data-testid=nextButton-1]").await;
            browser.click("#add-row").await;
            browser.choose("select[name$='.plugin']", "catalog").await;
            browser
                .says("select[name$='.permission']", "catalog-entity")
                .await;
            browser
                .choose("select[name$='.permission']", "catalog-entity")
                .await;
            browser.click("button[value^=configure]").await;
            browser.click("#n0-anyOf").await;
            browser.choose("#n0-0", "IS_ENTITY_OWNER").await;
            browser.find("#n0-0-claims").await;
            no_fault(&browser, "step 3").await;
            browser.click("button[value=json]").await;
            browser.find("#json").await;
            no_fault(&browser, "json").await;
            browser.click("[data-testid=cancel-conditions]").await;
            browser.click("[data-testid=nextButton-2]").await;
            browser.find("#consequence").await;
            no_fault(&browser, "step 4").await;
            browser.click("button[commandfor=exit]").await;
            no_fault(&browser, "exit").await;
            browser.click("button[value=discard]").await;
            browser.says("h1", "RBAC").await;
        }
    })
    .await;
}
