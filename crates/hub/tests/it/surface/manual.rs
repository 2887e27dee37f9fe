//! Tests that the manual tells the truth.

use axum::body::Body;
use axum::http::Method;
use callboard_hub::feature::RuleDescription;
use callboard_testkit::{TestHub, corpus};
use serde_json::json;
use std::collections::BTreeSet;

/// The rows of every table in a chapter of the reference, cell by cell.
fn rows(chapter: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    text(chapter)
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(cells)
        .collect()
}

fn text(chapter: &str) -> String {
    let path = corpus::workspace_root()
        .join("docs/reference")
        .join(chapter);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pieces of code in a cell, or in any other text.
fn code(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_permissions_of_the_manual_are_those_that_plugins_declare() {
    let hub = TestHub::start().await;

    let declared: BTreeSet<Vec<String>> = hub
        .app()
        .plugin_permissions()
        .iter()
        .flat_map(|plugin| {
            plugin
                .permissions
                .iter()
                .map(move |permission| (plugin.plugin, permission))
        })
        .map(|(plugin, permission)| {
            let resource_type = permission
                .resource_type()
                .map(|name| format!("`{name}`"))
                .unwrap_or_default();
            let name = format!("`{}`", permission.name());
            vec![
                plugin.to_owned(),
                name,
                resource_type,
                permission.action().as_str().to_owned(),
            ]
        })
        .collect();
    let plugins: Vec<&str> = hub
        .app()
        .plugin_permissions()
        .iter()
        .map(|plugin| plugin.plugin)
        .collect();
    let listed = rows("permissions.md")
        .into_iter()
        .filter(|row| plugins.contains(&&*row[0]))
        .collect();

    assert_eq!(declared, listed);
}

#[tokio::test]
async fn the_rules_of_the_manual_are_those_that_plugins_declare() {
    let hub = TestHub::start().await;

    let rules = hub
        .app()
        .plugin_permissions()
        .iter()
        .flat_map(|plugin| &plugin.rules);
    let declared: BTreeSet<[String; 3]> = rules
        .map(|rule| {
            [
                rule.resource_type.to_owned(),
                rule.name.to_owned(),
                parameters(rule),
            ]
        })
        .collect();
    let tables = rows("permissions.md");
    let of_rules = tables
        .iter()
        .skip_while(|row| row[0] != "Resource type")
        .skip(2);
    let listed: BTreeSet<[String; 3]> = of_rules
        .flat_map(|row| {
            let [resource_type] = &code(&row[0])[..] else {
                panic!("{row:?}")
            };
            code(&row[1])
                .into_iter()
                .map(|rule| [resource_type.clone(), rule, row[2].clone()])
                .collect::<Vec<_>>()
        })
        .collect();

    assert_eq!(declared, listed);
}

/// Parameters as the manual writes them: required ones with a star.
fn parameters(rule: &RuleDescription) -> String {
    let required = rule.params_schema["required"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let star = |name: &String| {
        if required.contains(&json!(name)) {
            "*"
        } else {
            ""
        }
    };
    let names = rule.params_schema["properties"].as_object().unwrap().keys();
    names
        .map(|name| format!("`{name}`{}", star(name)))
        .collect::<Vec<_>>()
        .join(", ")
}

#[tokio::test]
async fn the_metrics_of_the_manual_are_those_that_are_scraped() {
    let hub = TestHub::builder()
        .catalog("{apiVersion: backstage.io/v1alpha1, kind: Group, metadata: {name: stage}, spec: {type: team, children: []}}")
        .config(json!({"catalog": {"rules": [{"allow": ["Group"]}]}}))
        .config(json!({
            "discovery": {"endpoints": [{"target": "http://127.0.0.1:9/{{pluginId}}", "plugins": ["props"]}]},
            "permission": {"rbac": {"pluginsWithPermission": ["props"]}},
        }))
        .policy_csv("g, user:default/ann, role:default/readers")
        .conditions(FAULTY)
        .start()
        .await;
    // Some series begin with their first event.
    let question = json!({"items": [{"id": "1", "resourceRef": "group:default/stage", "permission": {
        "type": "resource", "name": "catalog.entity.read", "resourceType": "catalog-entity", "attributes": {"action": "read"},
    }}]});
    let answer = hub
        .user("user:default/ann")
        .await
        .post("/api/permission/authorize", &question)
        .await;
    assert_eq!(answer.json()["items"][0]["result"], "DENY");
    let listed = hub.service().get("/api/permission/plugins/policies").await;
    assert_eq!(listed.status, 200);

    let scraped = hub.anonymous().get("/metrics").await.text();
    let served: BTreeSet<[String; 2]> = scraped
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .map(|(name, kind)| [name.to_owned(), kind.to_owned()])
        .collect();
    let listed: BTreeSet<[String; 2]> = rows("metrics.md")
        .iter()
        .filter_map(|row| Some([code(&row[0]).into_iter().next()?, row[1].clone()]))
        .collect();

    assert_eq!(served, listed);
}

const FAULTY: &str = "
result: CONDITIONAL
roleEntityRef: role:default/readers
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {not: {rule: IS_NOT_THERE, resourceType: catalog-entity, params: {}}}
";

#[tokio::test]
async fn the_routes_of_the_manual_are_mounted() {
    let hub = TestHub::builder().on_disk().start().await;
    let routes = routes();
    assert!(routes.len() > 30, "{routes:?}");

    for (method, path) in routes {
        let answer = hub
            .service()
            .send(
                method.clone(),
                &path,
                Some("application/json"),
                Body::from("{}"),
            )
            .await;

        let is_mounted = answer.status != 404 || !answer.body.is_empty();
        assert!(is_mounted, "{method} {path}");
    }
}

/// Every route in the tables of the chapter, with something in place of each `{name}`.
fn routes() -> Vec<(Method, String)> {
    let mut routes = Vec::new();
    let mut prefix = String::new();
    for line in text("http-api.md").lines() {
        if line.starts_with("## ") {
            prefix = code(line).into_iter().next().unwrap_or_default();
        } else if let Some(row) = line.strip_prefix("| `") {
            let (cell, _) = row.split_once(" | ").unwrap();
            for route in code(&format!("`{cell}")) {
                let (method, path) = route.split_once(' ').unwrap_or(("GET", &route));
                if path.starts_with('/') {
                    let method = Method::from_bytes(method.as_bytes()).unwrap();
                    routes.push((method, fill(&format!("{prefix}{path}"))));
                }
            }
        }
    }
    routes
}

/// Puts a name in place of each parameter.
fn fill(path: &str) -> String {
    let path = path
        .replace("{plugin}", "catalog")
        .replace("{path}", "css/page.css")
        .replace("{id}", "1");
    let kinds = [
        ("{kind}", "role"),
        ("{namespace}", "default"),
        ("{name}", "x"),
        ("{uid}", "x"),
        ("{hash}", "x"),
        ("{provider}", "oidc"),
    ];
    let path = kinds.iter().fold(path, |path, (parameter, value)| {
        path.replace(parameter, value)
    });
    assert!(!path.contains('{'), "{path}");
    path
}

#[tokio::test]
async fn the_error_names_of_the_manual_are_those_of_the_wire() {
    let listed: Vec<Vec<String>> = rows("http-api.md")
        .into_iter()
        .filter(|row| row[0].ends_with("Error`"))
        .collect();

    let status = |name: &str| {
        let row = listed.iter().find(|row| row[0] == format!("`{name}`"));
        row.map(|row| row[1].clone())
    };
    let message = String::new;
    for error in [
        callboard_hub::Error::Input(message()),
        callboard_hub::Error::Authentication(message()),
        callboard_hub::Error::NotAllowed(message()),
        callboard_hub::Error::NotFound(message()),
        callboard_hub::Error::Conflict(message()),
        callboard_hub::Error::NotImplemented(message()),
        callboard_hub::Error::unavailable(message()),
    ] {
        let (code, name) = error.wire();
        assert_eq!(status(name), Some(code.as_u16().to_string()), "{name}");
    }
}
