//! The roles of another installation, read from its REST interface.

use super::foreign::{self, Foreign, ForeignCondition, ForeignRole, ForeignRule};
use callboard_config::Secret;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, StatusCode, redirect};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How large one answer may be: 64 MiB.
const LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// A running installation, and what lets us in.
#[derive(Debug, Clone)]
pub struct ApiAddress {
    base: Url,
    token: Secret<String>,
}

impl ApiAddress {
    /// The installation at `base`, its `backend.baseUrl`, read with a token that has
    /// `policy.entity.read`.
    ///
    /// # Errors
    ///
    /// [`ApiError::Address`] for anything but an HTTP address without user and password.
    pub fn new(base: &str, token: Secret<String>) -> Result<ApiAddress, ApiError> {
        let base = Url::parse(base).map_err(|_| ApiError::Address)?;
        let is_web = matches!(base.scheme(), "http" | "https") && base.has_host();
        if !is_web || !base.username().is_empty() || base.password().is_some() {
            return Err(ApiError::Address);
        }
        Ok(ApiAddress { base, token })
    }

    /// The address to show.
    pub(super) fn shown(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }
}

/// Reads everything; the answers are of slightly different moments.
pub(super) async fn read(address: &ApiAddress) -> Result<Foreign, ApiError> {
    let reader = Reader::new(address)?;
    let roles = reader.list("roles").await?;
    let policies = reader.list("policies").await?;
    let conditions = reader.list("roles/conditions").await?;
    let plugins = reader.optional("plugins/id").await?;
    let policies = policies.iter().enumerate().map(policy);
    Ok(Foreign {
        rules: roles.iter().flat_map(memberships).chain(policies).collect(),
        roles: roles.iter().filter_map(role).collect(),
        conditions: conditions.iter().map(condition).collect(),
        plugin_ids: plugins
            .as_ref()
            .and_then(|plugins| plugins.get("ids"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|id| id.as_str().map(str::to_owned))
            .collect(),
    })
}

struct Reader<'a> {
    client: Client,
    address: &'a ApiAddress,
    authorization: HeaderValue,
}

impl Reader<'_> {
    fn new(address: &ApiAddress) -> Result<Reader<'_>, ApiError> {
        let token = Secret::new(format!("Bearer {}", address.token.expose()));
        let mut authorization =
            HeaderValue::from_str(token.expose()).map_err(|_| ApiError::Token)?;
        authorization.set_sensitive(true);
        let client = Client::builder()
            .tls_backend_preconfigured(tls()?)
            // The token is for this address and for no other.
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(|source| ApiError::Client(source.into()))?;
        Ok(Reader {
            client,
            address,
            authorization,
        })
    }

    async fn list(&self, path: &'static str) -> Result<Vec<Value>, ApiError> {
        match self.optional(path).await? {
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(ApiError::Body { path }),
            None => Err(ApiError::Status {
                path,
                status: StatusCode::NOT_FOUND,
            }),
        }
    }

    /// An answer; `None` where this version has no such route.
    async fn optional(&self, path: &'static str) -> Result<Option<Value>, ApiError> {
        let failed = |error: reqwest::Error| ApiError::Request {
            path,
            source: error.without_url(),
        };
        let url = format!("{}/api/permission/{path}", self.address.shown());
        let mut response = self
            .client
            .get(url)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, self.authorization.clone())
            .send()
            .await
            .map_err(failed)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(ApiError::Status { path, status }),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LIMIT_BYTES {
                return Err(ApiError::TooLarge { path });
            }
            body.extend_from_slice(&chunk);
        }
        let value = serde_json::from_slice(&body).map_err(|_| ApiError::Body { path })?;
        Ok(Some(value))
    }
}

