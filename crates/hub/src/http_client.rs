//! The one way in which the hub asks other programs over HTTP.
//!
//! No proxy is taken from the environment, no redirect leaves the origin that was asked, every
//! call has a deadline, and no answer is read beyond its limit.

mod exchange;

pub use exchange::{Answer, Request};

use callboard_config::Secret;
use reqwest::dns::Resolve;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

const USER_AGENT: &str = concat!("callboard/", env!("CARGO_PKG_VERSION"));

/// How many redirects within one origin are followed.
const MAX_REDIRECTS: usize = 5;

/// How long a connection may take that [`HttpClient::hop_by_hop`] or [`HttpClient::passing_on`] makes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Asks other programs; cheap to clone.
///
/// Certificates are read with the first question, since most hubs never ask one.
#[derive(Debug, Clone, Default)]
pub struct HttpClient(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Whose certificates are believed beside those of the machine.
    certificates: Option<PathBuf>,
    client: OnceLock<Client>,
}

/// What bounds one call.
#[derive(Debug, Clone, Copy)]
pub struct CallLimits {
    /// From the first byte sent to the last one read.
    pub timeout: Duration,
    /// How long the body of the answer may be.
    pub body_bytes: usize,
}

/// An answer, as it came.
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    body: Vec<u8>,
}

impl HttpClient {
    /// A client that believes the certificates in this file in PEM, too: `NODE_EXTRA_CA_CERTS`.
    pub fn believing(certificates: Option<&Path>) -> HttpClient {
        HttpClient(Arc::new(Inner {
            certificates: certificates.map(Path::to_owned),
            client: OnceLock::new(),
        }))
    }

    /// `GET url`, with a bearer token if there is one, answered with JSON.
    ///
    /// # Errors
    ///
    /// [`HttpError`]: any status but those of success is one.
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        url: &Url,
        bearer: Option<&Secret<String>>,
        limits: CallLimits,
    ) -> Result<T, HttpError> {
        let request = self.client()?.request(Method::GET, url.clone());
        send(request, bearer, limits).await
    }

    /// `POST url` with a JSON body, answered with JSON.
    ///
    /// # Errors
    ///
    /// [`HttpError`]: any status but those of success is one.
    pub async fn post_json<T: DeserializeOwned>(
        &self,
        url: &Url,
        bearer: Option<&Secret<String>>,
        body: &impl Serialize,
        limits: CallLimits,
    ) -> Result<T, HttpError> {
        let request = self.client()?.request(Method::POST, url.clone()).json(body);
        send(request, bearer, limits).await
    }

    /// `POST url` with a form, whatever the answer: OAuth explains its refusals. `basic` is the
    /// base64 of a user and a password.
    ///
    /// # Errors
    ///
    /// [`HttpError`] when there is no answer, or one that is too long.
    pub async fn post_form(
        &self,
        url: &Url,
        basic: Option<&Secret<String>>,
        form: &[(&str, &str)],
        limits: CallLimits,
    ) -> Result<Reply, HttpError> {
        let mut request = self
            .client()?
            .request(Method::POST, url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Serializer::new(String::new()).extend_pairs(form).finish());
        if let Some(basic) = basic {
            let mut value = HeaderValue::try_from(format!("Basic {}", basic.expose()))
                .map_err(|error| HttpError::Setup(error.into()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        reply(request, limits).await
    }

    fn client(&self) -> Result<&Client, HttpError> {
        let Inner {
            certificates,
            client,
        } = &*self.0;
        if let Some(client) = client.get() {
            return Ok(client);
        }
        let built = build(certificates.as_deref())?;
        Ok(client.get_or_init(|| built))
    }

    /// A client for whoever judges every redirect and every address himself.
    pub(crate) fn hop_by_hop(&self, resolver: impl Resolve + 'static) -> Result<Client, HttpError> {
        let builder = builder(self.0.certificates.as_deref())?
            .redirect(Policy::none())
            .dns_resolver(Arc::new(resolver))
            .connect_timeout(CONNECT_TIMEOUT);
        builder
            .build()
            .map_err(|error| HttpError::Setup(error.into()))
    }

    /// A client for whoever passes on what others ask: redirects are theirs to follow.
    pub(crate) fn passing_on(&self) -> Result<Client, HttpError> {
        let builder = builder(self.0.certificates.as_deref())?
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT);
        builder
            .build()
            .map_err(|error| HttpError::Setup(error.into()))
    }
}

fn build(certificates: Option<&Path>) -> Result<Client, HttpError> {
    let builder = builder(certificates)?.redirect(Policy::custom(within_origin));
    builder
        .build()
        .map_err(|error| HttpError::Setup(error.into()))
}

fn builder(certificates: Option<&Path>) -> Result<ClientBuilder, HttpError> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpError::Setup(error.into()))?
        .with_root_certificates(roots(certificates))
        .with_no_client_auth();
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .user_agent(USER_AGENT))
}

