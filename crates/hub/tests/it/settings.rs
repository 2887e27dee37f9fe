//! The pages of the settings.

use crate::pages::{csrf_of, first_pair, guest};
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};
use insta::assert_snapshot;
use serde_json::json;

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: [crew], profile: {displayName: Gil Uest, email: gil@lantern.example}}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: alice}
spec: {memberOf: [crew]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
";

fn hub() -> TestHubBuilder {
    TestHub::builder().catalog(CATALOG)
}

/// The words of a page between tags, without its scripts.
fn words(page: &str) -> String {
    let texts = page.split('<').filter_map(|part| part.split_once('>'));
    let texts = texts
        .map(|(_, text)| text.trim())
        .filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join(" | ")
}

/// The tabs of a page: their words and addresses.
fn tabs(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("<nav class=\"tabs\"").unwrap();
    let (tabs, _) = rest.split_once("</nav>").unwrap();
    words(tabs)
}

async fn page(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

#[tokio::test]
async fn everybody_sees_the_tabs_of_what_they_may_do() {
    let policies = |permissions: &[&str]| {
        let lines = permissions
            .iter()
            .map(|name| format!("p, role:default/r, {name}, use, allow\n"));
        let lines: String = lines.collect();
        format!("g, user:default/guest, role:default/r\n{lines}")
    };
    let seen = async |permissions: &[&str]| {
        let hub = hub().policy_csv(&policies(permissions)).start().await;
        tabs(&guest(&hub).await.get("/settings").await)
    };

    assert_snapshot!(seen(&[]).await, @"General | Authentication providers | Sessions | Access tokens | Shortcuts");
    assert_snapshot!(
        seen(&["callboard.session.manage"]).await,
        @"General | Authentication providers | Sessions | Access tokens | People | Shortcuts"
    );
    assert_snapshot!(seen(&["callboard.session.manage", "callboard.service-account.manage"]).await, @"General | Authentication providers | Sessions | Access tokens | Service accounts | People | Shortcuts");
}

#[tokio::test]
async fn preferences_are_cookies_that_every_page_shows() {
    let hub = hub().start().await;
    let browser = guest(&hub).await;
    let csrf = csrf_of(&browser.get("/settings").await);

    let form = format!("_csrf={csrf}&switches=all&theme=light&density=roomy&language=de&keys=on");
    let kept = browser.post_form("/settings/appearance", &form).await;

    assert_eq!(
        (kept.status.as_u16(), kept.header("location")),
        (303, "/settings")
    );
    let cookies: Vec<String> = kept
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| first_pair(cookie.to_str().unwrap()))
        .collect();
    assert_snapshot!(cookies.join("\n"), @r"
    callboard-theme=light
    callboard-language=de
    callboard-layout=roomy.folded
    ");
    let chosen = browser.header("cookie", &cookies.join("; "));
    let page = page(&chosen, "/settings").await;
    let html =
        "<html lang=\"de\" data-theme=\"light\" data-density=\"roomy\" data-side=\"folded\">";
    assert!(page.contains(html), "{page}");
    for checked in [
        "name=\"theme\" value=\"light\" checked",
        "name=\"density\" value=\"roomy\" checked",
        "name=\"keys\" value=\"on\" checked",
        "value=\"de\" lang=\"de\" selected",
    ] {
        assert!(page.contains(checked), "{checked}: {page}");
    }
    assert!(!page.contains("name=\"pinned\" value=\"on\" checked"));
}

#[tokio::test]
async fn every_page_of_the_settings_speaks_german() {
    let policies = "\
p, role:default/r, callboard.session.manage, use, allow
p, role:default/r, callboard.service-account.manage, use, allow
g, user:default/guest, role:default/r";
    let hub = hub().policy_csv(policies).start().await;
    let browser = guest(&hub).await.header("accept-language", "de");

    for (path, german) in [
        ("/settings", "Angemeldet mit Gast"),
        ("/settings/auth-providers", "Diese Sitzung"),
        ("/settings/sessions", "Hier angemeldet"),
        ("/settings/tokens", "Gäste haben keine Zugriffstoken"),
        ("/settings/service-accounts", "Noch kein Dienstkonto"),
        ("/settings/people", "Sitzungen einer Person"),
        ("/settings/shortcuts", "Nächste Zeile, vorige Zeile"),
        ("/device", "Ein Programm zulassen"),
    ] {
        let page = page(&browser, path).await;
        assert!(page.contains("<html lang=\"de\""), "{path}");
        assert!(page.contains(german), "{path}: {page}");
    }
    let door = hub
        .anonymous()
        .header("accept-language", "de")
        .get("/")
        .await;
    assert!(
        door.text().contains("<h1>Anmelden bei Test</h1>"),
        "{}",
        door.text()
    );
}

#[tokio::test]
async fn a_guest_reads_why_there_are_no_tokens() {
    let hub = hub().start().await;
    let browser = guest(&hub).await;

    let page = page(&browser, "/settings/tokens").await;

    assert!(page.contains("Guests have no access tokens, since everybody is the same guest."));
    assert!(!page.contains("name=\"access\"") && !page.contains("New token"));
}

#[tokio::test]
async fn the_providers_tell_which_one_this_session_came_from() {
    let hub = hub()
        .config(
            json!({"auth": {"session": {"secret": "canary-session-secret"}, "providers": {
                "lantern": {"development": {
                    "title": "Lantern SSO",
                    "clientId": "callboard",
                    "clientSecret": "canary-client-secret",
                    "metadataUrl": "http://127.0.0.1:9/.well-known/openid-configuration",
                }},
            }}}),
        )
        .start()
        .await;

    let page = page(&guest(&hub).await, "/settings/auth-providers").await;

    let (_, list) = page.split_once("<ul class=\"rows\">").unwrap();
    let (list, _) = list.split_once("</ul>").unwrap();
    assert_snapshot!(words(list), @"Lantern SSO | Not connected | lantern.development | Sign in with Lantern SSO | Guest | This session | guest | , | just now");
    assert!(
        list.contains("href=\"/sign-in/lantern?redirect=/settings/auth-providers\""),
        "{list}"
    );
}

#[tokio::test]
async fn the_door_names_every_way_in_and_the_guest_last_with_a_warning() {
    let way = |title: &str| {
        json!({"development": {
            "title": title,
            "clientId": "callboard",
            "clientSecret": "canary-client-secret",
            "metadataUrl": "http://127.0.0.1:9/.well-known/openid-configuration",
        }})
    };
    let hub = hub()
        .config(json!({
            "app": {"support": {"url": "mailto:desk@lantern.example"}},
            "auth": {
                "session": {"secret": "canary-session-secret"},
                "providers": {"lantern": way("Lantern SSO"), "guild": way("Guild login")},
            },
        }))
        .start()
        .await;
    let door = async |language: &str| {
        let browser = hub.anonymous().header("accept-language", language);
        let page = browser.get("/?signed-out").await.text();
        let (_, panel) = page.split_once("<div class=\"panel\">").unwrap();
        let (panel, _) = panel.split_once("<div class=\"stage\">").unwrap();
        words(panel).replace(" | ", "\n")
    };

    assert_snapshot!(door("en").await, @r"
    Callboard
    Sign in to Test
    Services, APIs, templates and the people behind them, on one board.
    You are signed out.
    Continue with Lantern SSO
    Continue with Guild login
    development only
    Enter as a guest
    Guest entry is on because
    auth.environment
    is
    development
    . Anyone who can reach this address gets the guest role.
    Trouble signing in? Your account must match a User in the catalog. Ask
    desk@lantern.example
    .
    ");
    assert_snapshot!(door("de").await, @r"
    Callboard
    Anmelden bei Test
    Dienste, APIs, Vorlagen und die Menschen dahinter, an einem Brett.
    Abgemeldet.
    Weiter mit Lantern SSO
    Weiter mit Guild login
    nur in der Entwicklung
    Als Gast eintreten
    Gäste sind zugelassen, weil
    auth.environment
    auf
    development
    steht. Wer diese Adresse erreicht, bekommt die Rolle des Gastes.
    Die Anmeldung klappt nicht? Zum Konto muss ein User im Katalog gehören. Hilfe gibt es bei
    desk@lantern.example
    .
    ");
}

#[tokio::test]
async fn the_shortcuts_open_as_a_sheet_over_any_page() {
    let hub = hub().start().await;
    let browser = guest(&hub).await;

    let page = browser.get("/settings/shortcuts").await;
    let htmx = browser.clone().header("hx-request", "true");
    let sheet = htmx.get("/settings/shortcuts").await;

    assert!(sheet.text().starts_with("<dialog id=\"keys\""));
    assert!(words(&sheet.text()).contains("Next row, previous row"));
    assert!(!sheet.text().contains("<html"));
    assert!(words(&page.text()).contains("Next row, previous row"));
    assert!(!page.text().contains("<dialog id=\"keys\""));
}
