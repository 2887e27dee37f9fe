//! The packages that the original hub ships or its guides name, and what stands for them here.

use std::fmt;

/// A package that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its name from release 1.4 on, as [`name_of`](crate::name_of) gives it.
    pub name: &'static str,
    /// The names that it had before.
    pub aliases: &'static [&'static str],
    /// What kind of package it is, in the words of the original: `frontend-plugin`,
    /// `backend-plugin` or `backend-plugin-module`.
    pub role: &'static str,
    /// What stands for it here.
    pub support: Support,
}

/// What stands for a package in a native hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// A feature that the entry switches on or off.
    Switch(Feature),
    /// A feature that is always there, whatever the entry says.
    Always,
    /// Nothing yet.
    None,
}

/// A feature that an entry switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// The pages of the administration below `/rbac`; their REST interface is always there.
    RbacPages,
}

/// Where a package would run in the original hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// In the browser.
    Web,
    /// In the Node.js process.
    Node,
}

impl Known {
    /// Whether something stands for it here.
    pub fn is_native(&self) -> bool {
        self.support != Support::None
    }

    /// Where it would run in the original hub.
    pub fn platform(&self) -> Platform {
        match self.role {
            "frontend-plugin" => Platform::Web,
            _ => Platform::Node,
        }
    }
}

/// What becomes of a package that is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is switched off.
    Disabled,
    /// Something stands for it here.
    Native,
    /// It is known, and nothing stands for it yet.
    NotBuiltIn,
    /// Nobody here has heard of it.
    Unknown,
}

impl Outcome {
    /// What becomes of a package, by what the table says of it and whether it is switched on.
    pub fn of(known: Option<&Known>, is_enabled: bool) -> Outcome {
        match known {
            _ if !is_enabled => Outcome::Disabled,
            Some(known) if known.is_native() => Outcome::Native,
            Some(_) => Outcome::NotBuiltIn,
            None => Outcome::Unknown,
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Platform::Web => "web",
            Platform::Node => "node",
        })
    }
}

/// Finds a package by the name that [`name_of`](crate::name_of) gives, a present or a former one.
pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN
        .iter()
        .find(|known| known.name == name || known.aliases.contains(&name))
}

const fn frontend(name: &'static str, aliases: &'static [&'static str], support: Support) -> Known {
    Known {
        name,
        aliases,
        role: "frontend-plugin",
        support,
    }
}

const fn backend(name: &'static str, aliases: &'static [&'static str], support: Support) -> Known {
    Known {
        name,
        aliases,
        role: "backend-plugin",
        support,
    }
}

const fn module(name: &'static str, aliases: &'static [&'static str], support: Support) -> Known {
    Known {
        name,
        aliases,
        role: "backend-plugin-module",
        support,
    }
}

/// In the order of the guides: access control, clusters, import, people, images, the rest.
static KNOWN: &[Known] = &[
    frontend(
        "backstage-community-plugin-rbac",
        &["janus-idp-backstage-plugin-rbac"],
        Support::Switch(Feature::RbacPages),
    ),
    backend(
        "backstage-community-plugin-rbac-backend",
        &["janus-idp-backstage-plugin-rbac-backend"],
        Support::Always,
    ),
    frontend("backstage-plugin-kubernetes", &[], Support::None),
    backend("backstage-plugin-kubernetes-backend", &[], Support::None),
    frontend(
        "backstage-community-plugin-topology",
        &["janus-idp-backstage-plugin-topology"],
        Support::None,
    ),
    frontend(
        "backstage-community-plugin-ocm",
        &["janus-idp-backstage-plugin-ocm"],
        Support::None,
    ),
    backend(
        "backstage-community-plugin-ocm-backend",
        &["janus-idp-backstage-plugin-ocm-backend"],
        Support::None,
    ),
    frontend(
        "red-hat-developer-hub-backstage-plugin-bulk-import",
        &["janus-idp-backstage-plugin-bulk-import"],
        Support::None,
    ),
    backend(
        "red-hat-developer-hub-backstage-plugin-bulk-import-backend",
        &["janus-idp-backstage-plugin-bulk-import-backend"],
        Support::None,
    ),
    module(
        "backstage-community-plugin-catalog-backend-module-keycloak",
        &["janus-idp-backstage-plugin-keycloak-backend"],
        Support::None,
    ),
    frontend(
        "backstage-community-plugin-quay",
        &["janus-idp-backstage-plugin-quay"],
        Support::None,
    ),
    module(
        "backstage-community-plugin-scaffolder-backend-module-quay",
        &["janus-idp-backstage-scaffolder-backend-module-quay"],
        Support::None,
    ),
    module(
        "backstage-community-plugin-scaffolder-backend-module-regex",
        &["janus-idp-backstage-scaffolder-backend-module-regex"],
        Support::None,
    ),
    frontend(
        "red-hat-developer-hub-backstage-plugin-dynamic-home-page",
        &["janus-idp-backstage-plugin-dynamic-home-page"],
        Support::Always,
    ),
    frontend("backstage-plugin-techdocs", &[], Support::None),
    backend("backstage-plugin-techdocs-backend", &[], Support::None),
    frontend(
        "backstage-community-plugin-analytics-provider-segment",
        &["janus-idp-backstage-plugin-analytics-provider-segment"],
        Support::None,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name_of;
    use std::collections::BTreeSet;

    #[test]
    fn a_former_name_finds_the_same_package() {
        let old = known(&name_of(
            "./dynamic-plugins/dist/janus-idp-backstage-plugin-rbac",
        ));
        let new = known(&name_of("@backstage-community/plugin-rbac@1.33.6"));

        assert!(old.is_some());
        assert_eq!(old, new);
        assert_eq!(known("roadmap"), None);
    }

    #[test]
    fn no_name_stands_for_two_packages() {
        let names = KNOWN
            .iter()
            .flat_map(|known| known.aliases.iter().chain([&known.name]));
        let all: Vec<_> = names.collect();

        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        for name in all {
            assert_eq!(
                name_of(name),
                *name,
                "the table has names as they are looked up"
            );
        }
    }
}
