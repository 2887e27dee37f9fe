//! A hub, as a program that somebody let in sees it.

use super::credentials::{Credentials, Folder};
use callboard_config::Secret;
use callboard_hub::clock::Clock;
use callboard_hub::http_client::{Answer, CallLimits, HttpClient, HttpError, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

const CLIENT_ID: &str = "callboard-cli";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

const LIMITS: CallLimits = CallLimits {
    timeout: Duration::from_secs(60),
    body_bytes: 256 * 1024 * 1024,
};

/// A token that ends sooner than this is replaced before it is used, in seconds.
const MARGIN: i64 = 30;

/// A hub.
pub(super) struct Hub<'a> {
    url: Url,
    folder: Folder,
    clock: &'a dyn Clock,
    http: HttpClient,
}

/// A question to the REST interface.
pub(super) struct Asked<'a> {
    pub(super) method: &'static str,
    /// Below the address of the hub.
    pub(super) path: &'a str,
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
}

/// The codes with which somebody lets this program in.
#[derive(Deserialize)]
pub(super) struct Codes {
    device_code: Secret<String>,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    pub(super) verification_uri_complete: String,
    interval: u64,
}

/// Who is signed in.
pub(super) struct Who {
    pub(super) user: String,
    pub(super) ownership: Vec<String>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: Secret<String>,
    expires_in: i64,
    refresh_token: Secret<String>,
}

#[derive(Deserialize)]
struct OauthError {
    error: String,
}

#[derive(Deserialize)]
struct UserInfo {
    claims: Claims,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    ent: Vec<String>,
}

/// Why a hub was not asked, or its answer is of no use.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub(super) enum HubError {
    /// Nobody is signed in to any.
    #[error("no hub is known")]
    #[diagnostic(help("sign in with `callboard login URL`, or name one with `--hub`"))]
    NoHub,
    /// Nobody is signed in to this one.
    #[error("nobody is signed in to {hub}")]
    #[diagnostic(help("sign in with `callboard login {hub}`"))]
    SignedOut { hub: String },
    /// The address is none of a hub.
    #[error("`{url}` cannot be the address of a hub")]
    #[diagnostic(help("it begins with `https://`; `http://` is for this machine only"))]
    Address { url: String },
    /// The path leads elsewhere.
    #[error("`{path}` is no path of the hub")]
    #[diagnostic(help("it begins with `/api/`"))]
    Path { path: String },
    /// The person said no, or nothing in time.
    #[error("you were not signed in: {0}")]
    NotLetIn(&'static str),
    /// The hub answers something else than what was asked for.
    #[error("{hub} answered {status} to `{path}`")]
    #[diagnostic(help("is this the address of a hub, of a version that can do it?"))]
    Answer {
        hub: String,
        path: String,
        status: String,
    },
    /// The hub did not answer.
    #[error("{hub} does not answer")]
    Http {
        hub: String,
        #[source]
        source: HttpError,
    },
    /// A file of the credentials cannot be used.
    #[error("cannot use `{}`", .path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Standard output is closed.
    #[error("cannot write the answer")]
    Output(#[source] std::io::Error),
}

impl HubError {
    /// Whether it is an answer rather than a failure to get one.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, HubError::NotLetIn(_) | HubError::SignedOut { .. })
    }
}