/// Trusts whom the machine trusts, and whom browsers do.
fn tls() -> Result<ClientConfig, ApiError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|source| ApiError::Client(source.into()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn name(role: &Value) -> Option<String> {
    role.get("name").and_then(Value::as_str).map(str::to_owned)
}

fn memberships(role: &Value) -> Vec<ForeignRule> {
    let name = name(role);
    let members = role.get("memberReferences").and_then(Value::as_array);
    let members = members.into_iter().flatten();
    let rule = |member: &Value| ForeignRule {
        place: "roles".to_owned(),
        kind: Some("g".to_owned()),
        values: vec![member.as_str().map(str::to_owned), name.clone()],
    };
    members.map(rule).collect()
}

/// A role's metadata; a role without any gets those of a `legacy` one later.
fn role(role: &Value) -> Option<ForeignRole> {
    let metadata = role.get("metadata")?.as_object()?;
    Some(ForeignRole {
        place: "roles".to_owned(),
        role: name(role),
        metadata: foreign::metadata(metadata),
    })
}

fn policy((index, policy): (usize, &Value)) -> ForeignRule {
    let values = ["entityReference", "permission", "policy", "effect"];
    ForeignRule {
        place: format!("policies[{index}]"),
        kind: Some("p".to_owned()),
        values: values
            .iter()
            .map(|key| policy.get(key).and_then(Value::as_str).map(str::to_owned))
            .collect(),
    }
}

fn condition(condition: &Value) -> ForeignCondition {
    let id = condition.get("id").and_then(Value::as_i64);
    ForeignCondition {
        place: match id {
            Some(id) => format!("roles/conditions/{id}"),
            None => "roles/conditions".to_owned(),
        },
        id,
        body: Ok(condition.clone()),
    }
}

/// Why a running installation could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is none; it is not repeated, as it may hold a password.
    #[error("the address of the installation cannot be used")]
    Address,
    /// The token has characters that no token has.
    #[error("the token has characters that cannot be sent")]
    Token,
    /// This machine cannot make connections.
    #[error("no connection can be made")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There was no answer.
    #[error("the installation does not answer `/api/permission/{path}`")]
    Request {
        /// The route.
        path: &'static str,
        /// What went wrong on the way.
        source: reqwest::Error,
    },
    /// The answer is a refusal.
    #[error("the installation answers `/api/permission/{path}` with status {}", .status.as_u16())]
    Status {
        /// The route.
        path: &'static str,
        /// The status.
        status: StatusCode,
    },
    /// The answer is something else than it should be.
    #[error("the answer of `/api/permission/{path}` is not what that route answers")]
    Body {
        /// The route.
        path: &'static str,
    },
    /// The answer is larger than 64 MiB.
    #[error("the answer of `/api/permission/{path}` is too large")]
    TooLarge {
        /// The route.
        path: &'static str,
    },
}

impl ApiError {
    /// What the administrator may do about it.
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::Address => "write it as `https://rhdh.example.com`, without user and password",
            Self::Token => "check that the file or the variable holds the token and nothing else",
            Self::Status { status, .. } if *status == StatusCode::NOT_FOUND => {
                "check that the address is the `backend.baseUrl` of the installation and that its RBAC is enabled"
            }
            Self::Status { status, .. }
                if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(status) =>
            {
                "use a token whose owner has the permission `policy.entity.read` there"
            }
            Self::Client(_)
            | Self::Request { .. }
            | Self::Status { .. }
            | Self::Body { .. }
            | Self::TooLarge { .. } => {
                "check that the installation runs and that nothing between it and this machine answers for it"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_password() {
        let address = |base| ApiAddress::new(base, Secret::new("t".to_owned()));

        assert_eq!(
            address("https://rhdh.example.com/").unwrap().shown(),
            "https://rhdh.example.com"
        );
        for base in [
            "rhdh.example.com",
            "ftp://rhdh.example.com",
            "https://a:b@rhdh.example.com",
        ] {
            assert!(matches!(address(base), Err(ApiError::Address)), "{base}");
        }
    }
}
