//! What people choose in the settings, and what pages do then.

use super::accessibility::check;
use super::sign_in::{name_of, with_provider};
use super::{Browser, MARA, Patience, Scripts, browse};
use callboard_testkit::ProviderKind;
use thirtyfour::By;

/// The pages of the settings, and what opens on them.
pub(super) const PAGES: [(&str, Option<&str>); 5] = [
    ("/settings", None),
    ("/settings/auth-providers", None),
    ("/settings/sessions", None),
    ("/settings/tokens", None),
    ("/settings/shortcuts", None),
];

#[tokio::test]
async fn what_is_chosen_shows_at_once_and_stays() {
    browse(
        "preferences",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/catalog").await;
            let compact = browser.run(ROW).await.as_f64().unwrap();
            browser.follow("Settings").await;
            browser.reads("Settings").await;

            browser
                .click("label:has([name='density'][value='roomy'])")
                .await;
            browser.find("html[data-density='roomy']").await;
            browser.click("[name='pinned']").await;
            browser.find("html[data-side='folded']").await;
            browser.click("[name='keys']").await;
            browser.find("html[data-keys='off']").await;

            browser.kept("html[data-keys='off']").await;
            browser.go("/catalog").await;
            browser
                .find("html[data-density='roomy'][data-side='folded'][data-keys='off']")
                .await;
            let roomy = browser.run(ROW).await.as_f64().unwrap();
            assert!(roomy > compact * 1.25, "{roomy} and {compact}");
            let side = browser.run(SIDE).await.as_f64().unwrap();
            assert!(side < 64.0, "{side}");
            browser.type_into("main", "gs").await;
            assert_eq!(browser.place().await, "/catalog", "keys do nothing");
        },
    )
    .await;
}

/// The height of a row of a table.
const ROW: &str = "return document.querySelector('tbody tr').getBoundingClientRect().height";
/// The width of the sidebar.
const SIDE: &str = "return document.querySelector('.side').getBoundingClientRect().width";

#[tokio::test]
async fn a_language_is_chosen_and_given_back() {
    browse(
        "language",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/settings").await;

            browser.click("#language option[value='de']").await;
            browser.reads("Einstellungen").await;
            browser.follow("Tastenkürzel").await;
            browser.says(".note, p", "Einzelne Tasten").await;

            browser.go("/settings").await;
            browser.click("#language option[value='browser']").await;
            browser.reads("Settings").await;
        },
    )
    .await;
}

#[tokio::test]
async fn the_forms_of_the_settings_work_without_scripts() {
    browse(
        "settings-plain",
        MARA,
        Scripts::Off,
        |browser: Browser| async move {
            browser.sign_in().await;
            browser.go("/settings").await;
            browser
                .click("label:has([name='theme'][value='dark'])")
                .await;
            browser.click("[name='pinned']").await;
            browser.click("form[data-appearance] footer button").await;
            browser
                .find("html[data-theme='dark'][data-side='folded']")
                .await;

            browser.go("/settings/shortcuts").await;
            browser.click("[name='keys']").await;
            browser.click("form[data-appearance] footer button").await;
            browser
                .find("html[data-theme='dark'][data-side='folded'][data-keys='off']")
                .await;
            assert_eq!(browser.place().await, "/settings/shortcuts");
        },
    )
    .await;
}

#[tokio::test]
async fn no_page_of_the_settings_has_a_fault() {
    browse(
        "settings-accessible",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            browser.sign_in().await;
            for theme in ["light", "dark"] {
                browser.go("/settings").await;
                let choice = format!("label:has([name='theme'][value='{theme}'])");
                browser.click(&choice).await;
                browser.find(&format!("html[data-theme='{theme}']")).await;
                browser.kept(&format!("html[data-theme='{theme}']")).await;
                for (path, opener) in PAGES {
                    check(&browser, path, opener).await;
                }
            }
            browser
                .driver
                .set_window_rect(0, 0, 390, 844)
                .await
                .unwrap();
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

#[tokio::test]
async fn a_person_makes_a_token_and_takes_it_back() {
    let body = |browser: Browser| async move {
        browser.go("/settings/tokens").await;
        browser.identify(name_of(MARA)).await;
        browser.type_into("#token-name", "release-bot").await;
        browser.click("[name='access'][value='read']").await;
        browser.click("form.body .btn.pri").await;
        browser.says(".note.ok", "Copy release-bot now.").await;
        browser.says("#new-token", "cbp_").await;
        browser.says(".tabs [aria-current] .n", "1").await;

        for theme in ["light", "dark"] {
            browser.go("/settings").await;
            let choice = format!("label:has([name='theme'][value='{theme}'])");
            browser.click(&choice).await;
            browser.kept(&format!("html[data-theme='{theme}']")).await;
            for path in ["/settings/tokens", "/settings/auth-providers"] {
                let opener = (path == "/settings/tokens").then_some("form details summary");
                check(&browser, path, opener).await;
            }
        }

        browser.go("/settings/tokens").await;
        browser.click("td button[popovertarget]").await;
        browser.click("[popover] form button.no").await;
        browser.says("section p", "No token yet.").await;
    };
    with_provider("tokens", ProviderKind::Keycloak, Scripts::On, body).await;
}

impl Browser {
    /// Waits until the hub has kept what was chosen: a page that comes anew says so.
    async fn kept(&self, selector: &str) {
        let mut patience = Patience::default();
        loop {
            self.go("/settings").await;
            if self.driver.find(By::Css(selector.to_owned())).await.is_ok() {
                return;
            }
            patience.spend(|| format!("`{selector}` is not kept")).await;
        }
    }
}
