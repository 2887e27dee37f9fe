//! Words that belong to a machine and not to the repository.

use super::problem::Problem;
use super::tree::Tree;

/// Beginnings of absolute paths that exist on a developer's or a build machine only.
const PLACES: &[&str] = &[
    "/root/",
    "/home/",
    "/Users/",
    "/builds/",
    "/workspace/",
    "/work/",
];

/// Hosts that a machine's own settings choose.
const HOSTS: &[&str] = &[
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "index.crates.io",
    "static.crates.io",
];

/// Finds lines that name such a place or host.
pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    // This file names them all.
    for (file, text) in tree.texts().filter(|(file, _)| file.path != file!()) {
        for (index, line) in text.lines().enumerate() {
            if let Some(place) = PLACES.iter().find(|place| has_path(line, place)) {
                let what = format!("a path below `{place}` exists on one machine only");
                problems.push(Problem::error(
                    &file.path,
                    index + 1,
                    what,
                    "write it relative to the repository or to `~`",
                ));
            }
            if let Some(host) = HOSTS.iter().find(|host| line.contains(*host)) {
                let what = format!("names the registry host `{host}`");
                problems.push(Problem::error(
                    &file.path,
                    index + 1,
                    what,
                    "leave the host to each machine's settings",
                ));
            }
        }
    }
    problems
}

/// Whether the line has an absolute path that begins so; `src/home/` and `https://host/home/` are none.
fn has_path(line: &str, beginning: &str) -> bool {
    line.match_indices(beginning).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-~*}/".contains(c)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_path_of_a_machine_is_a_problem() {
        let text =
            "see src/home/views.rs\nsee https://example.com/home/a\nsee `/home/me/callboard`\n";

        let problems = check(&Tree::of(&[("docs/a.md", text)]));

        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, 3);
    }

    #[test]
    fn a_registry_host_is_a_problem() {
        assert_eq!(
            check(&Tree::of(&[("a.json", "https://registry.npmjs.org/a")])).len(),
            1
        );
        assert_eq!(
            check(&Tree::of(&[("a.md", "https://crates.io/crates/serde")])),
            []
        );
    }
}
