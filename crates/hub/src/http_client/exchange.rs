//! Any request with any answer, for whoever looks at statuses and bodies himself.

use super::{CallLimits, HttpClient, HttpError, read};
use axum::http;
use bytes::Bytes;
use callboard_config::Secret;
use reqwest::{Method, StatusCode, header};
use url::Url;

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// Such as `GET`; one that is none of HTTP's is an [`HttpError::Setup`].
    pub method: &'a str,
    /// Where it goes.
    pub url: &'a Url,
    /// The token in its `Authorization`.
    pub bearer: Option<&'a Secret<String>>,
    /// Its body, with the content type.
    pub body: Option<(&'static str, Vec<u8>)>,
}

/// An answer, whatever it says.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The content type without its parameters; empty when there is none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpClient {
    /// Sends a request as it is, for a library that has no client of its own.
    ///
    /// # Errors
    ///
    /// [`HttpError`] when nothing is answered, or more than `limits` allow.
    pub(crate) async fn relay(
        &self,
        request: http::Request<Bytes>,
        limits: CallLimits,
    ) -> Result<http::Response<Bytes>, HttpError> {
        let request = request.map(reqwest::Body::from);
        let request = reqwest::Request::try_from(request)?;
        let sent = tokio::time::timeout(limits.timeout, self.client()?.execute(request)).await;
        let response = sent.map_err(|_| HttpError::Timeout)??;
        let mut answer = http::Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        *answer.body_mut() = read(response, limits.body_bytes).await?.into();
        Ok(answer)
    }

    /// Sends a request, and gives whatever is answered.
    ///
    /// # Errors
    ///
    /// [`HttpError`] when nothing is answered, or more than `limits` allow.
    pub async fn exchange(
        &self,
        request: Request<'_>,
        limits: CallLimits,
    ) -> Result<Answer, HttpError> {
        let Request {
            method,
            url,
            bearer,
            body,
        } = request;
        let method = Method::from_bytes(method.as_bytes());
        let method = method.map_err(|error| HttpError::Setup(error.into()))?;
        let mut request = self.client()?.request(method, url.clone());
        if let Some(token) = bearer {
            request = request.bearer_auth(token.expose());
        }
        if let Some((content_type, body)) = body {
            request = request
                .header(header::CONTENT_TYPE, content_type)
                .body(body);
        }
        let response = request.timeout(limits.timeout).send().await?;
        let status = response.status();
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|kind| kind.to_str().ok());
        let essence = content_type.unwrap_or_default().split(';').next();
        Ok(Answer {
            status,
            content_type: essence.unwrap_or_default().trim().to_ascii_lowercase(),
            body: read(response, limits.body_bytes).await?,
        })
    }
}
