//! How the hub calls itself and whom its people ask for help.

use callboard_config::{Config, ConfigError};
use std::fmt;

/// The names that pages show.
#[derive(Debug, Clone)]
pub struct Brand {
    /// `app.title`, the name of the hub.
    pub title: String,
    /// `organization.name`, the company; the hub's own name when it is not configured.
    pub organisation: String,
    /// `app.support.url`, whom to ask.
    pub contact: Option<Contact>,
    /// What the sidebar shows.
    pub sidebar: Sidebar,
}

/// `app.sidebar`: what of the sidebar can be turned off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sidebar {
    /// `logo`: the mark beside the hub's name.
    pub has_logo: bool,
    /// `settings`: the way to the settings; the account menu keeps one.
    pub has_settings: bool,
    /// `administration`: the way to roles and people.
    pub has_administration: bool,
}

/// Whom people ask when a door stays closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// A web address or `mailto:`.
    pub href: String,
    /// The words of the link.
    pub label: String,
}

impl Brand {
    /// Reads the names from the configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a value is of another type.
    pub fn from_config(config: &Config) -> Result<Brand, ConfigError> {
        let title = config
            .optional_string("app.title")?
            .unwrap_or_else(|| "Callboard".to_owned());
        let organisation = config
            .optional_string("organization.name")?
            .unwrap_or_else(|| title.clone());
        let contact = config
            .optional_string("app.support.url")?
            .and_then(|href| Contact::parse(&href));
        let is_on = |key: &str| Ok::<_, ConfigError>(config.optional_boolean(key)?.unwrap_or(true));
        let sidebar = Sidebar {
            has_logo: is_on("app.sidebar.logo")?,
            has_settings: is_on("app.sidebar.settings")?,
            has_administration: is_on("app.sidebar.administration")?,
        };
        Ok(Brand {
            title,
            organisation,
            contact,
            sidebar,
        })
    }
}

impl Contact {
    /// Accepts addresses that a person can follow; anything else is no contact.
    fn parse(href: &str) -> Option<Contact> {
        let url = url::Url::parse(href).ok()?;
        let label = match url.scheme() {
            "mailto" => url.path().to_owned(),
            "http" | "https" => url.host_str()?.to_owned(),
            _ => return None,
        };
        Some(Contact {
            href: href.to_owned(),
            label,
        })
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_an_address_that_a_person_can_follow() {
        let label = |href| Contact::parse(href).map(|contact| contact.label);

        assert_eq!(
            label("mailto:platform@lantern.example").as_deref(),
            Some("platform@lantern.example")
        );
        assert_eq!(
            label("https://help.lantern.example/board").as_deref(),
            Some("help.lantern.example")
        );
        assert_eq!(label("javascript:alert(1)"), None);
        assert_eq!(label("the platform team"), None);
    }
}