impl<'a> Hub<'a> {
    /// The hub at an address.
    ///
    /// # Errors
    ///
    /// [`HubError::Address`] where a token would travel for everybody to see.
    pub(super) fn new(
        url: &Url,
        folder: Folder,
        clock: &'a dyn Clock,
    ) -> Result<Hub<'a>, HubError> {
        let is_here = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let is_safe = url.scheme() == "https" && url.host().is_some();
        let is_plain = url.username().is_empty() && url.password().is_none();
        if !(is_safe || url.scheme() == "http" && is_here) || !is_plain {
            let mut url = url.clone();
            // Not repeated: it may be a password.
            let _ = url.set_password(None);
            let url = url.to_string();
            return Err(HubError::Address { url });
        }
        let mut url = url.clone();
        url.set_query(None);
        url.set_fragment(None);
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Hub {
            url,
            folder,
            clock,
            http: HttpClient::default(),
        })
    }

    /// Its address.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Asks to be let in.
    pub(super) async fn apply(&self) -> Result<Codes, HubError> {
        let device = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let fields = [("client_id", CLIENT_ID), ("device_name", device.trim())];
        let path = "api/callboard/v1/oauth/device_authorization";
        let answer = self.post_form(path, &fields).await?;
        self.read(path, &answer)
    }

    /// Waits until somebody has let this program in, and keeps what it is given.
    pub(super) async fn wait(&self, codes: &Codes) -> Result<(), HubError> {
        let path = "api/callboard/v1/oauth/token";
        let fields = [
            ("grant_type", DEVICE_GRANT),
            ("device_code", codes.device_code.expose()),
            ("client_id", CLIENT_ID),
        ];
        let mut pause = Duration::from_secs(codes.interval);
        loop {
            tokio::time::sleep(pause).await;
            let answer = self.post_form(path, &fields).await?;
            if answer.status.is_success() {
                let credentials = self.credentials(self.read(path, &answer)?);
                self.folder.write(&credentials)?;
                return self.folder.note_last(&self.url);
            }
            let error: OauthError = self.read_any(path, &answer)?;
            match error.error.as_str() {
                "authorization_pending" | "temporarily_unavailable" => {}
                "slow_down" => pause += Duration::from_secs(5),
                "access_denied" => return Err(HubError::NotLetIn("the request was denied")),
                "expired_token" => return Err(HubError::NotLetIn("nobody confirmed the code")),
                _ => return Err(self.unexpected(path, &answer)),
            }
        }
    }

    /// Who is signed in.
    pub(super) async fn whoami(&self) -> Result<Who, HubError> {
        let path = "/api/auth/v1/userinfo";
        let asked = Asked {
            method: "GET",
            path,
            body: None,
        };
        let answer = self.ask(asked).await?;
        if answer.status.as_u16() == 401 {
            return Err(self.signed_out());
        }
        let info: UserInfo = self.read(path, &answer)?;
        Ok(Who {
            user: info.claims.sub,
            ownership: info.claims.ent,
        })
    }

    /// Asks the REST interface as whoever is signed in.
    pub(super) async fn ask(&self, asked: Asked<'_>) -> Result<Answer, HubError> {
        let wrong = || HubError::Path {
            path: asked.path.to_owned(),
        };
        // A path such as `//elsewhere` must not take the token there.
        let relative = asked.path.strip_prefix('/').ok_or_else(wrong)?;
        let url = self
            .url
            .join(&format!("./{relative}"))
            .map_err(|_| wrong())?;
        if !url.as_str().starts_with(self.url.as_str()) {
            return Err(wrong());
        }
        let token = self.access_token().await?;
        let request = Request {
            method: asked.method,
            url: &url,
            bearer: Some(&token),
            body: asked.body.map(|body| (JSON, body)),
        };
        self.exchange(request).await
    }

    /// Ends the session here and at the hub. Here it ends even when the hub does not answer.
    pub(super) async fn sign_out(&self) -> Result<(), HubError> {
        let _lock = self.folder.lock(&self.url)?;
        let known = self.folder.read(&self.url)?;
        let known = known.ok_or_else(|| self.signed_out())?;
        self.folder.forget(&self.url)?;
        let path = "api/callboard/v1/oauth/revoke";
        let fields = [("token", known.refresh_token.expose().as_str())];
        let answer = self.post_form(path, &fields).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(self.unexpected(path, &answer))
    }

    /// A token that is good for a while yet.
    async fn access_token(&self) -> Result<Secret<String>, HubError> {
        if let Some(token) = self.fresh_token()? {
            return Ok(token);
        }
        let _lock = self.folder.lock(&self.url)?;
        // Another program of the same person may have been faster.
        if let Some(token) = self.fresh_token()? {
            return Ok(token);
        }
        let known = self.folder.read(&self.url)?;
        let known = known.ok_or_else(|| self.signed_out())?;
        let path = "api/callboard/v1/oauth/token";
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", known.refresh_token.expose()),
            ("client_id", CLIENT_ID),
        ];
        let answer = self.post_form(path, &fields).await?;
        if answer.status.as_u16() == 400 {
            self.folder.forget(&self.url)?;
            return Err(self.signed_out());
        }
        let next = self.credentials(self.read(path, &answer)?);
        self.folder.write(&next)?;
        Ok(next.access_token)
    }

    fn fresh_token(&self) -> Result<Option<Secret<String>>, HubError> {
        let known = self.folder.read(&self.url)?;
        let known = known.ok_or_else(|| self.signed_out())?;
        let is_fresh = known.expires_at > self.clock.now().as_second() + MARGIN;
        Ok(is_fresh.then_some(known.access_token))
    }

    fn credentials(&self, tokens: Tokens) -> Credentials {
        Credentials {
            hub: self.url.clone(),
            access_token: tokens.access_token,
            expires_at: self.clock.now().as_second() + tokens.expires_in,
            refresh_token: tokens.refresh_token,
        }
    }

    async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, HubError> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let url = self.url.join(path).map_err(|_| HubError::Path {
            path: path.to_owned(),
        })?;
        let request = Request {
            method: "POST",
            url: &url,
            bearer: None,
            body: Some((FORM, body.into_bytes())),
        };
        self.exchange(request).await
    }

    async fn exchange(&self, request: Request<'_>) -> Result<Answer, HubError> {
        let answer = self.http.exchange(request, LIMITS).await;
        answer.map_err(|source| HubError::Http {
            hub: self.url.to_string(),
            source,
        })
    }

    fn read<T: DeserializeOwned>(&self, path: &str, answer: &Answer) -> Result<T, HubError> {
        if !answer.status.is_success() {
            return Err(self.unexpected(path, answer));
        }
        self.read_any(path, answer)
    }

    fn read_any<T: DeserializeOwned>(&self, path: &str, answer: &Answer) -> Result<T, HubError> {
        serde_json::from_slice(&answer.body).map_err(|_| self.unexpected(path, answer))
    }

    fn unexpected(&self, path: &str, answer: &Answer) -> HubError {
        HubError::Answer {
            hub: self.url.to_string(),
            path: path.to_owned(),
            status: answer.status.to_string(),
        }
    }

    fn signed_out(&self) -> HubError {
        HubError::SignedOut {
            hub: self.url.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_config::Environment;
    use callboard_hub::clock::SystemClock;

    fn hub(url: &str) -> Result<Hub<'static>, HubError> {
        let folder = Folder::of(&Environment::from_pairs([("HOME", "/nowhere")])).unwrap();
        Hub::new(&Url::parse(url).unwrap(), folder, &SystemClock)
    }

    #[test]
    fn tokens_travel_to_this_machine_or_encrypted() {
        for good in [
            "https://hub.example.com",
            "http://localhost:7007",
            "http://127.0.0.1",
            "http://[::1]/",
        ] {
            assert!(hub(good).is_ok(), "{good}");
        }
        for bad in [
            "http://hub.example.com",
            "ftp://localhost",
            "https://u:secret@hub.example.com",
            "file:///a",
        ] {
            let error = hub(bad).err().expect(bad).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_address_may_have_a_path_and_is_written_in_one_way() {
        let url = |text: &str| hub(text).unwrap().url().to_string();

        assert_eq!(url("https://hub.example.com"), "https://hub.example.com/");
        assert_eq!(
            url("https://hub.example.com/dev/?a#b"),
            "https://hub.example.com/dev/"
        );
        assert_eq!(
            url("https://hub.example.com/dev"),
            "https://hub.example.com/dev/"
        );
    }

    #[tokio::test]
    async fn a_path_takes_the_token_nowhere_else() {
        let hub = hub("https://hub.example.com/dev").unwrap();
        for path in [
            "//evil.example/api",
            "api",
            "/../api",
            "https://evil.example/",
            "/\\evil.example",
        ] {
            let asked = Asked {
                method: "GET",
                path,
                body: None,
            };
            let error = hub.ask(asked).await.unwrap_err();
            let stays = matches!(error, HubError::Path { .. } | HubError::SignedOut { .. });
            assert!(stays, "{path}: {error}");
        }
    }
}
