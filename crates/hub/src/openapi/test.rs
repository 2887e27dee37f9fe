//! Tests that no route is left out.

use super::{PATH, document, with_common};
use crate::app::{App, Core, Mode};
use crate::feature::{Api, Registrar};
use crate::hub::{plugin_routes, register};
use crate::ui::Dictionary;
use crate::{Parts, auth};
use axum::Router;
use callboard_config::Config;
use callboard_store::{Store, StoreConfig};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The shared state of a hub, and the interfaces of its plugins.
async fn registered(enabled: bool) -> (App, Vec<Api>) {
    let config = json!({
        "app": {"title": "Callboard", "baseUrl": "http://localhost:7007"},
        "backend": {"baseUrl": "http://localhost:7007"},
        "permission": {"enabled": enabled},
    });
    let parts = Parts {
        config: Config::from_value(config),
        store: Store::open(&StoreConfig::SqliteMemory).await.unwrap(),
        clock: Arc::new(auth::test::ManualClock::default()),
        mode: Mode::Production,
        providers: Vec::new(),
    };
    let core = Core::new(parts, prometheus::Registry::new()).unwrap();
    let Registrar {
        services,
        apis,
        permissions,
        nav,
        texts,
        ..
    } = register(&core).await.unwrap();
    let plugins = apis.iter().map(|api| api.plugin).collect();
    (
        App::new(
            core,
            services,
            plugins,
            permissions,
            nav,
            Dictionary::new(&texts),
        ),
        apis,
    )
}

/// The paths of a router, which shows them to nobody but those who debug it. The root is left out:
/// every router has it, for what matches nothing.
fn paths(router: &Router<App>) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let quoted = shown.split('"').skip(1).step_by(2);
    quoted
        .filter(|text| text.starts_with('/') && *text != "/" && !text.contains("fallback"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_route_of_a_plugin_with_a_document_is_in_it() {
    let mut documented = Vec::new();
    for enabled in [true, false] {
        let (app, apis) = registered(enabled).await;
        for api in apis {
            let (plugin, parts) = (api.plugin, api.openapi.clone());
            let routed = paths(&plugin_routes(&app, api));
            assert_eq!(routed.contains(PATH), !parts.is_empty(), "{plugin}");
            if parts.is_empty() {
                continue;
            }
            let parts = with_common(&app, plugin, parts);

            let document = document::of("http://localhost", &parts).unwrap();

            let paths = document["paths"].as_object().unwrap().keys();
            let paths: BTreeSet<_> = paths.filter(|path| *path != "/").cloned().collect();
            assert_eq!(paths, routed, "{plugin}");
            documented.push((plugin, paths.len()));
        }
    }
    assert_eq!(
        documented,
        [
            ("dynamic-plugins-info", 4),
            ("catalog", 22),
            ("permission", 19),
            ("callboard", 19),
            ("search", 4),
            ("dynamic-plugins-info", 4),
            ("catalog", 22),
            ("permission", 7),
            ("callboard", 19),
            ("search", 4),
        ]
    );
}
