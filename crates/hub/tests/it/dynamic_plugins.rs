//! What `dynamic-plugins.yaml` asks for, as the installer leaves it in the configuration.

use crate::support::Log;
use callboard_testkit::{TestHub, TestHubBuilder};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: []}
";

/// The guest may read every role.
const POLICIES: &str = "
g, user:default/guest, role:default/admins
p, role:default/admins, policy-entity, read, allow
";

const OLD_RBAC: &str = "./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac";
const LOADED: &str = "/api/dynamic-plugins-info/loaded-plugins";

fn builder(plugins: &Value) -> TestHubBuilder {
    TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(POLICIES)
        .config(json!({"callboard": {"plugins": plugins}}))
}

#[tokio::test]
async fn what_is_asked_for_is_listed_and_what_is_missing_says_so() {
    let hub = builder(&json!([
        {"package": OLD_RBAC, "enabled": true},
        {"package": "./dynamic-plugins/dist/backstage-plugin-kubernetes-backend-dynamic"},
        {"package": "oci://registry.example.com/roadmap:v1"},
        {"package": "./dynamic-plugins/dist/backstage-community-plugin-ocm", "enabled": false},
    ]))
    .start()
    .await;

    let anonymous = hub.anonymous().get(LOADED).await;
    let answer = hub.service().get(LOADED).await;

    assert_eq!(anonymous.status.as_u16(), 401);
    let mut plugins = answer.json();
    for plugin in plugins.as_array_mut().unwrap() {
        plugin.as_object_mut().unwrap().remove("version").unwrap();
    }
    assert_json_snapshot!(plugins, @r#"
    [
      {
        "name": "backstage-community-plugin-rbac",
        "platform": "web",
        "role": "frontend-plugin"
      },
      {
        "name": "backstage-plugin-kubernetes-backend-dynamic",
        "loaded": false,
        "role": "backend-plugin",
        "platform": "node"
      },
      {
        "name": "roadmap",
        "loaded": false
      }
    ]
    "#);
}

#[tokio::test]
async fn an_installation_without_a_list_has_everything() {
    let hub = TestHub::builder()
        .catalog(CATALOG)
        .policy_csv(POLICIES)
        .start()
        .await;

    assert_eq!(hub.service().get(LOADED).await.json(), json!([]));
    let guest = crate::pages::guest(&hub).await;
    assert_eq!(guest.get("/rbac").await.status.as_u16(), 200);
    assert_eq!(guest.get("/rbac/plugins").await.status.as_u16(), 404);
}

#[tokio::test]
async fn the_pages_of_the_administration_are_not_there_when_their_plugin_is_off() {
    let off = json!([{"package": OLD_RBAC, "enabled": false}]);
    let hub = builder(&off).start().await;
    let guest = crate::pages::guest(&hub).await;

    for page in ["/rbac", "/rbac/test", "/rbac/audit", "/rbac/plugins"] {
        assert_eq!(guest.get(page).await.status.as_u16(), 404, "{page}");
    }
    for page in ["/", "/catalog/default/user/guest", "/api-docs"] {
        let text = guest.get(page).await.text();
        assert!(!text.contains("\"/rbac"), "{page}: {text}");
    }
    // The REST interface is always there.
    let user = hub.user("user:default/guest").await;
    let roles = user.get("/api/permission/roles").await;
    assert_eq!(roles.status.as_u16(), 200);
}

#[tokio::test]
async fn the_menu_calls_pages_as_the_configuration_of_their_plugin_does() {
    let frontend = json!({
        "backstage-community.plugin-rbac": {
            "dynamicRoutes": [{"path": "/rbac", "menuItem": {"icon": "rbac", "text": "RBAC"}}],
            "menuItems": {"rbac": {"parent": "admin", "title": "Who <may>"}},
        },
        "example.plugin-catalog": {"menuItems": {"catalog": {"title": "Elsewhere"}}},
    });
    let hub = builder(&json!([{"package": OLD_RBAC}]))
        .config(json!({"dynamicPlugins": {"frontend": frontend}}))
        .start()
        .await;

    let page = crate::pages::guest(&hub).await.get("/rbac").await.text();

    let item = "<a class=\"nav sub\" href=\"/rbac\">Who &#60;may&#62;</a>";
    assert!(page.contains(item), "{page}");
    assert!(!page.contains("Elsewhere"));
}

#[tokio::test]
async fn the_page_tells_what_becomes_of_each_package() {
    let hub = builder(&json!([
        {"package": OLD_RBAC},
        {"package": "@example/plugin-roadmap@1.0.0"},
    ]))
    .start()
    .await;

    let page = crate::pages::guest(&hub).await.get("/rbac/plugins").await;

    let text = page.text();
    for part in [
        "janus-idp-backstage-plugin-rbac",
        "Built in",
        "example-plugin-roadmap",
        "Not available",
        "<code>callboard.sidecars</code>",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn what_is_asked_for_and_missing_is_a_warning_and_what_is_only_included_a_note() {
    let log = Log::capture();

    builder(&json!([
        {"package": "own", "asked": true},
        {"package": "included", "asked": false},
        {"package": "off", "enabled": false, "asked": true},
    ]))
    .start()
    .await;

    let lines = log.lines();
    let warned = |name: &str| {
        let about = |line: &&Value| line["message"].to_string().contains(&format!("`{name}`"));
        lines
            .iter()
            .filter(about)
            .map(|line| line["level"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(warned("own"), ["warn"]);
    assert_eq!(warned("included"), Vec::<Value>::new());
    assert_eq!(warned("off"), Vec::<Value>::new());
}
