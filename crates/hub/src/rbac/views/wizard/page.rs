//! What the pages of the wizard show.

use super::consequence::Consequence;
use super::member::{Chosen, ChosenPage, Found, Summary};
use super::node_view::NodeView;
use super::preview::{Person, Preview};
use super::step::Step;
use super::suggestion::{Choice, List};
use crate::rbac::views::condition_words::Words;
use crate::ui::{Code, Icon, Markdown, Moment, PageLink, Shell};
use askama::Template;
use smol_str::SmolStr;

/// A page of the wizard.
#[derive(Template)]
#[template(path = "rbac/templates/wizard_page.html")]
pub(super) struct WizardPage {
    pub(super) shell: Shell,
    pub(super) wizard: Wizard,
}

/// The form by itself, which htmx puts in the place of the one before.
#[derive(Template)]
#[template(path = "rbac/templates/wizard_form.html")]
pub(super) struct WizardForm {
    pub(super) shell: Shell,
    pub(super) wizard: Wizard,
}

/// A role of another source, which cannot be edited here.
#[derive(Template)]
#[template(path = "rbac/templates/wizard_locked.html")]
pub(super) struct LockedPage {
    pub(super) shell: Shell,
    pub(super) role: SmolStr,
    /// Why it cannot be edited.
    pub(super) reason: String,
    /// The line of the policy file that makes it, if the person may look.
    pub(super) file: Option<String>,
    pub(super) back: String,
    pub(super) copy: Option<String>,
    pub(super) review: Review,
}

/// The options below the field for users and groups.
#[derive(Template)]
#[template(path = "rbac/templates/wizard_options.html")]
pub(super) struct OptionList {
    pub(super) t: crate::ui::Texts,
    pub(super) text: String,
    pub(super) found: Vec<Found>,
}

/// The suggestions for a field.
#[derive(Template)]
#[template(path = "rbac/templates/wizard_suggestions.html")]
pub(super) struct Suggestions {
    pub(super) choices: Vec<Choice>,
}

/// The wizard at one step.
pub(super) struct Wizard {
    /// Where the form is sent.
    pub(super) action: String,
    pub(super) step: Step,
    pub(super) is_new: bool,
    pub(super) role: SmolStr,
    pub(super) steps: Vec<StepLink>,
    /// The id of the element to go on at.
    pub(super) focus: Option<String>,
    /// Why it was not stored.
    pub(super) alert: Option<String>,
    pub(super) kept: Option<Moment>,
    /// The role that the draft could begin anew as, which somebody has asked for.
    pub(super) copy: Option<String>,
    /// Whether anything would be stored.
    pub(super) can_save: bool,
    pub(super) part: Part,
}

/// A step above the form.
pub(super) struct StepLink {
    pub(super) label: &'static str,
    pub(super) number: u8,
    pub(super) is_done: bool,
    pub(super) is_current: bool,
}

/// What belongs to one step.
pub(super) enum Part {
    Words(WordsPart),
    Members(MembersPart),
    Policies(PoliciesPart),
    Review(Box<Review>),
    Conflict(Box<Conflict>),
}

/// Name, description and owner.
pub(super) struct WordsPart {
    pub(super) name: String,
    pub(super) namespace: SmolStr,
    pub(super) description: String,
    pub(super) owner: String,
    pub(super) name_error: Option<&'static str>,
    pub(super) has_bad_owner: bool,
    /// What moves along when the name changes; absent when it does not.
    pub(super) rename: Option<Rename>,
    /// Users and groups that an owner can be chosen from.
    pub(super) owners: Vec<SmolStr>,
}

/// What another name takes along.
pub(super) struct Rename {
    pub(super) old: SmolStr,
    pub(super) members: usize,
    pub(super) policies: usize,
    pub(super) conditions: usize,
}

/// Users and groups.
pub(super) struct MembersPart {
    /// What was typed and found nobody alone.
    pub(super) text: String,
    pub(super) found: Option<Vec<Found>>,
    pub(super) summary: Summary,
    pub(super) chosen: ChosenPage,
    /// To the pages before and after; none when all are shown.
    pub(super) links: Vec<PageLink>,
    pub(super) filter: String,
    pub(super) reach: u64,
    pub(super) is_missing: bool,
}

/// Permission policies.
pub(super) struct PoliciesPart {
    pub(super) rows: Vec<RowView>,
    pub(super) policies: usize,
    pub(super) builder: Option<Box<BuilderView>>,
    pub(super) is_missing: bool,
    /// Roles whose policies can be copied.
    pub(super) roles: Suggested,
    /// Why none were copied.
    pub(super) copy_error: Option<String>,
}

/// A list with what it holds before anybody types.
pub(super) struct Suggested {
    pub(super) list: List,
    pub(super) choices: Vec<Choice>,
}

