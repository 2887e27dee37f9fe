//! The policy file: `p` and `g` rows as comma-separated values.

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use smol_str::{SmolStr, StrExt};

use crate::{Action, Effect, FileDiagnostic, Grant, Lint, Membership, Severity};

/// A policy file with its rows as written.
///
/// Reading never fails as a whole: a line that is no list of fields becomes a diagnostic and
/// the rest goes on. Whether the rows may be stored is a later question; see
/// [`sync`](crate::sync()).
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// The file's name, as messages give it.
    pub name: Arc<str>,
    /// The rows, in order.
    pub rows: Vec<WrittenRow>,
    /// The lines that could not be read.
    pub diagnostics: Vec<FileDiagnostic>,
}

/// A row as somebody wrote it, whether right or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenRow {
    /// Whether it is a `p` or a `g` row.
    pub kind: RowKind,
    /// The fields after the first; the member of a `g` row in lower case.
    pub fields: Vec<SmolStr>,
    /// Its line, counted from 1.
    pub line: u32,
    /// Its bytes in the file, without the end of the line.
    pub span: Range<usize>,
}

/// The kinds of rows in a policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// `p`: a permission policy
    Grant,
    /// `g`: a membership
    Membership,
}

/// A row of either kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Row {
    /// A `p` row.
    Grant(Grant),
    /// A `g` row.
    Membership(Membership),
}

impl Row {
    /// The role of the row; the subject of a grant may also be a user or a group.
    pub fn role(&self) -> &SmolStr {
        match self {
            Self::Grant(grant) => &grant.subject,
            Self::Membership(membership) => &membership.role,
        }
    }
}

impl fmt::Display for Row {
    /// Writes the row as a line of a policy file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant(Grant {
                subject,
                permission,
                action,
                effect,
            }) => {
                write!(
                    f,
                    "p, {}, {}, {action}, {effect}",
                    quoted(subject),
                    quoted(permission)
                )
            }
            Self::Membership(Membership { member, role }) => {
                write!(f, "g, {}, {}", quoted(member), quoted(role))
            }
        }
    }
}

fn quoted(field: &str) -> Cow<'_, str> {
    let plain =
        !field.is_empty() && field.trim() == field && !field.contains([',', '"', '\u{feff}']);
    if plain {
        field.into()
    } else {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    }
}

impl PolicyFile {
    /// Reads a policy file.
    ///
    /// Empty lines, comments (`#` at the beginning) and rows of other kinds are passed over.
    /// Blanks around fields do not count; a field in double quotes may hold commas, and `""`
    /// for one quote.
    ///
    /// # Source
    ///
    /// Mirrors the community RBAC backend, line by line instead of all or nothing.
    pub fn parse(name: impl Into<Arc<str>>, text: &str) -> Self {
        let mut file = Self {
            name: name.into(),
            rows: Vec::new(),
            diagnostics: Vec::new(),
        };
        let mut start = 0;
        for (line, whole) in (1..).zip(text.split_inclusive('\n')) {
            let content = whole.trim_end_matches(['\n', '\r']);
            let span = start..start + content.len();
            start += whole.len();
            let content = if line == 1 {
                content.trim_start_matches('\u{feff}')
            } else {
                content
            };
            if content.trim().is_empty() || content.trim_start().starts_with('#') {
                continue;
            }
            match fields_of(content) {
                Ok(fields) => file.rows.extend(row_of(&fields, line, span)),
                Err(fault) => file.diagnostics.push(FileDiagnostic {
                    lint: Lint::PolicySyntax,
                    severity: Severity::Warning,
                    message: format!(
                        "Skipping invalid CSV policy line {line} in {}: {fault}; line={}",
                        file.name,
                        content.chars().take(120).collect::<String>()
                    ),
                    help: Some(
                        "a quote stands around a whole field; a quote inside is written twice",
                    ),
                    line: Some(line),
                    document: None,
                    span,
                }),
            }
        }
        file
    }

    /// A file without rows: what a configuration without one amounts to.
    pub fn none() -> Self {
        Self::parse("", "")
    }
}

