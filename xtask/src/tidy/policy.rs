//! `deny.toml`: the licences that we take and the crates that we refuse.
//!
//! cargo-deny reads the same file, so the lists stand there and nowhere else. This reads the
//! few forms that the file uses, one entry a line, and refuses to go on with an empty list.

use anyhow::{Context, Result, ensure};

use super::tree::Tree;

/// Where the lists stand.
pub(crate) const FILE: &str = "deny.toml";

/// The lists.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Policy {
    /// SPDX identifiers that any package may have.
    pub(crate) licences: Vec<String>,
    /// Package and the licence that only it may have.
    pub(crate) exceptions: Vec<(String, String)>,
    /// Package and why it is refused.
    pub(crate) banned: Vec<(String, String)>,
}

impl Policy {
    /// Reads the lists from the tree.
    ///
    /// # Errors
    ///
    /// When the file is missing, or the list of licences or of refused crates is empty.
    pub(crate) fn read(tree: &Tree) -> Result<Self> {
        let policy = Self::parse(tree.text(FILE).context("`deny.toml` is missing")?);
        ensure!(
            !policy.licences.is_empty(),
            "`deny.toml` allows no licence: is `allow` still one entry a line?"
        );
        ensure!(
            !policy.banned.is_empty(),
            "`deny.toml` refuses no crate: is `deny` still one entry a line?"
        );
        Ok(policy)
    }

    fn parse(text: &str) -> Self {
        let mut policy = Self::default();
        let (mut table, mut key) = ("", "");
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'))
        {
            if line.starts_with('[') {
                table = line;
                key = "";
            } else if let Some((name, _)) = line.split_once(" = [").filter(|_| line.ends_with('['))
            {
                key = name;
            } else if line == "]" {
                key = "";
            } else {
                policy.take(table, key, &quoted(line));
            }
        }
        policy
    }

    /// Takes one line of a list, given the quoted strings on it.
    fn take(&mut self, table: &str, key: &str, strings: &[&str]) {
        match (table, key, strings) {
            ("[licenses]", "allow", [licence]) => self.licences.push((*licence).to_owned()),
            ("[licenses]", "exceptions", [package, licences @ ..]) => {
                self.exceptions.extend(
                    licences
                        .iter()
                        .map(|licence| ((*package).to_owned(), (*licence).to_owned())),
                );
            }
            ("[bans]", "deny", [package, reason]) => self
                .banned
                .push(((*package).to_owned(), (*reason).to_owned())),
            _ => {}
        }
    }

    /// Whether a package of this name may have this licence.
    pub(crate) fn allows(&self, package: &str, licence: &str) -> bool {
        self.licences.iter().any(|allowed| allowed == licence)
            || self
                .exceptions
                .iter()
                .any(|(name, allowed)| name == package && allowed == licence)
    }
}

/// The strings in double quotes on a line.
fn quoted(line: &str) -> Vec<&str> {
    line.split('"').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[licenses]
allow = [
  "MIT",
]
exceptions = [
  # Why.
  { crate = "special", allow = ["MPL-2.0", "MIT-0"] },
]

[bans]
wildcards = "deny"
deny = [
  { crate = "openssl", reason = "rustls is here" },
]
"#;

    #[test]
    fn lists_are_read_one_entry_a_line() {
        let policy = Policy::parse(TEXT);

        assert_eq!(policy.licences, ["MIT"]);
        assert_eq!(
            policy.banned,
            [("openssl".to_owned(), "rustls is here".to_owned())]
        );
    }

    #[test]
    fn an_exception_holds_for_its_package_only() {
        let policy = Policy::parse(TEXT);

        assert!(policy.allows("special", "MIT-0"));
        assert!(!policy.allows("other", "MIT-0"));
        assert!(policy.allows("other", "MIT"));
    }

    #[test]
    fn an_empty_list_is_refused() {
        assert!(Policy::read(&Tree::of(&[(FILE, "[licenses]\nallow = [\"MIT\"]\n")])).is_err());
        assert!(Policy::read(&Tree::of(&[])).is_err());
    }
}
