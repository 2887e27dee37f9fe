//! References to entities: `kind:namespace/name`, kept in canonical lower case.

use std::{borrow::Borrow, cmp::Ordering, fmt, hash, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::{SmolStr, StrExt};

/// The namespace of a reference that names none.
pub const DEFAULT_NAMESPACE: &str = "default";

/// A full entity reference in canonical lower case, such as `user:default/tom`.
///
/// One string with the places of its parts: cloning copies at most a reference count,
/// and comparing, hashing and ordering are those of the text, so that a map keyed by
/// `EntityRef` can be asked with a `&str` that is already canonical.
///
/// Role references are compared as written and therefore never become an `EntityRef`.
///
/// ```
/// use callboard_policy::EntityRef;
///
/// let tom = EntityRef::parse("User:Tom")?;
/// assert_eq!(tom.as_str(), "user:default/tom");
/// assert_eq!((tom.kind(), tom.namespace(), tom.name()), ("user", "default", "tom"));
/// # Ok::<_, callboard_policy::EntityRefError>(())
/// ```
#[derive(Clone)]
pub struct EntityRef {
    // INVARIANT: `text[..colon]` is the kind, `text[colon + 1..slash]` the namespace and
    // `text[slash + 1..]` the name, all in lower case.
    text: SmolStr,
    colon: u32,
    slash: u32,
}

impl EntityRef {
    /// Parses a reference that names its kind; a missing namespace is `default`.
    ///
    /// # Errors
    ///
    /// [`EntityRefError`] when a part is empty or the kind is missing.
    pub fn parse(text: &str) -> Result<Self, EntityRefError> {
        Self::parse_with(text, None, DEFAULT_NAMESPACE)
    }

    /// Parses a reference, filling in a kind and a namespace that it leaves out.
    ///
    /// Without `default_kind` the reference must name its kind.
    ///
    /// # Errors
    ///
    /// [`EntityRefError`] when a part is empty or no kind is known.
    pub fn parse_with(
        text: &str,
        default_kind: Option<&str>,
        default_namespace: &str,
    ) -> Result<Self, EntityRefError> {
        let parts = RefParts::split(text)?;
        let Some(kind) = parts.kind.or(default_kind) else {
            return Err(EntityRefError::MissingKind(text.into()));
        };
        Ok(Self::new(
            kind,
            parts.namespace.unwrap_or(default_namespace),
            parts.name,
        ))
    }

    /// Joins the parts of a reference, folding them to lower case.
    ///
    /// The kind holds neither `:` nor `/`, and the namespace no `/`; the parts of a parsed
    /// reference and of a valid entity never do.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        if let Some(text) = joined_ascii(kind, namespace, name) {
            return Self {
                text,
                colon: kind.len() as u32,
                slash: (kind.len() + 1 + namespace.len()) as u32,
            };
        }
        let kind = kind.to_lowercase_smolstr();
        let namespace = namespace.to_lowercase_smolstr();
        let colon = kind.len();
        let slash = colon + 1 + namespace.len();
        let text = smol_str::format_smolstr!("{kind}:{namespace}/{}", name.to_lowercase_smolstr());
        Self {
            text,
            colon: colon as u32,
            slash: slash as u32,
        }
    }

    /// The kind, such as `user`.
    pub fn kind(&self) -> &str {
        &self.text[..self.colon as usize]
    }

    /// The namespace, such as `default`.
    pub fn namespace(&self) -> &str {
        &self.text[self.colon as usize + 1..self.slash as usize]
    }

    /// The name, such as `tom`.
    pub fn name(&self) -> &str {
        &self.text[self.slash as usize + 1..]
    }

    /// The whole reference, `kind:namespace/name`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole reference as the string that it is kept in.
    pub fn as_smol_str(&self) -> &SmolStr {
        &self.text
    }
}

/// How long a reference may be to be put together without a detour.
const SHORT: usize = 256;

