//! Sources: what a Rust file says first, and where packages come from.

use super::policy::Policy;
use super::problem::Problem;
use super::tree::Tree;

/// The default registry, as `Cargo.lock` writes it.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Finds Rust files that do not begin with a sentence about what they are.
pub(crate) fn check_module_docs(tree: &Tree) -> Vec<Problem> {
    let sources = tree.texts().filter(|(file, _)| file.extension() == "rs");
    sources
        .filter(|(_, text)| !begins_with_sentence(text))
        .map(|(file, _)| {
            let mend = "begin with `//! ` and a sentence that ends with a full stop";
            Problem::error(&file.path, 1, "the module does not say what it is", mend)
        })
        .collect()
}

fn begins_with_sentence(text: &str) -> bool {
    let paragraph: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//! "))
        .map(str::trim)
        .collect();
    let paragraph = paragraph.join(" ");
    let has_words = paragraph.split_whitespace().nth(2).is_some();
    has_words && (paragraph.ends_with('.') || paragraph.contains(". "))
}

/// Finds packages from elsewhere than the default registries, and refused ones.
///
/// `Cargo.lock` names the packages of all platforms. The npm lock file names no host at all,
/// so that it works with whichever registry a machine uses.
pub(crate) fn check_origins(tree: &Tree, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, text) in tree.texts() {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        for (index, line) in text.lines().enumerate() {
            let fault = match name {
                "Cargo.lock" => cargo_lock_fault(line, policy),
                "package-lock.json" => npm_lock_fault(line),
                ".npmrc" => settings_fault(line, &["registry", "//"]),
                "config.toml" if file.path.contains(".cargo/") => {
                    settings_fault(line, &["[source", "[registries", "[registry"])
                }
                _ => None,
            };
            if let Some((what, mend)) = fault {
                problems.push(Problem::error(&file.path, index + 1, what, mend));
            }
        }
    }
    problems
}

fn cargo_lock_fault(line: &str, policy: &Policy) -> Option<(String, String)> {
    let (key, value) = line.split_once(" = ")?;
    let value = value.trim_matches('"');
    match key {
        "source" if value != REGISTRY => Some((
            format!("a package comes from `{value}`"),
            "take it from the default registry".to_owned(),
        )),
        "name" => {
            let (_, reason) = policy.banned.iter().find(|(name, _)| name == value)?;
            let mend =
                format!("{reason}; `cargo tree --invert {value} --target all` shows who brings it");
            Some((format!("`{value}` is refused"), mend))
        }
        _ => None,
    }
}

fn npm_lock_fault(line: &str) -> Option<(String, String)> {
    line.trim_start().starts_with("\"resolved\": \"").then(|| {
        let mend = "run `npm install --ignore-scripts` with the .npmrc of the folder";
        (
            "the lock file names where a package came from".to_owned(),
            mend.to_owned(),
        )
    })
}

fn settings_fault(line: &str, starts: &[&str]) -> Option<(String, String)> {
    starts.iter().any(|start| line.starts_with(start)).then(|| {
        (
            "a registry is set for everybody".to_owned(),
            "set it in your own settings, outside the repository".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_begins_with_a_sentence() {
        for good in [
            "//! Roles and their members.\n",
            "//! Roles\n//! and members.\n//!\n//! More",
            "//! What it is. And more\n",
        ] {
            assert!(begins_with_sentence(good), "{good}");
        }
        for bad in [
            "",
            "use std;\n",
            "//! Placeholder.\n",
            "//! Roles and their members\n",
            "// Roles and their members.\n",
        ] {
            assert!(!begins_with_sentence(bad), "{bad}");
        }
    }

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let policy = Policy {
            banned: vec![("openssl".to_owned(), "no".to_owned())],
            ..Policy::default()
        };
        check_origins(&Tree::of(&[(path, text)]), &policy)
            .iter()
            .map(|problem| problem.line)
            .collect()
    }

    #[test]
    fn packages_come_from_the_default_registry() {
        let text = format!("[[package]]\nname = \"serde\"\nsource = \"{REGISTRY}\"\n");

        assert_eq!(lines("Cargo.lock", &text), [0; 0]);
        assert_eq!(
            lines(
                "fuzz/Cargo.lock",
                "[[package]]\nname = \"a\"\nsource = \"git+https://host/a\"\n"
            ),
            [3]
        );
    }

    #[test]
    fn a_refused_crate_is_found_on_any_platform() {
        assert_eq!(
            lines("Cargo.lock", "[[package]]\nname = \"openssl\"\n"),
            [2]
        );
        assert_eq!(
            lines("Cargo.lock", "[[package]]\nname = \"openssl-probe\"\n"),
            [0; 0]
        );
    }

    #[test]
    fn no_registry_is_set_for_everybody() {
        assert_eq!(
            lines("compat/.npmrc", "save-exact=true\nregistry=https://host/\n"),
            [2]
        );
        assert_eq!(lines(".cargo/config.toml", "[source.other]\n"), [1]);
        assert_eq!(
            lines(
                "compat/package-lock.json",
                "{\n  \"resolved\": \"https://host/a.tgz\"\n}\n"
            ),
            [2]
        );
    }
}
