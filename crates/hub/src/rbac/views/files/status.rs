//! A policy file in short.

use crate::app::App;
use crate::rbac::source::SourceKind;
use crate::rbac::status::{Counts, SourceStatus};
use crate::ui::{Moment, Texts};

/// What is known about one file.
pub(super) struct FileCard {
    pub(super) kind: &'static str,
    pub(super) href: String,
    pub(super) download: String,
    pub(super) path: String,
    pub(super) read: Moment,
    /// Absent when nothing of it has counted since the start.
    pub(super) since: Option<Moment>,
    pub(super) is_followed: bool,
    pub(super) sha256: Option<String>,
    pub(super) counts: String,
    /// How much is wrong; absent for those who may not see what.
    pub(super) findings: Option<usize>,
    /// Whether what the file holds now counts.
    pub(super) is_in_force: bool,
    /// Why not, for those who may see it.
    pub(super) refusal: Option<String>,
}

impl FileCard {
    pub(super) fn new(app: &App, t: &Texts, source: &SourceStatus, shows_all: bool) -> FileCard {
        let now = app.core().clock.now();
        let in_force = source.in_force.as_ref();
        let kind = source.kind.name();
        let reason = |refusal: &crate::rbac::status::Refusal| refusal.reason.clone();
        FileCard {
            kind,
            href: format!("{}?file={kind}", super::PATH),
            download: format!("{}/download?file={kind}", super::PATH),
            path: source.file.path.display().to_string(),
            read: Moment::new(t, source.read_at, now),
            since: in_force.map(|in_force| Moment::new(t, in_force.since, now)),
            is_followed: app.rbac().config().reload,
            sha256: in_force.map(|in_force| in_force.sha256.to_string()),
            counts: counts(t, source),
            findings: shows_all.then(|| source.diagnostics().count()),
            is_in_force: source.is_in_force(),
            refusal: source.refusal.as_ref().filter(|_| shows_all).map(reason),
        }
    }
}

fn counts(t: &Texts, source: &SourceStatus) -> String {
    let counts = source.in_force.as_ref().map(|in_force| in_force.counts);
    let text = match (counts, source.kind) {
        (Some(Counts::Rows { members, policies }), _) => t
            .say("files-rows")
            .with("members", members)
            .with("policies", policies),
        (Some(Counts::Documents(conditions)), _) => t.say("files-documents").with("n", conditions),
        (None, SourceKind::Policies | SourceKind::Conditions) => t.say("files-nothing-in-force"),
    };
    text.to_string()
}
