//! JSON Schema as a tree that people read: what OpenAPI and AsyncAPI say of data.

use crate::ui::{Icon, Texts};
use askama::Template;
use askama::filters::HtmlSafe;
use serde_json::{Map, Value};

/// How deep a tree goes; below, the names of types have to do.
const MAX_DEPTH: usize = 16;
/// How many schemas one tree has at most, so that a document cannot grow without end by naming the
/// same ones again and again.
const MAX_SCHEMAS: usize = 400;
/// How many values of an enumeration are named.
const MAX_VALUES: usize = 24;

/// A schema, with what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::catalog::views) struct Schema {
    /// Such as `array of Seat`.
    pub(super) type_name: String,
    /// What it is for, the first paragraph.
    pub(super) description: Option<String>,
    /// What values must be, such as `≥ 1`.
    pub(super) limits: Vec<String>,
    /// The values that there are.
    pub(super) values: Vec<String>,
    /// What it has, or what it may be.
    pub(super) members: Vec<Member>,
}

/// A member of an object, or an alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) is_deprecated: bool,
    pub(super) schema: Schema,
}

/// A schema on a page: a list with lists in it.
#[derive(Template)]
#[template(path = "catalog/templates/definition/schema.html")]
pub(super) struct Tree<'a> {
    t: &'a Texts,
    schema: &'a Schema,
}

impl HtmlSafe for Tree<'_> {}

impl Schema {
    /// The tree of `schema`, whose references lead into `root`.
    pub(super) fn read(root: &Value, schema: &Value) -> Schema {
        let mut reader = Reader {
            root,
            open: Vec::new(),
            room: MAX_SCHEMAS,
        };
        reader.read(schema)
    }

    /// Its members, as a page shows them.
    pub(super) fn tree<'a>(&'a self, t: &'a Texts) -> Tree<'a> {
        Tree { t, schema: self }
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        *self == Schema::default()
    }
}

/// Follows a reference within the document, such as `#/components/schemas/Seat`; anything else is
/// given back.
pub(super) fn resolve<'v>(root: &'v Value, value: &'v Value) -> &'v Value {
    let mut found = value;
    // References may lead to references, and in a circle.
    for _ in 0..MAX_DEPTH {
        let target = found
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| root.pointer(reference.strip_prefix('#')?));
        match target {
            Some(target) => found = target,
            None => return found,
        }
    }
    found
}

/// The last part of a reference: the name of what it leads to.
pub(super) fn name_of(value: &Value) -> Option<&str> {
    let reference = value.get("$ref")?.as_str()?;
    reference.rsplit('/').next().filter(|name| !name.is_empty())
}

/// A string member.
pub(super) fn text(value: &Value, member: &str) -> Option<String> {
    let text = value.get(member)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

struct Reader<'v> {
    root: &'v Value,
    /// The named schemas that the tree stands in, which it does not go into again.
    open: Vec<&'v str>,
    room: usize,
}

impl<'v> Reader<'v> {
    fn read(&mut self, value: &'v Value) -> Schema {
        let schema = resolve(self.root, value);
        Schema {
            type_name: type_name(value),
            description: text(schema, "description"),
            limits: limits(schema),
            values: values(schema),
            members: self.within(value),
        }
    }

    /// The members of a schema, one step further in; none of one that is open already, nor where
    /// there is no room for more.
    fn within(&mut self, value: &'v Value) -> Vec<Member> {
        let name = name_of(value).unwrap_or_default();
        let is_open = !name.is_empty() && self.open.contains(&name);
        if is_open || self.open.len() >= MAX_DEPTH || self.room == 0 {
            return Vec::new();
        }
        self.room -= 1;
        self.open.push(name);
        let members = self.members(resolve(self.root, value));
        self.open.pop();
        members
    }

    fn members(&mut self, schema: &'v Value) -> Vec<Member> {
        let mut members = Vec::new();
        // A list is told by what is in it.
        if let Some(items) = schema.get("items") {
            members.extend(self.within(items));
        }
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let is_required = required.contains(&&**name);
            members.push(self.member(name, is_required, property));
        }
        if let Some(others @ Value::Object(_)) = schema.get("additionalProperties") {
            members.push(self.member("*", false, others));
        }
        for part in parts(schema, "allOf") {
            members.extend(self.within(part));
        }
        for (index, alternative) in ["oneOf", "anyOf"]
            .into_iter()
            .flat_map(|word| parts(schema, word))
            .enumerate()
        {
            members.push(self.member(&format!("{}.", index + 1), false, alternative));
        }
        members
    }

    fn member(&mut self, name: &str, is_required: bool, value: &'v Value) -> Member {
        let schema = self.read(value);
        Member {
            name: name.to_owned(),
            is_required,
            is_deprecated: resolve(self.root, value).get("deprecated") == Some(&Value::Bool(true)),
            schema,
        }
    }
}

fn parts<'v>(schema: &'v Value, word: &str) -> impl Iterator<Item = &'v Value> {
    schema
        .get(word)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// What a schema is called in a line: its name, or its type with its format.
fn type_name(value: &Value) -> String {
    type_name_within(value, MAX_DEPTH)
}

