//! `app.branding`: the organisation's own logo and colours.
//!
//! Configuration gives logos as data URIs and colours as CSS. Pages take neither inline: both are
//! served as files of our own origin, under a hash of what they hold.

use crate::app::App;
use crate::ui::asset::{self, IMMUTABLE};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use callboard_config::{Config, ConfigError};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The media types that a logo may have.
const LOGO_TYPES: [&str; 5] = [
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
];

/// The largest logo, in bytes.
const MAX_LOGO: usize = 512 * 1024;

/// Colours that may be configured, each with the tokens that it sets.
const COLOURS: [(&str, &[&str]); 2] = [
    ("primaryColor", &["--fill", "--fill-2", "--blue"]),
    ("navigationIndicatorColor", &["--brass"]),
];

/// The organisation's own logo and colours.
#[derive(Debug, Clone, Default)]
pub struct Branding {
    full_logo: Option<Logo>,
    icon_logo: Option<Logo>,
    /// A style sheet; empty without colours.
    style: String,
    hash: String,
}

#[derive(Debug, Clone, Hash)]
struct Logo {
    media_type: &'static str,
    bytes: Vec<u8>,
}

/// What the organisation's look puts into the head of a page.
#[derive(Debug, Clone)]
pub struct Head {
    /// The picture in the browser's tab.
    pub icon: String,
    /// A style sheet with colours.
    pub style: Option<String>,
}

impl Branding {
    /// What goes into the head of every page.
    pub fn head(&self) -> Head {
        Head {
            icon: self.icon_logo().unwrap_or_else(|| asset::url("logo.svg")),
            style: self.style(),
        }
    }

    /// Reads `app.branding`; a logo or a colour that cannot be used is left out with a warning.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a value is of another type.
    pub(super) fn from_config(config: &Config) -> Result<Branding, ConfigError> {
        let logo = |key: &str| {
            let text = config.optional_string(key)?;
            let logo = text.map(|text| (Logo::parse(&text), key));
            Ok::<_, ConfigError>(logo.and_then(|(logo, key)| {
                if logo.is_none() {
                    tracing::warn!(key, "this logo is no data URI of an image under 512 KB");
                }
                logo
            }))
        };
        let mut branding = Branding {
            full_logo: logo("app.branding.fullLogo")?,
            icon_logo: logo("app.branding.iconLogo")?,
            style: style(config)?,
            hash: String::new(),
        };
        let mut hasher = DefaultHasher::new();
        (&branding.full_logo, &branding.icon_logo, &branding.style).hash(&mut hasher);
        branding.hash = format!("{:016x}", hasher.finish());
        Ok(branding)
    }

    /// The address of the logo that stands for the mark and the name; absent when none is
    /// configured.
    pub fn full_logo(&self) -> Option<String> {
        self.full_logo.as_ref().map(|_| self.url("full-logo"))
    }

    /// The address of the picture in the browser's tab.
    fn icon_logo(&self) -> Option<String> {
        self.icon_logo.as_ref().map(|_| self.url("icon-logo"))
    }

    /// The address of the style sheet with the colours.
    fn style(&self) -> Option<String> {
        (!self.style.is_empty()).then(|| self.url("colours.css"))
    }

    fn url(&self, file: &str) -> String {
        format!("/branding/{}/{file}", self.hash)
    }
}

/// `GET /branding/{hash}/{file}`.
///
/// Open: the sign-in page shows it too.
pub(super) async fn serve(
    State(app): State<App>,
    Path((hash, file)): Path<(String, String)>,
) -> Response {
    let branding = &app.brand().branding;
    let logo = |logo: &Option<Logo>| logo.as_ref().map(|it| (it.media_type, it.bytes.clone()));
    let found = match file.as_str() {
        "full-logo" => logo(&branding.full_logo),
        "icon-logo" => logo(&branding.icon_logo),
        "colours.css" if !branding.style.is_empty() => Some((
            "text/css; charset=utf-8",
            branding.style.clone().into_bytes(),
        )),
        _ => None,
    };
    let Some((media_type, bytes)) = found.filter(|_| hash == branding.hash) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, IMMUTABLE),
        // A drawing may hold scripts; opened by itself it runs none.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ),
    ];
    (headers, bytes).into_response()
}

