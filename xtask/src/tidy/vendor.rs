//! Vendored assets: each is what its package shipped, with a licence that we take.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::policy::Policy;
use super::problem::Problem;
use super::tree::Tree;
use crate::command;

/// File below its folder → `{ package, version, licence, sha256 }`.
const LIST: &str = "crates/hub/assets/vendor.json";
const FOLDER: &str = "crates/hub/assets/";

/// Fonts are data beside the program; their licence asks that its text lies beside them.
const FONT_LICENCE: &str = "OFL-1.1";

/// Finds vendored files that are missing, changed, or of another licence.
///
/// # Errors
///
/// When the list is not JSON, or the program `sha256sum` is missing.
pub(crate) fn check(root: &Path, tree: &Tree, policy: &Policy) -> Result<Vec<Problem>> {
    let Some(text) = tree.text(LIST) else {
        return Ok(Vec::new());
    };
    let list: Value =
        serde_json::from_str(text).with_context(|| format!("`{LIST}` is not JSON"))?;
    let mut problems = Vec::new();
    for (name, entry) in list
        .as_object()
        .with_context(|| format!("`{LIST}` is not an object"))?
    {
        let path = format!("{FOLDER}{name}");
        let actual = if tree.contains(&path) {
            Some(sha256(root, &path)?)
        } else {
            None
        };
        if let Some((what, mend)) = fault(name, entry, actual.as_deref(), policy) {
            problems.push(Problem::error(
                LIST,
                tree.line_starting(LIST, &format!("\"{name}\"")),
                what,
                mend,
            ));
        }
    }
    Ok(problems)
}

/// What is wrong with one entry, given the hash of its file, if the file is there.
fn fault(
    name: &str,
    entry: &Value,
    actual: Option<&str>,
    policy: &Policy,
) -> Option<(String, String)> {
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let (package, licence) = (text("package"), text("licence"));
    let Some(actual) = actual else {
        return Some((
            format!("`{name}` is missing"),
            "remove the entry or restore the file".to_owned(),
        ));
    };
    if package.is_empty() || text("version").is_empty() {
        return Some((
            format!("`{name}` names no package or no version"),
            "say where it comes from".to_owned(),
        ));
    }
    if licence != FONT_LICENCE && !policy.allows(package, licence) {
        return Some((
            format!("`{name}` has licence `{licence}`"),
            "see deny.toml for those that we take".to_owned(),
        ));
    }
    (actual != text("sha256")).then(|| {
        let mend =
            format!("restore it from `{package}`, or write down `{actual}` with the new version");
        (format!("`{name}` is not what the list says"), mend)
    })
}

fn sha256(root: &Path, path: &str) -> Result<String> {
    let line = command::output(Command::new("sha256sum").arg(path).current_dir(root))?;
    line.split_whitespace()
        .next()
        .map(str::to_owned)
        .context("sha256sum prints a hash")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault_of(entry: &Value, actual: Option<&str>) -> Option<String> {
        let policy = Policy {
            licences: vec!["0BSD".to_owned()],
            ..Policy::default()
        };
        fault("js/htmx.js", entry, actual, &policy).map(|(what, _)| what)
    }

    #[test]
    fn a_file_is_what_the_list_says() {
        let entry =
            json!({"package": "htmx.org", "version": "4.0.1", "licence": "0BSD", "sha256": "ab"});

        assert_eq!(fault_of(&entry, Some("ab")), None);
        assert!(
            fault_of(&entry, Some("cd"))
                .unwrap()
                .contains("not what the list says")
        );
        assert!(fault_of(&entry, None).unwrap().contains("missing"));
    }

    #[test]
    fn an_entry_names_its_package_and_a_licence_that_we_take() {
        let bare = json!({"licence": "0BSD", "sha256": "ab"});
        let unfree = json!({"package": "a", "version": "1", "licence": "BUSL-1.1", "sha256": "ab"});

        assert!(fault_of(&bare, Some("ab")).unwrap().contains("no package"));
        assert!(fault_of(&unfree, Some("ab")).unwrap().contains("BUSL-1.1"));
    }
}
