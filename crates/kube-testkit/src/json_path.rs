//! The paths by which definitions say what a column of a table shows.

use serde_json::Value;

/// Gives the first value that `path` leads to, such as `.status.conditions[?(@.type=="Ready")].status`.
///
/// Members, `[0]`, `[*]` and filters that compare one member with a text are known; a path with
/// anything else leads nowhere, as one to a value that is absent.
pub(crate) fn first<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let Some(rest) = path.strip_prefix('[') else {
        let rest = path.strip_prefix('.').unwrap_or(path);
        if rest.is_empty() {
            return Some(value);
        }
        let end = member_end(rest);
        let (name, rest) = rest.split_at(end);
        return first(value.get(name.replace("\\.", "."))?, rest);
    };
    let (inside, rest) = rest.split_once(']')?;
    match inside {
        "*" => value.as_array()?.iter().find_map(|item| first(item, rest)),
        _ => match inside
            .strip_prefix("?(@")
            .and_then(|it| it.strip_suffix(')'))
        {
            Some(condition) => {
                let (member, wanted) = condition.split_once("==")?;
                let wanted = wanted.trim().trim_matches(['"', '\'']);
                value
                    .as_array()?
                    .iter()
                    .filter(|item| first(item, member.trim()).is_some_and(|it| it == wanted))
                    .find_map(|item| first(item, rest))
            }
            None => match inside.trim_matches(['"', '\'']) {
                name if name.len() < inside.len() => first(value.get(name)?, rest),
                number => first(value.get(number.parse::<usize>().ok()?)?, rest),
            },
        },
    }
}

/// Where a member's name ends: at the next dot that no backslash stands before, or bracket.
fn member_end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if !is_escaped && matches!(c, '.' | '[') {
            return at;
        }
        is_escaped = c == '\\';
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_to_a_value_or_nowhere() {
        let value = json!({
            "metadata": {"labels": {"a.b/c": "dotted"}},
            "status": {"conditions": [
                {"type": "Ready", "status": "False"},
                {"type": "Deployed", "status": "True"},
            ]},
        });
        let found = |path| first(&value, path).and_then(Value::as_str);

        assert_eq!(
            found(".status.conditions[?(@.type==\"Deployed\")].status"),
            Some("True")
        );
        assert_eq!(found(".status.conditions[?(@.type=='Idle')].status"), None);
        assert_eq!(found(".status.conditions[0].type"), Some("Ready"));
        assert_eq!(found(".status.conditions[*].status"), Some("False"));
        assert_eq!(found(".metadata.labels.a\\.b/c"), Some("dotted"));
        assert_eq!(found(".metadata.labels['a.b/c']"), Some("dotted"));
        assert_eq!(found(".spec.replicas"), None);
        assert_eq!(found(".status.conditions[?(@.type=~'x')]"), None);
    }
}
