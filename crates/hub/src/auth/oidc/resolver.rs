//! Who a person of a provider is here: the sign-in resolvers.

use super::claims::{Claims, Email};
use super::refusal::Refusal;
use crate::auth::ownership::{Groups, ownership_of};
use crate::auth::service::UserIdentity;
use crate::error::Error;
use callboard_catalog::{CatalogSnapshot, Criteria, Filter, Match, Query};
use callboard_config::{ConfigError, View};
use callboard_policy::EntityRef;
use serde::{Deserialize, Serialize};

/// What is said when the configured resolvers found nobody.
const EXHAUSTED: &str = "Failed to sign-in, unable to resolve user identity. Please verify that \
     your catalog contains the expected User entities that would match your configured sign-in \
     resolver.";

/// What is said when the resolver that is there by default found nobody.
const UNKNOWN: &str = "Sign in failed: User not found in the RHDH software catalog. Verify that \
     users/groups are synchronized to the software catalog. For non-production environments, \
     manually provision the user or disable the user provisioning requirement. Refer to the RHDH \
     Authentication documentation for further details.";

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
struct Resolver {
    name: &'static str,
    kind: Kind,
    /// Only people whose addresses are of these domains; absent for all.
    allowed_domains: Option<Vec<String>>,
    /// `dangerouslyAllowSignInWithoutUserInCatalog` of this resolver.
    allows_strangers: bool,
}

/// The resolvers of a provider, in their order.
#[derive(Debug)]
pub(super) struct Resolvers {
    chain: Vec<Resolver>,
    /// Whether the configuration names them.
    is_configured: bool,
    /// `dangerouslyAllowSignInWithoutUserInCatalog` of the whole hub.
    allows_strangers: bool,
}

/// What was looked for in vain, for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    /// The name of the resolver.
    pub(crate) resolver: String,
    /// The claim of the provider.
    pub(crate) claim: String,
    /// What it says; absent when the provider does not send it.
    pub(crate) value: Option<String>,
    /// What must hold that value: a key of a user in the catalog.
    pub(crate) sought: String,
}

/// What became of one resolver.
enum Outcome {
    Found(EntityRef),
    /// The catalog has nobody, and with this name they could be somebody all the same.
    Nobody(Tried, Option<String>),
}

impl Resolvers {
    /// Reads `signIn.resolvers` of an environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a resolver that there is not, with the original's text.
    pub(super) fn read(
        section: &View<'_>,
        allows_strangers: bool,
    ) -> Result<Resolvers, ConfigError> {
        let entries = section
            .optional_object_list("signIn.resolvers")?
            .unwrap_or_default();
        let is_configured = !entries.is_empty();
        let mut chain = entries
            .iter()
            .map(Resolver::read)
            .collect::<Result<Vec<_>, _>>()?;
        if chain.is_empty() {
            let (name, kind) = DEFAULT;
            chain.push(Resolver {
                name,
                kind,
                allowed_domains: None,
                allows_strangers: false,
            });
        }
        Ok(Resolvers {
            chain,
            is_configured,
            allows_strangers,
        })
    }

    /// Who the person is: the user of the first resolver that finds one.
    ///
    /// A resolver that finds nobody passes on to the next. Whoever has no user is let in under
    /// the name that they claim only where the configuration insists.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoUser`] when all are exhausted; any other refusal of a resolver ends the search.
    pub(super) fn resolve(
        &self,
        person: &Claims,
        catalog: &CatalogSnapshot,
        groups: Groups,
    ) -> Result<UserIdentity, Refusal> {
        let mut tried = Vec::new();
        let mut strangers = Vec::new();
        for resolver in &self.chain {
            match resolver.find(person, catalog)? {
                Outcome::Found(user) => return known(user, catalog, groups),
                Outcome::Nobody(sought, stranger) => {
                    let stranger = stranger.as_deref().and_then(user_of_name);
                    if resolver.allows_strangers
                        && let Some(user) = stranger
                    {
                        return Ok(unknown(user));
                    }
                    strangers.extend(stranger);
                    tried.push(sought);
                }
            }
        }
        if self.allows_strangers
            && let Some(user) = strangers.into_iter().next()
        {
            return Ok(unknown(user));
        }
        let message = if self.is_configured {
            EXHAUSTED
        } else {
            UNKNOWN
        };
        Err(Refusal::NoUser { message, tried })
    }
}

