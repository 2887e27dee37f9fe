//! The section `integrations` of the configuration.

use super::forge::{Azure, BitbucketCloud, BitbucketServer, Forge, GitHub, GitLab, Gitea};
use super::github_app::GitHubApp;
use super::integration::{Credentials, Integration, host_and_port};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callboard_config::{Config, ConfigError, Secret, View};
use reqwest::header::HeaderValue;
use url::Url;

/// Sections of the original that this hub has nothing for.
pub(super) const UNREAD: [&str; 7] = [
    "awsCodeCommit",
    "awsS3",
    "azureBlobStorage",
    "bitbucket",
    "gerrit",
    "googleGcs",
    "harness",
];

/// Reads every section, and adds the public hosts that none of them names.
pub(super) fn read(config: &Config) -> Result<Vec<Integration>, ConfigError> {
    let mut all = Vec::new();
    for kind in KINDS {
        let path = format!("integrations.{}", kind.forge.id());
        let entries = config.root().optional_object_list(&path)?;
        let start = all.len();
        for entry in entries.unwrap_or_default() {
            all.push(kind.read(&entry)?);
        }
        let is_public = |known: &Integration| Some(known.host.as_str()) == kind.public_host;
        if let Some(host) = kind.public_host
            && !all[start..].iter().any(is_public)
        {
            all.push(kind.anonymous(host));
        }
    }
    Ok(all)
}

/// How a kind of Git host is configured.
struct Kind {
    forge: &'static dyn Forge,
    /// The one on the internet, which needs no entry.
    public_host: Option<&'static str>,
    /// Where its REST interface is.
    public_api: Option<&'static str>,
    public_raw: Option<&'static str>,
    /// Where the REST interface of another one is, below its pages.
    api_path: &'static str,
    credentials: fn(&View<'_>) -> Result<Credentials, ConfigError>,
}

const KINDS: [&Kind; 6] = [
    &Kind {
        forge: &GitHub,
        public_host: Some("github.com"),
        public_api: Some("https://api.github.com"),
        public_raw: Some("https://raw.githubusercontent.com"),
        api_path: "/api/v3",
        credentials: github,
    },
    &Kind {
        forge: &GitLab,
        public_host: Some("gitlab.com"),
        public_api: None,
        public_raw: None,
        api_path: "/api/v4",
        credentials: token,
    },
    &Kind {
        forge: &BitbucketCloud,
        public_host: Some("bitbucket.org"),
        public_api: Some("https://api.bitbucket.org/2.0"),
        public_raw: None,
        api_path: "/2.0",
        credentials: bitbucket_cloud,
    },
    &Kind {
        forge: &BitbucketServer,
        public_host: None,
        public_api: None,
        public_raw: None,
        api_path: "/rest/api/1.0",
        credentials: bitbucket_server,
    },
    &Kind {
        forge: &Gitea,
        public_host: Some("gitea.com"),
        public_api: None,
        public_raw: None,
        api_path: "/api/v1",
        credentials: gitea,
    },
    &Kind {
        forge: &Azure,
        public_host: Some("dev.azure.com"),
        public_api: None,
        public_raw: None,
        api_path: "",
        credentials: azure,
    },
];

impl Kind {
    fn read(&self, entry: &View<'_>) -> Result<Integration, ConfigError> {
        let host = match (entry.optional_string("host")?, self.public_host) {
            (Some(host), _) => parse_host(entry, &host)?,
            // The original knows a default only for hosts that there is one of.
            (None, Some(host)) if !matches!(self.forge.id(), "gitlab" | "gitea") => host.to_owned(),
            (None, _) => entry.string("host")?,
        };
        let public = self.anonymous(&host);
        let base = optional_url(entry, "baseUrl")?.unwrap_or(public.base);
        let is_public = Some(host.as_str()) == self.public_host;
        let api = match optional_url(entry, "apiBaseUrl")? {
            Some(api) => api,
            None if is_public && self.public_api.is_some() => public.api,
            None => with_path(&base, self.api_path),
        };
        Ok(Integration {
            raw: optional_url(entry, "rawBaseUrl")?.or(public.raw),
            credentials: (self.credentials)(entry)?,
            forge: self.forge,
            host,
            base,
            api,
        })
    }