/// A whole reference of ASCII letters, as most are, in lower case; `None` for any other.
fn joined_ascii(kind: &str, namespace: &str, name: &str) -> Option<SmolStr> {
    let mut letters = [0; SHORT];
    let mut len = 0;
    for part in [kind, ":", namespace, "/", name] {
        letters
            .get_mut(len..len + part.len())?
            .copy_from_slice(part.as_bytes());
        len += part.len();
    }
    let letters = &mut letters[..len];
    if !letters.is_ascii() {
        return None;
    }
    letters.make_ascii_lowercase();
    std::str::from_utf8(letters).ok().map(SmolStr::new)
}

/// The parts of a reference as they are written, before defaults and folding.
///
/// Text before the first `:` that precedes the first `/` is the kind, text between them
/// is the namespace, and the rest is the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefParts<'a> {
    /// The kind, absent in `tom` and `default/tom`.
    pub kind: Option<&'a str>,
    /// The namespace, absent in `user:tom`.
    pub namespace: Option<&'a str>,
    /// The name.
    pub name: &'a str,
}

impl<'a> RefParts<'a> {
    /// Splits a reference without changing it.
    ///
    /// # Errors
    ///
    /// [`EntityRefError::Form`] when a part is empty.
    pub fn split(text: &'a str) -> Result<Self, EntityRefError> {
        let slash = text.find('/');
        let colon = text
            .find(':')
            .filter(|colon| slash.is_none_or(|slash| *colon < slash));
        let after_colon = colon.map_or(0, |colon| colon + 1);
        let parts = Self {
            kind: colon.map(|colon| &text[..colon]),
            namespace: slash.map(|slash| &text[after_colon..slash]),
            name: &text[slash.map_or(after_colon, |slash| slash + 1)..],
        };
        if parts.kind == Some("") || parts.namespace == Some("") || parts.name.is_empty() {
            return Err(EntityRefError::Form(text.into()));
        }
        Ok(parts)
    }
}

/// Why a text is no entity reference; the messages are those of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntityRefError {
    /// A part is empty.
    #[error("Entity reference \"{0}\" was not on the form [<kind>:][<namespace>/]<name>")]
    Form(SmolStr),
    /// The kind is left out and nothing says which it is.
    #[error(
        "Entity reference \"{0}\" had missing or empty kind (e.g. did not start with \"component:\" or similar)"
    )]
    MissingKind(SmolStr),
}

impl FromStr for EntityRef {
    type Err = EntityRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityRef({})", self.text)
    }
}

impl PartialEq for EntityRef {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for EntityRef {}

impl PartialOrd for EntityRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EntityRef {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl hash::Hash for EntityRef {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Borrow<str> for EntityRef {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for EntityRef {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl From<EntityRef> for SmolStr {
    fn from(reference: EntityRef) -> Self {
        reference.text
    }
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for EntityRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SmolStr::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_left_out_are_filled_in_and_case_is_folded() {
        let parsed = EntityRef::parse_with("Team-A", Some("Group"), "Stage").unwrap();

        assert_eq!(parsed.as_str(), "group:stage/team-a");
        assert_eq!(
            (parsed.kind(), parsed.namespace(), parsed.name()),
            ("group", "stage", "team-a")
        );
    }

    #[test]
    fn a_colon_after_the_slash_belongs_to_the_name() {
        assert_eq!(
            EntityRef::parse_with("a/b:c", Some("component"), "x")
                .unwrap()
                .as_str(),
            "component:a/b:c"
        );
        assert_eq!(EntityRef::parse("user:a/b/c").unwrap().name(), "b/c");
    }

    #[test]
    fn empty_parts_and_missing_kinds_are_refused() {
        for text in ["", ":a", "user:", "user:/a", "user:a/", "/a"] {
            assert_eq!(
                EntityRef::parse(text),
                Err(EntityRefError::Form(text.into())),
                "{text}"
            );
        }
        assert_eq!(
            EntityRef::parse("a/b"),
            Err(EntityRefError::MissingKind("a/b".into()))
        );
    }
}
