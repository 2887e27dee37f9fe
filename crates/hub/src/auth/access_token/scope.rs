//! What a token is narrowed to.

use crate::error::Error;
use crate::ui::{Texts, capitalised};
use axum::http::Method;
use callboard_policy::{AccessRestrictions, Action};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// How many plugins or permissions a scope may name.
const MAX_NAMES: usize = 100;

/// How long the name of a plugin or a permission may be, in characters.
const MAX_NAME: usize = 200;

/// The routes that only read although they are asked with `POST`, by how their paths end.
const READING_POSTS: [(&str, &str); 7] = [
    ("permission", "/authorize"),
    ("catalog", "/entities/by-query"),
    ("catalog", "/entities/by-refs"),
    ("catalog", "/entity-facets"),
    ("catalog", "/locations/by-query"),
    ("catalog", "/validate-entity"),
    ("catalog", "/analyze-location"),
];

/// The route of every plugin that judges conditions and changes nothing.
const APPLY_CONDITIONS: &str = "/.well-known/backstage/permissions/apply-conditions";

/// What a token is narrowed to; the default is as much as its owner may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Scope {
    /// Whether it only reads: no other method than those that read, no other action than `read`.
    pub(crate) read_only: bool,
    /// The plugins that take it; empty means every plugin.
    pub(crate) plugins: Vec<SmolStr>,
    /// The names of the permissions that it may use; empty means those of its owner.
    pub(crate) permissions: Vec<SmolStr>,
}

impl Scope {
    /// The same scope in one way of writing: names sorted, none twice.
    ///
    /// # Errors
    ///
    /// 400 for too many names, and for one that can be none.
    pub(in crate::auth) fn normalized(self) -> Result<Scope, Error> {
        Ok(Scope {
            read_only: self.read_only,
            plugins: names("scope.plugins", self.plugins)?,
            permissions: names("scope.permissions", self.permissions)?,
        })
    }

    /// What the policy is to know of it; `None` when it narrows no permission.
    pub(super) fn restrictions(&self) -> Option<AccessRestrictions> {
        let restrictions = AccessRestrictions {
            permission_names: (!self.permissions.is_empty()).then(|| self.permissions.clone()),
            actions: self.read_only.then(|| vec![Action::Read]),
        };
        (restrictions != AccessRestrictions::default()).then_some(restrictions)
    }

    /// Whether a request may be made at all, whatever the policy says.
    ///
    /// # Errors
    ///
    /// 403 for another plugin, as the original says it of external callers, and for a request that
    /// does not only read.
    pub(super) fn check(&self, plugin: &str, method: &Method, path: &str) -> Result<(), Error> {
        if !self.plugins.is_empty() && !self.plugins.iter().any(|name| name == plugin) {
            let plugins: Vec<String> = self
                .plugins
                .iter()
                .map(|name| format!("'{name}'"))
                .collect();
            let plugins = plugins.join(", ");
            return Err(Error::NotAllowed(format!(
                "This token's access is restricted to plugin(s) {plugins}"
            )));
        }
        if self.read_only && !only_reads(plugin, method, path) {
            return Err(Error::NotAllowed(
                "This token's access is restricted to reading".to_owned(),
            ));
        }
        Ok(())
    }

    /// The scope in words, for people.
    pub(in crate::auth) fn words(&self, t: &Texts) -> String {
        let mut parts = Vec::new();
        if self.read_only {
            parts.push(t.say("token-scope-read").to_string());
        }
        for (text, names) in [
            ("token-scope-plugins", &self.plugins),
            ("token-scope-permissions", &self.permissions),
        ] {
            if !names.is_empty() {
                parts.push(t.say(text).with("names", names.join(", ")).to_string());
            }
        }
        if parts.is_empty() {
            parts.push(t.say("token-scope-all").to_string());
        }
        capitalised(&parts.join("; "))
    }
}

/// Whether a request changes nothing. `path` is relative to the plugin.
fn only_reads(plugin: &str, method: &Method, path: &str) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return true;
    }
    let path = path.trim_end_matches('/');
    *method == Method::POST && (path == APPLY_CONDITIONS || READING_POSTS.contains(&(plugin, path)))
}

