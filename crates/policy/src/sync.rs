//! Bringing the stored policy in line with the policy file.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use smol_str::SmolStr;

use crate::{
    Effect, FileDiagnostic, Grant, InvalidGrantError, InvalidMembershipError, Lint, Membership,
    Origin, PolicyFile, Row, RowKind, Severity, Source, Sourced, WrittenRow,
};

/// What is stored before a policy file is brought in.
#[derive(Clone, Debug, Default)]
pub struct StoredPolicy {
    /// Every row, with the source that it came from itself.
    pub rows: BTreeMap<Row, Source>,
    /// Every role that has metadata, with the source that they name.
    pub roles: BTreeMap<SmolStr, Source>,
}

/// What must be written so that the stored policy is that of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncPlan {
    /// Rows to store, in the order of the file.
    pub add: Vec<Sourced<Row>>,
    /// Rows to remove.
    pub remove: Vec<Row>,
    /// Rows of the file that are stored already, with the line where they now stand.
    pub keep: Vec<Sourced<Row>>,
    /// Roles that need metadata with the source `csv-file`.
    pub create_roles: Vec<SmolStr>,
    /// Roles whose source turns from `legacy` to `csv-file`.
    pub adopt_roles: Vec<SmolStr>,
    /// Roles whose metadata go with their last member.
    pub drop_roles: Vec<SmolStr>,
    /// What is wrong in the file; these rows are left out.
    pub diagnostics: Vec<FileDiagnostic>,
}

/// Finds what must be written so that the stored policy is that of the file.
///
/// Start and reload are the same: rows that are stored are not checked again, rows that are
/// new are, and rows that came from the file go when they left it. Use
/// [`PolicyFile::none`] where no file is configured.
///
/// A row belongs to the file when it came from it, or when its role's metadata say so.
///
/// # Source
///
/// Mirrors the community RBAC backend, but removes rows by their own origin, so that those
/// without a role's metadata do not stay for ever.
pub fn sync(file: &PolicyFile, stored: &StoredPolicy) -> SyncPlan {
    let mut plan = SyncPlan {
        diagnostics: file.diagnostics.clone(),
        ..SyncPlan::default()
    };
    let copies = Copies::count(file);
    let mut in_file = BTreeSet::new();
    let mut named = BTreeSet::new();
    for written in &file.rows {
        let origin = Origin {
            source: Source::CsvFile,
            file: Some(file.name.clone()),
            line: Some(written.line),
        };
        let known = written.row().filter(|row| stored.rows.contains_key(row));
        let (row, is_new) = match known {
            Some(row) => (row, false),
            None => match check(written, file, stored, &copies, &mut plan.diagnostics) {
                Some(row) => (row, true),
                None => continue,
            },
        };
        named.insert(row.role().clone());
        if is_new {
            plan.add.push(Sourced::new(row.clone(), origin));
        } else if check_source(stored, row.role()).is_ok() && !in_file.contains(&row) {
            plan.keep.push(Sourced::new(row.clone(), origin));
        }
        in_file.insert(row);
    }
    plan.remove = removed(stored, &in_file);
    plan_roles(&mut plan, stored, &named);
    plan
}

fn removed(stored: &StoredPolicy, in_file: &BTreeSet<Row>) -> Vec<Row> {
    let is_ours = |(row, source): &(&Row, &Source)| {
        **source == Source::CsvFile || stored.roles.get(row.role()) == Some(&Source::CsvFile)
    };
    let gone = stored
        .rows
        .iter()
        .filter(is_ours)
        .map(|(row, _)| row)
        .filter(|row| !in_file.contains(*row));
    gone.cloned().collect()
}

fn plan_roles(plan: &mut SyncPlan, stored: &StoredPolicy, named: &BTreeSet<SmolStr>) {
    let written = plan
        .add
        .iter()
        .chain(&plan.keep)
        .map(|sourced| &sourced.row);
    let with_members: BTreeSet<_> = written.filter_map(member_role).collect();
    plan.create_roles = with_members
        .iter()
        .filter(|role| !stored.roles.contains_key(**role))
        .map(|role| (*role).clone())
        .collect();
    plan.adopt_roles = named
        .iter()
        .filter(|role| stored.roles.get(*role) == Some(&Source::Legacy))
        .cloned()
        .collect();
    let removed: BTreeSet<_> = plan.remove.iter().collect();
    let left: BTreeSet<_> = stored
        .rows
        .keys()
        .filter(|row| !removed.contains(row))
        .filter_map(member_role)
        .collect();
    plan.drop_roles = stored
        .roles
        .iter()
        .filter(|(role, source)| {
            **source == Source::CsvFile && !left.contains(role) && !with_members.contains(role)
        })
        .map(|(role, _)| role.clone())
        .collect();
}

