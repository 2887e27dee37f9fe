//! The full view of a decision, step by step.

use super::ask::Asked;
use super::condition::Part;
use super::other::{Other, others};
use super::words::{self, Sentence};
use crate::error::Error;
use crate::rbac::explain::{
    ConsideredAnswer, ExplainRequest, FullAnswer, GroupAnswer, Place, RoleAnswer, UserAnswer,
};
use crate::rbac::views::address;
use crate::rbac::views::source::SourceBadge;
use crate::ui::entity::{RefLink, Sight};
use crate::ui::{Icon, PageRequest, Texts, Tone, query_value};
use callboard_policy::{
    Answer, Criteria, Effect, EntityRef, How, Outcome, Precedence, ReasonKind, Rule, Tested,
};

/// How many rows that did not apply stand in the table; the others fold away.
const NOT_APPLIED_AT_ONCE: usize = 12;

/// An answer as it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict(pub(super) Answer);

impl Verdict {
    pub(super) fn tone(self) -> Tone {
        match self.0 {
            Answer::Allow => Tone::Ok,
            Answer::Deny => Tone::No,
            Answer::Conditional => Tone::If,
        }
    }

    pub(super) fn icon(self) -> Icon {
        match self.0 {
            Answer::Allow => Icon::Check,
            Answer::Deny => Icon::X,
            Answer::Conditional => Icon::Split,
        }
    }

    /// The word of a badge.
    pub(super) fn word(self, t: &Texts) -> String {
        let name = match self.0 {
            Answer::Allow => "tester-badge-yes",
            Answer::Deny => "tester-badge-no",
            Answer::Conditional => "tester-badge-depends",
        };
        t.say(name).to_string()
    }

    /// The heading of the last step.
    pub(super) fn end(self, t: &Texts) -> String {
        let name = match self.0 {
            Answer::Allow => "tester-end-allowed",
            Answer::Deny => "tester-end-denied",
            Answer::Conditional => "tester-end-depends",
        };
        t.say(name).to_string()
    }
}

/// Everything that is told.
pub(super) struct FullResult {
    pub(super) verdict: Verdict,
    pub(super) heading: String,
    pub(super) because: Sentence,
    pub(super) user: UserAnswer,
    pub(super) groups: Vec<String>,
    /// Those that had a say, and the first of those that had none.
    pub(super) rules: Vec<RuleRow>,
    /// The others that had none.
    pub(super) more_rules: Vec<RuleRow>,
    pub(super) conditions: Vec<ConditionStep>,
    pub(super) combination: Sentence,
    pub(super) changes: Vec<Sentence>,
    /// What the answer would be then.
    pub(super) opposite: Verdict,
    pub(super) others: Vec<Other>,
    pub(super) review: String,
    pub(super) revision: u64,
    /// RFC 3339, UTC.
    pub(super) at: String,
    pub(super) link: String,
    pub(super) curl: String,
}

/// A row that was considered, or one entry of a condition.
pub(super) struct RuleRow {
    /// The role without kind and usual namespace.
    pub(super) role: String,
    /// Its page; absent for old rows of users and groups.
    pub(super) href: Option<String>,
    /// How it is held.
    pub(super) held: String,
    pub(super) permission: String,
    pub(super) effect: EffectBadge,
    pub(super) source: SourceBadge,
    pub(super) outcome: String,
    pub(super) tone: Tone,
    pub(super) has_decided: bool,
}

/// What a row says.
pub(super) struct EffectBadge {
    pub(super) tone: Tone,
    pub(super) icon: Icon,
    pub(super) word: String,
}

/// A condition that was asked.
pub(super) struct ConditionStep {
    pub(super) id: i64,
    pub(super) role: String,
    pub(super) tone: Tone,
    pub(super) icon: Icon,
    /// Absent when the stored criteria cannot be read.
    pub(super) tree: Option<Part>,
}

