//! What is suggested for the parameters of rules: what stands in the catalog already, as far as the
//! person may read it.

use super::choice::RuleChoice;
use super::member;
use super::node::{Node, Rule};
use super::press::param_id;
use super::tree::At;
use crate::rbac::views::sight::RoleSight;
use crate::ui::entity::Sight;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// How many are suggested at once.
pub(super) const MOST: usize = 50;

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// What the field gets.
    pub(super) value: String,
    /// What it is called; empty when it is the same.
    pub(super) label: String,
}

/// What a field can be filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Topic {
    /// Users, groups, and the aliases for whoever asks.
    Claims,
    /// Kinds of entities.
    Kinds,
    /// The keys below one of [`PARENTS`].
    Keys(&'static str),
    /// The values of a key.
    Values(String),
    /// Actions that steps of templates name.
    Actions,
    /// Tags of parameters and steps of templates.
    Tags,
    /// Roles that can be copied from.
    Roles,
    /// Users whom a preview can be for.
    People,
}

/// Where the keys stand that rules ask for.
const PARENTS: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata",
    "spec",
    "spec.steps.input",
];

const ACTION: &str = "spec.steps.action";
const TAGS: [&str; 2] = [
    "spec.parameters.backstage:permissions.tags",
    "spec.steps.backstage:permissions.tags",
];

/// The list that a field takes its suggestions from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    /// The id of its element; fields about the same share one.
    pub(super) id: String,
    /// Where it is asked for again while somebody types.
    pub(super) href: String,
    /// What it holds.
    pub(super) topic: Topic,
}

impl Topic {
    /// What a parameter of a rule can be; absent for what the catalog cannot know.
    fn of(rule: &Rule, param: &str) -> Option<Topic> {
        let parent = parent_of(&rule.name);
        Some(match param {
            "claims" | "owners" | "createdBy" => Topic::Claims,
            "kinds" => Topic::Kinds,
            "actionId" => Topic::Actions,
            "tag" => Topic::Tags,
            "annotation" | "label" | "key" => Topic::Keys(parent?),
            "value" => {
                let key = ["annotation", "label", "key"];
                let key = key.iter().find_map(|name| rule.param(name)?.as_str());
                let key = key.filter(|key| !key.is_empty())?;
                Topic::Values(format!("{}.{key}", parent?))
            }
            _ => return None,
        })
    }

    /// The topic that an address names: `list`, and what it is `of`.
    pub(super) fn named(list: &str, of: &str) -> Option<Topic> {
        Some(match list {
            "claims" => Topic::Claims,
            "kinds" => Topic::Kinds,
            "keys" => Topic::Keys(PARENTS.into_iter().find(|parent| *parent == of)?),
            "values" => Topic::Values(of.to_owned()),
            "actions" => Topic::Actions,
            "tags" => Topic::Tags,
            "roles" => Topic::Roles,
            "people" => Topic::People,
            _ => return None,
        })
    }

    fn name(&self) -> (&'static str, &str) {
        match self {
            Topic::Claims => ("claims", ""),
            Topic::Kinds => ("kinds", ""),
            Topic::Keys(parent) => ("keys", parent),
            Topic::Values(key) => ("values", key),
            Topic::Actions => ("actions", ""),
            Topic::Tags => ("tags", ""),
            Topic::Roles => ("roles", ""),
            Topic::People => ("people", ""),
        }
    }

    /// What contains `text`, as far as the person may know of it; `roles` are absent for who may
    /// read none.
    pub(super) fn choices(
        &self,
        sight: &Sight,
        roles: Option<&RoleSight>,
        text: &str,
    ) -> Vec<Choice> {
        let text = text.trim();
        match self {
            Topic::Claims => claims(sight, text),
            Topic::People => member::offered(sight, &["user"], text, MOST),
            Topic::Kinds => values(sight, &["kind"], text),
            Topic::Keys(parent) => plain(sight.keys_below(parent, text, MOST)),
            Topic::Values(key) => values(sight, &[key], text),
            Topic::Actions => values(sight, &[ACTION], text),
            Topic::Tags => values(sight, &TAGS, text),
            Topic::Roles => {
                let text = text.to_lowercase();
                let found = roles.into_iter().flat_map(RoleSight::roles);
                let found = found.map(|(role, _)| role);
                let found = found.filter(|role| role.contains(&text));
                plain(found.take(MOST).map(ToString::to_string))
            }
        }
    }
}

