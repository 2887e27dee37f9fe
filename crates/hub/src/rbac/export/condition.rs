//! Conditional policies as documents.

use super::{Export, ExportSource, limits, source_of};
use crate::rbac::state::{ConditionRecord, State};
use callboard_policy::{
    ConditionalPolicy, ConditionsFile, ConditionsFileError, Source, StoredCondition, Write,
    check_overlap,
};
use std::collections::BTreeSet;

/// Writes the conditions of the roles that the policy file makes.
pub(super) fn write(
    state: &State,
    source: ExportSource,
    exported: &BTreeSet<&str>,
    export: &mut Export,
) {
    let mut conditions: Vec<_> = state.conditions.iter().collect();
    conditions.sort_by_key(|(id, record)| (&record.policy.role, **id));
    let mut written: Vec<StoredCondition> = Vec::new();
    for (id, ConditionRecord { policy, .. }) in conditions {
        let own = source_of(state, &policy.role);
        // Those of the configuration are told with their role.
        if own == Some(Source::Configuration) || !source.includes(own.as_ref()) {
            continue;
        }
        let document = callboard_yaml::to_string(&policy.to_json());
        let is_made = exported.contains(policy.role.as_str());
        match carries(policy, &document, is_made, &written) {
            Ok(()) => {
                export.conditions += &format!("---\n{document}");
                export.condition_count += 1;
                written.push(StoredCondition {
                    id: *id,
                    policy: policy.clone(),
                });
            }
            Err(reason) => {
                export.leave_out(format_args!("condition {id} of {}", policy.role), reason);
            }
        }
    }
    let (most, bytes) = (limits().max_documents, limits().max_bytes);
    if export.condition_count > most {
        let count = export.condition_count;
        export.leave_out(
            format_args!("nothing, but there are {count} conditions"),
            format_args!(
                "the hub that reads them needs `permission.rbac.validation.conditionalPoliciesFile.maxDocuments` over {most}"
            ),
        );
    }
    if export.conditions.len() > bytes {
        let size = export.conditions.len();
        export.leave_out(
            format_args!("nothing, but the conditions have {size} bytes"),
            format_args!(
                "the hub that reads them needs `permission.rbac.validation.conditionalPoliciesFile.maxBytes` over {bytes}"
            ),
        );
    }
}

/// Whether a hub that reads the document has the condition again; else why not.
///
/// One document that is refused takes all others with it.
fn carries(
    policy: &ConditionalPolicy,
    document: &str,
    is_made: bool,
    written: &[StoredCondition],
) -> Result<(), String> {
    if !is_made {
        return Err(
            "the role has no member, and a file gives conditions only to one that has".to_owned(),
        );
    }
    let read = ConditionsFile::parse(document, &limits());
    let read = read.map_err(|error: ConditionsFileError| {
        format!("a file of conditional policies cannot hold it: {error}")
    })?;
    // Numbers are doubles in such a file.
    if read.policies.len() != 1 {
        return Err("a file of conditional policies cannot hold it".to_owned());
    }
    check_overlap(Write::Create, policy, written).map_err(|error| error.to_string())
}
