//! What a repository without a descriptor could be registered as.

use crate::reading::Reader;
use serde_json::{Value, json};
use url::Url;

/// A component for the repository that a URL leads into; `None` for what leads nowhere.
pub(super) fn component(reader: &Reader, url: &Url) -> Option<Value> {
    let mut entity = json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": ""},
        "spec": {"type": "other", "lifecycle": "unknown"},
    });
    match reader.repository(url) {
        Some(repository) => {
            entity["metadata"]["name"] = json!(repository.name);
            if let Some(host) = annotation_host(repository.provider) {
                let slug = format!("{}/{}", repository.owner, repository.name);
                entity["metadata"]["annotations"] = json!({format!("{host}/project-slug"): slug});
            }
        }
        None => {
            url.host()?;
            let last = url.path_segments()?.rfind(|part| !part.is_empty())?;
            entity["metadata"]["name"] = json!(last.trim_end_matches(".git"));
        }
    }
    Some(entity)
}

fn annotation_host(provider: &str) -> Option<&'static str> {
    match provider {
        "azure" => Some("dev.azure.com"),
        "bitbucketCloud" | "bitbucketServer" => Some("bitbucket.org"),
        "github" => Some("github.com"),
        "gitlab" => Some("gitlab.com"),
        _ => None,
    }
}
