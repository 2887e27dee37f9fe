//! What a write changed, line by line, as far as its event tells.

use serde_json::Value;

/// A line that came, or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DiffLine {
    pub(super) is_added: bool,
    pub(super) text: String,
}

/// The rows, members and conditions that an event says were added and removed.
pub(super) fn lines(meta: &Value) -> Vec<DiffLine> {
    let mut lines = Vec::new();
    let role = meta["roleEntityRef"].as_str().unwrap_or_default();
    let is_removal = meta["actionType"] == "delete";
    for (name, is_added) in [("removedMembers", false), ("addedMembers", true)] {
        for member in items(&meta[name]) {
            if let Some(member) = member.as_str() {
                lines.push(DiffLine {
                    is_added,
                    text: format!("g, {member}, {role}"),
                });
            }
        }
    }
    let rows = [
        ("addedPolicies", "g", true),
        ("updatedPolicies", "g", true),
        ("oldPolicies", "p", false),
        ("policies", "p", !is_removal),
    ];
    for (name, kind, is_added) in rows {
        for row in items(&meta[name]) {
            let fields: Vec<_> = items(row).iter().filter_map(Value::as_str).collect();
            if !fields.is_empty() {
                lines.push(DiffLine {
                    is_added,
                    text: format!("{kind}, {}", fields.join(", ")),
                });
            }
        }
    }
    if meta["condition"].is_object() {
        let json = serde_json::to_string_pretty(&meta["condition"]).unwrap_or_default();
        lines.extend(json.lines().map(|line| DiffLine {
            is_added: !is_removal,
            text: line.to_owned(),
        }));
    }
    lines
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(meta: &Value) -> Vec<String> {
        let sign =
            |line: DiffLine| format!("{}{}", if line.is_added { "+" } else { "-" }, line.text);
        lines(meta).into_iter().map(sign).collect()
    }

    #[test]
    fn members_and_rows_are_told_as_a_policy_file_has_them() {
        let role = json!({
            "actionType": "update", "roleEntityRef": "role:default/a",
            "addedMembers": ["user:default/x"], "removedMembers": ["user:default/y"],
        });
        assert_eq!(
            told(&role),
            [
                "-g, user:default/y, role:default/a",
                "+g, user:default/x, role:default/a"
            ]
        );
        let policies =
            json!({"actionType": "delete", "policies": [["role:default/a", "b", "read", "allow"]]});
        assert_eq!(told(&policies), ["-p, role:default/a, b, read, allow"]);
    }

    #[test]
    fn what_changes_nothing_has_no_lines() {
        assert_eq!(told(&json!({"session": "x"})), Vec::<String>::new());
        assert_eq!(told(&json!("no object")), Vec::<String>::new());
    }
}