/// A user of the catalog with their groups.
fn known(
    user: EntityRef,
    catalog: &CatalogSnapshot,
    groups: Groups,
) -> Result<UserIdentity, Refusal> {
    // INVARIANT: the user was found in this snapshot.
    let ownership = ownership_of(catalog, &user, groups)
        .ok_or_else(|| Error::internal("a user that was found is gone from the snapshot"))?;
    Ok(UserIdentity {
        entity_ref: user,
        ownership,
    })
}

/// Somebody whom the catalog does not know.
fn unknown(user: EntityRef) -> UserIdentity {
    UserIdentity {
        ownership: vec![user.as_smol_str().clone()],
        entity_ref: user,
    }
}

/// The reference of a user of this name; `None` when no reference could have it.
fn user_of_name(name: &str) -> Option<EntityRef> {
    let is_fit = name
        .chars()
        .all(|c| c.is_ascii_graphic() && !matches!(c, ':' | '/'));
    let is_fit = is_fit && !name.is_empty() && name.len() <= MAX_NAME;
    is_fit.then(|| EntityRef::new("user", "default", name))
}

impl Resolver {
    fn read(entry: &View<'_>) -> Result<Resolver, ConfigError> {
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

    fn find(&self, person: &Claims, catalog: &CatalogSnapshot) -> Result<Outcome, Refusal> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_catalog::Entity;
    use callboard_config::Config;
    use serde_json::{Value, json};

    fn user(name: &str, email: &str, annotation: Option<(&str, &str)>) -> Entity {
        let mut entity = json!({
            "apiVersion": "backstage.io/v1alpha1", "kind": "User",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"profile": {"email": email}},
            "relations": [{"type": "memberOf", "targetRef": "group:default/wardrobe"}],
        });
        if let Some((key, value)) = annotation {
            entity["metadata"]["annotations"] = json!({key: value});
        }
        Entity::parse(entity.to_string()).unwrap()
    }

    fn catalog() -> CatalogSnapshot {
        CatalogSnapshot::build([
            user("mara", "Mara.Lindqvist@lantern.example", None),
            user(
                "otto",
                "otto@lantern.example",
                Some(("keycloak.org/id", "4711")),
            ),
            user(
                "twin-a",
                "twin@lantern.example",
                Some(("pingidentity.org/id", "7")),
            ),
            user(
                "twin-b",
                "twin@lantern.example",
                Some(("pingidentity.org/id", "7")),
            ),
        ])
    }

    fn resolvers(list: Value, allows_strangers: bool) -> Resolvers {
        let mut config = json!({"signIn": {}});
        config["signIn"]["resolvers"] = list;
        let config = Config::from_value(config);
        Resolvers::read(&config.root(), allows_strangers).unwrap()
    }

    fn resolve_with(list: Value, allows_strangers: bool, claims: Value) -> Result<String, String> {
        let claims: Claims = serde_json::from_value(claims).unwrap();
        let found = resolvers(list, allows_strangers).resolve(&claims, &catalog(), Groups::Direct);
        found
            .map(|identity| {
                assert_eq!(identity.ownership[0], identity.entity_ref.as_str());
                identity.entity_ref.to_string()
            })
            .map_err(|refusal| refusal.to_string())
    }

    fn resolve(list: Value, claims: Value) -> Result<String, String> {
        resolve_with(list, false, claims)
    }

    #[test]
    fn each_resolver_finds_its_user() {
        let by = |name: &str, claims: Value| resolve(json!([{"resolver": name}]), claims).unwrap();

        let email = "emailMatchingUserEntityProfileEmail";
        let mara = "user:default/mara";
        assert_eq!(
            by(email, json!({"email": "mara.lindqvist@LANTERN.example"})),
            mara
        );
        assert_eq!(
            by(email, json!({"email": "mara.lindqvist+x@lantern.example"})),
            mara
        );
        let local = "emailLocalPartMatchingUserEntityName";
        assert_eq!(by(local, json!({"email": "Mara@anywhere.example"})), mara);
        let preferred = "preferredUsernameMatchingUserEntityName";
        assert_eq!(by(preferred, json!({"preferred_username": "mara"})), mara);
        let username = "usernameMatchingUserEntityName";
        assert_eq!(by(username, json!({"username": "mara"})), mara);
        let keycloak = "oidcSubClaimMatchingKeycloakUserId";
        assert_eq!(by(keycloak, json!({"sub": "4711"})), "user:default/otto");
    }

