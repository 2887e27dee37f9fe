//! What came of reading each policy file: what is in force, and what is wrong.

use super::check;
use super::config::{FilePath, RbacConfig};
use super::source::{Content, SourceKind, Sources, Unreadable};
use super::sync::{Applied, Outcome, Refused};
use crate::feature::PluginPermissions;
use crate::finding::{Finding, Severity};
use callboard_policy::{PolicyFile, RowKind};
use jiff::Timestamp;
use std::sync::Arc;

/// What is known about one policy file.
#[derive(Debug, Clone)]
pub(super) struct SourceStatus {
    /// Which one.
    pub(super) kind: SourceKind,
    /// Its name as configured, and where it is.
    pub(super) file: FilePath,
    /// When it was last looked at.
    pub(super) read_at: Timestamp,
    /// The content that counts; absent when none has since the start, though what an earlier run
    /// stored of the file then still does.
    pub(super) in_force: Option<InForce>,
    /// Why what the file holds now does not count; absent when it does.
    pub(super) refusal: Option<Refusal>,
    /// What is wrong with it.
    pub(super) findings: Vec<Finding>,
    /// Conditions in it that nobody can judge. The log has them from the policy, which says the
    /// same of every condition that it is made from.
    pub(super) faults: Vec<Finding>,
}

/// A content of a file that counts.
#[derive(Debug, Clone)]
pub(super) struct InForce {
    /// Its SHA-256, in hexadecimal digits.
    pub(super) sha256: Arc<str>,
    /// When it came into force.
    pub(super) since: Timestamp,
    /// How much there is in it.
    pub(super) counts: Counts,
}

/// How much there is in a file, right or wrong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counts {
    /// Rows of the file of roles, members and policies.
    Rows {
        /// `g` rows.
        members: usize,
        /// `p` rows.
        policies: usize,
    },
    /// Documents of the file of conditional policies.
    Documents(usize),
}

/// A content of a file that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Its SHA-256; absent when nothing can be read.
    pub(super) sha256: Option<Arc<str>>,
    /// What kind of refusal it is.
    pub(super) why: Refused,
    /// The first error.
    pub(super) reason: String,
}

impl SourceStatus {
    /// The digest of what was last read, whether or not it counts.
    pub(super) fn seen(&self) -> Option<&Arc<str>> {
        match &self.refusal {
            Some(refusal) => refusal.sha256.as_ref(),
            None => self.in_force.as_ref().map(|in_force| &in_force.sha256),
        }
    }

    /// Everything that is wrong with it.
    pub(super) fn diagnostics(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(&self.faults)
    }

    /// Whether what the file holds now counts.
    pub(super) fn is_in_force(&self) -> bool {
        self.refusal.is_none()
    }
}

/// The status of each configured file once what it holds was brought in, at `now`.
pub(super) fn after(
    before: &[SourceStatus],
    config: &RbacConfig,
    (sources, applied): (&Sources, &Applied),
    declared: &[PluginPermissions],
    now: Timestamp,
) -> Vec<SourceStatus> {
    let unknown = check::unknown_names(sources, declared);
    let faulty = check::faulty_conditions(sources, declared);
    let next = |kind, file: &FilePath, seen: Seen<'_>, outcome: &Outcome| {
        let is_here = |finding: &&Finding| finding.file.as_ref() == Some(&file.path);
        let unknown = unknown.iter().filter(is_here).cloned();
        let known = before.iter().find(|before| before.kind == kind);
        let known = known.and_then(|known| known.in_force.clone());
        SourceStatus {
            kind,
            file: file.clone(),
            read_at: now,
            in_force: if outcome.refused.is_none() {
                seen.in_force(known, now)
            } else {
                known
            },
            refusal: outcome.refused.clone().map(|why| Refusal {
                sha256: seen.sha256.cloned(),
                why,
                reason: first_error(&outcome.findings),
            }),
            findings: outcome.findings.iter().cloned().chain(unknown).collect(),
            faults: faulty.iter().filter(is_here).cloned().collect(),
        }
    };
    let policies = config.policies.as_ref().map(|file| {
        let seen = Seen::of(&sources.policies, |file| Counts::Rows {
            members: rows(file, RowKind::Membership),
            policies: rows(file, RowKind::Grant),
        });
        next(SourceKind::Policies, file, seen, &applied.policies)
    });
    let conditions = config.conditions.as_ref().map(|file| {
        let seen = Seen::of(&sources.conditions, |file| {
            let file = file.parsed.as_ref();
            Counts::Documents(file.map_or(0, |file| file.policies.len()))
        });
        next(SourceKind::Conditions, file, seen, &applied.conditions)
    });
    policies.into_iter().chain(conditions).collect()
}

/// What was seen of a file.
struct Seen<'a> {
    sha256: Option<&'a Arc<str>>,
    counts: Option<Counts>,
}

impl<'a> Seen<'a> {
    fn of<T>(
        read: &'a Result<Option<Content<T>>, Unreadable>,
        count: impl Fn(&T) -> Counts,
    ) -> Seen<'a> {
        match read {
            Ok(content) => Seen {
                sha256: content.as_ref().map(|content| &content.sha256),
                counts: content.as_ref().map(|content| count(&content.held)),
            },
            Err(unreadable) => Seen {
                sha256: unreadable.sha256.as_ref(),
                counts: None,
            },
        }
    }

    /// What counts now; content that did before has done so since then.
    fn in_force(&self, known: Option<InForce>, now: Timestamp) -> Option<InForce> {
        let (sha256, counts) = (self.sha256?, self.counts?);
        let since = known.filter(|known| known.sha256 == *sha256);
        Some(InForce {
            sha256: Arc::clone(sha256),
            since: since.map_or(now, |known| known.since),
            counts,
        })
    }
}

fn rows(file: &PolicyFile, kind: RowKind) -> usize {
    file.rows.iter().filter(|row| row.kind == kind).count()
}

fn first_error(findings: &[Finding]) -> String {
    let mut errors = findings.iter();
    let first = errors.find(|finding| finding.severity == Severity::Error);
    first.map_or_else(String::new, |finding| finding.message.clone())
}
