//! The configuration of one environment of a provider: `auth.providers.<id>.<env>`.

use super::resolver::Resolvers;
use super::scope;
use crate::auth::jose::Algorithm;
use callboard_config::{ConfigError, Secret, View};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// How long a question to the provider may take, unless `timeout` says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Parameters of the authorization request that `startUrlSearchParams` must not replace.
const OWN_PARAMETERS: [&str; 9] = [
    "client_id",
    "scope",
    "response_type",
    "response_mode",
    "redirect_uri",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// How the hub proves to the provider that it is the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientAuth {
    /// The secret in a header.
    Basic,
    /// The secret in the form.
    Post,
    /// No secret; the code challenge is all the proof.
    None,
}

/// Everything that the configuration says about one environment.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) client_id: String,
    pub(super) client_secret: Secret<String>,
    pub(super) metadata_url: Url,
    /// `redirect_uri`, character for character as the provider knows it.
    pub(super) callback_url: String,
    pub(super) client_auth: ClientAuth,
    pub(super) algorithm: Algorithm,
    /// Asked for beside what is always asked for; `scope` of old configurations is a part of it.
    pub(super) additional_scopes: Vec<String>,
    /// `prompt` of the authorization request; absent where the provider decides.
    pub(super) prompt: Option<String>,
    pub(super) timeout: Duration,
    pub(super) start_parameters: Vec<(String, String)>,
    /// Who somebody is here; absent for a provider that signs nobody in.
    pub(super) resolvers: Option<Resolvers>,
    /// What the sign-in page calls the provider; absent for its id.
    pub(super) title: Option<String>,
    /// Whether the deprecated key `scope` is there.
    pub(super) has_deprecated_scope: bool,
}

impl Settings {
    /// Reads the section of one environment.
    ///
    /// `callback` is where the provider sends browsers back to, unless the section says otherwise.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for what is missing, has the wrong type or is not served.
    pub(super) fn read(
        section: &View<'_>,
        callback: &str,
        allows_strangers: bool,
    ) -> Result<Settings, ConfigError> {
        let client_id = section.string("clientId")?;
        let client_secret = Secret::new(section.string("clientSecret")?);
        let metadata_url = section.string("metadataUrl")?;
        let prompt = section.optional_string("prompt")?;
        let scope = section.optional_string("scope")?;
        let mut additional_scopes = scope::read(section, "additionalScopes")?;
        additional_scopes.splice(0..0, scope::split(scope.as_deref().unwrap_or_default()));
        let is_auxiliary = section
            .optional_boolean("disableIdentityResolution")?
            .unwrap_or(false);
        let resolvers = if is_auxiliary {
            None
        } else {
            Some(Resolvers::read(section, allows_strangers)?)
        };
        let callback_url = section
            .optional_string("callbackUrl")?
            .unwrap_or_else(|| callback.to_owned());
        web_address(section, "callbackUrl", &callback_url)?;
        Ok(Settings {
            client_id,
            client_secret,
            metadata_url: web_address(section, "metadataUrl", &metadata_url)?,
            callback_url,
            client_auth: client_auth(section)?,
            algorithm: algorithm(section)?,
            additional_scopes,
            prompt: match prompt.as_deref() {
                None => Some("none".to_owned()),
                Some("auto") => None,
                Some(_) => prompt,
            },
            timeout: section.optional_duration("timeout")?.unwrap_or(TIMEOUT),
            start_parameters: start_parameters(section)?,
            resolvers,
            title: section.optional_string("title")?,
            has_deprecated_scope: scope.is_some(),
        })
    }

    /// Whether the provider decides by itself what the person sees there, so that a page may go
    /// straight on to it.
    pub(super) fn goes_straight_on(&self) -> bool {
        self.prompt.is_none()
    }
}

fn web_address(section: &View<'_>, key: &str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "https" | "http"));
    url.ok_or_else(|| section.error(key, format!("`{text}` is not the address of a web page")))
}

fn client_auth(section: &View<'_>) -> Result<ClientAuth, ConfigError> {
    let key = "tokenEndpointAuthMethod";
    match section.optional_string(key)?.as_deref() {
        None | Some("client_secret_basic") => Ok(ClientAuth::Basic),
        Some("client_secret_post") => Ok(ClientAuth::Post),
        Some("none") => Ok(ClientAuth::None),
        Some(other) => {
            let message = format!("`{other}` is not served by this version");
            let help = "use `client_secret_basic`, `client_secret_post` or `none`";
            Err(section.error(key, message).with_help(help))
        }
    }
}

fn algorithm(section: &View<'_>) -> Result<Algorithm, ConfigError> {
    let key = "tokenSignedResponseAlg";
    let Some(name) = section.optional_string(key)? else {
        // What most providers sign with.
        return Ok(Algorithm::Rs256);
    };
    Algorithm::parse(&name).ok_or_else(|| {
        let known = Algorithm::ALL.map(Algorithm::as_str).join(", ");
        let help = format!("use one of {known}");
        section
            .error(
                key,
                format!("id tokens signed with `{name}` are not served"),
            )
            .with_help(help)
    })
}

fn start_parameters(section: &View<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    let key = "startUrlSearchParams";
    let Some(parameters) = section.optional_object(key)? else {
        return Ok(Vec::new());
    };
    let mut read = Vec::new();
    for name in parameters.keys() {
        if OWN_PARAMETERS.contains(&name) {
            let message = format!("`{name}` is a parameter of the sign-in itself");
            return Err(section.error(key, message));
        }
        let value = match parameters.entry(name).json("") {
            Some(Value::String(text)) => text,
            Some(Value::Bool(is)) => is.to_string(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Null) | None => continue,
            Some(Value::Array(_) | Value::Object(_)) => {
                let message = format!("the value of `{name}` is neither text nor a number");
                return Err(section.error(key, message));
            }
        };
        read.push((name.to_owned(), value));
    }
    Ok(read)
}
