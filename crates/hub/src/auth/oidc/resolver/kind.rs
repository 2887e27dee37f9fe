//! One way to find out who somebody is.

use super::super::claims::{Claims, Email};
use super::super::refusal::Refusal;
use super::Tried;
use crate::error::Error;
use callboard_catalog::{CatalogSnapshot, Criteria, Filter, Match, Query};
use callboard_config::{ConfigError, View};
use callboard_policy::EntityRef;

/// The longest name of a user, in characters.
const MAX_NAME: usize = 254;

/// How a resolver finds the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By the address in their profile, then without the part after `+`.
    ProfileEmail,
    /// By the part of the address before the `@`, which is the name of the user.
    EmailLocalPart,
    /// By a claim that is the name of the user: the first of these that there is.
    Name(&'static [&'static str]),
    /// By the claim `sub`, which stands in this annotation of the user.
    SubjectIn(&'static str),
}

/// Every resolver, by its name in `signIn.resolvers`.
const KINDS: [(&str, Kind); 6] = [
    ("emailMatchingUserEntityProfileEmail", Kind::ProfileEmail),
    ("emailLocalPartMatchingUserEntityName", Kind::EmailLocalPart),
    (
        "preferredUsernameMatchingUserEntityName",
        Kind::Name(&["preferred_username"]),
    ),
    (
        "oidcSubClaimMatchingKeycloakUserId",
        Kind::SubjectIn("keycloak.org/id"),
    ),
    (
        "oidcSubClaimMatchingPingIdentityUserId",
        Kind::SubjectIn("pingidentity.org/id"),
    ),
    (
        "usernameMatchingUserEntityName",
        Kind::Name(&["username", "preferred_username"]),
    ),
];

/// The resolver of a provider that names none, as in Red Hat Developer Hub.
const DEFAULT: (&str, Kind) = KINDS[1];

/// One way to find out who somebody is.
#[derive(Debug)]
pub(super) struct Resolver {
    name: &'static str,
    kind: Kind,
    /// Only people whose addresses are of these domains; absent for all.
    allowed_domains: Option<Vec<String>>,
    /// `dangerouslyAllowSignInWithoutUserInCatalog` of this resolver.
    pub(super) allows_strangers: bool,
}

/// What became of one resolver.
pub(super) enum Outcome {
    Found(EntityRef),
    /// The catalog has nobody, and with this name they could be somebody all the same.
    Nobody(Tried, Option<String>),
}

impl Resolver {
    /// The resolver of a provider that names none.
    pub(super) fn by_default() -> Resolver {
        let (name, kind) = DEFAULT;
        Resolver {
            name,
            kind,
            allowed_domains: None,
            allows_strangers: false,
        }
    }

    /// Reads an entry of `signIn.resolvers`.
    ///
    /// # Errors
    ///
    /// As [`super::Resolvers::read`].
    pub(super) fn read(entry: &View<'_>) -> Result<Resolver, ConfigError> {
        let name = entry.string("resolver")?;
        let found = KINDS.iter().find(|(known, _)| *known == name);
        let (name, kind) = *found.ok_or_else(|| {
            entry.error(
                "resolver",
                format!("Sign-in resolver '{name}' is not available"),
            )
        })?;
        Ok(Resolver {
            name,
            kind,
            allowed_domains: entry.optional_string_list("allowedDomains")?,
            allows_strangers: entry
                .optional_boolean("dangerouslyAllowSignInWithoutUserInCatalog")?
                .unwrap_or(false),
        })
    }

