//! What is applied to a cluster to have the operator there: one file, or a bundle for OLM.

mod bundle;

pub use bundle::bundle;

use crate::backstage::{GROUP, KIND, PLURAL, STORED_VERSION};
use crate::source::SHIPPED;
use serde_json::{Value, json};

/// The name of the ConfigMap with the default configuration.
pub const DEFAULT_CONFIG: &str = "backstage-default-config";
/// The namespace of the operator, unless it is installed elsewhere.
pub const NAMESPACE: &str = "rhdh-operator";

const SCHEMA: &str = include_str!("../../manifests/schema.yaml");
const NAMESPACE_FILE: &str = include_str!("../../manifests/namespace.yaml");
const ACCESS: &str = include_str!("../../manifests/access.yaml");
const USER_ROLES: &str = include_str!("../../manifests/user-roles.yaml");
const METRICS_SERVICE: &str = include_str!("../../manifests/metrics-service.yaml");
const DEPLOYMENT: &str = include_str!("../../manifests/deployment.yaml");

/// The versions of the custom resource, oldest first, and whether a client is warned of it.
pub const VERSIONS: [(&str, bool); 5] = [
    ("v1alpha1", true),
    ("v1alpha2", true),
    ("v1alpha3", true),
    ("v1alpha4", false),
    ("v1alpha5", false),
];

/// Gives the whole manifest, in the order in which it is applied in one go.
pub fn one_file() -> String {
    let mut text = String::from(
        "# The operator of Callboard, for `kubectl apply -f`. Made by `callboard operator manifest`.\n",
    );
    let parts = [
        NAMESPACE_FILE,
        &callboard_yaml::to_string(&custom_resource_definition()),
        ACCESS,
        USER_ROLES,
        &default_config(Some(NAMESPACE)),
        METRICS_SERVICE,
        DEPLOYMENT,
    ];
    for part in parts {
        text.push_str("---\n");
        text.push_str(part);
    }
    text
}

/// Makes the definition of the custom resource: five versions of one schema.
///
/// Because the schema is one, the server only renames the version and loses nothing.
pub fn custom_resource_definition() -> Value {
    let schema = parse(SCHEMA);
    let versions = VERSIONS.map(|(name, is_deprecated)| {
        let mut version = json!({"name": name, "served": true, "storage": name == STORED_VERSION});
        if is_deprecated {
            version["deprecated"] = true.into();
            version["deprecationWarning"] =
                format!("{GROUP}/{name} {KIND} is deprecated; use {GROUP}/{STORED_VERSION}").into();
        }
        version["additionalPrinterColumns"] = columns();
        version["subresources"] = json!({"status": {}});
        version["schema"] = json!({"openAPIV3Schema": schema});
        version
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{PLURAL}.{GROUP}"),
            "labels": {"app.kubernetes.io/part-of": "rhdh-operator"},
        },
        "spec": {
            "group": GROUP,
            "names": {
                "kind": KIND,
                "listKind": format!("{KIND}List"),
                "plural": PLURAL,
                "singular": "backstage",
            },
            "scope": "Namespaced",
            "conversion": {"strategy": "None"},
            "versions": versions,
        },
    })
}

/// What `kubectl get backstages` shows.
fn columns() -> Value {
    let of_condition = |name: &str, field: &str| {
        let path = format!(".status.conditions[?(@.type==\"Deployed\")].{field}");
        json!({"name": name, "type": "string", "jsonPath": path})
    };
    json!([
        of_condition("Deployed", "status"),
        of_condition("Reason", "reason"),
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ])
}

/// Gives the ConfigMap with the default configuration, each file as it is, comments included.
fn default_config(namespace: Option<&str>) -> String {
    let mut text =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {DEFAULT_CONFIG}\n");
    if let Some(namespace) = namespace {
        text.push_str(&format!("  namespace: {namespace}\n"));
    }
    text.push_str("  labels:\n    app.kubernetes.io/part-of: rhdh-operator\ndata:\n");
    for (name, content) in SHIPPED {
        text.push_str(&format!("  {name}: |\n"));
        for line in content.lines() {
            match line {
                "" => text.push('\n'),
                line => text.push_str(&format!("    {line}\n")),
            }
        }
    }
    text
}

/// Reads a file of our own.
fn parse(text: &str) -> Value {
    // INVARIANT: a test reads every file.
    callboard_yaml::parse(text)
        .expect("a file of our own")
        .into_json()
}

/// Reads a file of our own that holds several objects.
fn parse_all(text: &str) -> Vec<Value> {
    callboard_yaml::parse_documents(text)
        .into_iter()
        // INVARIANT: a test reads every file.
        .map(|document| document.expect("a file of our own").into_json())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const MADE_BY: &str = "run `callboard operator manifest > deploy/operator.yaml` and `callboard operator bundle deploy/bundle`";

    fn deploy() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
    }

    #[test]
    fn the_manifest_that_is_checked_in_is_the_one_that_is_made() {
        let found = std::fs::read_to_string(deploy().join("operator.yaml")).unwrap();

        assert!(
            found == one_file(),
            "deploy/operator.yaml is stale: {MADE_BY}"
        );
    }

    #[test]
    fn the_bundle_that_is_checked_in_is_the_one_that_is_made() {
        for (path, content) in bundle() {
            let found = std::fs::read_to_string(deploy().join("bundle").join(&path)).unwrap();
            assert!(found == content, "{path} is stale: {MADE_BY}");
        }
    }

    #[test]
    fn the_renames_of_the_guide_find_nothing() {
        let text = one_file();

        for name in [
            "backstage-operator",
            "backstage-system",
            "backstage-controller-manager",
        ] {
            assert!(!text.contains(name), "{name}");
        }
    }

    #[test]
    fn images_have_the_version_of_the_program() {
        let wanted = format!("quay.io/callboard/callboard:{}", env!("CARGO_PKG_VERSION"));
        let text = one_file();
        let images: Vec<&str> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("image: "))
            .filter(|image| image.contains("callboard"))
            .collect();

        assert_eq!(images, [wanted.as_str(); 3]);
    }

    #[test]
    fn the_default_configuration_of_the_manifest_is_the_shipped_one() {
        let config = parse(&default_config(None));

        for (name, content) in SHIPPED {
            assert_eq!(config["data"][name], *content, "{name}");
        }
    }
}
