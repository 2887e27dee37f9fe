//! What is told of a decision, and to whom.

use super::judge::Judge;
use super::question::{Person, Question};
use super::sentence;
use crate::app::App;
use callboard_policy::{
    Account, Answer, AskedCondition, Considered, Criteria, Decision, Flip, HeldRole, How, Inquiry,
    Origin, Outcome, ReasonKind, Rule, Tested, flips, leaf_flips,
};
use serde::{Serialize, Serializer};

/// How many rows that did not apply are told, of each kind; those that applied are all told.
const MAX_NOT_APPLIED: usize = 100;

/// The full view of a decision.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FullAnswer {
    /// `ALLOW`, `DENY`, or `CONDITIONAL` when no resource was named and it depends on it.
    pub result: &'static str,
    /// `full`.
    pub view: &'static str,
    /// The number of the policy that decided.
    pub revision: u64,
    /// About whom.
    pub user: UserAnswer,
    /// The roles that the user holds; once for each way in which one is given.
    pub roles: Vec<RoleAnswer>,
    /// The rows and conditions about the permission's name or resource type: first what
    /// decided, then what was overruled, then what did not apply. Of rows for other actions,
    /// and of roles that the user does not hold, a hundred each at most.
    pub considered: Vec<ConsideredAnswer>,
    /// The conditions that were asked.
    pub conditions: Vec<ConditionAnswer>,
    /// What decided.
    pub decided_by: DecidedBy,
    /// Changes that would turn the answer into the other one.
    #[serde(serialize_with = "in_json")]
    pub flips: Vec<Flip>,
    /// The result, for programs.
    #[serde(skip)]
    pub answer: Answer,
    /// The action that was asked about.
    #[serde(skip)]
    pub action: &'static str,
    /// The question and its answer in words, for people.
    #[serde(skip)]
    pub headline: String,
    /// The reason in a sentence, for people.
    #[serde(skip)]
    pub sentence: String,
}

/// The own view of a decision.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnAnswer {
    /// As [`FullAnswer::result`].
    pub result: &'static str,
    /// The result, for programs.
    #[serde(skip)]
    pub answer: Answer,
    /// `own`.
    pub view: &'static str,
    /// The roles of one's own that took part, by name.
    pub roles: Vec<OwnRole>,
    /// The kind of reason alone.
    pub decided_by: OwnReason,
}

/// A role of one's own.
#[derive(Debug, Serialize)]
pub struct OwnRole {
    /// The role.
    #[serde(rename = "ref")]
    pub role: String,
}

/// A kind of reason.
#[derive(Debug, Serialize)]
pub struct OwnReason {
    /// The kind, such as `grant-deny`.
    pub reason: &'static str,
    /// The kind, for programs.
    #[serde(skip)]
    pub kind: ReasonKind,
}

/// The user whom an answer is about.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserAnswer {
    /// The user.
    pub entity_ref: String,
    /// In whose name the user owns things.
    pub ownership_entity_refs: Vec<String>,
    /// The groups that the user is in, directly or above, nearest first.
    pub groups: Vec<GroupAnswer>,
    /// The groups along the cycle that takes the user's roles away; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Vec<String>>,
    /// What is odd about the user; absent when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// A group of the user.
#[derive(Debug, Serialize)]
pub struct GroupAnswer {
    /// The group.
    #[serde(rename = "ref")]
    pub group: String,
    /// The groups from the one that the user is directly in up to this one, both included.
    pub path: Vec<String>,
}

/// A role that the user holds, and one way in which it is given.
#[derive(Debug, Serialize)]
pub struct RoleAnswer {
    /// The role.
    #[serde(rename = "ref")]
    pub role: String,
    /// The groups from the user to the member that the role is given to; empty when it is
    /// given to the user, or to everybody.
    pub via: Vec<String>,
    /// What gives it.
    #[serde(skip)]
    pub how: How,
    /// Where the membership came from.
    #[serde(flatten)]
    pub place: Place,
}

/// Where something came from.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// `configuration`, `rest`, `csv-file`, `legacy`, or a provider's name.
    pub source: String,
    /// The file, as configured; absent when none holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A row, or one entry of a condition's mapping.
#[derive(Debug, Clone, Serialize)]
pub struct ConsideredAnswer {
    /// The role; for old rows the user or group.
    pub role: String,
    /// The permission's name or the resource type.
    pub permission: String,
    /// The action.
    pub action: &'static str,
    /// `allow`, `deny` or `conditional`.
    pub effect: String,
    /// The effect, for programs.
    #[serde(skip)]
    pub rule: Rule,
    /// Where it came from.
    #[serde(flatten)]
    pub place: Place,
    /// The id of the conditional policy; absent for a plain row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// What became of it.
    #[serde(serialize_with = "outcome")]
    pub outcome: Outcome,
}

