//! What a developer's portal asks while a person looks around: forty requests.

use crate::client::{Answer, Client, Request};
use serde_json::{Value, json};

/// How many requests one round has.
pub(crate) const REQUESTS: usize = 40;

/// How many owners a round looks at.
const OWNERS: usize = 6;
/// How many groups are asked for at once.
const GROUPS: usize = 10;

const FACETS: [&str; 5] = [
    "kind",
    "spec.owner",
    "spec.lifecycle",
    "metadata.tags",
    "metadata.namespace",
];
const KINDS: [&str; 7] = [
    "component",
    "api",
    "system",
    "domain",
    "resource",
    "group",
    "user",
];

/// Owners with what they own, each round beginning at another one.
pub(crate) struct Session {
    owners: Vec<String>,
    next: usize,
}

impl Session {
    /// Finds out which owners there are.
    pub(crate) fn new(client: &mut Client) -> Session {
        let facets = client
            .get("/api/catalog/entity-facets?facet=spec.owner")
            .json();
        let values = facets["facets"]["spec.owner"].as_array();
        let owners = values.into_iter().flatten();
        let owners: Vec<String> = owners
            .filter_map(|value| value["value"].as_str().map(str::to_owned))
            .collect();
        assert!(owners.len() >= OWNERS.max(GROUPS), "{owners:?}");
        Session { owners, next: 0 }
    }

    /// One round; `seen` is given each answer.
    pub(crate) fn round(&mut self, client: &mut Client, mut seen: impl FnMut(&Answer)) {
        let mut asked = 0;
        let mut send = |request: Request| {
            asked += 1;
            let answer = client.send(&request);
            seen(&answer);
            answer
        };
        for facet in FACETS {
            send(facets(facet, ""));
        }
        for facet in FACETS {
            send(facets(facet, "&filter=kind=component"));
        }
        for kind in KINDS {
            send(count(&format!("kind={kind}")));
        }
        send(count("kind=component,spec.lifecycle=production"));
        for _ in 0..OWNERS {
            let owner = self.next_owner();
            let first = send(page("component", &owner));
            send(page_after(&first).unwrap_or_else(|| count(&format!("spec.owner={owner}"))));
            send(page("api", &owner));
        }
        for _ in 0..4 {
            let groups: Vec<String> = (0..GROUPS).map(|_| self.next_owner()).collect();
            send(Request::post(
                "/api/catalog/entities/by-refs",
                &json!({"entityRefs": groups}),
            ));
        }
        assert_eq!(asked, REQUESTS);
    }

    fn next_owner(&mut self) -> String {
        self.next = (self.next + 1) % self.owners.len();
        self.owners[self.next].clone()
    }
}

fn facets(facet: &str, filter: &str) -> Request {
    Request::get(format!("/api/catalog/entity-facets?facet={facet}{filter}"))
}

fn count(filter: &str) -> Request {
    Request::get(format!(
        "/api/catalog/entities/by-query?limit=0&filter={filter}"
    ))
}

fn page(kind: &str, owner: &str) -> Request {
    Request::get(format!(
        "/api/catalog/entities/by-query?limit=20&orderField=metadata.name\
         &filter=kind={kind},spec.owner={owner}"
    ))
}

/// The page after one, unless that was the last.
pub(crate) fn page_after(page: &Answer) -> Option<Request> {
    let page: Value = page.json();
    let cursor = page["pageInfo"]["nextCursor"].as_str()?;
    Some(Request::get(format!(
        "/api/catalog/entities/by-query?limit=20&cursor={cursor}"
    )))
}
