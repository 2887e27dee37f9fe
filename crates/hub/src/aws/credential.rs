//! Who the hub is at Amazon Web Services.

use super::wire::{Files, Variables, Wire};
use crate::http_client::HttpClient;
use callboard_config::Environment;
use jiff::Timestamp;
use reqsign_aws_core::{
    AssumeRoleWithWebIdentityCredentialProvider, Credential, ECSCredentialProvider,
    EnvCredentialProvider, IMDSv2CredentialProvider,
};
use reqsign_core::{Context, Error, ProvideCredentialDyn};
use std::fmt::{self, Display};

/// Where a machine of EC2 tells about itself.
const METADATA: &str = "http://169.254.169.254";

/// What AWS calls a session of a hub that is given no other name.
const SESSION: &str = "callboard";

/// Finds the credentials where Amazon's own tools look for them.
///
/// The first source that the environment names is the one: keys, the identity of the service
/// account (IRSA), the agent of the node (Pod Identity, ECS), and else the machine. One that is
/// named and gives nothing is an error, and no reason to be somebody else.
#[derive(Debug)]
pub(crate) struct Credentials {
    source: Source,
    provider: Box<dyn ProvideCredentialDyn<Credential = Credential>>,
    context: Context,
}

/// Who says who the hub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The environment itself.
    Keys,
    /// The security token service, which believes the token of the service account; the role.
    Role(String),
    /// The agent of the node; its address.
    Agent(String),
    /// The machine; the address of its metadata.
    Machine(String),
}

impl Credentials {
    /// Looks where `environment` points, and asks in `region` unless it names another.
    ///
    /// Files and programs of somebody's home are for people, and not for a hub.
    pub(crate) fn of(environment: &Environment, http: HttpClient, region: &str) -> Credentials {
        let source = Source::of(environment);
        let provider: Box<dyn ProvideCredentialDyn<Credential = Credential>> = match &source {
            Source::Keys => Box::new(EnvCredentialProvider::new()),
            Source::Role(_) => Box::new(of_role(environment, region)),
            Source::Agent(_) => Box::new(ECSCredentialProvider::new()),
            Source::Machine(address) => {
                Box::new(IMDSv2CredentialProvider::new().with_endpoint(address))
            }
        };
        let context = Context::new()
            .with_env(Variables(environment.clone()))
            .with_file_read(Files)
            .with_http_send(Wire::of(environment, http));
        Credentials {
            source,
            provider,
            context,
        }
    }

    /// The credentials of now; they may end within minutes.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when the source gives none.
    pub(crate) async fn get(&self) -> Result<Credential, CredentialError> {
        let given = self.provider.provide_credential_dyn(&self.context).await;
        let cause = match given {
            Ok(Some(credential)) => return Ok(credential),
            Ok(None) => self.source.nothing().to_owned(),
            Err(error) => in_full(&error),
        };
        Err(CredentialError {
            source: self.source.clone(),
            cause,
        })
    }

    /// Who gives them.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }
}

/// When a credential ends; `None` for one that does not.
pub(crate) fn end_of(credential: &Credential) -> Option<Timestamp> {
    let end = credential.expires_in?;
    Timestamp::from_second(end.as_second()).ok()
}

fn of_role(environment: &Environment, region: &str) -> AssumeRoleWithWebIdentityCredentialProvider {
    let told = |name| told(environment, name);
    let session = told("AWS_ROLE_SESSION_NAME").unwrap_or(SESSION);
    let region = told("AWS_REGION")
        .or(told("AWS_DEFAULT_REGION"))
        .unwrap_or(region);
    let provider = AssumeRoleWithWebIdentityCredentialProvider::new()
        .with_role_session_name(session.to_owned())
        .with_region(region.to_owned());
    match told("AWS_STS_REGIONAL_ENDPOINTS") {
        Some("legacy") => provider,
        _ => provider.with_regional_sts_endpoint(),
    }
}

/// A variable that says something.
fn told<'a>(environment: &'a Environment, name: &str) -> Option<&'a str> {
    environment.get(name).filter(|value| !value.is_empty())
}