fn type_name_within(value: &Value, depth: usize) -> String {
    if depth == 0 {
        return "…".to_owned();
    }
    if let Some(name) = name_of(value) {
        return name.to_owned();
    }
    if let Some(items) = value.get("items") {
        return format!("array of {}", type_name_within(items, depth - 1));
    }
    let base = match value.get("type") {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(several)) => {
            let several: Vec<&str> = several.iter().filter_map(Value::as_str).collect();
            several.join(" or ")
        }
        _ => untyped(value).to_owned(),
    };
    let format = value.get("format").and_then(Value::as_str);
    let nullable = if value.get("nullable") == Some(&Value::Bool(true)) {
        " or null"
    } else {
        ""
    };
    match format {
        Some(format) => format!("{base} ({format}){nullable}"),
        None => format!("{base}{nullable}"),
    }
}

fn untyped(value: &Value) -> &'static str {
    let has = |word: &str| value.get(word).is_some();
    match () {
        () if has("oneOf") => "one of",
        () if has("anyOf") => "any of",
        () if has("properties") || has("allOf") || has("additionalProperties") => "object",
        () if has("enum") || has("const") => "value",
        () => "any",
    }
}

fn limits(schema: &Value) -> Vec<String> {
    const LIMITS: [(&str, &str); 9] = [
        ("minimum", "≥ "),
        ("exclusiveMinimum", "> "),
        ("maximum", "≤ "),
        ("exclusiveMaximum", "< "),
        ("minLength", "length ≥ "),
        ("maxLength", "length ≤ "),
        ("minItems", "items ≥ "),
        ("maxItems", "items ≤ "),
        ("pattern", "matches "),
    ];
    let limit = |(word, sign): &(&str, &str)| match schema.get(*word)? {
        Value::Number(number) => Some(format!("{sign}{number}")),
        Value::String(text) => Some(format!("{sign}{text}")),
        // Older drafts only say that the limit itself is not meant.
        _ => None,
    };
    let default = schema.get("default").map(|value| format!("= {value}"));
    LIMITS.iter().filter_map(limit).chain(default).collect()
}

fn values(schema: &Value) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let only = schema.get("const").into_iter();
    let mut values: Vec<String> = parts(schema, "enum").chain(only).map(word).collect();
    if values.len() > MAX_VALUES {
        values.truncate(MAX_VALUES);
        values.push("…".to_owned());
    }
    values
}

/// The members of a map in a document, in their order.
pub(super) fn entries<'v>(
    value: &'v Value,
    member: &str,
) -> impl Iterator<Item = (&'v String, &'v Value)> {
    let map: Option<&Map<String, Value>> = value.get(member).and_then(Value::as_object);
    map.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(root: &Value) -> Schema {
        Schema::read(root, &root["schema"])
    }

    #[test]
    fn members_are_named_with_their_types_and_limits() {
        let schema = read(&json!({"schema": {
            "type": "object", "required": ["seat"], "properties": {
                "seat": {"type": "string", "pattern": "^[A-Z]", "description": "Row and number."},
                "price": {"type": "integer", "format": "int32", "minimum": 0, "default": 10},
                "state": {"enum": ["free", "held"]},
            },
        }}));

        assert_eq!(schema.type_name, "object");
        let lines: Vec<_> = schema
            .members
            .iter()
            .map(|member| {
                let schema = &member.schema;
                (
                    member.name.as_str(),
                    member.is_required,
                    schema.type_name.as_str(),
                    schema.limits.join(" "),
                    schema.values.join(" "),
                )
            })
            .collect();
        let none = String::new;
        assert_eq!(
            lines,
            [
                ("seat", true, "string", "matches ^[A-Z]".to_owned(), none()),
                (
                    "price",
                    false,
                    "integer (int32)",
                    "≥ 0 = 10".to_owned(),
                    none()
                ),
                ("state", false, "value", none(), "free held".to_owned()),
            ]
        );
    }

    #[test]
    fn a_schema_within_itself_is_named_but_not_opened_again() {
        let schema = read(&json!({
            "schema": {"$ref": "#/defs/Row"},
            "defs": {"Row": {"properties": {"next": {"$ref": "#/defs/Row"}, "seats": {"type": "array", "items": {"$ref": "#/defs/Seat"}}}},
                     "Seat": {"properties": {"name": {"type": "string"}}}},
        }));

        assert_eq!(schema.type_name, "Row");
        assert_eq!(schema.members[0].schema.type_name, "Row");
        assert_eq!(schema.members[0].schema.members, []);
        assert_eq!(schema.members[1].schema.type_name, "array of Seat");
        assert_eq!(schema.members[1].schema.members[0].name, "name");
    }

    #[test]
    fn parts_join_and_alternatives_are_counted() {
        let schema = read(&json!({"schema": {
            "allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}],
            "oneOf": [{"type": "string"}, {"type": "null"}],
        }}));

        let names: Vec<_> = schema
            .members
            .iter()
            .map(|member| member.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b", "1.", "2."]);
    }

    #[test]
    fn a_document_that_leads_in_circles_comes_to_an_end() {
        let circle = json!({"schema": {"$ref": "#/a"}, "a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        assert_eq!(read(&circle).type_name, "a");

        let all =
            json!({"schema": {"$ref": "#/a"}, "a": {"allOf": [{"$ref": "#/a"}, {"$ref": "#/a"}]}});
        assert_eq!(read(&all).members, []);

        let bush = json!({"schema": {"$ref": "#/a"}, "a": {"oneOf": [{"$ref": "#/b"}, {"$ref": "#/c"}]},
            "b": {"oneOf": [{"$ref": "#/c"}, {"$ref": "#/c"}]}, "c": {"items": {"items": {"$ref": "#/c"}}}});
        assert!(!read(&bush).members.is_empty());
    }
}