    #[test]
    fn without_configuration_the_local_part_decides_and_groups_come_along() {
        let claims: Claims = serde_json::from_value(json!({"email": "mara@x.example"})).unwrap();
        let resolvers = Resolvers::read(&Config::from_value(json!({})).root(), false).unwrap();

        let found = resolvers
            .resolve(&claims, &catalog(), Groups::Direct)
            .unwrap();

        assert_eq!(
            found.ownership,
            ["user:default/mara", "group:default/wardrobe"]
        );
        let stranger: Claims = serde_json::from_value(json!({"email": "eve@x.example"})).unwrap();
        let refusal = resolvers
            .resolve(&stranger, &catalog(), Groups::Direct)
            .unwrap_err();
        assert_eq!(refusal.to_string(), UNKNOWN);
    }

    #[test]
    fn a_resolver_that_finds_nobody_passes_on_and_other_failures_end_the_search() {
        let chain = json!([
            {"resolver": "oidcSubClaimMatchingKeycloakUserId"},
            {"resolver": "preferredUsernameMatchingUserEntityName"},
            {"resolver": "emailLocalPartMatchingUserEntityName", "allowedDomains": ["lantern.example"]},
            {"resolver": "emailMatchingUserEntityProfileEmail"},
        ]);
        let resolve = |claims: Value| resolve(chain.clone(), claims);

        assert_eq!(
            resolve(
                json!({"sub": "1", "preferred_username": "nobody", "email": "otto@lantern.example"})
            ),
            Ok("user:default/otto".to_owned())
        );
        assert_eq!(
            resolve(json!({"sub": "1", "email": "nobody@lantern.example"})).unwrap_err(),
            EXHAUSTED
        );
        assert_eq!(
            resolve(json!({"sub": "1", "email": "otto@evil.example"})).unwrap_err(),
            "Sign-in user email is not from an allowed domain"
        );
        assert_eq!(
            resolve(json!({"sub": "1"})).unwrap_err(),
            "Login failed, user profile does not contain an email"
        );
        assert_eq!(
            resolve(json!({"sub": "1", "email": "twin@lantern.example"})).unwrap_err(),
            "User lookup resulted in multiple matches"
        );
    }

    #[test]
    fn an_address_that_nobody_proved_finds_nobody() {
        for resolver in [
            "emailMatchingUserEntityProfileEmail",
            "emailLocalPartMatchingUserEntityName",
        ] {
            for verified in [json!(false), json!("false")] {
                let claims = json!({"email": "otto@lantern.example", "email_verified": verified});
                let found = resolve_with(json!([{"resolver": resolver}]), true, claims);
                assert_eq!(
                    found.unwrap_err(),
                    "Login failed, user profile does not contain an email"
                );
            }
        }
    }

    #[test]
    fn strangers_come_in_where_the_configuration_insists_under_a_name_that_can_be_one() {
        let own = json!([{
            "resolver": "preferredUsernameMatchingUserEntityName",
            "dangerouslyAllowSignInWithoutUserInCatalog": true,
        }]);
        let named = |name: &str| json!({"preferred_username": name});

        assert_eq!(
            resolve(own.clone(), named("Eve")).unwrap(),
            "user:default/eve"
        );
        assert_eq!(
            resolve_with(json!([]), true, json!({"email": "eve@x.example"})).unwrap(),
            "user:default/eve"
        );
        for odd in ["group:default/owners", "a/b", "", "a b", "\u{e9}ve"] {
            assert_eq!(
                resolve(own.clone(), named(odd)).unwrap_err(),
                EXHAUSTED,
                "{odd}"
            );
        }
    }

    #[test]
    fn a_resolver_that_there_is_not_is_named() {
        let config = json!({"signIn": {"resolvers": [{"resolver": "magic"}]}});

        let error = Resolvers::read(&Config::from_value(config).root(), false).unwrap_err();

        assert!(
            error
                .to_string()
                .contains("Sign-in resolver 'magic' is not available"),
            "{error}"
        );
    }
}
