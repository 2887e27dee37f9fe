//! The gallery of templates.

use super::{READER, assert_silent, between, guest, hub, owners, words};

const RUNNER: &str = "p, role:default/readers, scaffolder.task.create, create, allow\n";

#[tokio::test]
async fn templates_are_cards_that_say_whether_one_may_run_them() {
    let reader = hub(READER).start().await;
    let runner = hub(&format!("{READER}{RUNNER}")).start().await;

    let read = guest(&reader).await.get("/create").await.text();
    let run = guest(&runner).await.get("/create").await.text();

    insta::assert_snapshot!(words(between(&read, "<article", "</article>")), @"Audience website Pages in the house style typescript CR crew No access Open");
    assert!(read.contains("You lack scaffolder.task.create."));
    assert!(!run.contains("No access"));
    assert!(run.contains("Running a template is not built in yet."));
}

#[tokio::test]
async fn the_gallery_is_filtered_by_its_address() {
    let hub = hub(READER).start().await;
    let guest = guest(&hub).await;
    let titles = async |query: &str| {
        let page = guest.get(&format!("/create{query}")).await.text();
        let cards = page.split("<h3 class=\"grow\">").skip(1);
        let titles = cards.map(|card| card.split('<').next().unwrap().to_owned());
        titles.collect::<Vec<_>>()
    };

    assert_eq!(titles("").await, ["Audience website", "Hideout"]);
    assert_eq!(titles("?filters[type]=safe").await, ["Hideout"]);
    assert_eq!(
        titles("?filters[tags][]=typescript").await,
        ["Audience website"]
    );
    assert_eq!(titles("?filters[text]=house").await, ["Audience website"]);
    assert!(titles("?filters[text]=nowhere").await.is_empty());
}

#[tokio::test]
async fn the_gallery_tells_of_nothing_hidden() {
    let hub = owners("").start().await;

    let answer = guest(&hub)
        .await
        .header("hx-request", "true")
        .get("/create?filters[type]=website")
        .await;

    assert_eq!(
        answer.header("hx-push-url"),
        "/create?filters[type]=website"
    );
    let text = answer.text();
    assert!(text.contains("Audience website") && !text.contains("<html"));
    assert_silent("/create", &text);
}

#[tokio::test]
async fn without_templates_and_permission_there_is_no_gallery() {
    let hub = hub("").start().await;

    let answer = guest(&hub).await.get("/create").await;

    assert_eq!(answer.status, 403);
    assert!(
        answer
            .text()
            .contains("<code>scaffolder.task.create</code>")
    );
}
