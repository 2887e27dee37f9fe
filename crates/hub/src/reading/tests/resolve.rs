//! What references in a file mean.

use super::*;
use serde_json::json;

fn resolve(base: &str, reference: &str) -> String {
    let reader = reader(json!({"integrations": {
        "bitbucketServer": [{"host": "stash.example.com"}],
    }}));
    let resolved = reader.resolve(&Url::parse(base).unwrap(), reference);
    resolved.map_or_else(|error| error.to_string(), |url| url.to_string())
}

#[test]
fn references_are_relative_to_the_file_or_to_the_repository() {
    let github = "https://github.com/o/r/blob/main/a/c.yaml";
    let gitlab = "https://gitlab.com/g/p/-/blob/main/a/c.yaml";
    let server = "https://stash.example.com/projects/K/repos/r/browse/a/c.yaml?at=dev";
    let azure = "https://dev.azure.com/org/p/_git/r?path=%2Fa%2Fc.yaml&version=GBmain";
    let other = "https://example.com/a/c.yaml?x=1";
    let table = [
        (
            github,
            "b.yaml",
            "https://github.com/o/r/tree/main/a/b.yaml",
        ),
        (github, "./", "https://github.com/o/r/tree/main/a/"),
        (
            github,
            "../b/d.yaml",
            "https://github.com/o/r/tree/main/b/d.yaml",
        ),
        (github, "/b.yaml", "https://github.com/o/r/tree/main/b.yaml"),
        (
            github,
            "//evil.example/b.yaml",
            "https://github.com/o/r/tree/main/evil.example/b.yaml",
        ),
        (
            github,
            "*/x.yaml",
            "https://github.com/o/r/tree/main/a/*/x.yaml",
        ),
        (
            github,
            "https://github.com/o/s/blob/main/c.yaml",
            "https://github.com/o/s/blob/main/c.yaml",
        ),
        (
            gitlab,
            "../b.yaml",
            "https://gitlab.com/g/p/-/blob/main/b.yaml",
        ),
        (gitlab, "./", "https://gitlab.com/g/p/-/blob/main/a/"),
        (
            server,
            "b c.yaml",
            "https://stash.example.com/projects/K/repos/r/browse/a/b%20c.yaml?at=dev",
        ),
        (
            server,
            "/b.yaml",
            "https://stash.example.com/projects/K/repos/r/browse/b.yaml?at=dev",
        ),
        (
            azure,
            "./b.yaml",
            "https://dev.azure.com/org/p/_git/r?path=%2Fa%2Fb.yaml&version=GBmain",
        ),
        (
            azure,
            "/b.yaml",
            "https://dev.azure.com/org/p/_git/r?path=%2Fb.yaml&version=GBmain",
        ),
        (
            azure,
            "./",
            "https://dev.azure.com/org/p/_git/r?path=%2Fa%2F&version=GBmain",
        ),
        (other, "../b.yaml", "https://example.com/b.yaml?x=1"),
        (other, "b.yaml?y=2", "https://example.com/a/b.yaml?y=2"),
        (
            other,
            "//other.example/b.yaml",
            "https://other.example/b.yaml",
        ),
    ];

    for (base, reference, expected) in table {
        assert_eq!(resolve(base, reference), expected, "{reference} in {base}");
    }
}

#[test]
fn a_reference_never_leaves_the_repository_by_its_path() {
    let base = "https://github.com/o/r/blob/main/a/c.yaml";

    assert_eq!(
        resolve(base, "../../../../../x/y/blob/main/c.yaml"),
        "https://github.com/o/r/tree/main/x/y/blob/main/c.yaml"
    );
}

#[test]
fn nothing_but_urls_of_http_can_be_meant() {
    let base = "https://github.com/o/r/blob/main/c.yaml";

    for reference in [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "ftp://example.com/",
        "data:text/plain,x",
    ] {
        assert_eq!(
            resolve(base, reference),
            format!(
                "`{base}` cannot be read: `{reference}` in it is no URL of HTTP, and nothing else is read from there"
            )
        );
    }
    assert_eq!(
        resolve(base, "http://"),
        format!("`{base}` cannot be read: `http://` in it is no URL")
    );
}

#[test]
fn repositories_are_told_apart() {
    let reader = reader(json!({}));
    let is_same = |one: &str, other: &str| {
        reader.is_same_repository(&Url::parse(one).unwrap(), &Url::parse(other).unwrap())
    };

    assert!(is_same(
        "https://github.com/o/r/blob/main/a",
        "https://github.com/o/r/tree/dev/b"
    ));
    assert!(!is_same(
        "https://github.com/o/r/blob/main/a",
        "https://github.com/o/s/blob/main/a"
    ));
    assert!(!is_same(
        "https://github.com/o/r/blob/main/a",
        "https://gitlab.com/o/r/-/blob/main/a"
    ));
    assert!(is_same("https://example.com/a", "https://example.com/b"));
    let edit = |url: &str| {
        reader
            .edit_url(&Url::parse(url).unwrap())
            .map(|url| url.to_string())
    };
    let pinned = "0123456789012345678901234567890123456789";
    assert_eq!(
        edit(&format!("https://github.com/o/r/blob/{pinned}/a")),
        None
    );
    assert_eq!(edit("https://example.com/a"), None);
}
