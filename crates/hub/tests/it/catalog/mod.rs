//! The catalog: what it reads, its interface, what callers may see of it and change.

mod access;
mod api;
mod audited;
mod codeowner;
mod fault;
mod ingestion;
mod location;
mod metric;
mod outcome;
mod placeholder;
mod processing;
pub(crate) mod registration;
mod reload;
mod replica;
pub(crate) mod site;
mod vectors;

use callboard_testkit::{Answer, Postgres, TestHub, TestHubBuilder};
use serde_json::Value;
use std::time::Duration;

/// How long a test waits for what the hub does on its own.
const DEADLINE: Duration = Duration::from_secs(10);

/// A hub that reads `catalog.yaml` of its folder.
async fn hub_with(yaml: &str) -> TestHub {
    TestHub::builder().catalog(yaml).start().await
}

/// What the records are kept in.
#[derive(Clone, Copy)]
enum Database {
    /// In memory.
    Sqlite,
    /// On a server, in a database of its own.
    Postgres,
}

impl Database {
    /// A hub that keeps its records there.
    async fn on(self, builder: TestHubBuilder) -> TestHubBuilder {
        match self {
            Database::Sqlite => builder,
            Database::Postgres => {
                let url = Postgres::start().await.database("catalog").await;
                builder.on_postgres(&url)
            }
        }
    }

    /// A hub that keeps its records there, and reads `catalog.yaml` of its folder.
    async fn hub_with(self, yaml: &str) -> TestHub {
        self.on(TestHub::builder().catalog(yaml))
            .await
            .start()
            .await
    }
}

/// Makes each of some functions two tests, one on either database.
macro_rules! both_databases {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            #[tokio::test]
            async fn on_sqlite() {
                super::$test(super::Database::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                super::$test(super::Database::Postgres).await;
            }
        }
    )*};
}
use both_databases;

/// A minimal component.
pub(crate) fn component(name: &str) -> String {
    component_of(name, "crew")
}

/// A minimal component of an owner.
fn component_of(name: &str, owner: &str) -> String {
    format!(
        "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n\
         spec:\n  type: service\n  lifecycle: production\n  owner: {owner}\n"
    )
}

/// A Location entity with targets, a comma list.
fn location(name: &str, targets: &str) -> String {
    format!(
        "---\napiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: {name}\n\
         spec:\n  targets: [{targets}]\n"
    )
}

/// Every name in the catalog but those of configured locations, in the order of references.
async fn names(hub: &TestHub) -> Vec<String> {
    let entities = hub
        .service()
        .get("/api/catalog/entities?fields=metadata.name")
        .await
        .json();
    let names = entities
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| text(&entity["metadata"]["name"]));
    names
        .filter(|name| !name.starts_with("generated-"))
        .collect()
}

/// The entity with a name.
async fn entity(hub: &TestHub, kind: &str, name: &str) -> Answer {
    hub.service()
        .get(&format!(
            "/api/catalog/entities/by-name/{kind}/default/{name}"
        ))
        .await
}

/// What is wrong with the catalog files, each as `line: message`.
fn findings(hub: &TestHub) -> Vec<String> {
    let status = hub.app().catalog().status();
    let findings = status.iter().flat_map(|status| &status.findings);
    findings
        .map(|finding| format!("{}: {}", finding.line.unwrap_or_default(), finding.message))
        .collect()
}

/// Waits until `holds`.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait)
        .await
        .unwrap_or_else(|_| panic!("{what} in time"));
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a string, not {value}"))
        .to_owned()
}

fn path_of(builder: &TestHubBuilder, name: &str) -> String {
    builder.folder().join(name).display().to_string()
}
