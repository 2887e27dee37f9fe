//! Pages of the catalog, the gallery and home: what each person is shown and offered.

pub(crate) mod action;
mod gallery;
mod home;
mod import;
mod list;
mod offer;
mod star;

use crate::pages::{csrf_of, guest};
use crate::sample::{OWNERS, READER};
use callboard_testkit::{Answer, Client, TestHub, TestHubBuilder};

/// Two teams, with something of everything.
pub(crate) const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: seat-map, description: Interactive seating plans, tags: [canvas]}
spec: {type: website, lifecycle: production, owner: crew, system: ticketing, dependsOn: ['component:default/vault']}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: vault, title: Secret Vault, tags: [hush]}
spec: {type: safe, lifecycle: arcane, owner: shadows, consumesApis: [seating]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: seating}
spec: {type: openapi, lifecycle: production, owner: crew, definition: 'openapi: 3.0.0'}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: ticketing}
spec: {owner: crew}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: website, title: Audience website, description: Pages in the house style, tags: [typescript]}
spec: {type: website, owner: crew, steps: []}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: hideout, title: Hideout, tags: [hush]}
spec: {type: safe, owner: shadows, steps: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: shadows, title: The Shadows}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: [crew], profile: {displayName: Gil Uest}}
";

/// A hub whose guest has the rights of a policy file.
pub(crate) fn hub(csv: &str) -> TestHubBuilder {
    TestHub::builder().catalog(CATALOG).policy_csv(csv)
}

/// A hub whose guest reads what the crew owns, and has the rights of a policy file.
pub(crate) fn owners(csv: &str) -> TestHubBuilder {
    hub(&format!(
        "g, user:default/guest, role:default/owners\n{csv}"
    ))
    .conditions(OWNERS)
}

/// What nobody reads who reads what the crew owns.
const HIDDEN: [&str; 9] = [
    "vault", "Vault", "hush", "arcane", "shadows", "Shadows", "hideout", "Hideout", "safe",
];

/// Fails when a page names anything that is hidden.
pub(crate) fn assert_silent(path: &str, page: &str) {
    for word in HIDDEN {
        assert!(!page.contains(word), "{path} tells of {word}: {page}");
    }
}

/// The values of a page's forms, sent to a path with more of them.
pub(crate) async fn submit(client: &Client, page: &str, path: &str, fields: &str) -> Answer {
    let csrf = csrf_of(&client.get(page).await);
    client
        .post_form(path, &format!("_csrf={csrf}&{fields}"))
        .await
}

/// The words of markup, each text between tags once, with one space between two.
pub(crate) fn words(markup: &str) -> String {
    let texts = markup.split('<').map(|part| match part.split_once('>') {
        Some((_, text)) => text,
        None => part,
    });
    let words: Vec<&str> = texts.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

/// What stands between two texts of a page.
pub(crate) fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page
        .split_once(start)
        .unwrap_or_else(|| panic!("no `{start}` in {page}"));
    rest.split(end).next().unwrap_or(rest)
}

/// The first cell of each row of a page's table, without what it is described with.
pub(crate) fn rows(page: &str) -> Vec<String> {
    let body = page.split("<tbody").nth(1).unwrap_or_default();
    let rows = body.split("<tr role=\"row\">").skip(1);
    rows.map(|row| {
        words(
            between(row, "<a href=", "</a>")
                .split_once('>')
                .map_or("", |(_, text)| text),
        )
    })
    .collect()
}
