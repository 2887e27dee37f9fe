//! Comma-separated values that a spreadsheet shows and never runs.

/// A table: lines end with LF, the last one with nothing, as the original writes them.
pub(crate) fn table<'a>(header: &[&str], rows: impl IntoIterator<Item = Vec<&'a str>>) -> String {
    let mut text = header.join(",");
    for row in rows {
        text.push('\n');
        for (index, cell) in row.into_iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            push_cell(cell, &mut text);
        }
    }
    text
}

/// Spreadsheets take a cell that begins with one of these for a formula; an apostrophe before it
/// makes it text.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn push_cell(cell: &str, text: &mut String) {
    let is_formula = cell.starts_with(FORMULA);
    let is_quoted = is_formula || cell.contains([',', '"', '\n', '\r', ';']);
    if !is_quoted {
        text.push_str(cell);
        return;
    }
    text.push('"');
    if is_formula {
        text.push('\'');
    }
    text.push_str(&cell.replace('"', "\"\""));
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let rows = [vec!["plain", "a, b", "say \"hush\"", "two\nlines", ""]];

        assert_eq!(
            table(&["a", "b"], rows),
            "a,b\nplain,\"a, b\",\"say \"\"hush\"\"\",\"two\nlines\","
        );
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            let table = table(&[], [vec![cell]]);
            assert_eq!(table, format!("\n\"'{cell}\""), "{cell:?}");
        }
        assert_eq!(table(&[], [vec!["a=1"]]), "\na=1");
    }
}
