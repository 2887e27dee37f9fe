//! What loading says about rows, and the lines that it says nothing about.

use super::{FileKind, Place, Policies, Remark, role::row_at};
use crate::{Action, Effect, FileDiagnostic, Lint, csv, nearest};

pub(super) fn remark(
    policies: &Policies<'_>,
    diagnostics: Vec<FileDiagnostic>,
    remarks: &mut Vec<Remark>,
) {
    for diagnostic in diagnostics {
        let remark = Remark::of(FileKind::Policies, policies.text, &diagnostic);
        remarks.push(pointed(policies, remark));
    }
    remarks.extend(unknown_rows(policies.text));
}

/// Moves a remark from its row to the field that it is about, with the word that was meant.
fn pointed(policies: &Policies<'_>, remark: Remark) -> Remark {
    let field = match remark.lint {
        Lint::PolicySubject => 1,
        Lint::PolicyRetired => 2,
        Lint::PolicyAction => 3,
        Lint::PolicyEffect => 4,
        _ => return remark,
    };
    let row = remark.place.line.and_then(|line| row_at(policies, line));
    let Some(row) = row else {
        return remark;
    };
    let word = row.fields.get(field - 1).map_or("", |word| word.as_str());
    let meant = match remark.lint {
        Lint::PolicyAction => meant(word, Action::ALL.map(Action::as_str)),
        Lint::PolicyEffect => meant(word, [Effect::Allow, Effect::Deny].map(Effect::as_str)),
        _ => None,
    };
    let place = Place::of_field(policies.text, row, field);
    Remark { place, ..remark }.meant(meant)
}

/// The word that was meant, capitals aside.
fn meant<'a, const N: usize>(word: &str, words: [&'a str; N]) -> Option<&'a str> {
    nearest(&word.to_lowercase(), words.into_iter())
}

/// Lines whose first field is neither `p` nor `g`.
fn unknown_rows(text: &str) -> impl Iterator<Item = Remark> {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let line = line.trim_start_matches('\u{feff}');
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            return None;
        }
        let fields = csv::fields_of(line).ok()?;
        let first = fields.first()?;
        if matches!(first.as_ref(), "p" | "g") {
            return None;
        }
        let place = Place {
            file: FileKind::Policies,
            line: Some(number),
            column: Some(column(line, 0)),
            document: None,
        };
        let message = format!("the line begins with `{first}` and is passed over");
        let remark = Remark::new(Lint::PolicyUnknownRow, place, message);
        Some(remark.help("begin it with `p` for a policy, `g` for a member or `#` for a comment"))
    })
}

/// The column at which a field of a line begins; that of the line where it has no such field.
pub(super) fn column(line: &str, field: usize) -> u32 {
    let (mut at, mut quoted) = (0, false);
    let mut chars = (1..).zip(line.chars()).skip_while(|(_, c)| is_blank(*c));
    let begin = chars.clone().next().map_or(1, |(column, _)| column);
    let mut start = Some(begin);
    if field == 0 {
        return begin;
    }
    chars
        .find_map(|(column, c)| {
            if start.is_none() && !is_blank(c) {
                start = Some(column);
                if at == field {
                    return start;
                }
            }
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => {
                    at += 1;
                    start = None;
                }
                _ => {}
            }
            None
        })
        .unwrap_or(begin)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn a_field_begins_behind_the_blanks() {
        let line = "  p, \"a, b\" ,é,, x";

        let columns = [0, 1, 2, 4, 9].map(|field| column(line, field));

        assert_eq!(columns, [3, 6, 14, 18, 3]);
    }
}
