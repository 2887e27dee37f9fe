//! What kinds, types and lifecycles look like.

use crate::ui::{Icon, Tile, Tone};
use std::fmt;

/// How an entity is drawn and what its kind is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its tile.
    pub tile: Tile,
}

impl Look {
    /// The look of a kind (any case) and a type.
    pub fn of(kind: &str, spec_type: Option<&str>) -> Look {
        let (icon, tone) = match kind.to_ascii_lowercase().as_str() {
            "component" => match spec_type {
                Some("website") => (Icon::Globe, Tone::Teal),
                Some("library") => (Icon::Package, Tone::Plum),
                Some("worker") => (Icon::Cog, Tone::Brass),
                Some("documentation") => (Icon::BookOpen, Tone::Plain),
                Some("service") => (Icon::Server, Tone::Info),
                Some(_) | None => (Icon::Box, Tone::Info),
            },
            "api" => (Icon::Plug, Tone::Plum),
            "system" => (Icon::Layers, Tone::Teal),
            "domain" => (Icon::Waypoints, Tone::Teal),
            "resource" => match spec_type {
                Some("database") => (Icon::Database, Tone::Brass),
                Some(_) | None => (Icon::Box, Tone::Brass),
            },
            "template" => (Icon::Workflow, Tone::Plum),
            "group" => (Icon::Users, Tone::Plain),
            "user" => (Icon::User, Tone::Plain),
            "location" => (Icon::FolderGit2, Tone::Plain),
            _ => (Icon::Square, Tone::Plain),
        };
        Look {
            tile: Tile::new(icon, tone),
        }
    }
}

/// A lifecycle with the tone of its dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// The word, as written.
    pub word: String,
    /// Green for production, amber for what may still change, red for what goes away.
    pub tone: Tone,
}

impl Lifecycle {
    /// Gives a word its tone.
    pub fn new(word: impl Into<String>) -> Lifecycle {
        let word = word.into();
        let tone = match word.as_str() {
            "production" => Tone::Ok,
            "experimental" => Tone::If,
            "deprecated" => Tone::No,
            _ => Tone::Plain,
        };
        Lifecycle { word, tone }
    }
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word)
    }
}
