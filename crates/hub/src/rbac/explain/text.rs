//! The full view as text for a terminal.

use super::answer::{
    ConditionAnswer, ConsideredAnswer, FullAnswer, GroupAnswer, RoleAnswer, UserAnswer,
};
use callboard_policy::{Condition, Criteria, Evidence, How, Outcome, Tested};
use serde_json::Value;
use std::fmt::{Display, Formatter, Result, Write};

impl Display for FullAnswer {
    /// Writes the answer, why, and everything that led to it, in sections with aligned columns.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{}  {}", self.result, self.headline)?;
        let indent = " ".repeat(self.result.len());
        writeln!(f, "{indent}  {}", self.sentence)?;
        if let Some(note) = self.user.note {
            writeln!(f, "{indent}  Note: {note}.")?;
        }
        section(f, "Who", &who(&self.user))?;
        section(f, "Roles", &self.roles.iter().map(role).collect::<Vec<_>>())?;
        section(f, "Considered", &self.told_rows())?;
        let left = self.considered.len() - self.told().count();
        if left > 0 {
            let rows = if left == 1 { "row" } else { "rows" };
            writeln!(
                f,
                "  and {left} {rows} for other actions; `--format json` has all of them"
            )?;
        }
        for condition in &self.conditions {
            write_condition(f, condition)?;
        }
        let flips = self.flips.iter().map(|flip| vec![format!("- {flip}")]);
        section(f, "What would change it", &flips.collect::<Vec<_>>())
    }
}

impl FullAnswer {
    /// The rows that could have mattered: those for the action that was asked about.
    fn told(&self) -> impl Iterator<Item = &ConsideredAnswer> {
        let considered = self.considered.iter();
        considered.filter(|one| one.outcome != Outcome::OtherAction && one.action == self.action)
    }

    fn told_rows(&self) -> Vec<Vec<String>> {
        let row = |one: &ConsideredAnswer| {
            let effect = match one.id {
                Some(id) => format!("condition {id}"),
                None => one.effect.clone(),
            };
            let what = format!("{}, {}", one.permission, one.action);
            let outcome = one.outcome.as_str().to_owned();
            vec![
                outcome,
                one.role.clone(),
                what,
                effect,
                one.place.to_string(),
            ]
        };
        self.told().map(row).collect()
    }
}

fn who(user: &UserAnswer) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["user".to_owned(), user.entity_ref.clone()]];
    let owners = user.ownership_entity_refs.iter().zip(first_of("owns as"));
    rows.extend(owners.map(|(owner, label)| vec![label, owner.clone()]));
    let groups = user.groups.iter().zip(first_of("is in"));
    rows.extend(groups.map(|(group, label)| vec![label, group_text(group)]));
    if let Some(cycle) = &user.cycle {
        rows.push(vec!["cycle".to_owned(), cycle.join(" > ")]);
    }
    rows
}

/// A label beside the first row of several.
fn first_of(label: &str) -> impl Iterator<Item = String> {
    std::iter::once(label.to_owned()).chain(std::iter::repeat(String::new()))
}

fn group_text(group: &GroupAnswer) -> String {
    match group.path.split_last() {
        Some((_, [])) | None => group.group.clone(),
        Some((_, through)) => format!("{}, through {}", group.group, through.join(" > ")),
    }
}

fn role(role: &RoleAnswer) -> Vec<String> {
    let way = match (role.how, role.via.as_slice()) {
        (How::Default, _) => "held by everybody".to_owned(),
        (How::Member, []) => "as a member".to_owned(),
        (How::Member, via) => format!("through {}", via.join(" > ")),
        (How::Ownership, via) => format!("by the token's {}", via.join(", ")),
    };
    vec![role.role.clone(), way, role.place.to_string()]
}

/// Writes a title and rows with aligned columns; nothing when there are no rows.
fn section(f: &mut Formatter<'_>, title: &str, rows: &[Vec<String>]) -> Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell: &String| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            write!(line, "  {cell:width$}")?;
        }
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

fn write_condition(f: &mut Formatter<'_>, condition: &ConditionAnswer) -> Result {
    writeln!(f, "\nCondition {} of {}", condition.id, condition.role)?;
    match &condition.tree {
        Some(tree) => write_tree(f, tree, 1),
        None => writeln!(f, "  its criteria cannot be read"),
    }
}

fn write_tree(f: &mut Formatter<'_>, tree: &Criteria<Tested>, depth: usize) -> Result {
    let mark = match tree.holds() {
        Some(true) => "✓ ",
        Some(false) => "✗ ",
        None => "",
    };
    write!(f, "{:indent$}{mark}", "", indent = depth * 2)?;
    match tree {
        Criteria::AllOf(members) => write_node(f, "all of", members, depth),
        Criteria::AnyOf(members) => write_node(f, "any of", members, depth),
        Criteria::Not(member) => write_node(f, "not", std::slice::from_ref(member), depth),
        Criteria::Leaf(leaf) => writeln!(f, "{}", leaf_text(leaf)),
    }
}

fn write_node(
    f: &mut Formatter<'_>,
    name: &str,
    members: &[Criteria<Tested>],
    depth: usize,
) -> Result {
    writeln!(f, "{name}")?;
    let mut members = members.iter();
    members.try_for_each(|member| write_tree(f, member, depth + 1))
}

fn leaf_text(leaf: &Tested) -> String {
    let mut text = condition_text(&leaf.condition);
    if leaf.stored.params != leaf.condition.params {
        text.push_str(&format!(" [stored: {}]", params_text(&leaf.stored.params)));
    }
    match &leaf.evidence {
        Evidence::NotAsked => {}
        Evidence::Missing => text.push_str(" — there is no such resource"),
        Evidence::Found { found, .. } => {
            let found = value_text(found);
            let found = if found.is_empty() { "nothing" } else { &found };
            text.push_str(&format!(" — found: {found}"));
        }
    }
    text
}

fn condition_text(condition: &Condition) -> String {
    let params = params_text(&condition.params);
    if params.is_empty() {
        condition.rule.to_string()
    } else {
        format!("{} {params}", condition.rule)
    }
}

fn params_text(params: &Value) -> String {
    let params = params.as_object().into_iter().flatten();
    let params: Vec<_> = params
        .map(|(name, value)| format!("{name} = {}", value_text(value)))
        .collect();
    params.join(", ")
}

/// A value as people write it: texts without quotes, lists with bars between.
fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(value_text).collect();
            items.join(" | ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}
