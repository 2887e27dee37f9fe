//! What each person can do on each page.
//!
//! `on.snap` is the table, `off.snap` the one with permissions off: for each page a column for
//! each kind of person, with the status that they are answered, and a line for each button, form
//! and link of action. `x` stands for what can be done, `-` for what is shown and says why it
//! cannot be, `.` for what is not there. What surrounds every page comes first, once.
//! A cell that changes fails with a difference; `cargo insta accept` takes it over once somebody
//! has read it.

mod markup;
pub(crate) mod route;
mod stage;

use callboard_testkit::Client;
use insta::{assert_snapshot, with_settings};
use markup::{Control, Element};
use route::{NO_PAGES, NOWHERE, PAGES, is_of};
use stage::{PEOPLE, Person};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What somebody can do, and whether they can do it now.
type Controls = BTreeMap<Control, bool>;

/// What one person gets of one page.
struct Seen {
    /// Absent for what surrounds every page.
    status: Option<u16>,
    controls: Controls,
}

/// The requests of the table.
fn examples() -> Vec<&'static str> {
    let pages = PAGES.iter().flat_map(|page| page.examples);
    pages.copied().chain([NOWHERE]).collect()
}

/// What surrounds every page, and then what each page has.
async fn seen_by(person: Person, browser: &Client) -> Vec<Seen> {
    let settings = Element::parse(&browser.get("/settings").await.text());
    let mut seen = vec![Seen {
        status: None,
        controls: shell(&settings),
    }];
    for path in examples() {
        let answer = browser.get(path).await;
        let page = Element::parse(&answer.text());
        let around = shell(&page);
        assert!(
            around.is_empty() || around == seen[0].controls,
            "{path} is surrounded by something else for {}: {around:#?}",
            person.name()
        );
        let main = page.find(|element| element.is("main"));
        seen.push(Seen {
            status: Some(answer.status.as_u16()),
            controls: main.map(|main| main.controls(&page)).unwrap_or_default(),
        });
    }
    for page in &mut seen {
        let controls = std::mem::take(&mut page.controls).into_iter();
        let nameless = controls.map(|(control, is_open)| (control.without(person.user()), is_open));
        page.controls = nameless.collect();
    }
    seen
}

/// The sidebar and what stands at the right of the bar; nothing for somebody not signed in.
fn shell(page: &Element) -> Controls {
    let side = page.find(|element| element.is("aside") && element.has_class("side"));
    let top = page.find(|element| element.is("header") && element.has_class("top"));
    let acts = top.and_then(|top| top.find(|element| element.has_class("acts")));
    let parts = [side, acts].into_iter().flatten();
    let controls = parts.flat_map(|part| part.controls(page));
    // What stands below the administration is there while it is open.
    controls
        .filter(|(control, _)| control.label != "RBAC")
        .collect()
}

/// The table of what each of `people` sees.
fn table(people: &[Person], seen: &[Vec<Seen>]) -> String {
    let mut text = String::new();
    let line = |cells: &mut dyn Iterator<Item = String>| {
        cells.map(|cell| format!("{cell:>8}")).collect::<String>()
    };
    let names = line(&mut people.iter().map(|person| person.name().to_owned()));
    let headings = ["every page"].into_iter().chain(examples());
    for (number, heading) in headings.enumerate() {
        let of_page = || seen.iter().map(|seen| &seen[number]);
        writeln!(text, "{heading}\n{names}").unwrap();
        let statuses: Vec<_> = of_page().filter_map(|seen| seen.status).collect();
        if !statuses.is_empty() {
            let statuses = line(&mut statuses.iter().map(u16::to_string));
            writeln!(text, "{statuses}").unwrap();
        }
        let controls: BTreeSet<_> = of_page().flat_map(|seen| seen.controls.keys()).collect();
        for control in controls {
            let marks = line(&mut of_page().map(|seen| {
                let mark = match seen.controls.get(control) {
                    Some(true) => "x",
                    Some(false) => "-",
                    None => ".",
                };
                mark.to_owned()
            }));
            writeln!(text, "{marks}  {control}").unwrap();
        }
        text.push('\n');
    }
    text
}

fn assert_table(name: &str, table: &str) {
    with_settings!({snapshot_path => ".", prepend_module_to_snapshot => false, omit_expression => true}, {
        assert_snapshot!(name, table);
    });
}

#[tokio::test]
async fn each_person_is_offered_what_they_may_do() {
    let mut seen = Vec::new();
    for person in PEOPLE {
        let (_hub, browser) = stage::enforced(person).await;
        seen.push(seen_by(person, &browser).await);
    }

    assert_table("on", &table(&PEOPLE, &seen));
}

#[tokio::test]
async fn with_permissions_off_everybody_is_offered_everything() {
    let people = [Person::Anonymous, Person::Nobody, Person::Editor];
    let mut seen = Vec::new();
    for person in people {
        let (_hub, browser) = stage::open(person).await;
        seen.push(seen_by(person, &browser).await);
    }

    assert_table("off", &table(&people, &seen));
}

/// What has no pages: interfaces of programs, and what pages are made of.
const BESIDE: [&str; 6] = [
    "/.backstage",
    "/.well-known",
    "/api",
    "/branding",
    "/metrics",
    "/static",
];

#[tokio::test]
async fn every_page_has_its_lines() {
    let (hub, browser) = stage::enforced(Person::SuperUser).await;
    let script = browser.clone().header("hx-request", "true");
    let is_page = |text: &str| text.starts_with("<!doctype html>");

    for page in PAGES {
        for example in page.examples {
            assert!(is_of(page.path, example), "{example} is not {}", page.path);
            let text = browser.get(example).await.text();
            assert!(is_page(&text), "{example} is no page: {text}");
        }
    }
    for path in NO_PAGES {
        let answer = script.get(path).await;
        assert!(
            answer.status == 200 && !is_page(&answer.text()),
            "{path} is a page: {}",
            answer.text()
        );
    }
    let is_listed = |path: &str| {
        let mut routes = PAGES.iter().map(|page| page.path);
        routes.any(|route| route == path) || NO_PAGES.iter().any(|other| is_of(path, other))
    };
    let is_beside = |path: &str| {
        BESIDE.iter().any(|beside| {
            let rest = path.strip_prefix(beside);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    for path in hub.paths() {
        if is_listed(&path) || is_beside(&path) {
            continue;
        }
        // What only takes forms answers as if it were not there.
        let answer = hub.anonymous().get(&path.replace(['{', '}'], "")).await;
        assert!(
            answer.status == 404 && answer.body.is_empty(),
            "{path} is not in the table"
        );
    }
}