impl FullResult {
    pub(super) fn new(
        request: &PageRequest,
        asked: &Asked,
        question: &ExplainRequest,
        answer: FullAnswer,
    ) -> Result<FullResult, Error> {
        let PageRequest { app, viewer, .. } = request;
        let t = request.texts();
        let sight = Sight::of(app, &viewer.principal, t.clone())?;
        let person = EntityRef::parse(&answer.user.entity_ref).map_err(Error::internal)?;
        let person = RefLink::new(&sight, &person).label;
        let (rules, more_rules) = rules(&t, &answer);
        let asked = Asked {
            user: answer.user.entity_ref.clone(),
            ..asked.clone()
        };
        let core = app.core();
        let changes = answer.flips.iter().map(|flip| words::change(&t, flip));
        Ok(FullResult {
            verdict: Verdict(answer.answer),
            heading: words::headline(&t, answer.answer, Some(&person), answer.action),
            because: words::because(
                &t,
                answer.answer,
                &answer.decided_by,
                answer.conditions.len(),
            ),
            groups: answer
                .user
                .groups
                .iter()
                .map(|one| group(&t, one))
                .collect(),
            rules,
            more_rules,
            conditions: conditions(&t, &answer),
            combination: combination(&t, &answer, app.rbac().config().settings.precedence),
            changes: changes.collect(),
            opposite: Verdict(answer.answer.opposite()),
            others: others(request, &sight, &asked, question)?,
            review: review(&asked.permission),
            revision: answer.revision,
            at: core.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            link: format!("{}{}", core.base_url, asked.href()),
            curl: format!(
                "curl -H \"Authorization: Bearer $TOKEN\" '{}/api/permission/explain?{}'",
                core.base_url,
                asked.api_query()
            ),
            user: answer.user,
        })
    }
}

/// The access review of one permission.
fn review(permission: &str) -> String {
    format!(
        "/rbac/review?by=person&permission={}",
        query_value(permission)
    )
}

fn group(t: &Texts, group: &GroupAnswer) -> String {
    match group.path.split_last() {
        Some((_, [])) | None => group.group.clone(),
        Some((_, through)) => t
            .say("tester-through")
            .with("group", group.group.clone())
            .with("path", through.join(", "))
            .to_string(),
    }
}

fn rules(t: &Texts, answer: &FullAnswer) -> (Vec<RuleRow>, Vec<RuleRow>) {
    let row = |one: &ConsideredAnswer| RuleRow {
        role: short(&one.role),
        href: role_href(&one.role),
        held: held(t, one, &answer.roles),
        permission: format!("{}, {}", one.permission, one.action),
        effect: effect(t, one.rule),
        source: source(t, &one.place),
        outcome: outcome(t, one.outcome),
        tone: match (one.outcome, answer.answer) {
            (Outcome::Decided, answer) => Verdict(answer).tone(),
            _ => Tone::Plain,
        },
        has_decided: one.outcome == Outcome::Decided,
    };
    let has_a_say = |one: &ConsideredAnswer| match one.outcome {
        Outcome::Decided | Outcome::OverruledByDeny | Outcome::OverruledByPrecedence => true,
        Outcome::OtherAction | Outcome::RoleNotHeld => false,
    };
    let first = answer
        .considered
        .iter()
        .filter(|one| has_a_say(one))
        .count();
    let at = answer.considered.len().min(first + NOT_APPLIED_AT_ONCE);
    let (first, rest) = answer.considered.split_at(at);
    (
        first.iter().map(row).collect(),
        rest.iter().map(row).collect(),
    )
}

/// A role as one speaks of it among roles.
fn short(role: &str) -> String {
    role.strip_prefix("role:default/")
        .unwrap_or(role)
        .to_owned()
}

/// The page of a role; absent for the users and groups of old rows.
fn role_href(role: &str) -> Option<String> {
    role.starts_with("role:").then(|| address::overview(role))
}

