//! Places that entities are read from.

use callboard_catalog::EntityRef;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use url::Url;

/// A place that entities are read from: a type and a target.
///
/// Its text, `<type>:<target>`, is what annotations hold and what tells locations apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// How the target is read.
    pub location_type: LocationType,
    /// A path, a glob or a URL; paths are absolute.
    pub target: String,
}

/// How a location is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LocationType {
    /// A path or glob on the disk of the hub.
    File,
    /// An `http` or `https` URL.
    Url,
    /// Something that nothing here can read.
    Other(String),
}

/// A location that was registered by request.
///
/// Serialised it is what the wire has: with the reference of the entity that stands for it, which
/// newer clients read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredLocation {
    /// Its identifier.
    pub id: String,
    /// What it leads to.
    pub target: String,
    /// How it is read, such as `url`.
    pub location_type: String,
}

impl RegisteredLocation {
    /// The place that it leads to.
    pub fn to_location(&self) -> Location {
        Location {
            location_type: LocationType::from(&*self.location_type),
            target: self.target.clone(),
        }
    }
}

impl Serialize for RegisteredLocation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut location = serializer.serialize_struct("Location", 4)?;
        location.serialize_field("id", &self.id)?;
        location.serialize_field("target", &self.target)?;
        location.serialize_field("type", &self.location_type)?;
        location.serialize_field("entityRef", self.to_location().entity_ref().as_str())?;
        location.end()
    }
}

impl Location {
    /// A file, or a glob of files.
    pub fn file(path: &Path) -> Location {
        Location {
            location_type: LocationType::File,
            target: path.to_string_lossy().into_owned(),
        }
    }

    /// A URL, or a pattern in one.
    pub fn url(url: &Url) -> Location {
        Location {
            location_type: LocationType::Url,
            target: url.to_string(),
        }
    }

    /// Reads the text `<type>:<target>`; `None` when a part is missing.
    pub fn parse(text: &str) -> Option<Location> {
        let (location_type, target) = text.split_once(':')?;
        let is_whole = !location_type.is_empty() && !target.is_empty();
        is_whole.then(|| Location {
            location_type: LocationType::from(location_type),
            target: target.to_owned(),
        })
    }

    /// The name of the entity that stands for this location: the same for the same location.
    pub fn entity_name(&self) -> String {
        format!("generated-{}", sha1_hex(&self.to_string()))
    }

    /// The reference of the entity that stands for this location.
    pub fn entity_ref(&self) -> EntityRef {
        EntityRef::new(
            "location",
            callboard_policy::DEFAULT_NAMESPACE,
            &self.entity_name(),
        )
    }

    /// The entity that stands for this location.
    pub(super) fn to_entity(&self) -> Value {
        json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Location",
            "metadata": {"name": self.entity_name()},
            "spec": {"type": self.location_type.as_str(), "target": self.target},
        })
    }

    /// The same kind of location at another target, which is relative to this one's file.
    ///
    /// A folder of files is as near as its path says, also above the one of this file.
    pub(super) fn relative(&self, location_type: LocationType, target: &str) -> Location {
        let target = match (&location_type, &self.location_type) {
            (LocationType::File, LocationType::File) => {
                let folder = Path::new(&self.target).parent().unwrap_or(Path::new(""));
                normal(&folder.join(target)).to_string_lossy().into_owned()
            }
            (_, _) => target.to_owned(),
        };
        Location {
            location_type,
            target,
        }
    }
}

impl LocationType {
    /// The word for it, such as `file`.
    pub fn as_str(&self) -> &str {
        match self {
            LocationType::File => "file",
            LocationType::Url => "url",
            LocationType::Other(word) => word,
        }
    }
}

impl From<&str> for LocationType {
    fn from(word: &str) -> LocationType {
        match word {
            "file" => LocationType::File,
            "url" => LocationType::Url,
            other => LocationType::Other(other.to_owned()),
        }
    }
}

impl Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.location_type.as_str(), self.target)
    }
}

/// A path without `.` and `..`, taken literally: links are not followed.
pub(super) fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut parts = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                parts.push(component);
            }
        }
    }
    parts
}

/// SHA-1.
pub(super) fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}

/// SHA-1 in hexadecimal.
pub(super) fn sha1_hex(text: &str) -> String {
    hex(&sha1(text.as_bytes()))
}

/// Bytes in hexadecimal, in lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 0xf)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_has_a_text_and_is_read_from_it() {
        let location = Location::parse("url:https://example.com/a:b.yaml").unwrap();

        assert_eq!(
            (location.location_type.as_str(), &*location.target),
            ("url", "https://example.com/a:b.yaml")
        );
        assert_eq!(location.to_string(), "url:https://example.com/a:b.yaml");
        assert_eq!(Location::parse("url:"), None);
        assert_eq!(Location::parse("nothing"), None);
    }

    #[test]
    fn the_entity_of_a_location_is_named_after_its_text() {
        let location = Location::file(Path::new("/a.yaml"));

        assert_eq!(
            location.entity_name(),
            format!("generated-{}", sha1_hex("file:/a.yaml"))
        );
        assert_eq!(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn targets_are_relative_to_the_folder_of_the_file() {
        let base = Location::file(Path::new("/org/catalog-info.yaml"));

        let relative = |target| base.relative(LocationType::File, target).target;

        assert_eq!(relative("./teams/a.yaml"), "/org/teams/a.yaml");
        assert_eq!(relative("../b/*.yaml"), "/b/*.yaml");
        assert_eq!(relative("/c.yaml"), "/c.yaml");
    }
}
