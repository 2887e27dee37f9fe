//! What an import did, what it left, and why.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Where everything was read, without secrets.
    pub source: String,
    /// Whether nothing was written because nothing was to be written.
    pub dry_run: bool,
    /// How many of each kind were read, and what became of them.
    pub counts: BTreeMap<Kind, Count>,
    /// What was not brought over as it was, and what an administrator has to know.
    pub notes: Vec<Note>,
}

/// A kind of thing that is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A role's metadata.
    Role,
    /// A `g` row.
    Membership,
    /// A `p` row.
    Policy,
    /// A conditional policy.
    Condition,
    /// A plugin's id.
    PluginId,
}

/// How many were read; the other numbers add up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All.
    pub read: usize,
    /// Those that were not here.
    pub added: usize,
    /// Those that replaced an older form of themselves.
    pub updated: usize,
    /// Those that were here.
    pub unchanged: usize,
    /// Those that stood there more than once, beside the first.
    pub duplicate: usize,
    /// Those that were not brought over; each has a note, or its role has.
    pub left: usize,
}

/// Something to be said about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What became of it.
    pub outcome: Outcome,
    /// What kind of thing it is.
    pub kind: Kind,
    /// Which one.
    pub subject: String,
    /// Where it stands in the other installation, if that helps to find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What was changed, or why it was not brought over.
    pub reason: String,
}

/// What became of a thing that was not simply brought over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was brought over in another form.
    Changed,
    /// It replaced what was imported before.
    Updated,
    /// What is here was kept.
    Kept,
    /// It cannot be used.
    Skipped,
    /// The configuration of this hub says it.
    Configuration,
    /// It was brought over, and there is something to know about it.
    Attention,
}

/// What became of one thing, for the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Added,
    Updated,
    Unchanged,
    Duplicate,
    Left,
}

impl Report {
    /// Whether this hub had everything already.
    pub fn is_empty(&self) -> bool {
        self.counts
            .values()
            .all(|count| count.added == 0 && count.updated == 0)
    }

    /// The report as JSON, for programs.
    pub fn to_json(&self) -> String {
        // Texts, numbers and maps with text for keys: nothing that JSON could not hold.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Counts one thing that was read.
    pub(super) fn count(&mut self, kind: Kind, fate: Fate) {
        let count = self.counts.entry(kind).or_default();
        count.read += 1;
        let number = match fate {
            Fate::Added => &mut count.added,
            Fate::Updated => &mut count.updated,
            Fate::Unchanged => &mut count.unchanged,
            Fate::Duplicate => &mut count.duplicate,
            Fate::Left => &mut count.left,
        };
        *number += 1;
    }

    /// Notes something, at its place if it has one.
    pub(super) fn note(
        &mut self,
        (outcome, kind): (Outcome, Kind),
        subject: impl Into<String>,
        place: Option<&str>,
        reason: impl Into<String>,
    ) {
        self.notes.push(Note {
            outcome,
            kind,
            subject: subject.into(),
            place: place.map(str::to_owned),
            reason: reason.into(),
        });
    }
}

impl Kind {
    const ALL: [Kind; 5] = [
        Kind::Role,
        Kind::Membership,
        Kind::Policy,
        Kind::Condition,
        Kind::PluginId,
    ];

    pub(super) fn singular(self) -> &'static str {
        match self {
            Kind::Role => "role",
            Kind::Membership => "membership",
            Kind::Policy => "policy",
            Kind::Condition => "condition",
            Kind::PluginId => "plugin id",
        }
    }

    pub(super) fn plural(self) -> &'static str {
        match self {
            Kind::Role => "roles",
            Kind::Membership => "memberships",
            Kind::Policy => "policies",
            Kind::Condition => "conditions",
            Kind::PluginId => "plugin ids",
        }
    }
}

impl Outcome {
    const ALL: [Outcome; 6] = [
        Outcome::Changed,
        Outcome::Updated,
        Outcome::Kept,
        Outcome::Skipped,
        Outcome::Configuration,
        Outcome::Attention,
    ];

    fn heading(self) -> &'static str {
        match self {
            Outcome::Changed => "Changed on the way",
            Outcome::Updated => "Updated here",
            Outcome::Kept => "Kept as it is here",
            Outcome::Skipped => "Skipped",
            Outcome::Configuration => "Left to the configuration of this hub",
            Outcome::Attention => "To know",
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Read from {}\n", self.source)?;
        writeln!(
            f,
            "{:<12} {:>7} {:>7} {:>8} {:>10} {:>10} {:>9}",
            "", "read", "added", "updated", "unchanged", "duplicate", "left out"
        )?;
        for kind in Kind::ALL {
            let count = self.counts.get(&kind).copied().unwrap_or_default();
            writeln!(
                f,
                "{:<12} {:>7} {:>7} {:>8} {:>10} {:>10} {:>9}",
                kind.plural(),
                count.read,
                count.added,
                count.updated,
                count.unchanged,
                count.duplicate,
                count.left
            )?;
        }
        for outcome in Outcome::ALL {
            let mut notes = self
                .notes
                .iter()
                .filter(|note| note.outcome == outcome)
                .peekable();
            if notes.peek().is_some() {
                writeln!(f, "\n{}:", outcome.heading())?;
            }
            for note in notes {
                writeln!(f, "- {note}")?;
            }
        }
        let end = match (self.is_empty(), self.dry_run) {
            (true, _) => "Nothing to do.",
            (false, true) => "Dry run: nothing was written.",
            (false, false) => "Imported.",
        };
        write!(f, "\n{end}")
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.singular(), self.subject)?;
        if let Some(place) = &self.place {
            write!(f, " ({place})")?;
        }
        write!(f, ": {}", self.reason)
    }
}
