//! How a person wants pages to look and to behave.
//!
//! The browser keeps it in cookies, so that the first byte of a page is already right; the settings
//! keep it for the person, so that another browser has it after sign-in.

use crate::ui::{Language, Theme};
use askama::filters::HtmlSafe;
use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::cookie::CookieJar;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a person chose; the default is what somebody sees who has chosen nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The colours.
    pub theme: Theme,
    /// The language; absent while the browser's counts.
    pub language: Option<Language>,
    /// How much room rows have.
    pub density: Density,
    /// How wide the sidebar is.
    pub side: Side,
    /// Whether single keys do something.
    pub keys: Keys,
}

/// How much room rows have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Density {
    /// As many rows as can be read.
    #[default]
    Compact,
    /// A third less.
    Roomy,
}

/// How wide the sidebar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// As wide as its words.
    #[default]
    Pinned,
    /// As its icons, until it is used.
    Folded,
}

/// Whether single keys do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keys {
    /// They do.
    #[default]
    On,
    /// Only those with `Ctrl` do.
    Off,
}

/// What the theme and the language have no cookie for.
const COOKIE: &str = "callboard-layout";

const ROOMY: &str = "roomy";
const FOLDED: &str = "folded";
const NO_KEYS: &str = "no-keys";

impl Preferences {
    /// What the cookies of a request say.
    pub fn of(headers: &HeaderMap) -> Preferences {
        let jar = CookieJar::from_headers(headers);
        let layout = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
        let layout = layout.unwrap_or_default();
        let has = |word: &str| layout.split('.').any(|found| found == word);
        Preferences {
            theme: Theme::of(headers),
            language: Language::chosen(headers),
            density: if has(ROOMY) {
                Density::Roomy
            } else {
                Density::Compact
            },
            side: if has(FOLDED) {
                Side::Folded
            } else {
                Side::Pinned
            },
            keys: if has(NO_KEYS) { Keys::Off } else { Keys::On },
        }
    }

    /// The `Set-Cookie` headers that keep them for a year, that of the theme first.
    ///
    /// They are sent over HTTPS only when `base_url` is reached that way.
    pub fn set_cookies(&self, base_url: &str) -> [HeaderValue; 3] {
        let secure = if base_url.starts_with("https:") {
            "; Secure"
        } else {
            ""
        };
        let words: Vec<&str> = self.words().collect();
        let layout = format!(
            "{COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}",
            words.join(".")
        );
        [
            self.theme.set_cookie(base_url),
            Language::set_cookie(self.language, base_url),
            // INVARIANT: the words are ASCII, so the text can stand in a header.
            HeaderValue::from_str(&layout).expect("an ASCII cookie"),
        ]
    }

    /// The attributes of the document that show them, each with the space before it.
    pub fn attributes(&self) -> Attributes {
        Attributes(*self)
    }

    /// What differs from the default beside theme and language.
    fn words(&self) -> impl Iterator<Item = &'static str> {
        let density = match self.density {
            Density::Compact => None,
            Density::Roomy => Some(ROOMY),
        };
        let side = match self.side {
            Side::Pinned => None,
            Side::Folded => Some(FOLDED),
        };
        let keys = match self.keys {
            Keys::On => None,
            Keys::Off => Some(NO_KEYS),
        };
        density.into_iter().chain(side).chain(keys)
    }
}

/// The attributes of the document that show what a person chose.
#[derive(Debug, Clone, Copy)]
pub struct Attributes(Preferences);

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Attributes(chosen) = self;
        write!(f, "{}", chosen.theme.attribute())?;
        if chosen.density == Density::Roomy {
            f.write_str(r#" data-density="roomy""#)?;
        }
        if chosen.side == Side::Folded {
            f.write_str(r#" data-side="folded""#)?;
        }
        if chosen.keys == Keys::Off {
            f.write_str(r#" data-keys="off""#)?;
        }
        Ok(())
    }
}

impl HtmlSafe for Attributes {}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;
    use serde_json::json;

    const UNUSUAL: Preferences = Preferences {
        theme: Theme::Dark,
        language: Some(Language::German),
        density: Density::Roomy,
        side: Side::Folded,
        keys: Keys::Off,
    };

    fn sent_back(cookies: &[HeaderValue]) -> HeaderMap {
        let pairs: Vec<&str> = cookies
            .iter()
            .map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap())
            .collect();
        HeaderMap::from_iter([(header::COOKIE, pairs.join("; ").parse().unwrap())])
    }

    #[test]
    fn preferences_come_back_from_their_cookies() {
        for chosen in [Preferences::default(), UNUSUAL] {
            let cookies = chosen.set_cookies("https://hub.example");

            assert_eq!(Preferences::of(&sent_back(&cookies)), chosen);
        }
    }

    #[test]
    fn preferences_come_back_from_where_they_are_stored() {
        let stored = json!({
            "theme": "dark", "language": "de", "density": "roomy", "side": "folded", "keys": "off",
        });

        assert_eq!(json!(UNUSUAL), stored);
        assert_eq!(
            serde_json::from_value::<Preferences>(stored).unwrap(),
            UNUSUAL
        );
        let of_before = serde_json::from_value::<Preferences>(json!({"theme": "dark", "hat": 1}));
        assert_eq!(of_before.unwrap().density, Density::Compact);
    }

    #[test]
    fn the_document_says_what_is_unusual() {
        assert_eq!(Preferences::default().attributes().to_string(), "");
        assert_eq!(
            UNUSUAL.attributes().to_string(),
            r#" data-theme="dark" data-density="roomy" data-side="folded" data-keys="off""#
        );
    }
}
