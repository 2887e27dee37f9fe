//! Sizes of files: what does not fit into one head does not stay in one file.

use super::problem::Problem;
use super::tree::Tree;

/// Kinds of files that people read and write.
const READ: &[&str] = &["css", "html", "js", "md", "mjs", "rs", "sh", "sql"];

const LIMIT_BYTES: usize = 30 * 1024;
const LONG_BYTES: usize = 15 * 1024;

/// Files over the limit, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[(
    "crates/hub/assets/js/htmx.js",
    "vendored whole from its npm package",
)];

/// Finds files over 30 KB, and as a notice Rust files over 15 KB.
pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    check_with(tree, EXCEPTIONS)
}

fn check_with(tree: &Tree, exceptions: &[(&str, &str)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| READ.contains(&file.extension()))
    {
        let exception = exceptions.iter().find(|(path, _)| *path == file.path);
        let kilobytes = file.size_bytes.div_ceil(1024);
        if file.size_bytes > LIMIT_BYTES {
            if exception.is_none() {
                let what = format!("{kilobytes} KB, and 30 KB is the limit");
                problems.push(Problem::error(
                    &file.path,
                    1,
                    what,
                    "split it by what it does",
                ));
            }
        } else if let Some((_, reason)) = exception {
            let what = format!("no longer needs its exception ({reason})");
            problems.push(Problem::error(
                &file.path,
                1,
                what,
                "remove it from xtask/src/tidy/size.rs",
            ));
        } else if file.extension() == "rs" && file.size_bytes > LONG_BYTES {
            let what = format!("{kilobytes} KB, more than 15 KB");
            problems.push(Problem::notice(&file.path, 1, what, "is it one thing?"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::problem::Weight;
    use super::*;

    #[test]
    fn sizes_are_judged_by_kind_of_file() {
        let large = "x".repeat(LIMIT_BYTES + 1);
        let long = "x".repeat(LONG_BYTES + 1);

        let found = check_with(
            &Tree::of(&[
                ("a.rs", &large),
                ("b.rs", &long),
                ("c.md", &long),
                ("Cargo.lock", &large),
                ("d.rs", ""),
            ]),
            &[],
        );

        let found: Vec<_> = found
            .iter()
            .map(|problem| (problem.file.as_str(), problem.weight))
            .collect();
        assert_eq!(found, [("a.rs", Weight::Error), ("b.rs", Weight::Notice)]);
    }

    #[test]
    fn an_exception_lasts_as_long_as_it_is_needed() {
        let large = "x".repeat(LIMIT_BYTES + 1);

        assert_eq!(
            check_with(&Tree::of(&[("a.js", &large)]), &[("a.js", "vendored")]),
            []
        );
        assert_eq!(
            check_with(&Tree::of(&[("a.js", "x")]), &[("a.js", "vendored")]).len(),
            1
        );
    }
}
