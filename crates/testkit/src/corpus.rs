//! The test vectors under `corpus/vectors`.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn workspace_root() -> PathBuf {
    // The manifest of this crate is two folders below the root.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace has a root")
}

/// Every file of `corpus/vectors/<name>`, parsed, with its name; at least one.
///
/// # Panics
///
/// When the folder is missing or empty, or a file is not JSON.
pub fn vectors(name: &str) -> Vec<(String, Value)> {
    let folder = workspace_root().join("corpus/vectors").join(name);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder entry is readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    assert!(!files.is_empty(), "{} holds no vectors", folder.display());
    files.sort();
    files
        .into_iter()
        .map(|path| (path.display().to_string(), read(&path)))
        .collect()
}

fn read(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
