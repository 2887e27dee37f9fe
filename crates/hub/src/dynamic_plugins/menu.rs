//! What the configuration of plugins says about the menu.

use callboard_plugins::{Known, known, name_of};
use serde_json::Value;
use std::collections::BTreeMap;

/// The words for menu items, by the path that they lead to.
///
/// Each is that of a page which stands for a package here: `menuItems.<path>.title`, or else the
/// `menuItem.text` of the route. What belongs to other packages, or cannot be read, says nothing.
pub(super) fn words(frontends: &Value) -> BTreeMap<String, String> {
    let frontends = frontends.as_object().into_iter().flatten();
    let native = frontends.filter(|(name, _)| is_native(name));
    let mut words = BTreeMap::new();
    for (_, frontend) in native {
        for route in frontend["dynamicRoutes"].as_array().into_iter().flatten() {
            let text = route["menuItem"]["text"].as_str();
            words.extend(said(route["path"].as_str(), text));
        }
        for (name, item) in frontend["menuItems"].as_object().into_iter().flatten() {
            let path = format!("/{}", name.replace('.', "/"));
            words.extend(said(Some(&path), item["title"].as_str()));
        }
    }
    words
}

/// Whether something stands here for a package, whose scope ends with a dot in this place.
fn is_native(name: &str) -> bool {
    known(&name_of(&name.replacen('.', "-", 1))).is_some_and(Known::is_native)
}

fn said(path: Option<&str>, text: Option<&str>) -> Option<(String, String)> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    Some((path?.to_owned(), text?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_title_counts_for_more_than_the_text_of_the_route() {
        let route = json!([{"path": "/rbac", "menuItem": {"icon": "rbac", "text": "RBAC"}}]);
        let of = |package: &str, items: Value| {
            words(&json!({package: {"dynamicRoutes": route, "menuItems": items}}))
        };

        let plain = of("backstage-community.plugin-rbac", Value::Null);
        let titled = of(
            "janus-idp.backstage-plugin-rbac",
            json!({"rbac": {"parent": "admin", "title": "Access"}}),
        );
        let foreign = of("example.plugin-roadmap", Value::Null);

        assert_eq!(plain["/rbac"], "RBAC");
        assert_eq!(titled["/rbac"], "Access");
        assert!(foreign.is_empty());
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for frontend in [
            Value::Null,
            json!("text"),
            json!({"dynamicRoutes": 7, "menuItems": []}),
            json!({"dynamicRoutes": [{"path": "/rbac", "menuItem": {"text": " "}}]}),
        ] {
            let words = words(&json!({"backstage-community.plugin-rbac": frontend}));
            assert!(words.is_empty(), "{words:?}");
        }
    }
}
