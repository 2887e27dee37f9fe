//! Licences of the packages: each must have one that `deny.toml` takes.

use super::metadata::Metadata;
use super::policy::{FILE, Policy};
use super::problem::Problem;

/// Finds packages of others whose licence is missing or not taken.
pub(crate) fn check(metadata: &Metadata, policy: &Policy) -> Vec<Problem> {
    let foreign = metadata
        .packages
        .iter()
        .filter(|package| package.manifest.is_none());
    foreign
        .filter_map(|package| {
            let expression = package.licence.as_deref().unwrap_or_default();
            let is_taken = satisfies(expression, &|licence| policy.allows(&package.name, licence));
            (!is_taken).then(|| {
                let what = format!(
                    "`{} {}` has licence `{expression}`",
                    package.name, package.version
                );
                Problem::error(
                    FILE,
                    1,
                    what,
                    "choose another crate, or take the licence for this crate with a reason",
                )
            })
        })
        .collect()
}

/// Whether the licences for which `is_taken` holds suffice for the SPDX expression.
///
/// Knows `AND`, `OR`, parentheses and the old form `MIT/Apache-2.0`. A licence `WITH` an
/// exception gives more than the licence alone, so the licence decides. An expression that
/// cannot be read does not suffice.
fn satisfies(expression: &str, is_taken: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let result = any(&mut words, is_taken);
    words.next().is_none() && result == Some(true)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, is_taken: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut result = all(words, is_taken)?;
    while words.next_if_eq(&"OR").is_some() {
        result |= all(words, is_taken)?;
    }
    Some(result)
}

fn all(words: &mut Words<'_>, is_taken: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut result = one(words, is_taken)?;
    while words.next_if_eq(&"AND").is_some() {
        result &= one(words, is_taken)?;
    }
    Some(result)
}

fn one(words: &mut Words<'_>, is_taken: &dyn Fn(&str) -> bool) -> Option<bool> {
    match words.next()? {
        "(" => {
            let result = any(words, is_taken)?;
            words.next_if_eq(&")").map(|_| result)
        }
        ")" | "AND" | "OR" | "WITH" => None,
        licence => {
            if words.next_if_eq(&"WITH").is_some() {
                words.next()?;
            }
            Some(is_taken(licence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Package;
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_says() {
        let suffices = |expression| {
            satisfies(expression, &|licence| {
                ["MIT", "ISC", "Apache-2.0"].contains(&licence)
            })
        };

        for good in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/Unlicense",
            "MIT AND ISC",
            "(GPL-3.0 OR MIT) AND ISC",
            "GPL-3.0 AND BSD-3-Clause OR ISC",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(suffices(good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "ISC AND (GPL-3.0 OR MPL-2.0)",
            "MIT OR",
            "(MIT",
            "MIT)",
            "MIT ISC",
        ] {
            assert!(!suffices(bad), "{bad}");
        }
    }

    #[test]
    fn a_package_without_licence_is_a_problem() {
        let package = |name: &str, licence: Option<&str>| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.map(str::to_owned),
            manifest: None,
            dependencies: Vec::new(),
        };
        let metadata = Metadata {
            packages: vec![package("good", Some("MIT")), package("bare", None)],
        };
        let policy = Policy {
            licences: vec!["MIT".to_owned()],
            ..Policy::default()
        };

        let problems = check(&metadata, &policy);

        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.contains("bare"), "{}", problems[0]);
    }
}
