//! The section `auth` of the configuration.

use super::key_store::KeyPlace;
use super::{external, placeholder};
use crate::app::{Core, Mode};
use crate::auth::oidc;
use crate::finding::Finding;
use crate::http::listen::Listen;
use callboard_config::{ConfigError, View};
use callboard_policy::EntityRef;
use serde_json::Value;
use smol_str::SmolStr;
use std::time::Duration;

/// How long a token lives when nothing is configured, and within which bounds it may be.
const TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);
const MIN_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 60);

/// The longest life of any token, in particular of one that an administrator issues.
pub const MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The environment of developers: guests may enter, and pages tell more.
pub(super) const DEVELOPMENT: &str = "development";

/// What the configuration says about sign-in and tokens.
#[derive(Debug)]
pub(super) struct AuthConfig {
    /// `auth.backstageTokenExpiration`, between ten minutes and a day.
    pub(super) token_lifetime: Duration,
    /// `auth.keyStore`: where the keys that sign users' tokens are.
    pub(super) key_store: KeyPlace,
    /// `backend.auth.pluginKeyStore`: where the keys that sign plugins' tokens are.
    pub(super) plugin_key_store: KeyPlace,
    /// `auth.omitIdentityTokenOwnershipClaim`: tokens carry no `ent`.
    pub(super) omits_ownership: bool,
    /// `includeTransitiveGroupOwnership`: parents of groups own, too.
    pub(super) is_transitive: bool,
    /// `backend.auth.dangerouslyDisableDefaultAuthPolicy`: anonymous callers reach handlers.
    pub(super) allows_anonymous: bool,
    /// `auth.environment`.
    pub(super) environment: String,
    /// `auth.providers.guest`, when it is there.
    pub(super) guest: Option<GuestConfig>,
    /// `signInPage`: the providers that the sign-in page offers, in its order; empty for all.
    pub(super) sign_in_page: Vec<String>,
    /// The ids of the configured providers that are not served, in their order.
    pub(super) others: Vec<String>,
}

/// `auth.providers.guest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestConfig {
    /// Who a guest is.
    pub user: EntityRef,
    /// In whose name a guest owns things when the catalog does not know the user.
    pub ownership: Option<Vec<SmolStr>>,
    /// Whether guests may sign in here: in development, or where the configuration insists.
    pub is_allowed: bool,
}

impl AuthConfig {
    /// Reads everything that authentication needs from the configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a value of the wrong type, and for key stores that cannot be used.
    pub(super) fn read(core: &Core) -> Result<AuthConfig, ConfigError> {
        let root = core.config.root();
        let auth = root.at("auth")?;
        let lifetime = auth
            .optional_duration("backstageTokenExpiration")?
            .unwrap_or(TOKEN_LIFETIME);
        let providers = auth.at("providers")?;
        let guest = providers.optional_object("guest")?;
        let is_served = |id: &str| id == "guest" || oidc::is_one(&providers, id);
        let others = providers.keys().into_iter().filter(|id| !is_served(id));
        let sign_in_page = match root.json("signInPage") {
            Some(Value::String(one)) => vec![one],
            Some(_) | None => root.optional_string_list("signInPage")?.unwrap_or_default(),
        };
        Ok(AuthConfig {
            token_lifetime: lifetime.clamp(MIN_TOKEN_LIFETIME, MAX_TOKEN_LIFETIME),
            key_store: KeyPlace::of_users(&auth)?,
            plugin_key_store: KeyPlace::of_plugins(&root)?,
            omits_ownership: auth
                .optional_boolean("omitIdentityTokenOwnershipClaim")?
                .unwrap_or(false),
            is_transitive: root
                .optional_boolean("includeTransitiveGroupOwnership")?
                .unwrap_or(false),
            allows_anonymous: root
                .optional_boolean("backend.auth.dangerouslyDisableDefaultAuthPolicy")?
                .unwrap_or(false),
            environment: auth
                .optional_string("environment")?
                .unwrap_or_else(|| DEVELOPMENT.to_owned()),
            guest: guest
                .map(|guest| GuestConfig::read(&guest, core.mode))
                .transpose()?,
            sign_in_page,
            others: others.map(str::to_owned).collect(),
        })
    }

    /// The guest provider, when the sign-in page offers it.
    pub(super) fn offered_guest(&self) -> Option<&GuestConfig> {
        let is_offered = self.environment == DEVELOPMENT;
        self.guest
            .as_ref()
            .filter(|guest| guest.is_allowed && is_offered)
    }
}

impl GuestConfig {
    fn read(guest: &View<'_>, mode: Mode) -> Result<GuestConfig, ConfigError> {
        let user = guest.optional_string("userEntityRef")?;
        let user = EntityRef::parse_with(
            user.as_deref().unwrap_or("user:development/guest"),
            Some("user"),
            "default",
        )
        .map_err(|error| guest.error("userEntityRef", error.to_string()))?;
        let ownership = guest.optional_string_list("ownershipEntityRefs")?;
        let insists = guest
            .optional_boolean("dangerouslyAllowOutsideDevelopment")?
            .unwrap_or(false);
        Ok(GuestConfig {
            user,
            ownership: ownership.map(|refs| refs.into_iter().map(SmolStr::from).collect()),
            is_allowed: mode == Mode::Development || insists,
        })
    }
}

/// What `callboard check` says about authentication, and the hub at start.
pub(super) fn findings(core: &Core) -> Vec<Finding> {
    // A configuration that cannot be read is reported by whoever needs it.
    let Ok(config) = AuthConfig::read(core) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let is_open = Listen::from_config(&core.config).is_ok_and(|listen| !listen.is_loopback());
    if config.guest.as_ref().is_some_and(|guest| guest.is_allowed) && is_open {
        let message = "guests may sign in, and the hub listens on more than the loopback address";
        let help = "remove `auth.providers.guest`, or set `backend.listen.host` to `127.0.0.1`";
        findings.push(
            Finding::warning(message)
                .help(help)
                .in_config(core, "auth.providers.guest"),
        );
    }
    for id in &config.others {
        let message = format!("the sign-in provider `{id}` is not served by this version");
        findings.push(Finding::warning(message).in_config(core, &format!("auth.providers.{id}")));
    }
    // The same holds for the providers.
    if let Ok(providers) = oidc::Providers::read(core) {
        findings.extend(providers.findings(core));
        for id in &config.sign_in_page {
            let environment = &config.environment;
            let is_guest = id == "guest";
            if !is_guest && !providers.offers(id, environment) {
                let message = format!(
                    "`signInPage` names `{id}`, which signs nobody in where `auth.environment` is `{environment}`"
                );
                findings.push(Finding::warning(message).in_config(core, "signInPage"));
            }
        }
    }
    if config.allows_anonymous {
        let key = "backend.auth.dangerouslyDisableDefaultAuthPolicy";
        let message =
            "callers without credentials reach the API: the default authentication policy is off";
        findings.push(Finding::warning(message).in_config(core, key));
    }
    findings.extend(external::findings(core));
    findings.extend(placeholder::findings(core));
    findings
}

impl Finding {
    /// Points at the value at `path`, when it stands in a file.
    pub(super) fn in_config(self, core: &Core, path: &str) -> Finding {
        match core.config.located(path) {
            Some(location) => self.at(location.file, Some(location.line)),
            None => self,
        }
    }
}
