//! Patterns of paths in a repository: `*`, `**`, `?`, `[a-z]`, `{a,b}`.

use globset::{GlobBuilder, GlobMatcher};

/// Tells which paths match.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    matcher: GlobMatcher,
    /// Whether names that begin with a dot can match: where the pattern says the dot.
    sees_dots: bool,
}

impl Pattern {
    /// Whether a path is a pattern.
    pub(super) fn is_one(path: &str) -> bool {
        path.contains('*')
    }

    /// `None` when it is malformed.
    pub(super) fn new(path: &str) -> Option<Pattern> {
        let glob = GlobBuilder::new(path).literal_separator(true).build();
        Some(Pattern {
            matcher: glob.ok()?.compile_matcher(),
            sees_dots: has_dot_names(path),
        })
    }

    /// The folders that a pattern names literally, without a slash at the end.
    pub(super) fn folder(path: &str) -> &str {
        let literal = path.find(['*', '?', '[', '{']).unwrap_or(path.len());
        path[..literal]
            .rfind('/')
            .map_or("", |slash| &path[..slash])
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        (self.sees_dots || !has_dot_names(path)) && self.matcher.is_match(path)
    }
}

fn has_dot_names(path: &str) -> bool {
    path.starts_with('.') || path.contains("/.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_shells_do() {
        let matches = |pattern: &str, path: &str| Pattern::new(pattern).unwrap().matches(path);

        assert!(matches("*/catalog-info.yaml", "a/catalog-info.yaml"));
        assert!(!matches("*/catalog-info.yaml", "a/b/catalog-info.yaml"));
        assert!(matches("**/catalog-info.yaml", "catalog-info.yaml"));
        assert!(matches("**/catalog-info.yaml", "a/b/catalog-info.yaml"));
        assert!(matches("a/*.{yaml,yml}", "a/x.yml"));
        assert!(!matches("**/*.yaml", ".github/x.yaml"));
        assert!(matches(".github/*.yaml", ".github/x.yaml"));
        assert!(Pattern::new("a/[").is_none());
    }

    #[test]
    fn the_literal_folder_ends_before_the_first_pattern() {
        assert_eq!(Pattern::folder("a/b/*.yaml"), "a/b");
        assert_eq!(Pattern::folder("a/b*/c.yaml"), "a");
        assert_eq!(Pattern::folder("**/c.yaml"), "");
    }
}