fn names(field: &str, mut names: Vec<SmolStr>) -> Result<Vec<SmolStr>, Error> {
    names.sort_unstable();
    names.dedup();
    if names.len() > MAX_NAMES {
        let message = format!("{field}: more than {MAX_NAMES} names");
        return Err(Error::Input(message));
    }
    let is_name = |name: &SmolStr| {
        let is_plain = |letter: char| {
            letter.is_ascii_alphanumeric() || ['.', '-', '_', '/', ':'].contains(&letter)
        };
        !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(is_plain)
    };
    match names.iter().find(|name| !is_name(name)) {
        Some(name) => Err(Error::Input(format!("{field}: `{name}` is no name"))),
        None => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Dictionary, Language};
    use callboard_policy::Permission;

    fn scope(read_only: bool, plugins: &[&str], permissions: &[&str]) -> Scope {
        Scope {
            read_only,
            plugins: plugins.iter().copied().map(SmolStr::from).collect(),
            permissions: permissions.iter().copied().map(SmolStr::from).collect(),
        }
    }

    #[test]
    fn a_token_for_reading_makes_no_other_request() {
        let scope = scope(true, &[], &[]);
        let may = |plugin, method, path| scope.check(plugin, &method, path).is_ok();

        assert!(may("catalog", Method::GET, "/entities"));
        assert!(may("catalog", Method::HEAD, "/entities"));
        assert!(may("catalog", Method::POST, "/entities/by-refs"));
        assert!(may("permission", Method::POST, "/authorize"));
        assert!(may("permission", Method::POST, "/authorize/"));
        assert!(may("scaffolder", Method::POST, APPLY_CONDITIONS));
        assert!(!may("catalog", Method::POST, "/authorize"));
        assert!(!may("catalog", Method::POST, "/locations"));
        assert!(!may("catalog", Method::POST, "/x/entities/by-refs"));
        assert!(!may("permission", Method::PUT, "/authorize"));
        assert!(!may("permission", Method::DELETE, "/roles/role/default/a"));
        assert!(!may("permission", Method::PATCH, "/roles"));
    }

    #[test]
    fn a_token_for_plugins_is_refused_elsewhere_in_the_words_of_the_original() {
        let scope = scope(false, &["catalog", "search"], &[]);

        assert!(scope.check("search", &Method::DELETE, "/x").is_ok());
        let error = scope
            .check("permission", &Method::GET, "/roles")
            .unwrap_err();

        assert_eq!(
            error.to_string(),
            "This token's access is restricted to plugin(s) 'catalog', 'search'"
        );
    }

    #[test]
    fn restrictions_name_permissions_and_the_one_action() {
        let read = Permission::basic("policy.entity.read", Some(Action::Read));
        let create = Permission::basic("policy.entity.create", Some(Action::Create));
        let allows = |scope: &Scope, permission| {
            let restrictions = scope.restrictions();
            restrictions.is_none_or(|restrictions| restrictions.allow(permission))
        };

        let all = scope(false, &["permission"], &[]);
        assert!(allows(&all, &read) && allows(&all, &create));
        let reading = scope(true, &[], &[]);
        assert!(allows(&reading, &read) && !allows(&reading, &create));
        let named = scope(false, &[], &["policy.entity.create"]);
        assert!(!allows(&named, &read) && allows(&named, &create));
        let both = scope(true, &[], &["policy.entity.create"]);
        assert!(!allows(&both, &read) && !allows(&both, &create));
    }

    #[test]
    fn a_scope_is_written_in_one_way_and_with_names_only() {
        let normalized = scope(false, &["search", "catalog", "search"], &[]).normalized();

        assert_eq!(
            normalized.unwrap(),
            scope(false, &["catalog", "search"], &[])
        );
        for bad in ["", "a b", "<b>", "a,b"] {
            assert!(scope(false, &[bad], &[]).normalized().is_err(), "{bad}");
            assert!(scope(false, &[], &[bad]).normalized().is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Scope>(r#"{"readonly": true}"#).is_err());
    }

    #[test]
    fn a_scope_in_words_names_all_that_it_has() {
        let english = include_str!("texts/en.ftl");
        let t = Dictionary::new(&[(Language::English, english)]).texts(Language::English);

        assert_eq!(Scope::default().words(&t), "Everything");
        assert_eq!(
            scope(true, &["catalog"], &["a.b"]).words(&t),
            "Read only; plugins catalog; permissions a.b"
        );
        assert_eq!(scope(false, &["catalog"], &[]).words(&t), "Plugins catalog");
    }
}