fn held(t: &Texts, one: &ConsideredAnswer, roles: &[RoleAnswer]) -> String {
    if one.outcome == Outcome::RoleNotHeld {
        return t.say("tester-not-held").to_string();
    }
    let way = roles.iter().find(|role| role.role == one.role);
    let text = match way.map(|way| (way.how, way.via.as_slice())) {
        Some((How::Default, _)) => t.say("tester-held-by-all"),
        Some((How::Member, [])) => t.say("tester-held-directly"),
        Some((How::Member, via)) => t.say("tester-held-through").with("path", via.join(", ")),
        Some((How::Ownership, via)) => t.say("tester-held-by-token").with("refs", via.join(", ")),
        // An old row of the user, or of one of the groups.
        None => t.say("tester-held-by-name"),
    };
    text.to_string()
}

fn effect(t: &Texts, rule: Rule) -> EffectBadge {
    let (tone, icon, text) = match rule {
        Rule::Grant(Effect::Allow) => (Tone::Ok, Icon::Check, t.say("tester-allow")),
        Rule::Grant(Effect::Deny) => (Tone::No, Icon::X, t.say("tester-deny")),
        Rule::Condition(id) => (
            Tone::If,
            Icon::Split,
            t.say("tester-conditional").with("id", id.to_string()),
        ),
    };
    let word = text.to_string();
    EffectBadge { tone, icon, word }
}

fn source(t: &Texts, place: &Place) -> SourceBadge {
    SourceBadge::new(t, &place.source, place.file.as_deref(), place.line)
}

fn outcome(t: &Texts, outcome: Outcome) -> String {
    let name = match outcome {
        Outcome::Decided => "tester-decided",
        Outcome::OverruledByDeny => "tester-overruled-by-deny",
        Outcome::OverruledByPrecedence => "tester-overruled-by-precedence",
        Outcome::OtherAction => "tester-other-action",
        Outcome::RoleNotHeld => "tester-role-not-held",
    };
    t.say(name).to_string()
}

fn conditions(t: &Texts, answer: &FullAnswer) -> Vec<ConditionStep> {
    let asked = answer.conditions.iter().map(|condition| {
        let holds = condition.tree.as_ref().map(Criteria::<Tested>::holds);
        let (tone, icon) = match holds {
            Some(Some(true)) => (Tone::Ok, Icon::Check),
            Some(Some(false)) | None => (Tone::No, Icon::X),
            Some(None) => (Tone::If, Icon::Split),
        };
        ConditionStep {
            id: condition.id,
            role: condition.role.clone(),
            tone,
            icon,
            tree: condition.tree.as_ref().map(|tree| Part::new(t, tree)),
        }
    });
    asked.collect()
}

/// The rule by which rows and conditions make one answer.
fn combination(t: &Texts, answer: &FullAnswer, precedence: Precedence) -> Sentence {
    let name = match answer.decided_by.kind {
        ReasonKind::GrantAllow
        | ReasonKind::GrantDeny
        | ReasonKind::Condition
        | ReasonKind::ConditionCollision
        | ReasonKind::UnreadableCondition
        | ReasonKind::UnknownRule
        | ReasonKind::BadParameters => match precedence {
            Precedence::Conditional => "tester-conditions-first",
            Precedence::Basic => "tester-rows-first",
        },
        ReasonKind::NoGrant => "tester-nothing-allows",
        ReasonKind::PermissionsDisabled
        | ReasonKind::NoPrincipal
        | ReasonKind::ServiceAllowed
        | ReasonKind::ServiceRestricted
        | ReasonKind::TokenScope
        | ReasonKind::SuperUser
        | ReasonKind::GroupCycle => "tester-before-roles",
    };
    let sentence = t.rich(name);
    match name {
        "tester-conditions-first" | "tester-rows-first" => sentence
            .code(
                "setting",
                &format!("policyDecisionPrecedence: {}", precedence.as_str()),
            )
            .into(),
        _ => sentence.into(),
    }
}
