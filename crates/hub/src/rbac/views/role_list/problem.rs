//! What is wrong with the policy files, above the list of roles.

use crate::app::App;
use crate::finding::Finding;
use crate::rbac::status::SourceStatus;
use crate::rbac::views::address::FILES;

/// The worst about one file.
pub(super) struct Problem {
    /// Whether what the file holds now does not count.
    pub(super) is_refused: bool,
    /// The file as pages show it.
    pub(super) file: String,
    pub(super) line: Option<u32>,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// How much else is wrong with it.
    pub(super) more: usize,
    /// Where it is shown with everything that is wrong.
    pub(super) href: String,
}

/// One problem for each file with any, refused files first.
pub(super) fn problems(app: &App) -> Vec<Problem> {
    let sources = app.rbac().sources();
    let mut problems: Vec<_> = sources.iter().filter_map(Problem::of).collect();
    problems.sort_by_key(|problem| !problem.is_refused);
    problems
}

impl Problem {
    fn of(source: &SourceStatus) -> Option<Problem> {
        // Of several that are as bad, the first in the file.
        let worst = source
            .diagnostics()
            .min_by_key(|finding| std::cmp::Reverse(finding.severity));
        let message = match (&source.refusal, worst) {
            (_, Some(Finding { message, .. })) => message.clone(),
            (Some(refusal), None) => refusal.reason.clone(),
            (None, None) => return None,
        };
        let line = worst.and_then(|finding| finding.line);
        let place = line.map_or_else(String::new, |line| format!("&from={line}#L{line}"));
        Some(Problem {
            is_refused: !source.is_in_force(),
            file: source.file.shown.to_string(),
            line,
            message,
            help: worst.and_then(|finding| finding.help.clone()),
            more: source.diagnostics().count().saturating_sub(1),
            href: format!("{FILES}?file={}{place}", source.kind.name()),
        })
    }
}
