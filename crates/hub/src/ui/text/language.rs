//! Which language a reader wants.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::CookieJar;
use unic_langid::{LanguageIdentifier, langid};

/// A language that every page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Language {
    /// The one that all others fall back to.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German, as in Germany.
    #[serde(rename = "de")]
    German,
}

/// Kept in the browser, as the theme is.
const COOKIE: &str = "callboard-language";

impl Language {
    /// Every language, in the order of the settings page.
    pub const ALL: [Language; 2] = [Language::English, Language::German];

    /// Its tag, as in the attribute `lang` of a document.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    /// What those who speak it call it.
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::German => "Deutsch",
        }
    }

    pub(super) fn identifier(self) -> LanguageIdentifier {
        match self {
            Language::English => langid!("en"),
            Language::German => langid!("de"),
        }
    }

    /// The language of a reader: the one they chose in the settings, else the first one of the
    /// browser's that is spoken here, else English.
    pub fn of(headers: &HeaderMap) -> Language {
        let accepted = || accepted(headers).into_iter().find_map(Language::with_tag);
        Language::chosen(headers)
            .or_else(accepted)
            .unwrap_or_default()
    }

    /// The language that a reader chose in the settings; absent while the browser's counts.
    pub fn chosen(headers: &HeaderMap) -> Option<Language> {
        let jar = CookieJar::from_headers(headers);
        Language::with_tag(jar.get(COOKIE)?.value())
    }

    /// The language of a tag; absent for one that is not spoken here.
    pub fn with_tag(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|known| known.tag() == tag)
    }

    /// The `Set-Cookie` header that keeps it for a year; without a language it forgets, and the
    /// browser's counts again.
    ///
    /// It is sent over HTTPS only when `base_url` is reached that way.
    pub fn set_cookie(chosen: Option<Language>, base_url: &str) -> HeaderValue {
        let secure = if base_url.starts_with("https:") {
            "; Secure"
        } else {
            ""
        };
        let (tag, age) = chosen.map_or(("", 0), |language| (language.tag(), 31_536_000));
        let cookie =
            format!("{COOKIE}={tag}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
        // INVARIANT: tags of languages are ASCII, so the text can stand in a header.
        HeaderValue::from_str(&cookie).expect("an ASCII cookie")
    }
}

/// The languages of the browser, without their regions, the best one first.
fn accepted(headers: &HeaderMap) -> Vec<&str> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    let mut ranked: Vec<(&str, f32)> = accepted
        .unwrap_or_default()
        .split(',')
        .map(|range| {
            let (range, quality) = range.split_once(';').unwrap_or((range, ""));
            let quality = quality.trim().strip_prefix("q=").unwrap_or("1");
            let language = range.trim().split('-').next().unwrap_or_default();
            (language, quality.parse().unwrap_or(0.0))
        })
        .filter(|(_, quality)| *quality > 0.0)
        .collect();
    ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    ranked.into_iter().map(|(language, _)| language).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(header::HeaderName, &str)]) -> Language {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        Language::of(&headers.collect())
    }

    #[test]
    fn the_browsers_first_language_that_is_spoken_here_counts() {
        let accepted = |value: &str| of(&[(header::ACCEPT_LANGUAGE, value)]);

        assert_eq!(accepted("de-AT,de;q=0.9,en;q=0.8"), Language::German);
        assert_eq!(accepted("fr, de;q=0.7, en;q=0.3"), Language::German);
        assert_eq!(accepted("de;q=0.3, en;q=0.7"), Language::English);
        assert_eq!(accepted("fr"), Language::English);
        assert_eq!(accepted(";;;"), Language::English);
        assert_eq!(of(&[]), Language::English);
    }

    #[test]
    fn what_was_chosen_wins() {
        let cookie = |language| {
            let cookie = Language::set_cookie(language, "http://localhost:7007");
            cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned()
        };
        let german = (header::ACCEPT_LANGUAGE, "de");

        let english = cookie(Some(Language::English));
        assert_eq!(
            of(&[(header::COOKIE, &english), german.clone()]),
            Language::English
        );
        let forgotten = cookie(None);
        assert_eq!(
            of(&[(header::COOKIE, &forgotten), german]),
            Language::German
        );
    }
}
