//! The address of a location, as somebody typed it.

use crate::app::App;
use crate::catalog::Location;
use crate::catalog::registration::check_registrable;
use crate::ui::{Texts, query_value};
use url::Url;

/// The file in which a repository says what it is.
pub(super) const DESCRIPTOR: &str = "catalog-info.yaml";

/// An address that the hub would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The address.
    pub(super) url: Url,
    /// Whether it is that of a repository, in which a file was looked for.
    pub(super) is_guessed: bool,
}

impl Target {
    /// Reads an address; the error says in words what is wrong with it.
    ///
    /// The address of a repository becomes that of the file in its root that says what it is.
    pub(super) fn parse(app: &App, t: &Texts, text: &str) -> Result<Target, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err(t.say("import-no-url").to_string());
        }
        let Ok(url) = Url::parse(text) else {
            return Err(t.say("import-bad-url").to_string());
        };
        if check_registrable(&Location::url(&url)).is_err() {
            return Err(t.say("import-bad-url").to_string());
        }
        let reader = app.reader();
        if !reader.handles(&url) {
            let host = url.host_str().unwrap_or_default();
            let hosts = reader.hosts();
            return Err(match hosts.is_empty() {
                true => t.say("import-no-integrations").to_string(),
                false => t
                    .say("import-unknown-host")
                    .with("host", host)
                    .with("hosts", hosts.join(", "))
                    .to_string(),
            });
        }
        let file = in_root(app, &url);
        Ok(Target {
            is_guessed: file.is_some(),
            url: file.unwrap_or(url),
        })
    }

    /// The page that tells what came of its registration.
    pub(super) fn result_href(&self) -> String {
        format!(
            "{}/result?url={}",
            super::PATH,
            query_value(self.url.as_str())
        )
    }

    /// Where the generated file is downloaded.
    pub(super) fn download_href(&self) -> String {
        format!(
            "{}/{DESCRIPTOR}?url={}",
            super::PATH,
            query_value(self.url.as_str())
        )
    }
}

/// The file of the repository that `url` names, where the host has one way to write its default
/// branch.
fn in_root(app: &App, url: &Url) -> Option<Url> {
    let repository = app.reader().repository(url)?;
    if !app.reader().path(url)?.is_empty() {
        return None;
    }
    let branch = match repository.provider {
        "github" => "blob/HEAD",
        "gitlab" => "-/blob/HEAD",
        _ => return None,
    };
    // A repository of a branch names that one.
    let path = url.path().trim_end_matches('/').trim_end_matches(".git");
    let is_plain = path.ends_with(&format!("/{}", repository.name));
    is_plain.then(|| {
        let mut file = url.clone();
        file.set_path(&format!("{path}/{branch}/{DESCRIPTOR}"));
        file.set_query(None);
        file.set_fragment(None);
        file
    })
}
