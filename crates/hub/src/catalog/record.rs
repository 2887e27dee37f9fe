//! What is known of an entity beside its final form.

use super::location::{hex, sha1};
use callboard_catalog::{Entity, EntityRef, StatusItem};
use smol_str::SmolStr;
use std::fmt::{self, Display, Write};
use std::sync::Arc;
use uuid::Uuid;

/// What is known of an entity, visible or not.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Stays with the reference for as long as the entity is in the catalog.
    pub(super) uid: Uuid,
    /// The location that has the reference, as `<type>:<target>`; absent when anybody may take it.
    pub(super) location_key: Option<SmolStr>,
    /// Who emits it; nobody when it is an orphan.
    pub(super) sources: Arc<[Source]>,
    /// Tells what was emitted from anything else.
    pub(super) emitted: Digest,
    /// What was emitted, as JSON: kept where it is processed again, or failed.
    pub(super) input: Option<Arc<str>>,
    /// Whether processing it reads something, so that it is done again and again.
    pub(super) is_active: bool,
    /// What tells the things apart that processing read when all was well.
    pub(super) tags: Option<Arc<str>>,
    /// What went wrong when it was last processed.
    pub(super) errors: Arc<[StatusItem]>,
    /// Whether its source gives the etag, and not the hub.
    pub(super) has_own_etag: bool,
    /// Tells one final form from another; absent when there never was one.
    pub(super) digest: Option<Digest>,
    /// Its line in the file, as far as that is known.
    pub(super) line: Option<u32>,
}

/// Who emits an entity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Source {
    /// A provider, by its name.
    Provider(SmolStr),
    /// Another entity.
    Entity(EntityRef),
}

/// A SHA-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Digest([u8; 20]);

impl Digest {
    /// The hash of a text.
    pub(super) fn of(text: &str) -> Digest {
        Digest(sha1(text.as_bytes()))
    }

    /// The hash of texts one after the other, each on a line of its own.
    pub(super) fn of_all(texts: &[&str]) -> Digest {
        Digest::of(&texts.join("\n"))
    }

    /// The hash of a final entity.
    pub(super) fn of_entity(entity: &Entity) -> Digest {
        Digest::of(entity.json())
    }

    /// Reads its text; `None` when it is none.
    pub(super) fn parse(hex: &str) -> Option<Digest> {
        let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
        let mut bytes = [0; 20];
        if hex.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = nibble(digits[0])? << 4 | nibble(digits[1])?;
        }
        Some(Digest(bytes))
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl Record {
    /// The entities that emit it.
    pub(super) fn parents(&self) -> impl Iterator<Item = &EntityRef> {
        self.sources.iter().filter_map(|source| match source {
            Source::Entity(parent) => Some(parent),
            Source::Provider(_) => None,
        })
    }

    /// Whether the row of this record is that of another; lines in files may differ.
    pub(super) fn is_same(&self, other: &Record) -> bool {
        self.uid == other.uid
            && self.location_key == other.location_key
            && self.sources == other.sources
            && self.emitted == other.emitted
            && self.input == other.input
            && self.is_active == other.is_active
            && self.tags == other.tags
            && self.errors == other.errors
            && self.has_own_etag == other.has_own_etag
            && self.digest == other.digest
    }
}

impl Source {
    /// Reads its text; `None` when it is none.
    pub(super) fn parse(text: &str) -> Option<Source> {
        match text.strip_prefix('*') {
            Some(provider) => Some(Source::Provider(provider.into())),
            None => EntityRef::parse(text).ok().map(Source::Entity),
        }
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // No kind begins with it.
            Source::Provider(name) => {
                f.write_char('*')?;
                f.write_str(name)
            }
            Source::Entity(entity_ref) => entity_ref.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_sources_and_digests_are_read_again() {
        let sources = [
            Source::Provider("config".into()),
            Source::Entity(EntityRef::new("location", "default", "a")),
        ];
        for source in sources {
            assert_eq!(Source::parse(&source.to_string()), Some(source));
        }
        let digest = Digest::of("abc");
        assert_eq!(
            digest.to_string(),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        assert_eq!(Digest::parse("a9"), None);
    }
}