fn member_role(row: &Row) -> Option<&SmolStr> {
    match row {
        Row::Membership(membership) => Some(&membership.role),
        Row::Grant(_) => None,
    }
}

/// How often each row is in the file.
struct Copies(HashMap<Row, usize>);

impl Copies {
    fn count(file: &PolicyFile) -> Self {
        let mut copies = HashMap::new();
        for row in file.rows.iter().filter_map(WrittenRow::row) {
            *copies.entry(row).or_default() += 1;
        }
        Self(copies)
    }

    fn of(&self, row: &Row) -> usize {
        self.0.get(row).copied().unwrap_or_default()
    }
}

/// Checks a row that is to be stored; one that fails becomes a diagnostic.
fn check(
    written: &WrittenRow,
    file: &PolicyFile,
    stored: &StoredPolicy,
    copies: &Copies,
    diagnostics: &mut Vec<FileDiagnostic>,
) -> Option<Row> {
    let mut warn = |lint, message, help| {
        diagnostics.push(FileDiagnostic {
            lint,
            severity: Severity::Warning,
            message,
            help,
            line: Some(written.line),
            document: None,
            span: written.span.clone(),
        });
    };
    let checked = match written.kind {
        RowKind::Grant => check_grant(written, file, stored, copies),
        RowKind::Membership => check_membership(written, stored, copies).map_err(|fault| {
            let name = &file.name;
            let message = match fault.lint {
                Lint::MemberDuplicate => format!("{} found in the file {name}", fault.message),
                _ => format!("{}, error originates from file {name}", fault.message),
            };
            Fault { message, ..fault }
        }),
    };
    match checked {
        Ok(Row::Grant(grant)) if grant.is_retired() => {
            warn(
                Lint::PolicyRetired,
                format!(
                    "Policy {grant} from file {} names a retired resource type",
                    file.name
                ),
                Some("name the permission `policy.entity.create` instead of `policy-entity`"),
            );
            Some(Row::Grant(grant))
        }
        Ok(row) => Some(row),
        Err(Fault { lint, message }) => {
            warn(lint, message, None);
            None
        }
    }
}

/// Why a row is refused.
struct Fault {
    lint: Lint,
    message: String,
}

impl Fault {
    fn new(lint: Lint, message: impl Into<String>) -> Self {
        Self {
            lint,
            message: message.into(),
        }
    }
}

fn check_grant(
    written: &WrittenRow,
    file: &PolicyFile,
    stored: &StoredPolicy,
    copies: &Copies,
) -> Result<Row, Fault> {
    let name = &file.name;
    let invalid = |lint, cause: &dyn std::fmt::Display| {
        Fault::new(
            lint,
            format!("Failed to validate policy from file {name}. Cause: {cause}"),
        )
    };
    let field = |at: usize| written.fields.get(at).map_or("", SmolStr::as_str);
    let grant = Grant::parse(field(0), field(1), field(2), field(3))
        .map_err(|cause| invalid(lint_of(&cause), &cause))?;
    if written.fields.len() > 4 {
        let found = written.fields.len();
        return Err(invalid(
            Lint::PolicyFields,
            &format_args!("expected 4 values, found {found}"),
        ));
    }
    check_source(stored, &grant.subject).map_err(|cause| {
        Fault::new(
            Lint::PolicySource,
            format!("Unable to add policy {grant} from file {name}. Cause: {cause}"),
        )
    })?;
    let row = Row::Grant(grant.clone());
    if copies.of(&row) > 1 {
        return Err(Fault::new(
            Lint::PolicyDuplicate,
            format!("Duplicate policy: {grant} found in the file {name}"),
        ));
    }
    let opposite = Grant {
        effect: Effect::opposite(grant.effect),
        ..grant
    };
    if copies.of(&Row::Grant(opposite.clone())) > 0 {
        let Grant {
            subject,
            permission,
            action,
            ..
        } = opposite;
        return Err(Fault::new(
            Lint::PolicyContradiction,
            format!(
                "Duplicate policy: {subject}, {permission}, {action} with different effect found in the file {name}"
            ),
        ));
    }
    Ok(row)
}

fn lint_of(cause: &InvalidGrantError) -> Lint {
    match cause {
        InvalidGrantError::Subject(_) => Lint::PolicySubject,
        InvalidGrantError::Empty(_) | InvalidGrantError::Quotes => Lint::PolicyFields,
        InvalidGrantError::Action(_) => Lint::PolicyAction,
        InvalidGrantError::Effect(_) => Lint::PolicyEffect,
    }
}

