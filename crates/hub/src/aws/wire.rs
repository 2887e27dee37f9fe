//! What the library that asks AWS may see of the world.

use crate::http_client::{CallLimits, HttpClient};
use axum::http::uri::Parts;
use axum::http::{Request, Response, Uri};
use bytes::Bytes;
use callboard_config::Environment;
use reqsign_core::{Env, Error, FileRead, HttpSend, Result};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

const LIMITS: CallLimits = CallLimits {
    timeout: Duration::from_secs(5),
    body_bytes: 256 << 10,
};

/// Variables; an empty one is none.
#[derive(Debug)]
pub(super) struct Variables(pub(super) Environment);

impl Env for Variables {
    fn var(&self, key: &str) -> Option<String> {
        let value = self.0.get(key).filter(|value| !value.is_empty());
        value.map(str::to_owned)
    }

    /// Those that are meant for tools of AWS.
    fn vars(&self) -> HashMap<String, String> {
        let meant = self.0.with_prefix("AWS_");
        meant
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (format!("AWS_{name}"), value.to_owned()))
            .collect()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        None
    }
}

/// Files that variables name, such as the token of a service account.
#[derive(Debug)]
pub(super) struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        tokio::fs::read(path).await.map_err(|error| {
            Error::config_invalid(format!("cannot read `{path}`")).with_source(error)
        })
    }
}

/// The one way in which the hub asks others.
#[derive(Debug)]
pub(super) struct Wire {
    http: HttpClient,
    /// Where the security token service is, other than where the library looks for it.
    sts: Option<String>,
}

impl Wire {
    pub(super) fn of(environment: &Environment, http: HttpClient) -> Wire {
        let names = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"];
        let mut told = names.iter().filter_map(|name| environment.get(name));
        Wire {
            http,
            sts: told.find(|url| !url.is_empty()).map(str::to_owned),
        }
    }

    /// The request, aimed at the service of the environment where it is for that.
    fn aimed(&self, request: Request<Bytes>) -> Result<Request<Bytes>> {
        let is_for_sts = |host: &str| host.starts_with("sts.");
        let Some(sts) = &self.sts else {
            return Ok(request);
        };
        if !request.uri().host().is_some_and(is_for_sts) {
            return Ok(request);
        }
        let unfit = || Error::config_invalid(format!("`{sts}` is no address of `sts`"));
        let there: Parts = sts.parse::<Uri>().map_err(|_| unfit())?.into_parts();
        let (mut head, body) = request.into_parts();
        let mut parts = head.uri.into_parts();
        (parts.scheme, parts.authority) = (there.scheme, there.authority);
        head.uri = Uri::from_parts(parts).map_err(|_| unfit())?;
        Ok(Request::from_parts(head, body))
    }
}

impl HttpSend for Wire {
    async fn http_send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let request = self.aimed(request)?;
        let answer = self.http.relay(request, LIMITS).await;
        answer.map_err(|error| Error::unexpected(error.in_full()))
    }
}
