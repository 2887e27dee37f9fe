//! The four steps.

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Name, description and owner.
    Words,
    /// Users and groups.
    Members,
    /// Permission policies.
    Policies,
    /// Everything as it will be stored.
    Review,
}

impl Step {
    /// In their order.
    pub(super) const ALL: [Step; 4] = [Step::Words, Step::Members, Step::Policies, Step::Review];

    /// Its number, from 1.
    pub(super) fn number(self) -> u8 {
        match self {
            Step::Words => 1,
            Step::Members => 2,
            Step::Policies => 3,
            Step::Review => 4,
        }
    }

    /// Reads its number.
    pub(super) fn parse(text: &str) -> Option<Step> {
        let mut steps = Step::ALL.into_iter();
        steps.find(|step| step.number().to_string() == text)
    }

    /// Reads a number that counts from 0, as the pages of a role give it.
    pub(super) fn from_active(text: &str) -> Option<Step> {
        let index: usize = text.parse().ok()?;
        Step::ALL.get(index).copied()
    }

    /// The step after this one.
    pub(super) fn next(self) -> Option<Step> {
        Step::ALL.get(usize::from(self.number())).copied()
    }

    /// The step before this one.
    pub(super) fn previous(self) -> Option<Step> {
        let index = usize::from(self.number()).checked_sub(2)?;
        Step::ALL.get(index).copied()
    }
}