impl Source {
    fn of(environment: &Environment) -> Source {
        let told = |name| told(environment, name);
        let named = |name| told(name).map(str::to_owned);
        if told("AWS_ACCESS_KEY_ID")
            .or(told("AWS_SECRET_ACCESS_KEY"))
            .is_some()
        {
            return Source::Keys;
        }
        if told("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() {
            return Source::Role(named("AWS_ROLE_ARN").unwrap_or_default());
        }
        let agent = named("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            .or_else(|| named("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"));
        if let Some(address) = agent {
            return Source::Agent(address);
        }
        let metadata = told("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or(METADATA);
        Source::Machine(metadata.trim_end_matches('/').to_owned())
    }

    /// Why it gives nothing without an error.
    fn nothing(&self) -> &'static str {
        match self {
            Source::Keys => {
                "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` go together, and one is missing"
            }
            Source::Role(_) => "`AWS_ROLE_ARN` is not set",
            Source::Agent(_) => "it names none",
            Source::Machine(_) => "`AWS_EC2_METADATA_DISABLED` is set",
        }
    }

    /// What the administrator may do about a source that gives nothing.
    fn help(&self) -> &'static str {
        match self {
            Source::Keys => "set both or neither",
            Source::Role(_) => {
                "look at the trust policy of the role, which has to allow \
                 `sts:AssumeRoleWithWebIdentity` to this service account by the OpenID Connect \
                 provider of the cluster, and at the ways to `sts`"
            }
            Source::Agent(_) => {
                "look whether `eks-pod-identity-agent` runs on the node, and whether the service \
                 account is associated with a role"
            }
            Source::Machine(_) => {
                "give the service account of the hub a role, by `eks.amazonaws.com/role-arn` or \
                 by Pod Identity; on EC2, give the machine a role, and containers on it a hop \
                 limit of 2"
            }
        }
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Keys => f.write_str("the keys of the environment"),
            Source::Role(role) => write!(f, "the role `{role}` of the service account"),
            Source::Agent(address) => write!(f, "the agent of the node at `{address}`"),
            Source::Machine(address) => write!(f, "the metadata of the machine at `{address}`"),
        }
    }
}

/// Why there are no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CredentialError {
    source: Source,
    cause: String,
}

impl CredentialError {
    /// What the administrator may do about it.
    pub(crate) fn help(&self) -> &'static str {
        self.source.help()
    }
}

impl Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CredentialError { source, cause } = self;
        if let Source::Machine(_) = source {
            f.write_str(
                "neither keys (`AWS_ACCESS_KEY_ID`), nor a service account \
                 (`AWS_WEB_IDENTITY_TOKEN_FILE`), nor an agent \
                 (`AWS_CONTAINER_CREDENTIALS_FULL_URI`) say who the hub is, and ",
            )?;
        }
        write!(f, "{source} gives no credentials for AWS: {cause}")
    }
}

impl std::error::Error for CredentialError {}

