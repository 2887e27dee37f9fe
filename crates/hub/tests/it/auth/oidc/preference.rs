//! What somebody chose in one browser, in the next one that they sign in with.

use super::hub;
use super::scripted::Scripted;
use super::visitor::Visitor;
use crate::pages::csrf_of;
use serde_json::json;

#[tokio::test]
async fn another_browser_looks_as_its_person_chose_before() {
    let provider = Scripted::start().await;
    let hub = hub(&provider, json!({})).await;
    let (mut laptop, mut phone) = (Visitor::of(&hub), Visitor::of(&hub));
    laptop.pass(&provider, "/sign-in/oidc").await;
    let plain = laptop.get("/settings").await;
    assert!(
        plain.text().contains("<html lang=\"en\">"),
        "{}",
        plain.text()
    );

    let form = format!(
        "_csrf={}&theme=dark&density=roomy&language=de&switches=all",
        csrf_of(&plain)
    );
    let kept = laptop
        .client()
        .post_form("/settings/appearance", &form)
        .await;
    phone.pass(&provider, "/sign-in/oidc").await;
    let page = phone.get("/settings").await.text();

    assert_eq!(kept.status, 303);
    let html = "<html lang=\"de\" data-theme=\"dark\" data-density=\"roomy\" \
                data-side=\"folded\" data-keys=\"off\">";
    assert!(page.contains(html), "{page}");
    assert!(page.contains("<h1>Einstellungen</h1>"));
    let mut stranger = Visitor::of(&hub);
    assert!(
        stranger
            .get("/")
            .await
            .text()
            .contains("<html lang=\"en\">")
    );
}
