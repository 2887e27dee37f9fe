//! No page has a fault that axe-core finds, in any theme and at any width.

use super::{Browser, MARA, Scripts, administration, browse, role, role_wizard, settings};
use crate::page::action::route;
use callboard_testkit::corpus;
use serde_json::Value;

/// The pages for somebody who is not signed in.
const OUTSIDE: [&str; 3] = ["/", "/sign-in/nobody", "/sign-in/failed"];

/// The pages for everybody who is signed in, and what opens on them.
const PAGES: [(&str, Option<&str>); 27] = [
    ("/", None),
    ("/catalog", None),
    (
        "/catalog?filters[owners][]=box-office",
        Some("button[popovertarget='pick-owner']"),
    ),
    (
        "/catalog?filters[kind]=user&filters[text]=mara",
        Some("button[popovertarget='row-1']"),
    ),
    ("/catalog?filters[text]=nothing-is-called-so", None),
    ("/catalog?filters[kind]=all&filters[user]=starred", None),
    ("/api-docs", None),
    ("/create", Some("button[popovertarget='pick-tags']")),
    ("/catalog-import", None),
    (
        "/catalog-import/result?url=https%3A%2F%2Fnowhere.example%2F",
        None,
    ),
    (
        "/catalog/default/component/box-office-api",
        Some("button[popovertarget='entity-menu']"),
    ),
    ("/catalog/default/group/box-office", None),
    ("/catalog/default/user/mara.lindqvist", None),
    ("/catalog/default/api/seating-v3/inspect", None),
    ("/catalog/default/api/seating-v3/nowhere", None),
    (
        "/catalog/default/api/seating-v3/definition",
        Some(".operations summary"),
    ),
    (
        "/catalog/default/api/seating-v3/definition?view=source",
        None,
    ),
    (
        "/catalog/default/api/house-events/definition",
        Some("main details summary"),
    ),
    (
        "/catalog/default/component/box-office-api/dependencies",
        None,
    ),
    ("/catalog/default/component/box-office-api/api", None),
    ("/catalog/default/component/box-office-api/history", None),
    ("/catalog/default/domain/audience/system", None),
    (
        "/catalog/default/group/box-office/related?relation=hasMember",
        None,
    ),
    (
        "/catalog-graph?rootEntityRefs[]=component:default/box-office-api&maxDepth=2",
        Some("button[popovertarget='graph-kinds']"),
    ),
    ("/search?query=seat", None),
    ("/settings", Some("button[popovertarget='me']")),
    ("/nowhere", None),
];

/// What is checked: WCAG 2.0 to 2.2, A and AA, and what axe calls best practice.
const CHECK: &str = r#"
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // What is still fading in has not its colours yet.
    const moving = document.getAnimations().filter(it => it.effect?.getComputedTiming().endTime !== Infinity);
    const still = Promise.allSettled(moving.map(it => it.finished));
    still.then(() => axe.run(document, {runOnly: {type: 'tag', values: tags}})).then(
        result => done(result.violations.map(found => `${found.id}: ${found.nodes.map(node => node.html).join(' | ')}`)),
        error => done([String(error)]),
    );
"#;

#[tokio::test]
async fn no_page_has_a_fault_in_light_and_dark() {
    browse(
        "accessible",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            for path in OUTSIDE {
                check(&browser, path, None).await;
            }
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
        },
    )
    .await;
}

#[tokio::test]
async fn no_page_has_a_fault_on_a_phone() {
    browse(
        "accessible-phone",
        MARA,
        Scripts::On,
        |browser: Browser| async move {
            browser
                .driver
                .set_window_rect(0, 0, 390, 844)
                .await
                .unwrap();
            check(&browser, "/", None).await;
            assert_eq!(browser.run("return innerWidth").await, 390);
            browser.sign_in().await;
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

#[test]
fn every_page_is_looked_at() {
    let others = OUTSIDE.into_iter().chain(administration::PAGES);
    let opened = PAGES.iter().chain(&role::PAGES).chain(&settings::PAGES);
    let looked_at: Vec<_> = opened
        .map(|(path, _)| *path)
        .chain(others)
        .chain([role_wizard::NEW])
        .collect();

    let is_missed = |route: &str| !looked_at.iter().any(|path| route::is_of(route, path));
    let routes = route::PAGES.iter().map(|page| page.path);
    let missed: Vec<_> = routes.filter(|route| is_missed(route)).collect();

    assert!(missed.is_empty(), "axe does not look at {missed:?}");
}

/// Checks the page at `path`, once `opener` was clicked.
pub(super) async fn check(browser: &Browser, path: &str, opener: Option<&str>) {
    browser.go(path).await;
    if let Some(opener) = opener {
        browser.click(opener).await;
    }
    no_fault(browser, path).await;
}

/// Has axe look at what the browser shows; `what` says what that is.
pub(super) async fn no_fault(browser: &Browser, what: &str) {
    let axe = corpus::workspace_root().join("compat/node_modules/axe-core/axe.min.js");
    let axe =
        std::fs::read_to_string(axe).expect("axe-core is installed; `cargo xtask test` does that");
    browser.run(&axe).await;
    let found = browser
        .driver
        .execute_async(CHECK, Vec::new())
        .await
        .unwrap();
    assert_eq!(found.json(), &Value::Array(Vec::new()), "{what}");
}
