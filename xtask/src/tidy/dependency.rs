//! Which crate of the workspace may use which, and what the pure crates may not use.

use super::metadata::{Metadata, Package};
use super::problem::Problem;
use super::tree::Tree;

/// Crate and the crates of the workspace that it may use; the picture is in `ARCHITECTURE.md`.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "callboard",
        &[
            "callboard-hub",
            "callboard-config",
            "callboard-operator",
            "callboard-store",
        ],
    ),
    (
        "callboard-hub",
        &[
            "callboard-catalog",
            "callboard-config",
            "callboard-policy",
            "callboard-search",
            "callboard-store",
            "callboard-yaml",
        ],
    ),
    ("callboard-catalog", &["callboard-policy"]),
    ("callboard-config", &["callboard-yaml"]),
    (KUBE_TESTKIT, &["callboard-yaml"]),
    ("callboard-policy", &["callboard-yaml"]),
    ("callboard-search", &[]),
    ("callboard-operator", &["callboard-yaml"]),
    ("callboard-store", &[]),
    ("callboard-yaml", &[]),
    ("xtask", &[]),
];

/// What tests share: may use everything, and only tests may use it.
const TESTKIT: &str = "callboard-testkit";

/// What tests of Kubernetes share: only tests may use it.
const KUBE_TESTKIT: &str = "callboard-kube-testkit";

/// Crates that compute and do nothing else: no async, no IO, no SQL, no HTTP, no clock.
const PURE: &[&str] = &[
    "callboard-catalog",
    "callboard-policy",
    "callboard-search",
    "callboard-yaml",
];

/// What a pure crate has no use for.
const IMPURE: &[&str] = &[
    "axum",
    "axum-extra",
    "hyper",
    "jiff",
    "notify",
    "rand",
    "reqwest",
    "sqlx",
    "tokio",
    "tower",
    "tower-http",
    "tracing",
];

const ARCHITECTURE: &str = "ARCHITECTURE.md, \"Dependency rule\"";

/// Finds uses of one crate by another that the architecture does not have.
pub(crate) fn check(metadata: &Metadata, tree: &Tree) -> Vec<Problem> {
    let members: Vec<&str> = metadata
        .members()
        .map(|(package, _)| package.name.as_str())
        .collect();
    let mut problems = Vec::new();
    for (package, manifest) in metadata.members() {
        for dependency in &package.dependencies {
            let fault = if members.contains(&dependency.name.as_str()) {
                arrow_fault(package, &dependency.name, dependency.is_dev)
            } else {
                purity_fault(package, &dependency.name, dependency.is_dev)
            };
            if let Some((what, mend)) = fault {
                problems.push(Problem::error(
                    manifest,
                    tree.line_starting(manifest, &dependency.name),
                    what,
                    mend,
                ));
            }
        }
        if package.name != TESTKIT && allowed(&package.name).is_none() {
            let what = format!("`{}` has no place in the dependency rule", package.name);
            problems.push(Problem::error(
                manifest,
                1,
                what,
                format!("add it to {ARCHITECTURE} and to xtask"),
            ));
        }
    }
    problems
}

fn allowed(package: &str) -> Option<&'static [&'static str]> {
    ARROWS
        .iter()
        .find(|(name, _)| *name == package)
        .map(|(_, targets)| *targets)
}

fn arrow_fault(package: &Package, target: &str, is_dev: bool) -> Option<(String, String)> {
    let is_testkit = target == TESTKIT || target == KUBE_TESTKIT;
    if package.name == TESTKIT || (is_testkit && is_dev) {
        return None;
    }
    if is_testkit {
        let what = format!("`{}` uses `{target}` outside its tests", package.name);
        return Some((what, "move the line to [dev-dependencies]".to_owned()));
    }
    let is_allowed = allowed(&package.name).is_none_or(|targets| targets.contains(&target));
    (!is_allowed).then(|| {
        (
            format!("`{}` may not use `{target}`", package.name),
            format!("see {ARCHITECTURE}"),
        )
    })
}

fn purity_fault(package: &Package, target: &str, is_dev: bool) -> Option<(String, String)> {
    let is_impure = !is_dev && PURE.contains(&package.name.as_str()) && IMPURE.contains(&target);
    is_impure.then(|| {
        let what = format!(
            "`{}` computes only and may not use `{target}`",
            package.name
        );
        (
            what,
            "hand the result in as a parameter, or do this in the hub".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Dependency;
    use super::*;

    fn problems_of(package: &str, dependency: &str, is_dev: bool) -> Vec<Problem> {
        let member = |name: &str, dependencies| Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            licence: None,
            manifest: Some(format!("{name}/Cargo.toml")),
            dependencies,
        };
        let mut packages: Vec<Package> = ARROWS
            .iter()
            .map(|(name, _)| *name)
            .chain([TESTKIT])
            .map(|name| member(name, Vec::new()))
            .collect();
        packages.retain(|existing| existing.name != package);
        packages.push(member(
            package,
            vec![Dependency {
                name: dependency.to_owned(),
                is_dev,
            }],
        ));
        let manifest = format!("{package}/Cargo.toml");
        let tree = Tree::of(&[(
            &manifest,
            &format!("[dependencies]\n{dependency}.workspace = true\n"),
        )]);

        check(&Metadata { packages }, &tree)
    }

    #[test]
    fn an_arrow_of_the_architecture_is_fine() {
        assert_eq!(problems_of("callboard-hub", "callboard-catalog", false), []);
        assert_eq!(problems_of("callboard-hub", "callboard-testkit", true), []);
        assert_eq!(problems_of("callboard-testkit", "callboard-hub", false), []);
    }

    #[test]
    fn another_arrow_is_a_problem_at_its_line() {
        let problems = problems_of("callboard-policy", "callboard-hub", false);

        assert_eq!(problems.len(), 1);
        assert_eq!(
            (problems[0].file.as_str(), problems[0].line),
            ("callboard-policy/Cargo.toml", 2)
        );
    }

    #[test]
    fn only_tests_use_the_test_kit() {
        assert_eq!(
            problems_of("callboard-hub", "callboard-testkit", false).len(),
            1
        );
    }

    #[test]
    fn a_pure_crate_has_no_runtime_outside_its_tests() {
        assert_eq!(problems_of("callboard-catalog", "tokio", false).len(), 1);
        assert_eq!(problems_of("callboard-catalog", "tokio", true), []);
        assert_eq!(problems_of("callboard-hub", "tokio", false), []);
    }

    #[test]
    fn a_new_crate_needs_a_place_in_the_rule() {
        assert_eq!(problems_of("callboard-new", "serde", false).len(), 1);
    }
}
