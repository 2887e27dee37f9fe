//! Where the pages of roles are.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is escaped in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The list of roles.
pub(super) const ROLES: &str = "/rbac";

/// The page of a role; `role` is its reference.
pub(super) fn overview(role: &str) -> String {
    format!("{ROLES}/roles/{}", path_of(role))
}

/// The three parts of a reference as segments of a path.
fn path_of(role: &str) -> String {
    let (kind, rest) = role.split_once(':').unwrap_or(("role", role));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    [kind, namespace, name]
        .map(|part| utf8_percent_encode(part, SEGMENT).to_string())
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_safe_whatever_the_name() {
        assert_eq!(
            overview("role:default/box-office"),
            "/rbac/roles/role/default/box-office"
        );
        assert_eq!(overview("role:a/b/c?d"), "/rbac/roles/role/a/b%2Fc%3Fd");
    }
}
