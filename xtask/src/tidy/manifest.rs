//! Manifests: versions stand once, in the root, each with a reason in the design note.

use std::collections::BTreeSet;

use super::problem::Problem;
use super::tree::Tree;

const ROOT: &str = "Cargo.toml";
const NOTE: &str = "docs/design/0002-dependencies.md";

/// Finds versions outside the root, and dependencies without a reason or without a user.
pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let root = entries(tree.text(ROOT).unwrap_or_default(), |table| {
        table == "[workspace.dependencies]"
    });
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for (file, text) in tree
        .texts()
        .filter(|(file, _)| file.path.ends_with("/Cargo.toml") && !is_apart(&file.path))
    {
        for entry in entries(text, |table| table.ends_with("dependencies]")) {
            used.insert(entry.name.to_owned());
            if !entry.rest.contains("workspace = true") {
                let what = format!("`{}` has a version of its own", entry.name);
                let mend = "write `.workspace = true` and put the version into the root Cargo.toml";
                problems.push(Problem::error(&file.path, entry.line, what, mend));
            }
        }
    }

    let explained = explained(tree.text(NOTE).unwrap_or_default());
    let foreign = || root.iter().filter(|entry| !entry.rest.contains("path ="));
    for entry in foreign() {
        if !explained.iter().any(|(name, _)| name == entry.name) {
            let what = format!("no reason is given for `{}`", entry.name);
            problems.push(Problem::error(
                ROOT,
                entry.line,
                what,
                format!("add a row for it to {NOTE}"),
            ));
        }
        if !used.contains(entry.name) {
            let what = format!("no crate uses `{}`", entry.name);
            problems.push(Problem::error(
                ROOT,
                entry.line,
                what,
                "remove the line until one does",
            ));
        }
    }
    for (name, line) in &explained {
        if !foreign().any(|entry| entry.name == name) {
            let what = format!("`{name}` is not a dependency");
            problems.push(Problem::error(NOTE, *line, what, "remove the row"));
        }
    }
    problems
}

/// Whether a package is a workspace of its own, which keeps its versions.
fn is_apart(path: &str) -> bool {
    path.starts_with("benches/") || path.starts_with("fuzz/")
}

/// One dependency of a manifest.
struct Entry<'a> {
    name: &'a str,
    /// What follows the name: `.workspace = true` or `= { … }`.
    rest: &'a str,
    line: usize,
}

/// The dependencies in those tables whose heading fits; knows one entry a line, as we write them.
fn entries(text: &str, fits: impl Fn(&str) -> bool) -> Vec<Entry<'_>> {
    let mut is_inside = false;
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            is_inside = fits(line.trim());
        } else if is_inside && line.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            let end = line
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
                .unwrap_or(line.len());
            let (name, rest) = line.split_at(end);
            entries.push(Entry {
                name,
                rest,
                line: index + 1,
            });
        }
    }
    entries
}

/// The crates in the first column of the note's tables, with their lines.
fn explained(note: &str) -> Vec<(String, usize)> {
    let rows = note
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("| `"));
    rows.flat_map(|(index, line)| {
        let column = line
            .trim_start_matches('|')
            .split('|')
            .next()
            .unwrap_or_default();
        let names: Vec<_> = column
            .split('`')
            .skip(1)
            .step_by(2)
            .map(|name| (name.to_owned(), index + 1))
            .collect();
        names
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "[workspace.dependencies]\nours = { path = \"ours\" }\nserde = \"1\"\n\n[profile.dev]\ndebug = 1\n";

    fn whats(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_dependency_with_reason_and_user_is_fine() {
        let found = whats(&[
            (ROOT, WORKSPACE),
            (
                "ours/Cargo.toml",
                "[package]\nname = \"ours\"\n\n[dependencies]\nserde.workspace = true\n",
            ),
            (NOTE, "| crate | why |\n| --- | --- |\n| `serde` | data |\n"),
        ]);

        assert_eq!(found, [] as [&str; 0]);
    }

    #[test]
    fn a_dependency_without_reason_or_user_is_a_problem() {
        let found = whats(&[(ROOT, WORKSPACE)]);

        assert_eq!(found.len(), 2);
        assert!(
            found
                .iter()
                .all(|problem| problem.starts_with("Cargo.toml:3: ")),
            "{found:?}"
        );
    }

    #[test]
    fn a_version_in_a_member_is_a_problem() {
        let found = whats(&[("a/Cargo.toml", "[dev-dependencies]\nserde = \"1\"\n")]);

        assert_eq!(found.len(), 1);
        assert!(found[0].contains("version of its own"), "{found:?}");
    }

    #[test]
    fn a_row_for_a_dependency_that_left_is_a_problem() {
        let found = whats(&[(ROOT, ""), (NOTE, "| `gone`, `lost` | reason |\n")]);

        assert_eq!(found.len(), 2);
    }
}
