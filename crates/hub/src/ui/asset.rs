//! Style sheets, scripts, fonts and drawings, embedded in the program.
//!
//! Every path carries a hash of all assets, so that a browser may keep what it has for ever and
//! still sees a new release at once. One hash for all of them keeps the relative addresses inside
//! the style sheets true.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Kept for a year without asking again: the path changes with the content.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// For an address of another release, which still gets what this one has.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Embedded;

/// A file and what it is.
pub struct Asset {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub content_type: &'static str,
}

/// The asset at `path`, such as `css/tokens.css`.
pub fn find(path: &str) -> Option<Asset> {
    let content_type = content_type(path)?;
    let file = Embedded::get(path)?;
    Some(Asset {
        bytes: file.data,
        content_type,
    })
}

/// The address of the asset at `path`.
pub fn url(path: &str) -> String {
    format!("/static/{}/{path}", *HASH)
}

/// The address of the icon sprite, which every icon on a page repeats.
pub(crate) fn sprite() -> &'static str {
    static SPRITE: LazyLock<String> = LazyLock::new(|| url("icons.svg"));
    &SPRITE
}

/// `GET /static/{hash}/{*path}`.
///
/// Open: the assets are the same for everybody.
pub async fn serve(Path((hash, path)): Path<(String, String)>) -> Response {
    let Some(asset) = find(&path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let caching = if hash == *HASH { IMMUTABLE } else { REVALIDATE };
    let headers = [
        (header::CACHE_CONTROL, caching),
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(asset.content_type),
        ),
    ];
    (headers, asset.bytes).into_response()
}

/// A hash over the names and contents of all assets: twelve hexadecimal digits.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Embedded::iter().collect();
    names.sort_unstable();
    let mut hasher = Sha256::new();
    for name in names {
        hasher.update(name.as_bytes());
        hasher.update(
            Embedded::get(&name)
                .map(|file| file.metadata.sha256_hash())
                .unwrap_or_default(),
        );
    }
    hasher
        .finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
});

fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_inside_a_style_sheet_leads_to_an_asset() {
        for sheet in ["css/tokens.css", "css/callboard.css", "css/sign-in.css"] {
            let asset = find(sheet).unwrap();
            let text = std::str::from_utf8(&asset.bytes).unwrap();
            for (at, open) in text.match_indices("url(") {
                let address = text[at + open.len()..].split(')').next().unwrap();
                let path = address
                    .strip_prefix("../")
                    .unwrap_or_else(|| panic!("{sheet}: {address}"));
                assert!(find(path).is_some(), "{sheet}: {address}");
            }
        }
    }

    #[test]
    fn licences_are_not_served() {
        assert!(find("LICENSE-icons.txt").is_none());
    }

    #[tokio::test]
    async fn an_address_of_another_release_is_not_kept() {
        let ours = serve(Path((HASH.clone(), "css/tokens.css".to_owned()))).await;
        let other = serve(Path((
            "000000000000".to_owned(),
            "css/tokens.css".to_owned(),
        )))
        .await;

        assert_eq!(
            ours.headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(other.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(other.status(), StatusCode::OK);
    }
}
