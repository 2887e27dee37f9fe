//! Whether somebody may read the figures: the cluster decides.

use axum::http::{HeaderMap, header};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec};
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::Client;
use kube::api::{Api, PostParams};

/// Who is asked.
#[derive(Clone)]
pub(super) enum Gate {
    /// Nobody: all may.
    Open,
    /// The cluster.
    Cluster(Client),
}

/// The answer.
pub(super) enum Access {
    /// Let in.
    Allowed,
    /// There is no token, or the cluster does not know it.
    Unknown,
    /// The cluster knows who it is, and refuses.
    Denied,
    /// The cluster gave no answer.
    Undecided,
}

impl Gate {
    pub(super) async fn ask(&self, headers: &HeaderMap) -> Access {
        let Self::Cluster(client) = self else {
            return Access::Allowed;
        };
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = token else {
            return Access::Unknown;
        };
        match review(client, token).await {
            Ok(access) => access,
            Err(error) => {
                tracing::warn!(%error, "cannot ask the cluster who may read the metrics");
                Access::Undecided
            }
        }
    }
}

async fn review(client: &Client, token: &str) -> Result<Access, kube::Error> {
    let tokens: Api<TokenReview> = Api::all(client.clone());
    let review = TokenReview {
        spec: TokenReviewSpec {
            token: Some(token.to_owned()),
            ..TokenReviewSpec::default()
        },
        ..TokenReview::default()
    };
    let reviewed = tokens.create(&PostParams::default(), &review).await?;
    let status = reviewed.status.unwrap_or_default();
    let Some(user) = status.user.filter(|_| status.authenticated == Some(true)) else {
        return Ok(Access::Unknown);
    };
    let reviews: Api<SubjectAccessReview> = Api::all(client.clone());
    let review = SubjectAccessReview {
        spec: SubjectAccessReviewSpec {
            user: user.username,
            groups: user.groups,
            uid: user.uid,
            non_resource_attributes: Some(NonResourceAttributes {
                path: Some("/metrics".to_owned()),
                verb: Some("get".to_owned()),
            }),
            ..SubjectAccessReviewSpec::default()
        },
        ..SubjectAccessReview::default()
    };
    let decided = reviews.create(&PostParams::default(), &review).await?;
    Ok(match decided.status {
        Some(status) if status.allowed => Access::Allowed,
        _ => Access::Denied,
    })
}