/// A row of policies.
pub(super) struct RowView {
    pub(super) id: u32,
    pub(super) place: usize,
    pub(super) plugin: SmolStr,
    pub(super) permission: SmolStr,
    pub(super) plugins: Vec<SmolStr>,
    pub(super) types: Vec<SmolStr>,
    pub(super) permissions: Vec<SmolStr>,
    pub(super) actions: Vec<ActionView>,
    pub(super) is_deny: bool,
    /// The source that alone may change it.
    pub(super) locked: Option<SmolStr>,
    pub(super) access: Access,
    pub(super) faults: Vec<FaultView>,
    /// The type when it is about all of its permissions.
    pub(super) broad: Option<SmolStr>,
}

/// An action of a row.
pub(super) struct ActionView {
    /// With its first letter in upper case.
    pub(super) label: &'static str,
    pub(super) is_on: bool,
}

/// Under which condition a row allows.
pub(super) enum Access {
    /// Under none, and none can be made.
    Always,
    /// Under none as long as nobody makes one.
    Configurable,
    /// Under one with so many rules.
    Rules(usize),
    /// That of the builder that is open.
    Open(usize),
}

/// What is wrong with a row, in words.
pub(super) struct FaultView {
    pub(super) is_error: bool,
    pub(super) text: String,
}

/// The builder of conditions.
pub(super) struct BuilderView {
    pub(super) place: usize,
    pub(super) resource_type: SmolStr,
    pub(super) head: String,
    pub(super) sentence: Option<Words>,
    pub(super) root: NodeView,
    pub(super) criterion: &'static str,
    pub(super) can_be_single: bool,
    pub(super) json: Option<String>,
    pub(super) line_faults: Vec<(u32, String)>,
    pub(super) error: Option<String>,
    pub(super) code: Code,
    pub(super) is_valid: bool,
    pub(super) has_preview: bool,
    pub(super) people: Vec<Person>,
    /// Users to type one of, where there are too many to list.
    pub(super) typed: Option<Suggested>,
    pub(super) preview_for: SmolStr,
    pub(super) viewer: Person,
    pub(super) preview: Option<Preview>,
    pub(super) lists: Vec<Suggested>,
}

/// A role as it will be stored.
pub(super) struct Review {
    pub(super) role: SmolStr,
    pub(super) description: Markdown,
    pub(super) owner: String,
    pub(super) summary: Summary,
    pub(super) members: Vec<Chosen>,
    pub(super) hidden: usize,
    pub(super) rows: Vec<ReviewRow>,
    /// What differs from what is stored, line by line; empty for a new role.
    pub(super) changes: Vec<ChangeLine>,
    pub(super) consequence: Option<Consequence>,
    /// Whether it is there already.
    pub(super) is_edit: bool,
}

/// A row of the review.
pub(super) struct ReviewRow {
    pub(super) plugin: SmolStr,
    pub(super) permission: SmolStr,
    pub(super) actions: String,
    pub(super) is_deny: bool,
    pub(super) rules: Option<usize>,
    pub(super) sentence: Option<Words>,
}

/// A change in words.
pub(super) struct ChangeLine {
    pub(super) is_gain: bool,
    pub(super) text: String,
}

/// Two versions of one role.
pub(super) struct Conflict {
    /// Who stored the other one; absent when the role is gone.
    pub(super) by: Option<String>,
    pub(super) mine: Vec<ChangeLine>,
    pub(super) theirs: Vec<ChangeLine>,
    pub(super) is_gone: bool,
}

impl Wizard {
    fn goes_on_at(&self, id: &str) -> bool {
        self.focus.as_deref() == Some(id)
    }

    fn title(&self) -> &'static str {
        if self.is_new {
            "wizard-create"
        } else {
            "wizard-edit"
        }
    }

    fn save_label(&self) -> &'static str {
        if self.is_new {
            "wizard-do-create"
        } else {
            "wizard-do-save"
        }
    }

    fn card(&self) -> &'static str {
        match (self.step, self.is_new) {
            (Step::Words, true) => "wizard-words-new",
            (Step::Words, false) => "wizard-words-edit",
            (Step::Members, true) => "wizard-members-new",
            (Step::Members, false) => "wizard-members-edit",
            (Step::Policies, true) => "wizard-policies-new",
            (Step::Policies, false) => "wizard-policies-edit",
            (Step::Review, true) => "wizard-review-new",
            (Step::Review, false) => "wizard-review-edit",
        }
    }

    /// What pressing Enter in a field does.
    fn default_op(&self) -> &'static str {
        match self.step {
            Step::Words => "to 2",
            Step::Members => "add-member",
            Step::Policies => "enter",
            Step::Review => "keep",
        }
    }

    fn next(&self) -> Option<u8> {
        self.step.next().map(Step::number)
    }

    fn previous(&self) -> Option<u8> {
        self.step.previous().map(Step::number)
    }

    fn index(&self) -> u8 {
        self.step.number() - 1
    }
}
