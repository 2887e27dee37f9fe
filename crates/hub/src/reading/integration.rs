//! The Git hosts that the hub knows, with the credentials for each.

use super::forge::Forge;
use super::github_app::GitHubApp;
use callboard_config::Secret;
use url::{Origin, Url};

/// A Git host.
pub(super) struct Integration {
    pub(super) forge: &'static dyn Forge,
    /// What URLs must have to be read here: the name, and the port unless it is the usual one.
    pub(super) host: String,
    /// What the URLs of pages begin with.
    pub(super) base: Url,
    /// What the URLs of the REST interface begin with.
    pub(super) api: Url,
    /// What the URLs of raw files begin with, where the host has such.
    pub(super) raw: Option<Url>,
    pub(super) credentials: Credentials,
}

/// What gives the values of `Authorization` headers.
#[derive(Default)]
pub(super) struct Credentials {
    /// Those that make their own, which are asked first.
    pub(super) apps: Vec<GitHubApp>,
    /// Those that are for some owners of repositories only.
    pub(super) of_owners: Vec<(Vec<String>, Secret<String>)>,
    /// For everyone else; absent means that the host is asked without.
    pub(super) otherwise: Option<Secret<String>>,
}

impl Integration {
    /// Whether URLs of this host are read here.
    pub(super) fn has(&self, url: &Url) -> bool {
        host_and_port(url) == self.host
    }

    /// What to show for the repositories of `owner` where no app is installed; absent means that
    /// nothing is shown.
    pub(super) fn authorization(&self, owner: &str) -> Option<&Secret<String>> {
        let first = owner.split('/').next().unwrap_or_default();
        let is_for = |owners: &Vec<String>| {
            let mut owners = owners.iter();
            owners.any(|known| known.eq_ignore_ascii_case(first))
        };
        let mut of_owners = self.credentials.of_owners.iter();
        match of_owners.find(|(owners, _)| is_for(owners)) {
            Some((_, header)) => Some(header),
            None => self.credentials.otherwise.as_ref(),
        }
    }

    /// Whether a redirect from this host may lead to `url`.
    ///
    /// Hosts of GitHub answer for archives with a redirect to a host of their own, whose name
    /// begins with `codeload.`.
    pub(super) fn leads_to(&self, url: &Url) -> bool {
        let known = self.bases().any(|base| base.origin() == url.origin());
        let host = url.host_str().unwrap_or_default();
        let codeload = host.strip_prefix("codeload.");
        let is_codeload = codeload.is_some_and(|rest| Some(rest) == self.base.host_str());
        known || (self.forge.id() == "github" && is_codeload && url.scheme() == "https")
    }

    /// Whether credentials may be shown there.
    pub(super) fn trusts(&self, origin: &Origin) -> bool {
        self.bases().any(|base| base.origin() == *origin)
    }

    fn bases(&self) -> impl Iterator<Item = &Url> {
        [&self.base, &self.api].into_iter().chain(&self.raw)
    }
}

/// The host of a URL, with its port unless it is the usual one.
pub(super) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
