//! Who the hub is at Amazon Web Services.

use crate::http_client::{CallLimits, HttpClient};
use bytes::Bytes;
use callboard_config::Environment;
use reqsign_aws_core::{Credential, DefaultCredentialProvider};
use reqsign_core::{Context, Env, Error, FileRead, HttpSend, ProvideCredential as _};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

const LIMITS: CallLimits = CallLimits {
    timeout: Duration::from_secs(5),
    body_bytes: 256 << 10,
};

/// Finds the credentials as Amazon's own tools do: in the environment, by the identity of the
/// service account (IRSA), from the agent of the node (Pod Identity), from the machine.
#[derive(Debug)]
pub(crate) struct Credentials {
    provider: DefaultCredentialProvider,
    context: Context,
}

impl Credentials {
    /// Looks where `environment` points.
    pub(crate) fn of(environment: &Environment, http: HttpClient) -> Credentials {
        Credentials {
            // Files and programs of somebody's home are for people, not for a hub.
            provider: DefaultCredentialProvider::builder()
                .no_profile()
                .no_process()
                .no_sso()
                .build(),
            context: Context::new()
                .with_env(Variables(environment.clone()))
                .with_file_read(Files)
                .with_http_send(Wire(http)),
        }
    }

    /// The credentials of now; they may end within the hour.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when there are none, or whoever gives them does not answer.
    pub(crate) async fn get(&self) -> Result<Credential, CredentialError> {
        match self.provider.provide_credential(&self.context).await {
            Ok(Some(credential)) => Ok(credential),
            Ok(None) => Err(CredentialError::None),
            Err(error) => Err(CredentialError::Source(error)),
        }
    }
}

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialError {
    /// Nothing says who the hub is.
    #[error(
        "there are no AWS credentials: neither `AWS_ACCESS_KEY_ID`, nor a role of the service \
         account, nor one of the machine"
    )]
    None,
    /// Something says it, and cannot be used.
    #[error("AWS gives no credentials: {0}")]
    Source(#[source] Error),
}

#[derive(Debug)]
struct Variables(Environment);

impl Env for Variables {
    fn var(&self, key: &str) -> Option<String> {
        self.0.get(key).map(str::to_owned)
    }

    /// Those that are meant for tools of AWS.
    fn vars(&self) -> HashMap<String, String> {
        let meant = self.0.with_prefix("AWS_");
        meant
            .map(|(name, value)| (format!("AWS_{name}"), value.to_owned()))
            .collect()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        None
    }
}

#[derive(Debug)]
struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> reqsign_core::Result<Vec<u8>> {
        tokio::fs::read(path).await.map_err(|error| {
            Error::config_invalid(format!("cannot read `{path}`")).with_source(error)
        })
    }
}

#[derive(Debug)]
struct Wire(HttpClient);

impl HttpSend for Wire {
    async fn http_send(
        &self,
        request: axum::http::Request<Bytes>,
    ) -> reqsign_core::Result<axum::http::Response<Bytes>> {
        let answer = self.0.relay(request, LIMITS).await;
        answer.map_err(|error| Error::unexpected(error.in_full()).with_source(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::RawQuery;
    use axum::http::HeaderMap;
    use axum::routing::get;
    use tokio::net::TcpListener;

    fn credentials(variables: &[(&str, &str)]) -> Credentials {
        let environment = Environment::from_pairs(variables.iter().copied());
        Credentials::of(&environment, HttpClient::default())
    }

    #[tokio::test]
    async fn keys_of_the_environment_are_taken() {
        let credential = credentials(&[
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_SESSION_TOKEN", "token"),
        ])
        .get()
        .await
        .unwrap();

        assert_eq!(credential.access_key_id, "AKIA");
        assert_eq!(credential.session_token.as_deref(), Some("token"));
    }

    #[tokio::test]
    async fn the_agent_of_the_node_is_asked_with_the_token_of_the_pod() {
        let agent = async |headers: HeaderMap, _: RawQuery| {
            assert_eq!(headers["authorization"], "pod-token");
            r#"{"AccessKeyId": "ASIA", "SecretAccessKey": "hush", "Token": "session",
                "Expiration": "2099-01-01T00:00:00Z"}"#
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/v1/credentials", get(agent));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, "pod-token").unwrap();

        let credential = credentials(&[
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                &format!("http://{address}/v1/credentials"),
            ),
            (
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                token.to_str().unwrap(),
            ),
        ])
        .get()
        .await
        .unwrap();

        assert_eq!(credential.access_key_id, "ASIA");
        assert_eq!(credential.session_token.as_deref(), Some("session"));
    }
}
