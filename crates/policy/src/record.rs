//! What a decision tells about itself on its way.

use crate::{Action, grants::TargetId};

/// What settled a decision about a user's roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The conditions of the roles that the user holds.
    Conditions {
        /// The action that was asked about.
        action: Action,
        /// Whether the retired resource type took the place of the permission's own.
        is_retyped: bool,
    },
    /// The rows of those roles about one target.
    Roles(TargetId),
    /// Rows about one target that name the user, or groups of his, instead of a role.
    Subjects(TargetId),
}

/// Is told how a decision comes about.
pub(crate) trait Recorder {
    /// Whether anything is kept. If so, answers worked out in advance will not do.
    const RECORDS: bool;

    /// The decision was settled by this step.
    fn takes(&mut self, step: Step);
}

/// Keeps nothing, and costs nothing.
pub(crate) struct Unrecorded;

impl Recorder for Unrecorded {
    const RECORDS: bool = false;

    fn takes(&mut self, _step: Step) {}
}

/// Keeps the step that settled the decision; absent when no row and no condition did.
#[derive(Default)]
pub(crate) struct Record(pub(crate) Option<Step>);

impl Recorder for Record {
    const RECORDS: bool = true;

    fn takes(&mut self, step: Step) {
        self.0 = Some(step);
    }
}
