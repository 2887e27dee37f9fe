//! The Helm chart: its archive, its repository, and the README that its values describe.

use crate::archive;
use anyhow::{Context, Result, ensure};
use callboard_yaml::Node;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the chart is, relative to the root of the workspace.
pub const FOLDER: &str = "charts/callboard";

/// What belongs to the chart; the rest of its folder is for those who work on it.
const PARTS: &[&str] = &[
    ".helmignore",
    "Chart.yaml",
    "README.md",
    "templates",
    "values.schema.json",
    "values.yaml",
];

/// Begins a comment that describes the key below it.
const MARK: &str = "# -- ";

/// What comes before the tables of the README.
const INTRODUCTION: &str = include_str!("readme.txt");

/// Makes a repository in `folder`: the archive of the chart and `index.yaml`.
///
/// `version` is that of the chart and of the application. Gives the path of the archive.
///
/// # Errors
///
/// When the chart cannot be read or `folder` cannot be written.
pub fn pack(repository: &Path, folder: &Path, version: &str) -> Result<PathBuf> {
    let chart = repository.join(FOLDER);
    let manifest = fs::read_to_string(chart.join("Chart.yaml"))?;
    let mut metadata = callboard_yaml::parse(&manifest)?.into_json();
    metadata["version"] = json!(version);
    metadata["appVersion"] = json!(version);
    let name = metadata["name"].as_str().context("the chart has a name")?;

    let staged = folder.join("staged");
    for part in PARTS {
        copy(&chart.join(part), &staged.join(name).join(part))?;
    }
    fs::write(
        staged.join(name).join("Chart.yaml"),
        callboard_yaml::to_string(&metadata),
    )?;
    let bytes = archive::compressed(&archive::of_folder(&staged, "")?)?;
    fs::remove_dir_all(&staged)?;

    let file = format!("{name}-{version}.tgz");
    fs::write(folder.join(&file), &bytes)?;
    let mut entry = metadata.clone();
    entry["urls"] = json!([file]);
    entry["digest"] = json!(archive::digest(&bytes).trim_start_matches("sha256:"));
    entry["created"] = json!("1970-01-01T00:00:00Z");
    let index = json!({
        "apiVersion": "v1",
        "generated": "1970-01-01T00:00:00Z",
        "entries": {name: [entry]},
    });
    fs::write(folder.join("index.yaml"), callboard_yaml::to_string(&index))?;
    Ok(folder.join(file))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(from, to).with_context(|| format!("cannot copy `{}`", from.display()))?;
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The README of the chart: what the comments of `values.yaml` say of each value.
///
/// # Errors
///
/// When `values` is not YAML, or a value has no description.
pub fn readme(values: &str) -> Result<String> {
    let rows = rows(values)?;

    let mut text = INTRODUCTION.to_owned();
    let mut section = "";
    for row in &rows {
        let current = section_of(&row.path);
        if current != section {
            section = current;
            write!(
                text,
                "\n### `{section}`\n\n| Value | Default | What it does |\n| --- | --- | --- |\n"
            )?;
        }
        writeln!(
            text,
            "| `{}` | {} | {} |",
            row.path, row.default, row.description
        )?;
    }
    Ok(text)
}

/// The path of each value that `values.yaml` describes, such as `upstream.backstage.args`.
///
/// # Errors
///
/// As [`readme`].
pub fn described(values: &str) -> Result<Vec<String>> {
    Ok(rows(values)?.into_iter().map(|row| row.path).collect())
}

struct Row {
    path: String,
    default: String,
    description: String,
}

/// All that is described, in the order of the file.
fn rows(values: &str) -> Result<Vec<Row>> {
    let root = callboard_yaml::parse(values)?;
    let lines: Vec<&str> = values.lines().collect();
    let mut rows = Vec::new();
    describe(&root, &lines, "", &mut rows)?;
    Ok(rows)
}

/// The heading that a value stands under: below `upstream` its first two keys.
fn section_of(path: &str) -> &str {
    let depth =
        if path.starts_with("upstream.backstage.") || path.starts_with("upstream.postgresql.") {
            2
        } else {
            1
        };
    path.match_indices('.')
        .nth(depth - 1)
        .map_or(path, |(at, _)| &path[..at])
}

/// Goes through the values; what is described is one row, whatever is in it.
fn describe(node: &Node, lines: &[&str], prefix: &str, rows: &mut Vec<Row>) -> Result<()> {
    for entry in node.entries() {
        let path = if prefix.is_empty() {
            entry.key.clone()
        } else {
            format!("{prefix}.{}", entry.key)
        };
        let line = entry.at.line as usize;
        let above = line.checked_sub(2).and_then(|index| lines.get(index));
        match above.and_then(|line| line.trim_start().strip_prefix(MARK)) {
            Some(description) => rows.push(Row {
                path,
                default: default(&entry.node.to_json()),
                description: description.replace('|', "\\|"),
            }),
            None => {
                ensure!(
                    !entry.node.entries().is_empty(),
                    "`{path}` has no description: a line above it that begins with `{MARK}`"
                );
                describe(&entry.node, lines, &path, rows)?;
            }
        }
    }
    Ok(())
}

/// A default as one cell of a table; what does not fit is in `values.yaml`.
fn default(value: &Value) -> String {
    const WIDEST: usize = 60;
    match value {
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::Null => "empty".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Object(map) if map.is_empty() => "none".to_owned(),
        other => {
            let text = match other {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if text.len() > WIDEST {
                "see `values.yaml`".to_owned()
            } else {
                format!("`{}`", text.replace('|', "\\|"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_description_becomes_a_row_below_its_heading() {
        let values = "a:\n  # -- How many.\n  b: 1\n# -- Which, a | b.\nc: { d: [] }\n";

        let text = readme(values).unwrap();

        assert!(text.contains("### `a`\n"), "{text}");
        assert!(text.contains("| `a.b` | `1` | How many. |"), "{text}");
        assert!(
            text.contains("| `c` | `{\"d\":[]}` | Which, a \\| b. |"),
            "{text}"
        );
    }

    #[test]
    fn a_value_without_a_description_is_named() {
        let error = readme("a:\n  b: 1\n").unwrap_err();

        assert!(error.to_string().starts_with("`a.b` has no description"));
    }
}