/// Where the keys of a rule stand.
fn parent_of(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "HAS_ANNOTATION" => "metadata.annotations",
        "HAS_LABEL" => "metadata.labels",
        "HAS_METADATA" => "metadata",
        "HAS_SPEC" => "spec",
        "HAS_BOOLEAN_PROPERTY" | "HAS_NUMBER_PROPERTY" | "HAS_STRING_PROPERTY" => {
            "spec.steps.input"
        }
        _ => return None,
    })
}

impl List {
    /// The list of a topic by itself.
    pub(super) fn of(topic: Topic) -> List {
        let (name, of) = topic.name();
        let id = match of {
            "" => format!("list-{name}"),
            of => format!("list-{name}-{}", of.replace('.', "-")),
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("list", name);
        if !of.is_empty() {
            query.append_pair("of", of);
        }
        List {
            id,
            href: format!("/rbac/suggestions?{}", query.finish()),
            topic,
        }
    }

    /// The list for a parameter of the rule at a place.
    pub(super) fn for_param(rule: &Rule, param: &str, at: &At) -> Option<List> {
        let list = List::of(Topic::of(rule, param)?);
        Some(match list.topic {
            // Any key has values, so that their list belongs to one field.
            Topic::Values(_) => List {
                id: format!("{}-list", param_id(at, param)),
                ..list
            },
            _ => list,
        })
    }
}

/// The lists of all rules in a tree, each once.
pub(super) fn lists(root: &Node, rules: &[&RuleChoice]) -> Vec<List> {
    let mut found = BTreeMap::new();
    collect(root, &At::default(), rules, &mut found);
    found.into_values().collect()
}

fn collect(node: &Node, at: &At, rules: &[&RuleChoice], found: &mut BTreeMap<String, List>) {
    match node {
        Node::Rule(rule) => {
            let known = rules.iter().find(|known| known.name == rule.name);
            let params = known.into_iter().flat_map(|known| &known.params);
            let lists = params.filter_map(|param| List::for_param(rule, &param.name, at));
            found.extend(lists.map(|list| (list.id.clone(), list)));
        }
        Node::Group(group) => {
            for (index, member) in group.members.iter().enumerate() {
                collect(member, &at.member(index), rules, found);
            }
        }
    }
}

fn claims(sight: &Sight, text: &str) -> Vec<Choice> {
    let alias = |name: &str, words| Choice {
        value: name.to_owned(),
        label: sight.t.say(words).to_string(),
    };
    let aliases = [
        alias("$ownerRefs", "wizard-owner-refs"),
        alias("$currentUser", "wizard-current-user"),
    ];
    let found = member::offered(sight, &["user", "group"], text, MOST);
    aliases
        .into_iter()
        .filter(|alias| alias.value.to_lowercase().contains(&text.to_lowercase()))
        .chain(found)
        .collect()
}

/// The values of keys that contain `text`, the most common first.
fn values(sight: &Sight, keys: &[&str], text: &str) -> Vec<Choice> {
    let text = text.to_lowercase();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (value, count) in keys.iter().flat_map(|key| sight.facet(key, None)) {
        if value.to_lowercase().contains(&text) {
            *counts.entry(value).or_default() += count;
        }
    }
    let mut values: Vec<_> = counts.into_iter().collect();
    values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    plain(values.into_iter().take(MOST).map(|(value, _)| value))
}

fn plain(values: impl IntoIterator<Item = String>) -> Vec<Choice> {
    let choice = |value| Choice {
        value,
        label: String::new(),
    };
    values.into_iter().map(choice).collect()
}
