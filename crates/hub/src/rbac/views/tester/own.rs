//! What everybody is told of a decision about themselves.

use super::ask::Asked;
use super::trace::Verdict;
use super::words::{self, Sentence};
use crate::rbac::explain::{OwnAnswer, OwnRole};
use crate::ui::{Contact, PageRequest};

/// The answer, the kind of reason, one's own roles that took part, and whom to ask.
pub(super) struct OwnResult {
    pub(super) verdict: Verdict,
    pub(super) heading: String,
    pub(super) because: Sentence,
    pub(super) roles: Vec<String>,
    pub(super) contact: Option<Contact>,
    /// The address of this answer, whole.
    pub(super) link: String,
}

impl OwnResult {
    pub(super) fn new(request: &PageRequest, asked: &Asked, answer: &OwnAnswer) -> OwnResult {
        let (t, app) = (request.texts(), &request.app);
        OwnResult {
            verdict: Verdict(answer.answer),
            heading: words::headline(&t, answer.answer, None, ""),
            because: words::because_alone(&t, answer.answer, answer.decided_by.kind),
            roles: answer
                .roles
                .iter()
                .map(|OwnRole { role }| role.clone())
                .collect(),
            contact: app.brand().contact.clone(),
            link: format!("{}{}", app.core().base_url, asked.href()),
        }
    }
}
