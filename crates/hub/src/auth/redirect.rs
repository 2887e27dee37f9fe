//! Where somebody may be sent after signing in: a path of this hub, nowhere else.

use crate::ui::query_value;
use url::Url;

/// The longest path that is kept.
const MAX_LENGTH: usize = 2048;

/// `target`, when it is a path of this host that every browser reads as one.
///
/// Browsers take `//host` and `/\host` for another host, and drop tabs and line breaks first.
pub fn local_path(target: &str) -> Option<&str> {
    let is_plain = target
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if !target.starts_with('/')
        || target.starts_with("//")
        || !is_plain
        || target.len() > MAX_LENGTH
    {
        return None;
    }
    let base = Url::parse("http://callboard.invalid/").ok()?;
    let resolved = base.join(target).ok()?;
    (resolved.origin() == base.origin()).then_some(target)
}

/// The sign-in page, from which the person comes back to `target`.
pub(super) fn sign_in_page(target: &str) -> String {
    match local_path(target).filter(|target| *target != "/") {
        Some(target) => {
            format!("/?redirect={}", query_value(target))
        }
        None => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_this_host_are_kept() {
        for path in [
            "/",
            "/catalog",
            "/catalog?filters[kind]=component&limit=20",
            "/a//b",
            "/settings#theme",
        ] {
            assert_eq!(local_path(path), Some(path));
        }
    }

    #[test]
    fn everything_that_may_lead_elsewhere_is_dropped() {
        let elsewhere = [
            "",
            "catalog",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "http://evil.example/",
            "javascript:alert(1)",
            " /catalog",
            "/a b",
            "/caf\u{e9}",
            "/catalog\r\nSet-Cookie: a=b",
            "/\u{0}",
        ];
        for target in elsewhere {
            assert_eq!(local_path(target), None, "{target:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(MAX_LENGTH))), None);
    }

    #[test]
    fn the_sign_in_page_remembers_the_way_back() {
        assert_eq!(
            sign_in_page("/catalog?a=b&c=d"),
            "/?redirect=%2Fcatalog%3Fa%3Db%26c%3Dd"
        );
        assert_eq!(sign_in_page("//evil.example"), "/");
        assert_eq!(sign_in_page("/"), "/");
    }
}