fn lint_of_membership(error: &InvalidMembershipError) -> Lint {
    match error {
        InvalidMembershipError::Reference { .. } => Lint::MemberReference,
        InvalidMembershipError::RoleInheritance(_)
        | InvalidMembershipError::GroupInheritance(_)
        | InvalidMembershipError::UserMembership(_) => Lint::MemberKind,
    }
}

fn check_membership(
    written: &WrittenRow,
    stored: &StoredPolicy,
    copies: &Copies,
) -> Result<Row, Fault> {
    let [member, role] = written.fields.as_slice() else {
        return Err(Fault::new(
            Lint::MemberFields,
            "Group policy should have length 2",
        ));
    };
    let row = Membership::parse(member, role)
        .map_err(|error| Fault::new(lint_of_membership(&error), error.to_string()))?;
    if let Err(cause) = check_source(stored, role) {
        return Err(Fault::new(
            Lint::MemberSource,
            format!("Unable to validate role {written}. Cause: {cause}"),
        ));
    }
    let row = Row::Membership(row);
    if copies.of(&row) > 1 {
        return Err(Fault::new(
            Lint::MemberDuplicate,
            format!("Duplicate role: {written}"),
        ));
    }
    Ok(row)
}

fn check_source(stored: &StoredPolicy, role: &str) -> Result<(), crate::SourceError> {
    stored.roles.get(role).map_or(Ok(()), |source| {
        source.check_writable_by(&Source::CsvFile, role)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Membership};

    fn grant(role: &str, effect: Effect) -> Row {
        Row::Grant(Grant::new(role, "catalog-entity", Action::Read, effect))
    }

    fn member(member: &str, role: &str) -> Row {
        Row::Membership(Membership::new(member, role))
    }

    #[test]
    fn orphaned_rows_of_the_file_are_removed_by_their_own_origin() {
        let row = grant("role:default/a", Effect::Allow);
        let stored = StoredPolicy {
            rows: [(row.clone(), Source::CsvFile)].into(),
            ..StoredPolicy::default()
        };

        let plan = sync(&PolicyFile::none(), &stored);

        assert_eq!(
            plan,
            SyncPlan {
                remove: vec![row],
                ..SyncPlan::default()
            }
        );
    }

    #[test]
    fn kept_rows_learn_their_new_line() {
        let row = member("user:default/tom", "role:default/a");
        let stored = StoredPolicy {
            rows: [(row.clone(), Source::CsvFile)].into(),
            roles: [("role:default/a".into(), Source::CsvFile)].into(),
        };

        let plan = sync(
            &PolicyFile::parse("rbac.csv", "\n\ng, user:default/tom, role:default/a"),
            &stored,
        );

        assert_eq!(plan.keep[0].row, row);
        assert_eq!(plan.keep[0].origin.to_string(), "rbac.csv:3");
        assert!(plan.add.is_empty() && plan.remove.is_empty() && plan.drop_roles.is_empty());
    }

    #[test]
    fn messages_are_those_of_the_wire() {
        let text = "p, role:default/a, x, read\n\
                    g, user:default/tom\n\
                    g, role:default/b, role:default/a\n\
                    g, user:default/tom, group:default/x\n\
                    p, role:default/a, x, read, allow\n\
                    p, role:default/a, x, read, deny\n\
                    g, user:default/tom, role:default/a\n\
                    g, user:default/Tom, role:default/a\n\
                    p, role:default/r, x, read, allow\n";
        let stored = StoredPolicy {
            roles: [("role:default/r".into(), Source::Rest)].into(),
            ..StoredPolicy::default()
        };

        let plan = sync(&PolicyFile::parse("f.csv", text), &stored);

        let messages: Vec<_> = plan
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        assert_eq!(
            messages,
            [
                "Failed to validate policy from file f.csv. Cause: 'effect' field must not be empty",
                "Group policy should have length 2, error originates from file f.csv",
                "Group policy is invalid: role:default/b,role:default/a. rbac-backend plugin doesn't support role \
                 inheritance., error originates from file f.csv",
                "Group policy is invalid: user:default/tom,group:default/x. User membership information could be \
                 provided only with help of Catalog API., error originates from file f.csv",
                "Duplicate policy: role:default/a, x, read with different effect found in the file f.csv",
                "Duplicate policy: role:default/a, x, read with different effect found in the file f.csv",
                "Duplicate role: user:default/tom,role:default/a found in the file f.csv",
                "Duplicate role: user:default/tom,role:default/a found in the file f.csv",
                "Unable to add policy role:default/r,x,read,allow from file f.csv. Cause: source does not match \
                 originating role role:default/r, consider making changes to the 'REST'",
            ]
        );
        assert_eq!(plan.diagnostics[8].line, Some(9));
    }
}
