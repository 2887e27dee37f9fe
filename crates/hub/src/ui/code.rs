//! Code as a page shows it: with classes for what its parts are.

use askama::filters::HtmlSafe;
use serde_json::Value;
use std::fmt::{self, Display, Write};

/// Code with classes for what its parts are, safe in a page.
#[derive(Debug, Clone)]
pub struct Code(String);

impl Code {
    /// A value over several lines, keys and texts marked, and texts that begin with a dollar sign:
    /// those stand for something else.
    pub fn json(value: &Value) -> Code {
        let mut out = String::new();
        // Writing to a `String` does not fail.
        let _done = write(&mut out, value, 0);
        Code(out)
    }
}

impl HtmlSafe for Code {}

impl Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn write(out: &mut String, value: &Value, depth: usize) -> fmt::Result {
    let indent = |out: &mut String, depth: usize| write!(out, "\n{:1$}", "", depth * 2);
    match value {
        Value::Object(node) if !node.is_empty() => {
            out.push('{');
            for (index, (name, value)) in node.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                indent(out, depth + 1)?;
                write!(out, "<span class=\"k\">{}</span>: ", quoted(name))?;
                write(out, value, depth + 1)?;
            }
            indent(out, depth)?;
            out.push('}');
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                indent(out, depth + 1)?;
                write(out, item, depth + 1)?;
            }
            indent(out, depth)?;
            out.push(']');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(out, item, depth)?;
            }
            out.push(']');
        }
        Value::String(text) => {
            let class = if text.starts_with('$') { 'v' } else { 's' };
            write!(out, "<span class=\"{class}\">{}</span>", quoted(text))?;
        }
        other => write!(out, "{other}")?,
    }
    Ok(())
}

/// A text as JSON writes it, safe in a page.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::Code;
    use serde_json::json;

    #[test]
    fn keys_texts_and_aliases_are_marked_and_escaped() {
        let code = Code::json(&json!({"params": {"claims": ["$ownerRefs", "<b>"]}, "n": 1}));

        insta::assert_snapshot!(code.0, @r#"
        {
          <span class="k">&quot;params&quot;</span>: {
            <span class="k">&quot;claims&quot;</span>: [<span class="v">&quot;$ownerRefs&quot;</span>, <span class="s">&quot;&lt;b&gt;&quot;</span>]
          },
          <span class="k">&quot;n&quot;</span>: 1
        }
        "#);
    }
}
