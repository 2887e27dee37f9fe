//! The configured providers, each with its environments.

use super::client::Client;
use super::failure::SignInFailure;
use super::origin::Origins;
use super::refusal::Refusal;
use super::seal::Seal;
use super::settings::Settings;
use crate::app::{Core, Mode};
use crate::auth::provider::KNOWN;
use crate::error::Error;
use crate::finding::Finding;
use crate::hub::StartError;
use callboard_config::{ConfigError, Secret, View};
use indexmap::IndexMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// The id of the provider that is always one of OpenID Connect.
const OIDC: &str = "oidc";

/// The providers that speak OpenID Connect, and what their flows share.
pub(in crate::auth) struct Providers {
    by_id: IndexMap<SmolStr, Provider>,
    pub(super) origins: Origins,
    /// What seals the browser's part of a sign-in; absent without `auth.session.secret`.
    seal: Option<Seal>,
}

/// One provider.
pub(in crate::auth) struct Provider {
    pub(super) id: SmolStr,
    /// The hub as its client, in each environment.
    environments: IndexMap<SmolStr, Arc<Client>>,
    /// Why it cannot be used, in development: elsewhere the hub does not start.
    fault: Option<String>,
}

/// Whether `auth.providers.<id>` is a provider of OpenID Connect: `oidc`, and any of an unknown id
/// whose environments name their metadata.
pub(in crate::auth) fn is_one(providers: &View<'_>, id: &str) -> bool {
    let section = providers.entry(id);
    let names_metadata = |environment: &str| section.entry(environment).has("metadataUrl");
    id == OIDC || (!KNOWN.contains(&id) && section.keys().into_iter().any(names_metadata))
}

impl Providers {
    /// Reads the providers of the configuration.
    ///
    /// # Errors
    ///
    /// [`StartError`] with the original's text for one that cannot be used; in development it is
    /// left out with a warning.
    pub(in crate::auth) fn read(core: &Core) -> Result<Providers, StartError> {
        let root = core.config.root();
        let providers = root.at("auth.providers")?;
        let allows_strangers = root
            .optional_boolean("dangerouslyAllowSignInWithoutUserInCatalog")?
            .unwrap_or(false);
        let mut by_id = IndexMap::new();
        for id in providers.keys() {
            if !is_one(&providers, id) {
                continue;
            }
            let section = providers.entry(id);
            let read = Provider::read(core, id, &section, allows_strangers);
            let provider = match read {
                Ok(provider) => provider,
                Err(error) if core.mode == Mode::Development => Provider::broken(id, &error),
                Err(error) => {
                    let message = format!("Failed to initialize {id} auth provider, {error}");
                    return Err(section.error("", message).into());
                }
            };
            by_id.insert(SmolStr::from(id), provider);
        }
        let secret = root.optional_string("auth.session.secret")?;
        let secret = secret.filter(|secret| !secret.is_empty()).map(Secret::new);
        Ok(Providers {
            by_id,
            origins: Origins::read(&core.config, &core.base_url)?,
            seal: secret.as_ref().map(Seal::new),
        })
    }

    /// The provider of an id.
    pub(in crate::auth) fn get(&self, id: &str) -> Option<&Provider> {
        self.by_id.get(id)
    }

    /// The hub as the client of a provider in an environment.
    pub(super) fn client(&self, id: &str, environment: &str) -> Option<&Arc<Client>> {
        self.by_id.get(id)?.environments.get(environment)
    }

    /// Every client, for what is done in the background.
    pub(super) fn clients(&self) -> impl Iterator<Item = (&Provider, &Arc<Client>)> {
        self.by_id.values().flat_map(|provider| {
            let clients = provider.environments.values();
            clients.map(move |client| (provider, client))
        })
    }

    /// Whether people may be signed in by a provider in some environment.
    pub(in crate::auth) fn signs_in(&self, id: &str) -> bool {
        let provider = self.by_id.get(id);
        provider.is_some_and(|provider| {
            let mut clients = provider.environments.values();
            clients.any(|client| client.settings.resolvers.is_some())
        })
    }

    /// Whether people may be signed in by a provider in an environment.
    pub(in crate::auth) fn offers(&self, id: &str, environment: &str) -> bool {
        self.in_environment(environment)
            .any(|(provider, _)| provider.id == id)
    }