impl Logo {
    fn parse(uri: &str) -> Option<Logo> {
        let (media_type, data) = uri.trim().strip_prefix("data:")?.split_once(";base64,")?;
        let media_type = LOGO_TYPES.into_iter().find(|known| *known == media_type)?;
        let bytes = STANDARD.decode(data.trim()).ok()?;
        (bytes.len() <= MAX_LOGO).then_some(Logo { media_type, bytes })
    }
}

/// A style sheet with the tokens that the configured colours set, theme by theme.
fn style(config: &Config) -> Result<String, ConfigError> {
    let mut sheet = String::new();
    for theme in ["light", "dark"] {
        let mut declarations = String::new();
        for (name, tokens) in COLOURS {
            let key = format!("app.branding.theme.{theme}.{name}");
            let Some(colour) = config.optional_string(&key)? else {
                continue;
            };
            if !is_colour(&colour) {
                tracing::warn!(key, colour, "this is no colour that a page could use");
                continue;
            }
            for token in tokens {
                let _ = write!(declarations, "{token}:{colour};");
            }
        }
        if !declarations.is_empty() {
            let _ = writeln!(
                sheet,
                ":root[data-theme={theme}]{{{declarations}}}\n\
                 @media (prefers-color-scheme:{theme}){{:root:not([data-theme]){{{declarations}}}}}"
            );
        }
    }
    Ok(sheet)
}

/// Whether a value is a colour, and nothing else that could end its declaration.
fn is_colour(value: &str) -> bool {
    const FUNCTIONS: [&str; 8] = ["rgb", "rgba", "hsl", "hsla", "oklch", "oklab", "lab", "lch"];
    let is_hex = |digits: &str| {
        matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let is_argument = |c: char| c.is_ascii_alphanumeric() || " .,%/-".contains(c);
    if let Some(digits) = value.strip_prefix('#') {
        return is_hex(digits);
    }
    match value
        .strip_suffix(')')
        .and_then(|call| call.split_once('('))
    {
        Some((name, arguments)) => FUNCTIONS.contains(&name) && arguments.chars().all(is_argument),
        None => !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphabetic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn branding(value: &serde_json::Value) -> Branding {
        let config = Config::from_value(json!({"app": {"branding": value}}));
        Branding::from_config(&config).unwrap()
    }

    #[test]
    fn colours_are_set_in_their_theme() {
        let branding = branding(&json!({"theme": {
            "light": {"primaryColor": "#38be8b", "navigationIndicatorColor": "hsl(204 100% 71%)"},
            "dark": {"primaryColor": "red;}body{display:none"},
        }}));

        insta::assert_snapshot!(branding.style, @r"
        :root[data-theme=light]{--fill:#38be8b;--fill-2:#38be8b;--blue:#38be8b;--brass:hsl(204 100% 71%);}
        @media (prefers-color-scheme:light){:root:not([data-theme]){--fill:#38be8b;--fill-2:#38be8b;--blue:#38be8b;--brass:hsl(204 100% 71%);}}
        ");
    }

    #[test]
    fn nothing_ends_a_declaration() {
        for colour in [
            "#fff",
            "#38BE8Bff",
            "rebeccapurple",
            "rgb(1, 2, 3)",
            "oklch(.5 .1 77 / .5)",
        ] {
            assert!(is_colour(colour), "{colour}");
        }
        for other in [
            "",
            "#ff",
            "#xyz",
            "red;",
            "url(https://x)",
            "rgb(1)}",
            "var(--fill)",
        ] {
            assert!(!is_colour(other), "{other}");
        }
    }

    #[test]
    fn a_logo_is_a_picture_in_a_data_uri() {
        let logo = |uri: &str| branding(&json!({"fullLogo": uri})).full_logo();

        assert!(logo("data:image/svg+xml;base64,PHN2Zy8+").is_some());
        assert_eq!(logo("data:text/html;base64,PHN2Zy8+"), None);
        assert_eq!(logo("data:image/png;base64,???"), None);
        assert_eq!(logo("https://x.example/logo.svg"), None);
    }
}