/// A condition that was asked.
#[derive(Debug, Serialize)]
pub struct ConditionAnswer {
    /// The role that has it.
    pub role: String,
    /// Its id.
    pub id: i64,
    /// What the resource says to each part; `null` when the stored criteria cannot be read.
    #[serde(serialize_with = "tree")]
    pub tree: Option<Criteria<Tested>>,
}

/// What decided.
#[derive(Debug, Serialize)]
pub struct DecidedBy {
    /// The kind of reason, such as `grant-deny`.
    pub reason: &'static str,
    /// The kind, for programs.
    #[serde(skip)]
    pub kind: ReasonKind,
    /// The first row or condition that decided; absent when it came from elsewhere, or the asker
    /// may not see the role.
    #[serde(flatten)]
    pub considered: Option<ConsideredAnswer>,
}

/// A decision with everything that can be told of it.
pub(super) struct Explained<'a> {
    question: &'a Question,
    revision: u64,
    answer: Answer,
    account: Account,
    trees: Vec<Option<Criteria<Tested>>>,
    flips: Vec<Flip>,
}

impl<'a> Explained<'a> {
    /// Decides a question by the policy in force.
    pub(super) fn new(app: &App, question: &'a Question) -> Explained<'a> {
        let (model, in_force) = app.rbac().in_force(app);
        let Question {
            person, permission, ..
        } = question;
        let inquiry = Inquiry {
            user: &person.entity_ref,
            ownership: &person.ownership,
            permission,
        };
        let judge = Judge {
            app,
            in_force: &in_force,
            question,
        };
        let snapshot = in_force.snapshot();
        let mut account = snapshot.account(&model, inquiry.principal(), permission);
        if question.is_out_of_scope() {
            account.deny_out_of_scope();
            return Explained {
                question,
                revision: snapshot.revision(),
                answer: Answer::Deny,
                account,
                trees: Vec::new(),
                flips: Vec::new(),
            };
        }
        let answer = judge.answer(&account.decision);
        let fault = match &account.decision {
            Decision::Conditional(conditional) => in_force.fault(conditional),
            Decision::Allow(_) | Decision::Deny(_) => None,
        };
        if let Some((id, fault)) = fault {
            account.deny_for(id, fault);
        }
        let trees = account.conditions.iter();
        let trees: Vec<_> = trees
            .map(|asked| judge.tree(&account.decision, asked))
            .collect();
        let holds = |tree: &Option<Criteria<Tested>>| {
            tree.as_ref().and_then(Criteria::<Tested>::holds) == Some(true)
        };
        // Of several conditions, the first that lets the resource through.
        if let Some(at) = trees.iter().position(holds) {
            account.decide_by(account.conditions[at].id);
        }
        let mut explained = Explained {
            question,
            revision: snapshot.revision(),
            answer,
            flips: flips(&model, &inquiry, &|decision| judge.answer(&decision)),
            account,
            trees,
        };
        explained
            .flips
            .extend(leaf_flips(&explained.readable_trees()));
        explained
    }

    fn readable_trees(&self) -> Vec<(&AskedCondition, Criteria<Tested>)> {
        let pairs = self.account.conditions.iter().zip(&self.trees);
        pairs
            .filter_map(|(asked, tree)| Some((asked, tree.clone()?)))
            .collect()
    }

    fn reason(&self) -> ReasonKind {
        self.account.decision.reason().kind()
    }

    /// What everybody may know of themselves.
    pub(super) fn into_own(self) -> OwnAnswer {
        let roles = self.account.roles_that_took_part();
        let roles = roles.into_iter().map(|role| OwnRole {
            role: role.to_owned(),
        });
        OwnAnswer {
            result: self.answer.as_str(),
            answer: self.answer,
            view: "own",
            roles: roles.collect(),
            decided_by: OwnReason {
                reason: self.reason().as_str(),
                kind: self.reason(),
            },
        }
    }

    /// Everything, as far as it is about roles that may be seen.
    pub(super) fn into_full(self, is_visible: &dyn Fn(&str) -> bool) -> FullAnswer {
        let Explained {
            question,
            answer,
            ref account,
            ..
        } = self;
        let decided = account.decided_by.map(|at| &account.considered[at]);
        let decided_by = DecidedBy {
            reason: self.reason().as_str(),
            kind: self.reason(),
            considered: decided
                .filter(|one| is_visible(&one.subject))
                .map(ConsideredAnswer::from),
        };
        FullAnswer {
            result: answer.as_str(),
            view: "full",
            answer,
            revision: self.revision,
            action: question.permission.action().as_str(),
            headline: sentence::headline(question, answer),
            sentence: sentence::of(answer, self.reason(), &decided_by, account.conditions.len()),
            user: UserAnswer::new(&question.person, account),
            roles: visible_roles(account, is_visible),
            considered: visible_rows(account, is_visible),
            conditions: self.visible_conditions(is_visible),
            flips: self.visible_flips(is_visible),
            decided_by,
        }
    }

    fn visible_conditions(&self, is_visible: &dyn Fn(&str) -> bool) -> Vec<ConditionAnswer> {
        let pairs = self.account.conditions.iter().zip(&self.trees);
        let visible = pairs.filter(|(asked, _)| is_visible(&asked.role));
        let told = visible.map(|(asked, tree)| ConditionAnswer {
            role: asked.role.to_string(),
            id: asked.id,
            tree: tree.clone(),
        });
        told.collect()
    }

    /// None at all while a hidden role has a say: what a change does would tell of it.
    fn visible_flips(&self, is_visible: &dyn Fn(&str) -> bool) -> Vec<Flip> {
        let applied = self.account.considered.iter().filter(|one| has_a_say(one));
        if applied.into_iter().any(|one| !is_visible(&one.subject)) {
            return Vec::new();
        }
        let mut flips = self.flips.clone();
        flips.retain(|flip| flip.roles().into_iter().all(is_visible));
        flips
    }
}

fn has_a_say(one: &Considered) -> bool {
    match one.outcome {
        Outcome::Decided | Outcome::OverruledByDeny | Outcome::OverruledByPrecedence => true,
        Outcome::OtherAction | Outcome::RoleNotHeld => false,
    }
}

fn visible_roles(account: &Account, is_visible: &dyn Fn(&str) -> bool) -> Vec<RoleAnswer> {
    let visible = account.roles.iter().filter(|way| is_visible(&way.role));
    visible.map(RoleAnswer::from).collect()
}

fn visible_rows(account: &Account, is_visible: &dyn Fn(&str) -> bool) -> Vec<ConsideredAnswer> {
    let mut counts = [0; 2];
    let visible = account
        .considered
        .iter()
        .filter(|one| is_visible(&one.subject));
    let told = visible.filter(|one| match one.outcome {
        Outcome::Decided | Outcome::OverruledByDeny | Outcome::OverruledByPrecedence => true,
        Outcome::OtherAction => is_below(&mut counts[0]),
        Outcome::RoleNotHeld => is_below(&mut counts[1]),
    });
    told.map(ConsideredAnswer::from).collect()
}

fn is_below(count: &mut usize) -> bool {
    *count += 1;
    *count <= MAX_NOT_APPLIED
}

impl UserAnswer {
    fn new(person: &Person, account: &Account) -> UserAnswer {
        let group = |way: &callboard_policy::GroupPath| GroupAnswer {
            group: way.group.to_string(),
            path: way.path.iter().map(ToString::to_string).collect(),
        };
        let cycle = account.cycle.as_ref();
        UserAnswer {
            entity_ref: person.entity_ref.to_string(),
            ownership_entity_refs: person.ownership.iter().map(ToString::to_string).collect(),
            groups: account.groups.iter().map(group).collect(),
            cycle: cycle.map(|cycle| cycle.iter().map(ToString::to_string).collect()),
            note: (!person.is_known).then_some("the catalog does not know this user"),
        }
    }
}

impl From<&HeldRole> for RoleAnswer {
    fn from(way: &HeldRole) -> RoleAnswer {
        RoleAnswer {
            role: way.role.to_string(),
            via: way.via.iter().map(ToString::to_string).collect(),
            how: way.how,
            place: Place::from(&way.origin),
        }
    }
}

impl From<&Considered> for ConsideredAnswer {
    fn from(one: &Considered) -> ConsideredAnswer {
        ConsideredAnswer {
            role: one.subject.to_string(),
            permission: one.permission.to_string(),
            action: one.action.as_str(),
            effect: one.rule.to_string(),
            rule: one.rule,
            place: Place::from(&one.origin),
            id: match one.rule {
                Rule::Condition(id) => Some(id),
                Rule::Grant(_) => None,
            },
            outcome: one.outcome,
        }
    }
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Place {
        Place {
            source: origin.source.to_string(),
            file: origin.file.as_deref().map(str::to_owned),
            line: origin.line,
        }
    }
}

impl std::fmt::Display for Place {
    /// Writes `rbac.csv:12`, or the source where there is no file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}"),
            (Some(file), None) => f.write_str(file),
            (None, _) => f.write_str(&self.source),
        }
    }
}

fn outcome<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.as_str())
}

fn tree<S: Serializer>(tree: &Option<Criteria<Tested>>, serializer: S) -> Result<S::Ok, S::Error> {
    tree.as_ref()
        .map(Criteria::<Tested>::to_json)
        .serialize(serializer)
}

fn in_json<S: Serializer>(flips: &[Flip], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(flips.iter().map(Flip::to_json))
}
