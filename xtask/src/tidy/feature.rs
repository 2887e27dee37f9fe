//! Feature folders of the hub: one reaches another through its `service` only.

use super::problem::Problem;
use super::tree::Tree;

const HUB: &str = "crates/hub/src/";

/// The modules of a feature that are its own business.
const PRIVATE: &[&str] = &["api", "store", "views"];

/// Finds lines of one feature that name a private module of another.
pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, text) in tree.texts().filter(|(file, _)| file.extension() == "rs") {
        let Some(feature) = file
            .path
            .strip_prefix(HUB)
            .and_then(|path| path.split_once('/'))
            .map(|(feature, _)| feature)
        else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            for (other, module) in paths(line) {
                if other != feature && PRIVATE.contains(&module) {
                    let what = format!("`{feature}` reaches into `{other}::{module}`");
                    let mend = format!("call `{other}::service`, or move what both need there");
                    problems.push(Problem::error(&file.path, index + 1, what, mend));
                }
            }
        }
    }
    problems
}

/// The first two names of each `crate::a::b` on the line.
fn paths(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split("crate::").skip(1).filter_map(|rest| {
        let mut names = rest.splitn(3, "::").map(|name| {
            let end = name
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(name.len());
            &name[..end]
        });
        Some((names.next()?, names.next()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_may_use_services_and_what_is_shared() {
        let text = "use crate::catalog::service::Catalog;\nuse crate::http::extract::Json;\nuse crate::rbac::store;\n";

        assert_eq!(
            check(&Tree::of(&[("crates/hub/src/rbac/service.rs", text)])),
            []
        );
    }

    #[test]
    fn a_feature_may_not_use_the_store_of_another() {
        let text =
            "//! Roles.\n\nlet rows = crate::catalog::store::rows(crate::rbac::api::Role);\n";

        let problems = check(&Tree::of(&[("crates/hub/src/rbac/service.rs", text)]));

        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, 3);
    }

    #[test]
    fn the_hub_itself_wires_everything() {
        assert_eq!(
            check(&Tree::of(&[(
                "crates/hub/src/lib.rs",
                "use crate::catalog::api;\n"
            )])),
            []
        );
    }
}
