//! Names and labels as Kubernetes allows them.

use serde_json::{Value, json};

use crate::error::Cause;
use crate::resource::Resource;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
                         characters, '-' or '.', and must start and end with an alphanumeric character";
const LABEL: &str = "a valid label must be an empty string or consist of alphanumeric characters, \
                     '-', '_' or '.', and must start and end with an alphanumeric character";

/// Why an object may not have this name.
pub(crate) fn check(resource: &Resource, name: &str) -> Option<Cause> {
    if resource.group == "rbac.authorization.k8s.io" {
        return None;
    }
    // Names of Services become labels of DNS, the others whole names.
    let (longest, may_have_dots) = match resource.kind.as_str() {
        "Service" | "Namespace" => (63, false),
        _ => (253, true),
    };
    let is_good = |part: &str| {
        let is_end =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        is_end(part.chars().next())
            && is_end(part.chars().last())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let fits = name.len() <= longest
        && if may_have_dots {
            name.split('.').all(is_good)
        } else {
            is_good(name)
        };
    (!fits).then(|| {
        let why = if name.len() > longest {
            format!("must be no more than {longest} bytes")
        } else {
            SUBDOMAIN.to_owned()
        };
        Cause::invalid("metadata.name", &json!(name), &why)
    })
}

/// Why these labels are refused.
pub(crate) fn check_labels(labels: &Value, field: &str) -> Vec<Cause> {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_word = |text: &str| {
        text.len() <= 63
            && is_end(text.chars().next())
            && is_end(text.chars().last())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let mut causes = Vec::new();
    for (name, value) in labels.as_object().into_iter().flatten() {
        let last = name.rsplit('/').next().unwrap_or_default();
        if !is_word(last) {
            let why = "name part must consist of alphanumeric characters, '-', '_' or '.', at most 63 of them";
            causes.push(Cause::invalid(field, &json!(name), why));
        }
        match value.as_str() {
            Some(text) if text.is_empty() || is_word(text) => {}
            Some(text) if text.len() > 63 => {
                causes.push(Cause::invalid(
                    field,
                    value,
                    "must be no more than 63 bytes",
                ));
            }
            Some(_) | None => causes.push(Cause::invalid(field, value, LABEL)),
        }
    }
    causes
}