/// Whom to believe: the certificates of the machine, or where there are none (an image with
/// nothing but the program) those that are compiled in.
/// `more` are believed beside them.
fn roots(more: Option<&Path>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = more {
        let (added, unfit) = extra(path).map_or((0, 0), |certificates| {
            roots.add_parsable_certificates(certificates)
        });
        if added == 0 || unfit > 0 {
            // As in Node, where a file that cannot be used is a warning.
            tracing::warn!(
                file = %path.display(),
                added,
                unfit,
                "certificates of `NODE_EXTRA_CA_CERTS` cannot be used"
            );
        }
    }
    roots
}

/// The certificates of a file in PEM; `None` when it cannot be read.
fn extra(path: &Path) -> Option<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path).ok()?;
    certificates.collect::<Result<_, _>>().ok()
}

fn within_origin(attempt: Attempt<'_>) -> Action {
    let asked = attempt.previous().first();
    let stays = asked.is_some_and(|asked| asked.origin() == attempt.url().origin());
    if stays && attempt.previous().len() <= MAX_REDIRECTS {
        attempt.follow()
    } else {
        // The redirect itself becomes the answer, which is no success.
        attempt.stop()
    }
}

async fn send<T: DeserializeOwned>(
    request: RequestBuilder,
    bearer: Option<&Secret<String>>,
    limits: CallLimits,
) -> Result<T, HttpError> {
    let request = match bearer {
        Some(token) => request.bearer_auth(token.expose()),
        None => request,
    };
    let response = request.timeout(limits.timeout).send().await?;
    if !response.status().is_success() {
        return Err(HttpError::Status(response.status()));
    }
    reply_of(response, limits).await?.json()
}

/// An answer of any status.
async fn reply(request: RequestBuilder, limits: CallLimits) -> Result<Reply, HttpError> {
    reply_of(request.timeout(limits.timeout).send().await?, limits).await
}

async fn reply_of(response: Response, limits: CallLimits) -> Result<Reply, HttpError> {
    let status = response.status();
    let body = read(response, limits.body_bytes).await?;
    Ok(Reply { status, body })
}

async fn read(mut response: Response, limit: usize) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`HttpError::Json`] when it is none, or of another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(HttpError::Json)
    }
}

