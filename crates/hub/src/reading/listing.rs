//! The files that a Git host lists, where it gives no archive that could be streamed.

use super::archive::Wanted;
use super::error::ReadError;
use super::fetch::Body;
use serde::Deserialize;
use url::Url;

/// How long a list may be.
const LIST_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Deserialize)]
struct List {
    value: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    path: String,
    git_object_type: Option<String>,
    #[serde(default)]
    is_sym_link: bool,
}

/// The wanted paths, relative to the folder and sorted. Links are passed over.
pub(super) async fn paths(
    asked: &Url,
    body: Box<Body>,
    wanted: &Wanted,
) -> Result<Vec<String>, ReadError> {
    let body = body.read(asked, LIST_BYTES).await?;
    let list: List = serde_json::from_slice(&body)
        .map_err(|_| ReadError::invalid(asked, "the list of its files is not what it should be"))?;
    let limits = &wanted.limits;
    let prefix = match wanted.folder.as_str() {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    let mut paths = Vec::new();
    for item in &list.value {
        let is_file = item.git_object_type.as_deref() == Some("blob");
        let path = item.path.trim_start_matches('/');
        let Some(below) = path.strip_prefix(&prefix) else {
            continue;
        };
        let is_plain = !path.split('/').any(|part| matches!(part, "" | "." | ".."));
        let pattern = wanted.pattern.as_ref();
        let is_wanted = pattern.is_none_or(|pattern| pattern.matches(path));
        if !is_file || !is_plain || !is_wanted || item.is_sym_link {
            continue;
        }
        if below.split('/').count() > limits.depth {
            let reason = format!("`{path}` is more than {} folders deep", limits.depth);
            return Err(ReadError::too_large(asked, reason));
        }
        paths.push(below.to_owned());
    }
    if paths.len() > limits.files {
        let reason = format!("it has more than {} files", limits.files);
        return Err(ReadError::too_large(asked, reason));
    }
    paths.sort();
    Ok(paths)
}