/// The messages of an error and of its causes.
fn in_full(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Fake;

    fn credentials(variables: &[(&str, &str)]) -> Credentials {
        let environment = Environment::from_pairs(variables.iter().copied());
        Credentials::of(&environment, HttpClient::default(), "eu-central-1")
    }

    #[tokio::test]
    async fn keys_of_the_environment_are_taken() {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_SESSION_TOKEN", "token"),
        ];

        let credential = credentials(&keys).get().await.unwrap();
        let error = credentials(&keys[..1]).get().await.unwrap_err();

        assert_eq!(credential.access_key_id, "AKIA");
        assert_eq!(credential.session_token.as_deref(), Some("token"));
        assert_eq!(end_of(&credential), None);
        assert!(error.to_string().contains("one is missing"), "{error}");
    }

    #[tokio::test]
    async fn the_token_of_the_service_account_is_changed_for_a_role() {
        let fake = Fake::start("2026-11-21T19:00:00Z").await;
        let token = fake.token("eyJ.pod.token\n");
        let role = "arn:aws:iam::000000000000:role/hub";
        let sts = fake.url("");
        let variables = [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &*token),
            ("AWS_ROLE_ARN", role),
            ("AWS_ENDPOINT_URL_STS", &*sts),
        ];

        let credential = credentials(&variables).get().await.unwrap();

        assert_eq!(credential.access_key_id, "ASIA");
        let end = "2026-11-21T19:00:00Z".parse().unwrap();
        assert_eq!(end_of(&credential), Some(end));
        let asked = fake.asked();
        assert!(
            asked[0].contains("WebIdentityToken=eyJ.pod.token"),
            "{asked:?}"
        );
        assert!(asked[0].contains("RoleSessionName=callboard"), "{asked:?}");
        assert!(asked[0].contains("role%2Fhub"), "{asked:?}");
    }

    #[tokio::test]
    async fn a_role_that_is_refused_is_named_with_what_sts_says() {
        let fake = Fake::start("2026-11-21T19:00:00Z").await;
        let token = fake.token("refused");
        let sts = fake.url("");
        let role = ("AWS_ROLE_ARN", "arn:aws:iam::000000000000:role/hub");
        let file = ("AWS_WEB_IDENTITY_TOKEN_FILE", &*token);
        let sts = ("AWS_ENDPOINT_URL_STS", &*sts);

        let refused = credentials(&[role, file, sts]).get().await.unwrap_err();
        let absent = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/absent/token");
        let absent = credentials(&[role, absent, sts]).get().await.unwrap_err();
        let nobody = credentials(&[file, sts]).get().await.unwrap_err();

        let said = refused.to_string();
        assert!(
            said.contains("`arn:aws:iam::000000000000:role/hub`"),
            "{said}"
        );
        assert!(
            said.contains("AccessDenied: Not authorized to perform"),
            "{said}"
        );
        assert!(refused.help().contains("trust policy"));
        assert!(absent.to_string().contains("`/absent/token`"), "{absent}");
        assert!(nobody.to_string().contains("`AWS_ROLE_ARN`"), "{nobody}");
    }

    #[tokio::test]
    async fn the_agent_of_the_node_is_asked_with_the_token_of_the_pod() {
        let fake = Fake::start("2099-01-01T00:00:00Z").await;
        let token = fake.token("pod-token");
        let address = fake.url("/v1/credentials");
        let agent = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*address);
        let file = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &*token);

        let credential = credentials(&[agent, file]).get().await.unwrap();
        let refused = credentials(&[agent]).get().await.unwrap_err();

        assert_eq!(credential.access_key_id, "ASIA");
        assert_eq!(credential.session_token.as_deref(), Some("session"));
        assert!(refused.to_string().contains(&address), "{refused}");
        assert!(refused.help().contains("eks-pod-identity-agent"));
    }

    #[tokio::test]
    async fn the_machine_is_asked_as_version_two_of_its_metadata_wants() {
        let fake = Fake::start("2099-01-01T00:00:00Z").await;
        let address = fake.url("/");

        let machine = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*address);
        let credential = credentials(&[machine]).get().await.unwrap();

        assert_eq!(credential.access_key_id, "ASIA");
        assert_eq!(
            fake.asked(),
            [
                "PUT /latest/api/token",
                "GET /latest/meta-data/iam/security-credentials/",
                "GET /latest/meta-data/iam/security-credentials/hub-node",
            ]
        );
    }

    #[tokio::test]
    async fn where_nobody_says_who_the_hub_is_every_way_is_named() {
        let nowhere = [
            ("AWS_ACCESS_KEY_ID", ""),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1"),
        ];
        let disabled = [("AWS_EC2_METADATA_DISABLED", "true")];

        let away = credentials(&nowhere).get().await.unwrap_err();
        let off = credentials(&disabled).get().await.unwrap_err();

        for name in [
            "`AWS_ACCESS_KEY_ID`",
            "`AWS_WEB_IDENTITY_TOKEN_FILE`",
            "`AWS_CONTAINER_CREDENTIALS_FULL_URI`",
            "`http://127.0.0.1:1`",
        ] {
            assert!(away.to_string().contains(name), "{away}");
        }
        assert!(away.help().contains("eks.amazonaws.com/role-arn"));
        assert!(
            off.to_string().contains("`AWS_EC2_METADATA_DISABLED`"),
            "{off}"
        );
    }
}