    /// The ids of those who sign people in, in an environment, in the order of the configuration.
    pub(super) fn in_environment<'a>(
        &'a self,
        environment: &'a str,
    ) -> impl Iterator<Item = (&'a Provider, &'a Arc<Client>)> {
        self.by_id.values().filter_map(move |provider| {
            let client = provider.environments.get(environment)?;
            client.settings.resolvers.as_ref()?;
            Some((provider, client))
        })
    }

    /// What seals the browser's part of a sign-in.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoSecret`] without `auth.session.secret`.
    pub(super) fn seal(&self) -> Result<&Seal, Refusal> {
        self.seal.as_ref().ok_or(Refusal::NoSecret)
    }

    /// What `callboard check` and the start say about the providers.
    pub(in crate::auth) fn findings(&self, core: &Core) -> Vec<Finding> {
        let mut findings = Vec::new();
        for provider in self.by_id.values() {
            let key = format!("auth.providers.{}", provider.id);
            if let Some(fault) = &provider.fault {
                let message = format!("Skipping {} auth provider, {fault}", provider.id);
                findings.push(Finding::warning(message).in_config(core, &key));
            }
            for (environment, client) in &provider.environments {
                if client.settings.has_deprecated_scope {
                    let key = format!("{key}.{environment}.scope");
                    let message = format!("`{key}` is deprecated");
                    let help =
                        "write `additionalScopes`; openid, profile and email are always asked for";
                    findings.push(Finding::warning(message).help(help).in_config(core, &key));
                }
            }
        }
        if self.seal.is_none() && !self.by_id.is_empty() {
            let message = "nobody can sign in through OpenID Connect without `auth.session.secret`";
            let help = "set it to a long random text, the same for every replica";
            findings.push(
                Finding::warning(message)
                    .help(help)
                    .in_config(core, "auth.providers"),
            );
        }
        findings
    }
}

impl Provider {
    fn read(
        core: &Core,
        id: &str,
        section: &View<'_>,
        allows_strangers: bool,
    ) -> Result<Provider, ConfigError> {
        let callback = format!("{}/api/auth/{id}/handler/frame", core.base_url);
        let mut environments = IndexMap::new();
        for environment in section.keys() {
            let Some(section) = section.entry(environment).optional_object("")? else {
                continue;
            };
            let settings = Settings::read(&section, &callback, allows_strangers)?;
            let client = Arc::new(Client::new(settings, core));
            environments.insert(SmolStr::from(environment), client);
        }
        Ok(Provider {
            id: id.into(),
            environments,
            fault: None,
        })
    }

    fn broken(id: &str, error: &ConfigError) -> Provider {
        Provider {
            id: id.into(),
            environments: IndexMap::new(),
            fault: Some(error.to_string()),
        }
    }

    /// The hub as its client in an environment.
    ///
    /// # Errors
    ///
    /// 404 with the original's text when the environment, or the provider as a whole, is not
    /// configured.
    pub(super) fn client(&self, environment: &str) -> Result<&Arc<Client>, Error> {
        if self.fault.is_some() {
            let id = &self.id;
            return Err(Error::NotFound(format!(
                "Auth provider registered for '{id}' is misconfigured. This could mean the configs \
                 under auth.providers.{id} are missing or the environment variables used are not \
                 defined. Check the auth backend plugin logs when the backend starts to see more \
                 details."
            )));
        }
        self.environments.get(environment).ok_or_else(|| {
            Error::NotFound(format!(
                "No configuration available for the '{environment}' environment of this provider."
            ))
        })
    }

    /// What pages call it in an environment; absent for the one that needs no name.
    pub(super) fn title(&self, client: &Client) -> Option<String> {
        let title = client.settings.title.clone();
        let id = || (self.id != OIDC).then(|| self.id.to_string());
        title.or_else(id)
    }

    /// A failure as pages tell it.
    pub(super) fn failure(
        &self,
        client: &Client,
        environment: &str,
        refusal: &Refusal,
    ) -> SignInFailure {
        SignInFailure::of(refusal, self.title(client), &self.id, environment)
    }
}
