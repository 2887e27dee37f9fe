//! Light, dark, or what the device says.

use askama::filters::HtmlSafe;
use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::cookie::CookieJar;
use std::fmt;

/// The colours that a person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Ink on paper.
    Light,
    /// Under blue running lights.
    Dark,
    /// Whatever the device prefers.
    #[default]
    System,
}

/// Kept in the browser, so that the first byte of a page is already right.
const COOKIE: &str = "callboard-theme";

impl Theme {
    /// Every theme, in the order of the settings page.
    pub const ALL: [Theme; 3] = [Theme::Light, Theme::Dark, Theme::System];

    /// Its name in the cookie and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::System => "system",
        }
    }

    /// The attribute of the document that sets it; nothing when the device decides.
    pub fn attribute(self) -> Attribute {
        Attribute(self)
    }

    /// The theme that the request's cookie names.
    pub fn of(headers: &HeaderMap) -> Theme {
        let jar = CookieJar::from_headers(headers);
        let name = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
        Theme::ALL
            .into_iter()
            .find(|theme| name.as_deref() == Some(theme.as_str()))
            .unwrap_or_default()
    }

    /// The `Set-Cookie` header that keeps it for a year.
    ///
    /// It is sent over HTTPS only when `base_url` is reached that way.
    pub fn set_cookie(self, base_url: &str) -> HeaderValue {
        let secure = if base_url.starts_with("https:") {
            "; Secure"
        } else {
            ""
        };
        let cookie = format!(
            "{COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}",
            self.as_str()
        );
        // INVARIANT: names of themes are ASCII, so the text can stand in a header.
        HeaderValue::from_str(&cookie).expect("an ASCII cookie")
    }
}

/// The attribute of the document that sets a theme, with the space before it.
#[derive(Debug, Clone, Copy)]
pub struct Attribute(Theme);

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Theme::Light | Theme::Dark => write!(f, r#" data-theme="{}""#, self.0.as_str()),
            Theme::System => Ok(()),
        }
    }
}

impl HtmlSafe for Attribute {}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[test]
    fn a_theme_comes_back_from_its_cookie() {
        for theme in Theme::ALL {
            let cookie = theme.set_cookie("https://hub.example");
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();

            let headers =
                HeaderMap::from_iter([(header::COOKIE, format!("a=b; {pair}").parse().unwrap())]);

            assert_eq!(Theme::of(&headers), theme);
        }
    }

    #[test]
    fn an_unknown_theme_is_the_devices() {
        let headers =
            HeaderMap::from_iter([(header::COOKIE, "callboard-theme=neon".parse().unwrap())]);

        assert_eq!(Theme::of(&headers), Theme::System);
    }
}
