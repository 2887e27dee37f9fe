//! The record of what was asked.

use std::fmt;

/// What a request does, in the words of Kubernetes' access rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    /// The word as a rule of a role writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }

    /// Whether it takes objects away.
    pub const fn is_deletion(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteCollection)
    }

    /// Whether it changes something.
    pub const fn is_write(self) -> bool {
        !matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

/// One request about objects, and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What it was to do.
    pub verb: Verb,
    /// Empty for the core group.
    pub group: String,
    /// The version of the group, such as `v1`.
    pub version: String,
    /// The plural name, such as `deployments`.
    pub resource: String,
    /// Such as `status`; empty for the object itself.
    pub subresource: String,
    /// Empty for what has no namespace, and for all namespaces.
    pub namespace: String,
    /// Empty for lists, and for objects that are created.
    pub name: String,
    /// The field manager that the client names, or the first word of its `User-Agent`.
    pub manager: String,
    /// Who asked: a user of [`FakeCluster::token_of`](crate::FakeCluster::token_of), or `admin`.
    pub user: String,
    /// The media type of the body; it tells the form of a patch.
    pub content_type: String,
    /// Path and parameters as they were sent.
    pub path: String,
    /// The HTTP status of the answer.
    pub status: u16,
}

impl fmt::Display for Call {
    /// `patch deployments.apps/status ns1/web -> 200`, for messages of tests.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = crate::resource::qualified(&self.group, &self.resource);
        write!(f, "{} {resource}", self.verb.name())?;
        if !self.subresource.is_empty() {
            write!(f, "/{}", self.subresource)?;
        }
        match (self.namespace.as_str(), self.name.as_str()) {
            ("", "") => {}
            ("", name) => write!(f, " {name}")?,
            (namespace, name) => write!(f, " {namespace}/{name}")?,
        }
        write!(f, " -> {}", self.status)
    }
}