fn row_of(fields: &[Cow<'_, str>], line: u32, span: Range<usize>) -> Option<WrittenRow> {
    let (first, rest) = fields.split_first()?;
    let kind = match first.as_ref() {
        "p" => RowKind::Grant,
        "g" => RowKind::Membership,
        _ => return None,
    };
    let mut fields: Vec<_> = rest.iter().map(SmolStr::new).collect();
    if kind == RowKind::Membership
        && let Some(member) = fields.first_mut()
    {
        *member = member.to_lowercase_smolstr();
    }
    Some(WrittenRow {
        kind,
        fields,
        line,
        span,
    })
}

impl WrittenRow {
    /// The row with its types, unless it has the wrong number of fields or unknown words.
    ///
    /// References are taken as they are.
    pub fn row(&self) -> Option<Row> {
        match (self.kind, self.fields.as_slice()) {
            (RowKind::Grant, [subject, permission, action, effect]) => {
                let (action, effect) = (action.parse::<Action>().ok()?, Effect::from_name(effect)?);
                Some(Row::Grant(Grant::new(
                    subject.clone(),
                    permission.clone(),
                    action,
                    effect,
                )))
            }
            (RowKind::Membership, [member, role]) => Some(Row::Membership(Membership::new(
                member.clone(),
                role.clone(),
            ))),
            (RowKind::Grant | RowKind::Membership, _) => None,
        }
    }
}

impl fmt::Display for WrittenRow {
    /// Writes the fields after the first, as messages about the row have them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fields.join(","))
    }
}

/// Splits one line into its fields.
pub(crate) fn fields_of(line: &str) -> Result<Vec<Cow<'_, str>>, CsvFault> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = field_of(rest)?;
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Ok(fields),
        }
    }
}

/// Takes one field off a line; what follows its comma is left, if there is one.
fn field_of(text: &str) -> Result<(Cow<'_, str>, Option<&str>), CsvFault> {
    let Some(quoted) = text.trim_start().strip_prefix('"') else {
        let (field, after) = text
            .split_once(',')
            .map_or((text, None), |(field, after)| (field, Some(after)));
        if field.contains('"') {
            return Err(CsvFault::Stray);
        }
        return Ok((field.trim().into(), after));
    };
    let mut field = String::new();
    let mut rest = quoted;
    loop {
        let Some((part, after)) = rest.split_once('"') else {
            return Err(CsvFault::Open);
        };
        field.push_str(part);
        let Some(more) = after.strip_prefix('"') else {
            let after = after.trim_start();
            return match after.strip_prefix(',') {
                Some(after) => Ok((field.into(), Some(after))),
                None if after.is_empty() => Ok((field.into(), None)),
                None => Err(CsvFault::TextAfter),
            };
        };
        field.push('"');
        rest = more;
    }
}

/// Why a line is no list of fields: it is always a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CsvFault {
    #[error("a quote inside a field that does not begin with one")]
    Stray,
    #[error("a quote that is never closed")]
    Open,
    #[error("text after a closing quote")]
    TextAfter,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Result<Vec<String>, CsvFault> {
        Ok(fields_of(line)?.into_iter().map(Cow::into_owned).collect())
    }

    #[test]
    fn quoted_fields_keep_commas_blanks_and_quotes() {
        assert_eq!(
            fields(r#" p , "x, y" ,"a ""b""", "#).unwrap(),
            ["p", "x, y", "a \"b\"", ""]
        );
        assert_eq!(fields(r#"p," x ""#).unwrap(), ["p", " x "]);
    }

    #[test]
    fn quotes_in_the_wrong_place_are_faults() {
        assert_eq!(fields(r#"p, a"b, c"#), Err(CsvFault::Stray));
        assert_eq!(fields(r#"p, "a, c"#), Err(CsvFault::Open));
        assert_eq!(fields(r#"p, "a"b, c"#), Err(CsvFault::TextAfter));
    }

    #[test]
    fn a_fault_names_its_line_and_leaves_the_others() {
        let text = "# rows\r\ng, user:default/Tom, role:default/A\r\np, \"x\n";

        let file = PolicyFile::parse("rbac.csv", text);

        assert_eq!(file.rows.len(), 1);
        assert_eq!(
            (file.rows[0].line, file.rows[0].to_string().as_str()),
            (2, "user:default/tom,role:default/A")
        );
        assert_eq!(
            file.diagnostics[0].message,
            "Skipping invalid CSV policy line 3 in rbac.csv: a quote that is never closed; line=p, \"x"
        );
        assert_eq!(&text[file.diagnostics[0].span.clone()], "p, \"x");
    }
}