    /// A host that is asked without credentials.
    fn anonymous(&self, host: &str) -> Integration {
        let base = constant(&format!("https://{host}"));
        let is_public = Some(host) == self.public_host;
        let public_api = self.public_api.filter(|_| is_public);
        Integration {
            forge: self.forge,
            host: host.to_owned(),
            api: public_api.map_or_else(|| with_path(&base, self.api_path), constant),
            raw: self.public_raw.filter(|_| is_public).map(constant),
            base,
            credentials: Credentials::default(),
        }
    }
}

/// A URL of this file, or of a host that was checked.
fn constant(url: &str) -> Url {
    Url::parse(url).expect("it has a scheme and a host that is one")
}

fn with_path(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// The host as URLs have it.
fn parse_host(entry: &View<'_>, host: &str) -> Result<String, ConfigError> {
    let url = Url::parse(&format!("https://{host}/")).ok();
    let plain =
        url.filter(|url| url.path() == "/" && url.query().is_none() && url.username().is_empty());
    let parsed = plain.map(|url| host_and_port(&url));
    parsed.ok_or_else(|| {
        entry
            .error("host", format!("`{host}` is no host"))
            .with_help("write only the name, such as `git.example.com`")
    })
}

fn optional_url(entry: &View<'_>, key: &str) -> Result<Option<Url>, ConfigError> {
    let Some(text) = entry.optional_string(key)? else {
        return Ok(None);
    };
    let url = Url::parse(text.trim_end_matches('/')).ok();
    let is_usable = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    };
    match url.filter(is_usable) {
        Some(url) => Ok(Some(url)),
        None => Err(entry
            .error(key, format!("`{key}` is no address that can be asked"))
            .with_help(
                "begin it with `https://`, end it with its path, and leave out credentials",
            )),
    }
}

fn github(entry: &View<'_>) -> Result<Credentials, ConfigError> {
    let apps = entry.optional_object_list("apps")?.unwrap_or_default();
    let apps: Result<_, _> = apps.iter().map(github_app).collect();
    Ok(Credentials {
        apps: apps?,
        ..token(entry)?
    })
}

/// The other keys of an app are for people who sign in, and for events.
fn github_app(entry: &View<'_>) -> Result<GitHubApp, ConfigError> {
    let id = entry.number("appId")?.to_string();
    let key = Secret::new(entry.string("privateKey")?);
    let owners = entry.optional_string_list("allowedInstallationOwners")?;
    GitHubApp::new(id, &key, owners).ok_or_else(|| {
        entry
            .error("privateKey", "the key is no RSA key in PEM")
            .with_help(
                "GitHub gives it as a file that begins with `-----BEGIN RSA PRIVATE KEY-----`",
            )
    })
}

fn token(entry: &View<'_>) -> Result<Credentials, ConfigError> {
    let token = secret(entry, "token")?;
    everywhere(entry, "token", token.map(|token| bearer(&token)))
}

fn bitbucket_cloud(entry: &View<'_>) -> Result<Credentials, ConfigError> {
    refuse(
        entry,
        &["clientId", "clientSecret"],
        "OAuth consumers",
        "`username` and `token`",
    )?;
    let key = if entry.has("token") {
        "token"
    } else {
        "appPassword"
    };
    let header = match (entry.optional_string("username")?, secret(entry, key)?) {
        (Some(user), Some(password)) => Some(basic(&user, &password)),
        // A token of a repository, a project or a workspace stands for itself.
        (None, Some(token)) if key == "token" => Some(bearer(&token)),
        (None, Some(_)) => {
            let message = "an app password needs a `username` beside it";
            return Err(entry.error("appPassword", message));
        }
        (Some(_), None) => {
            let message = "a user name needs a `token` or an `appPassword` beside it";
            return Err(entry.error("username", message));
        }
        (None, None) => None,
    };
    everywhere(entry, key, header)
}

fn bitbucket_server(entry: &View<'_>) -> Result<Credentials, ConfigError> {
    if let Some(token) = secret(entry, "token")? {
        return everywhere(entry, "token", Some(bearer(&token)));
    }
    let user = entry.optional_string("username")?;
    let pair = user.zip(secret(entry, "password")?);
    let header = pair.map(|(user, password)| basic(&user, &password));
    everywhere(entry, "password", header)
}

fn gitea(entry: &View<'_>) -> Result<Credentials, ConfigError> {
    let password = secret(entry, "password")?;
    let user = entry.optional_string("username")?;
    let header = password.map(|password| match user {
        Some(user) => basic(&user, &password),
        None => Secret::new(format!("token {}", password.expose())),
    });
    everywhere(entry, "password", header)
}

fn azure(entry: &View<'_>) -> Result<Credentials, ConfigError> {
    for key in ["token", "credential"] {
        if entry.has(key) {
            let message = format!("`{key}` is not known any more");
            let help = "write a list `credentials` with a `personalAccessToken` in each item";
            return Err(entry.error(key, message).with_help(help));
        }
    }
    let mut credentials = Credentials::default();
    let items = entry.optional_object_list("credentials")?;
    for item in items.unwrap_or_default() {
        let identity = [
            "clientId",
            "clientSecret",
            "tenantId",
            "managedIdentityClientId",
        ];
        refuse(
            &item,
            &identity,
            "Entra identities",
            "a `personalAccessToken`",
        )?;
        let token = Secret::new(item.string("personalAccessToken")?.trim().to_owned());
        // The host takes any name.
        let header = usable(&item, "personalAccessToken", basic("", &token))?;
        match item.optional_string_list("organizations")? {
            Some(owners) if !owners.is_empty() => {
                let mut known = credentials.of_owners.iter().flat_map(|(owners, _)| owners);
                if let Some(twice) = known.find(|known| owners.contains(known)) {
                    let message = format!("organisation `{twice}` has two credentials");
                    return Err(item.error("organizations", message));
                }
                credentials.of_owners.push((owners, header));
            }
            Some(_) | None if credentials.otherwise.is_none() => {
                credentials.otherwise = Some(header);
            }
            Some(_) | None => {
                let message = "two credentials are without `organizations`";
                return Err(item.error("", message));
            }
        }
    }
    Ok(credentials)
}

fn refuse(entry: &View<'_>, keys: &[&str], what: &str, instead: &str) -> Result<(), ConfigError> {
    match keys.iter().find(|key| entry.has(key)) {
        None => Ok(()),
        Some(key) => Err(entry
            .error(key, format!("{what} cannot be used to read yet"))
            .with_help(format!("give {instead} instead"))),
    }
}

fn everywhere(
    entry: &View<'_>,
    key: &str,
    header: Option<Secret<String>>,
) -> Result<Credentials, ConfigError> {
    let otherwise = header
        .map(|header| usable(entry, key, header))
        .transpose()?;
    Ok(Credentials {
        otherwise,
        ..Credentials::default()
    })
}

/// Checks that a header can carry it.
fn usable(
    entry: &View<'_>,
    key: &str,
    header: Secret<String>,
) -> Result<Secret<String>, ConfigError> {
    match HeaderValue::from_str(header.expose()) {
        Ok(_) => Ok(header),
        Err(_) => {
            let message = format!("`{key}` holds characters that cannot be sent");
            Err(entry.error(key, message))
        }
    }
}

fn secret(entry: &View<'_>, key: &str) -> Result<Option<Secret<String>>, ConfigError> {
    let text = entry.optional_string(key)?.map(Secret::new);
    Ok(text.map(|text| Secret::new(text.expose().trim().to_owned())))
}

fn bearer(token: &Secret<String>) -> Secret<String> {
    Secret::new(format!("Bearer {}", token.expose()))
}

fn basic(user: &str, password: &Secret<String>) -> Secret<String> {
    let pair = Secret::new(format!("{user}:{}", password.expose()));
    Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())))
}
