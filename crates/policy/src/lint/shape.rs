//! The shape of conditional policies: what loading says, and keys that stand in the wrong place.

use std::collections::BTreeSet;

use callboard_yaml::{Entry, Node, NodeValue, Position};

use super::{Conditions, FileKind, Place, Remark};
use crate::{Lint, nearest};

/// What a document may have; `id` is what the REST API gives with it.
const POLICY_KEYS: &[&str] = &[
    "result",
    "roleEntityRef",
    "pluginId",
    "resourceType",
    "permissionMapping",
    "conditions",
    "id",
];

/// What a rule may have.
const RULE_KEYS: &[&str] = &["rule", "resourceType", "params"];

/// What may stand around rules.
const GROUP_KEYS: &[&str] = &["allOf", "anyOf", "not"];

pub(super) fn remark(conditions: &Conditions<'_>, remarks: &mut Vec<Remark>) {
    let mut misplaced = BTreeSet::new();
    for (number, document) in (1..).zip(callboard_yaml::parse_documents(conditions.text)) {
        let Ok(node) = document else { continue };
        let mut shape = Shape {
            document: number,
            remarks: Vec::new(),
        };
        shape.policy(&node);
        let has_moved = |remark: &Remark| remark.lint == Lint::ConditionIndentation;
        if shape.remarks.iter().any(has_moved) {
            misplaced.insert(number);
        }
        remarks.extend(shape.remarks);
    }
    let said = match conditions.parsed {
        Ok(file) => &file.warnings,
        Err(error) => &error.faults,
    };
    let said = said
        .iter()
        // Roles are judged with the policy file at hand.
        .filter(|diagnostic| diagnostic.lint != Lint::ConditionNoRole)
        // What is wrong with the indentation explains what loading misses.
        .filter(|diagnostic| {
            let is_moved = |document| misplaced.contains(&document);
            diagnostic.lint != Lint::ConditionInvalid || !diagnostic.document.is_some_and(is_moved)
        });
    remarks.extend(
        said.map(|diagnostic| Remark::of(FileKind::Conditions, conditions.text, diagnostic)),
    );
}

/// A document being looked at.
struct Shape {
    document: u32,
    remarks: Vec<Remark>,
}

impl Shape {
    fn policy(&mut self, node: &Node) {
        let conditions = node.get("conditions");
        let lost = node.entries().iter().find(|entry| is_inner(&entry.key));
        if let Some(entry) = lost {
            let message = match conditions {
                None => format!("`{}` stands outside `conditions`", entry.key),
                Some(_) => format!("`{}` stands beside `conditions`, not below it", entry.key),
            };
            self.moved(entry.at, &message);
        }
        for entry in node.entries() {
            if !POLICY_KEYS.contains(&entry.key.as_str()) && !is_inner(&entry.key) {
                self.unknown(entry, POLICY_KEYS);
            }
        }
        match conditions.map(|conditions| (&conditions.value, conditions)) {
            Some((NodeValue::Sequence(_), node)) => {
                let message =
                    "`conditions` is a list; it holds one rule, `allOf`, `anyOf` or `not`";
                self.moved(node.at, message);
            }
            Some((_, node)) => self.criteria(node),
            None => {}
        }
    }

    fn criteria(&mut self, node: &Node) {
        let entries = node.entries();
        let Some(group) = entries
            .iter()
            .find(|entry| GROUP_KEYS.contains(&entry.key.as_str()))
        else {
            self.rule(node);
            return;
        };
        for entry in entries {
            match entry.key.as_str() {
                // Several groups side by side, or a rule beside one, are told when loading.
                key if GROUP_KEYS.contains(&key) || key == "rule" => {}
                "resourceType" | "params" if node.get("rule").is_none() => {
                    let message = format!(
                        "`{}` stands beside `{}`, not below it",
                        entry.key, group.key
                    );
                    self.moved(entry.at, &message);
                }
                _ => self.unknown(entry, GROUP_KEYS),
            }
        }
        match &group.node.value {
            NodeValue::Sequence(items) => self.items(items),
            NodeValue::Mapping(_) if group.key == "not" => self.criteria(&group.node),
            _ => {}
        }
    }

    fn items(&mut self, items: &[Node]) {
        for (at, item) in items.iter().enumerate() {
            let is_rest = item.get("rule").is_none()
                && !item.entries().is_empty()
                && item
                    .entries()
                    .iter()
                    .all(|entry| RULE_KEYS.contains(&entry.key.as_str()));
            if is_rest && at > 0 && items[at - 1].get("rule").is_some() {
                let message = "this item of the list has the rest of the rule above it";
                self.moved(item.at, message);
            } else {
                self.criteria(item);
            }
        }
    }

    fn rule(&mut self, node: &Node) {
        let is_empty = |params: &Node| params.value == NodeValue::Null;
        let lost_params = node.get("params").is_none_or(is_empty);
        for entry in node.entries() {
            if RULE_KEYS.contains(&entry.key.as_str()) {
                continue;
            }
            if lost_params && node.get("rule").is_some() {
                let message = format!("`{}` stands beside `params`, not below it", entry.key);
                self.moved(entry.at, &message);
            } else {
                self.unknown(entry, RULE_KEYS);
            }
        }
    }

    fn moved(&mut self, at: Position, message: &str) {
        let place = self.place(at);
        let message = format!("{message} (document {})", self.document);
        let remark = Remark::new(Lint::ConditionIndentation, place, message);
        self.remarks
            .push(remark.help("indent it further, so that it is part of what it belongs to"));
    }

    fn unknown(&mut self, entry: &Entry, known: &[&str]) {
        let message = format!("nothing reads the key `{}`", entry.key);
        let place = self.place(entry.at);
        let near = nearest(&entry.key, known.iter().copied());
        self.remarks
            .push(Remark::new(Lint::ConditionUnknownKey, place, message).meant(near));
    }

    fn place(&self, at: Position) -> Place {
        Place {
            file: FileKind::Conditions,
            line: Some(at.line),
            column: Some(at.column),
            document: Some(self.document),
        }
    }
}

/// Whether a key belongs below `conditions` and nowhere else.
fn is_inner(key: &str) -> bool {
    GROUP_KEYS.contains(&key) || ["rule", "params"].contains(&key)
}