    /// Whom it finds in `catalog`.
    ///
    /// # Errors
    ///
    /// A refusal that ends the search, such as for several users.
    pub(super) fn find(
        &self,
        person: &Claims,
        catalog: &CatalogSnapshot,
    ) -> Result<Outcome, Refusal> {
        match self.kind {
            Kind::ProfileEmail => {
                let email = self.email(person)?;
                let plain = without_tag(email);
                for address in [Some(email.to_owned()), plain.clone()]
                    .into_iter()
                    .flatten()
                {
                    let key = "spec.profile.email";
                    if let Some(user) = self.only(catalog, key, &address, "email")? {
                        return Ok(Outcome::Found(user));
                    }
                }
                let tried = self.tried("email", Some(email), "spec.profile.email");
                Ok(Outcome::Nobody(tried, plain))
            }
            Kind::EmailLocalPart => {
                let email = self.email(person)?;
                let local = email.split('@').next().unwrap_or_default();
                Ok(self.by_name(catalog, "email", Some(email), Some(local)))
            }
            Kind::Name(claims) => {
                let claim = claims.iter().find(|claim| person.text(claim).is_some());
                let claim = claim.unwrap_or(&claims[0]);
                let name = person.text(claim);
                Ok(self.by_name(catalog, claim, name, name))
            }
            Kind::SubjectIn(annotation) => {
                let key = format!("metadata.annotations.{annotation}");
                let subject = person.text("sub");
                let user = match subject {
                    Some(subject) => self.only(catalog, &key, subject, "sub")?,
                    None => None,
                };
                Ok(match user {
                    Some(user) => Outcome::Found(user),
                    None => Outcome::Nobody(
                        self.tried("sub", subject, &key),
                        subject.map(str::to_owned),
                    ),
                })
            }
        }
    }

    /// The address by which something may be decided.
    fn email<'c>(&self, person: &'c Claims) -> Result<&'c str, Refusal> {
        let email = match person.email() {
            Email::Verified(email) => email,
            Email::Unverified(_) => {
                return Err(Refusal::NoEmail {
                    is_unverified: true,
                });
            }
            Email::Absent => {
                return Err(Refusal::NoEmail {
                    is_unverified: false,
                });
            }
        };
        let domain = email.split_once('@').map_or("", |(_, domain)| domain);
        let is_allowed = self.allowed_domains.as_ref().is_none_or(|allowed| {
            allowed
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(domain))
        });
        if is_allowed {
            return Ok(email);
        }
        let message = "Sign-in user email is not from an allowed domain".to_owned();
        Err(Error::NotAllowed(message).into())
    }

    /// The user whose name `name` is.
    fn by_name(
        &self,
        catalog: &CatalogSnapshot,
        claim: &str,
        value: Option<&str>,
        name: Option<&str>,
    ) -> Outcome {
        let user = name.and_then(user_of_name);
        let found = user.filter(|user| catalog.get(user.as_str()).is_some());
        match found {
            Some(user) => Outcome::Found(user),
            None => Outcome::Nobody(
                self.tried(claim, value, "metadata.name"),
                name.map(str::to_owned),
            ),
        }
    }

    /// The one user with `value` under `key`, compared without case.
    fn only(
        &self,
        catalog: &CatalogSnapshot,
        key: &str,
        value: &str,
        claim: &str,
    ) -> Result<Option<EntityRef>, Refusal> {
        let is = |key: &str, value: &str| Filter(Criteria::Leaf(Match::one_of(key, [value])));
        let query = Query {
            filter: Some(Filter::all_of([is("kind", "user"), is(key, value)])),
            limit: Some(2),
            ..Query::default()
        };
        let mut found = catalog.query(&query).entities.into_iter();
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(user), None) => Ok(Some(user.entity_ref().clone())),
            (Some(_), Some(_)) => Err(Refusal::SeveralUsers(self.tried(claim, Some(value), key))),
        }
    }

    fn tried(&self, claim: &str, value: Option<&str>, sought: &str) -> Tried {
        Tried {
            resolver: self.name.to_owned(),
            claim: claim.to_owned(),
            value: value.map(|value| value.chars().take(MAX_NAME).collect()),
            sought: sought.to_owned(),
        }
    }
}

/// The address without the part after `+`, when it has one or the form of an address at all.
fn without_tag(email: &str) -> Option<String> {
    let (local, domain) = email.split_once('@')?;
    let name = local.split_once('+').map_or(local, |(name, _)| name);
    (!name.is_empty()).then(|| format!("{name}@{domain}"))
}

/// The reference of a user of this name; `None` when no reference could have it.
pub(super) fn user_of_name(name: &str) -> Option<EntityRef> {
    let is_fit = name
        .chars()
        .all(|c| c.is_ascii_graphic() && !matches!(c, ':' | '/'));
    let is_fit = is_fit && !name.is_empty() && name.len() <= MAX_NAME;
    is_fit.then(|| EntityRef::new("user", "default", name))
}
