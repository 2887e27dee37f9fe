//! Who a person of a provider is here: the sign-in resolvers.

mod kind;
#[cfg(test)]
mod tests;

use super::claims::Claims;
use super::refusal::Refusal;
use crate::auth::ownership::{Groups, ownership_of};
use crate::auth::service::UserIdentity;
use crate::error::Error;
use callboard_catalog::CatalogSnapshot;
use callboard_config::{ConfigError, View};
use callboard_policy::EntityRef;
use kind::{Outcome, Resolver, user_of_name};
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
            chain.push(Resolver::by_default());
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
