//! Where the pages of roles are.

use crate::error::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// The list of roles.
pub(super) const ROLES: &str = "/rbac";
/// The form that creates a role.
pub(super) const CREATE: &str = "/rbac/role/new";
/// The permission tester.
pub(super) const TESTER: &str = "/rbac/test";
/// The policy files.
pub(super) const FILES: &str = "/rbac/files";
/// The people who have signed in, and the same as a file.
pub(super) const USERS: &str = "/rbac/users";
pub(super) const USERS_CSV: &str = "/rbac/users.csv";

/// What is escaped in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A reference whose parts are segments of the path.
#[derive(Debug, Deserialize)]
pub(super) struct RolePath {
    kind: String,
    namespace: String,
    name: String,
}

impl RolePath {
    /// The whole reference, as roles are named.
    ///
    /// # Errors
    ///
    /// 404 for what names no role.
    pub(super) fn role(&self) -> Result<String, Error> {
        if self.kind == "role" {
            Ok(format!("role:{}/{}", self.namespace, self.name))
        } else {
            Err(Error::NotFound(String::new()))
        }
    }
}

/// The page of a role; `role` is its reference.
pub(in crate::rbac) fn overview(role: &str) -> String {
    format!("{ROLES}/roles/{}", path_of(role))
}

/// The form that edits a role.
pub(super) fn edit(role: &str) -> String {
    format!("{ROLES}/role/{}", path_of(role))
}

/// The form that deletes a role.
pub(super) fn delete(role: &str) -> String {
    format!("{}/delete", overview(role))
}

/// The form that begins a new role with the policies of another.
pub(super) fn copy(role: &str) -> String {
    let role: String = url::form_urlencoded::byte_serialize(role.as_bytes()).collect();
    format!("{CREATE}?copy={role}")
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
        assert_eq!(edit("role:a/b/c?d"), "/rbac/role/role/a/b%2Fc%3Fd");
    }
}