/// Why there is no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No client could be made; a fault of ours.
    #[error("no HTTP client can be made")]
    Setup(#[source] Box<dyn StdError + Send + Sync>),
    /// The answer was not there in time.
    #[error("no answer in time")]
    Timeout,
    /// Nobody answered, or the connection broke.
    #[error("no connection")]
    Connection(#[source] reqwest::Error),
    /// The answer says no; redirects to another origin are among these.
    #[error("the answer has status {0}")]
    Status(StatusCode),
    /// The answer is longer than whoever asked will read.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The answer is not what was asked for.
    #[error("the answer is not the JSON that was asked for")]
    Json(#[source] serde_json::Error),
}

impl HttpError {
    /// Whether the same question may well be answered a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            HttpError::Timeout | HttpError::Connection(_) => true,
            HttpError::Status(status) => status.is_server_error(),
            HttpError::Setup(_) | HttpError::TooLong(_) | HttpError::Json(_) => false,
        }
    }

    /// The error with all its causes, on one line.
    pub fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> HttpError {
        if error.is_timeout() {
            HttpError::Timeout
        } else {
            HttpError::Connection(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::http::{HeaderMap, header};
    use axum::response::Redirect;
    use axum::routing::{get, post};
    use serde_json::{Value, json};
    use tokio::net::TcpListener;

    const LIMITS: CallLimits = CallLimits {
        timeout: Duration::from_millis(200),
        body_bytes: 100,
    };

    /// Serves `router` on a free port for the rest of the test.
    async fn serve(router: Router) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Url::parse(&format!("http://{address}/")).unwrap()
    }

    async fn ask(base: &Url, path: &str) -> Result<Value, HttpError> {
        let url = base.join(path).unwrap();
        HttpClient::default().get_json(&url, None, LIMITS).await
    }

    #[tokio::test]
    async fn questions_carry_token_body_and_the_name_of_the_hub() {
        let echo = async |headers: HeaderMap, body: String| {
            let header = |name| headers[name].to_str().unwrap().to_owned();
            json!([header(AUTHORIZATION), header(header::USER_AGENT), body]).to_string()
        };
        let base = serve(Router::new().route("/", post(echo))).await;
        let token = Secret::new("abc".to_owned());

        let answer: Value = HttpClient::default()
            .post_json(&base, Some(&token), &json!({"a": 1}), LIMITS)
            .await
            .unwrap();

        assert_eq!(answer, json!(["Bearer abc", USER_AGENT, r#"{"a":1}"#]));
    }

    #[tokio::test]
    async fn a_form_is_sent_and_any_answer_is_read() {
        let echo = async |headers: HeaderMap, body: String| {
            let authorization = headers[AUTHORIZATION].to_str().unwrap().to_owned();
            (
                StatusCode::BAD_REQUEST,
                json!([authorization, body]).to_string(),
            )
        };
        let base = serve(Router::new().route("/", post(echo))).await;
        let basic = Secret::new("YTpi".to_owned());

        let reply = HttpClient::default()
            .post_form(&base, Some(&basic), &[("a", "b c"), ("d", "&")], LIMITS)
            .await
            .unwrap();

        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            reply.json::<Value>().unwrap(),
            json!(["Basic YTpi", "a=b+c&d=%26"])
        );
    }

    #[test]
    fn extra_certificates_are_believed_beside_those_of_the_machine() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (folder.path().join("ca.pem"), folder.path().join("bad.pem"));
        let authority = rcgen::generate_simple_self_signed(["id.example".to_owned()]).unwrap();
        std::fs::write(&good, authority.cert.pem()).unwrap();
        std::fs::write(&bad, "no certificate").unwrap();
        let ours = roots(None).len();

        assert_eq!(roots(Some(&good)).len(), ours + 1);
        assert_eq!(roots(Some(&bad)).len(), ours);
        assert_eq!(roots(Some(&folder.path().join("absent"))).len(), ours);
    }

    #[tokio::test]
    async fn redirects_are_followed_within_the_origin_only() {
        let answer = || async { "[]" };
        let other = serve(Router::new().route("/", get(answer))).await;
        let router = Router::new()
            .route("/there", get(answer))
            .route("/here", get(|| async { Redirect::to("/there") }))
            .route("/round", get(|| async { Redirect::to("/round") }))
            .route("/away", get(|| async move { Redirect::to(other.as_str()) }));
        let base = serve(router).await;

        assert_eq!(ask(&base, "/here").await.unwrap(), json!([]));
        for path in ["/away", "/round"] {
            let error = ask(&base, path).await.unwrap_err();
            assert_eq!(error.to_string(), "the answer has status 303 See Other");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_used_says_why() {
        let slow = || async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            "[]"
        };
        let router = Router::new()
            .route("/slow", get(slow))
            .route("/long", get(|| async { "1".repeat(101) }))
            .route("/text", get(|| async { "curtain" }));
        let base = serve(router).await;
        let why = async |path: &str| {
            let error = ask(&base, path).await.unwrap_err();
            (error.to_string(), error.is_passing())
        };

        assert_eq!(why("/slow").await, ("no answer in time".to_owned(), true));
        assert_eq!(
            why("/long").await,
            ("the answer is longer than 100 bytes".to_owned(), false)
        );
        assert_eq!(
            why("/text").await,
            (
                "the answer is not the JSON that was asked for".to_owned(),
                false
            )
        );
        assert_eq!(
            why("/absent").await,
            ("the answer has status 404 Not Found".to_owned(), false)
        );
        let nobody = Url::parse("http://127.0.0.1:9/").unwrap();
        let error = ask(&nobody, "/").await.unwrap_err();
        assert!(error.in_full().starts_with("no connection: "), "{error}");
        assert!(error.is_passing());
    }
}
