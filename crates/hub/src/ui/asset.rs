//! Style sheets, scripts, fonts and drawings, embedded in the program.
//!
//! Every path carries a hash of all assets, so that a browser may keep what it has for ever and
//! still sees a new release at once. One hash for all of them keeps the relative addresses inside
//! the style sheets true. They were compressed when the program was built (`build.rs`).

use crate::http::quality::quality;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

/// Kept for a year without asking again: the path changes with the content.
pub(super) const IMMUTABLE: HeaderValue =
    HeaderValue::from_static("public, max-age=31536000, immutable");
/// For an address of another release, which still gets what this one has.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// An asset, as it is and as it was compressed.
struct File {
    /// Such as `css/page.css`.
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// A file and what it is.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its content.
    pub bytes: &'static [u8],
    /// Its media type.
    pub content_type: &'static str,
}

/// The asset at `path`, such as `css/page.css`.
pub fn find(path: &str) -> Option<Asset> {
    let file = file(path)?;
    Some(Asset {
        bytes: file.plain,
        content_type: content_type(path)?,
    })
}

/// The address of the asset at `path`.
pub fn url(path: &str) -> String {
    format!("/static/{HASH}/{path}")
}

/// The address of the icon sprite, which every icon on a page repeats.
pub(crate) fn sprite() -> &'static str {
    static SPRITE: LazyLock<String> = LazyLock::new(|| url("icons.svg"));
    &SPRITE
}

/// `GET /static/{hash}/{*path}`.
///
/// Open: the assets are the same for everybody.
pub async fn serve(Path((hash, path)): Path<(String, String)>, request: HeaderMap) -> Response {
    let (Some(file), Some(content_type)) = (file(&path), content_type(&path)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let caching = if hash == HASH { IMMUTABLE } else { REVALIDATE };
    let mut headers = HeaderMap::from_iter([
        (header::CACHE_CONTROL, caching),
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::VARY, HeaderValue::from_static("Accept-Encoding")),
    ]);
    let (encoding, bytes) = file.as_accepted(&request);
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    (headers, bytes).into_response()
}

fn file(path: &str) -> Option<&'static File> {
    let found = FILES.binary_search_by(|file| file.path.cmp(path));
    found.ok().map(|index| &FILES[index])
}

impl File {
    /// The smallest form that the request takes.
    fn as_accepted(&self, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let forms = [("br", self.brotli), ("gzip", self.gzip)];
        let accepted = forms
            .into_iter()
            .find_map(|(name, bytes)| bytes.filter(|_| accepts(request, name)).map(|b| (name, b)));
        match accepted {
            Some((name, bytes)) => (Some(name), bytes),
            None => (None, self.plain),
        }
    }
}

/// Whether `Accept-Encoding` names the encoding, and not to refuse it.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    quality(request, header::ACCEPT_ENCODING, encoding).is_some_and(|weight| weight > 0.0)
}

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
        for sheet in ["css/page.css", "css/sign-in.css"] {
            let asset = find(sheet).unwrap();
            let text = std::str::from_utf8(asset.bytes).unwrap();
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
    fn licences_and_modules_are_not_served() {
        assert!(find("LICENSE-icons.txt").is_none());
        assert!(find("js/callboard/theme.js").is_none());
        assert!(find("css/callboard/design.css").is_none());
        assert!(find("js/htmx.js").is_none());
    }

    #[test]
    fn modules_are_small_and_scripts_are_within_their_budget() {
        let modules = std::fs::read_dir("assets/js/callboard").unwrap();
        for module in modules.map(|entry| entry.unwrap()) {
            let size = module.metadata().unwrap().len();
            assert!(size < 3 * 1024, "{}: {size} bytes", module.path().display());
        }
        let sent = |path: &str| file(path).unwrap().brotli.unwrap().len();
        assert!(sent("js/page.js") < 30 * 1024);
        assert!(sent("css/page.css") < 10 * 1024);
    }

    async fn ask(hash: &str, encoding: &'static str) -> Response {
        let headers =
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding))]);
        serve(Path((hash.to_owned(), "css/page.css".to_owned())), headers).await
    }

    #[tokio::test]
    async fn an_address_of_another_release_is_not_kept() {
        let ours = ask(HASH, "").await;
        let other = ask("0000000000000000", "").await;

        assert_eq!(
            ours.headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(other.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn the_smallest_form_that_is_accepted_is_sent() {
        for (accepted, sent) in [
            ("gzip, deflate, br", Some("br")),
            ("GZIP;q=0.5, br;q=0", Some("gzip")),
            ("identity", None),
        ] {
            let response = ask(HASH, accepted).await;

            let encoding = response.headers().get(header::CONTENT_ENCODING);
            assert_eq!(
                encoding.map(|name| name.to_str().unwrap()),
                sent,
                "{accepted}"
            );
        }
    }
}
