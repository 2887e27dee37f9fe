//! OpenAPI 2 and 3: operations by tag, and what each takes and gives.

use super::schema::{Schema, entries, name_of, resolve, text};
use crate::ui::{Markdown, Tone};
use serde_json::Value;
use std::collections::BTreeSet;

/// The methods that a path may have, in the order of the page.
const METHODS: [&str; 8] = [
    "get", "post", "put", "patch", "delete", "head", "options", "trace",
];

/// A document, as far as an outline goes; each operation is read when it is shown.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct OpenApi {
    root: Value,
    /// Title and version.
    pub(super) title: String,
    pub(super) description: Markdown,
    /// Where it is served, with a word on each.
    pub(super) servers: Vec<(String, Option<String>)>,
    /// The operations by their first tag.
    pub(super) groups: Vec<Group>,
}

/// The operations of one tag.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// Empty for operations without a tag.
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) operations: Vec<Head>,
}

/// One line about an operation.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Head {
    /// Unique in the document, and fit for an address: `get-performances-id`.
    pub(in crate::catalog::views) id: String,
    pub(in crate::catalog::views) method: &'static str,
    pub(in crate::catalog::views) path: String,
    pub(in crate::catalog::views) summary: Option<String>,
    pub(in crate::catalog::views) is_deprecated: bool,
}

/// All about an operation.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Operation {
    pub(super) description: Markdown,
    pub(super) parameters: Vec<Parameter>,
    pub(super) request: Option<Body>,
    pub(super) responses: Vec<Response>,
}

/// Something that the caller sends beside the body.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// `query`, `path`, `header` or `cookie`.
    pub(super) place: String,
    pub(super) is_required: bool,
    pub(super) description: Option<String>,
    pub(super) schema: Schema,
}

/// What is sent or given.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) is_required: bool,
    pub(super) description: Option<String>,
    pub(super) contents: Vec<Content>,
}

/// A body in one media type.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) media_type: String,
    pub(super) schema: Schema,
    /// An example, as JSON.
    pub(super) example: Option<String>,
}

/// What may come back.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) status: String,
    pub(super) tone: Tone,
    pub(super) body: Body,
}

impl Head {
    /// The colour of the method.
    pub(super) fn tone(&self) -> Tone {
        match self.method {
            "get" | "head" | "options" => Tone::Info,
            "post" => Tone::Ok,
            "delete" => Tone::No,
            _ => Tone::If,
        }
    }
}

impl OpenApi {
    /// Reads the outline of a document; `None` when it is none of OpenAPI.
    pub(super) fn read(root: Value) -> Option<OpenApi> {
        if root.get("openapi").is_none() && root.get("swagger").is_none() {
            return None;
        }
        let info = root.get("info").unwrap_or(&Value::Null);
        let title = [text(info, "title"), text(info, "version")];
        let title: Vec<String> = title.into_iter().flatten().collect();
        Some(OpenApi {
            title: title.join(" "),
            description: Markdown::new(&text(info, "description").unwrap_or_default()),
            servers: servers(&root),
            groups: groups(&root),
            root,
        })
    }

    /// How many operations it has.
    pub(super) fn operation_count(&self) -> usize {
        self.groups.iter().map(|group| group.operations.len()).sum()
    }

    /// The operation of this id.
    pub(in crate::catalog::views) fn head(&self, id: &str) -> Option<&Head> {
        let mut heads = self.groups.iter().flat_map(|group| &group.operations);
        heads.find(|head| head.id == id)
    }

    /// All about an operation.
    pub(in crate::catalog::views) fn operation(&self, head: &Head) -> Operation {
        let root = &self.root;
        let path = &root["paths"][&head.path];
        let path = resolve(root, path);
        let operation = &path[head.method];
        let mut parameters = parameters_of(root, operation);
        // Those of the path hold for each of its operations, unless it has its own.
        for common in parameters_of(root, path) {
            let is_known =
                |known: &Parameter| known.name == common.name && known.place == common.place;
            if !parameters.iter().any(is_known) {
                parameters.push(common);
            }
        }
        let request = match operation.get("requestBody") {
            Some(request) => Some(body(root, resolve(root, request))),
            None => body_parameter(root, operation, path),
        };
        Operation {
            description: Markdown::new(&text(operation, "description").unwrap_or_default()),
            parameters,
            request,
            responses: entries(operation, "responses")
                .map(|(status, response)| Response {
                    tone: tone_of(status),
                    status: status.clone(),
                    body: body(root, resolve(root, response)),
                })
                .collect(),
        }
    }
}

fn servers(root: &Value) -> Vec<(String, Option<String>)> {
    let servers = root
        .get("servers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let servers =
        servers.filter_map(|server| Some((text(server, "url")?, text(server, "description"))));
    // Version 2 has one host, with a path and perhaps several schemes.
    let host = text(root, "host").map(|host| {
        let base = text(root, "basePath").unwrap_or_default();
        let scheme = root["schemes"][0].as_str().unwrap_or("https");
        (format!("{scheme}://{host}{base}"), None)
    });
    servers.chain(host).collect()
}

fn groups(root: &Value) -> Vec<Group> {
    let tags = root
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut groups: Vec<Group> = tags
        .filter_map(|tag| {
            Some(Group {
                name: text(tag, "name")?,
                description: text(tag, "description"),
                operations: Vec::new(),
            })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for (path, item) in entries(root, "paths") {
        let item = resolve(root, item);
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|found| found.is_object()) else {
                continue;
            };
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            let head = Head {
                id: unique(&mut ids, method, path),
                method,
                path: path.clone(),
                summary: text(operation, "summary"),
                is_deprecated: operation.get("deprecated") == Some(&Value::Bool(true)),
            };
            match groups.iter_mut().find(|group| group.name == tag) {
                Some(group) => group.operations.push(head),
                None => groups.push(Group {
                    name: tag.to_owned(),
                    description: None,
                    operations: vec![head],
                }),
            }
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    groups
}

/// An id of letters, digits and dashes; two paths that differ in signs alone get numbers.
fn unique(ids: &mut BTreeSet<String>, method: &str, path: &str) -> String {
    let words: Vec<&str> = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let base = [&[method], &words[..]].concat().join("-");
    let mut id = base.clone();
    let mut number = 1;
    while !ids.insert(id.clone()) {
        number += 1;
        id = format!("{base}-{number}");
    }
    id
}

fn parameters_of(root: &Value, of: &Value) -> Vec<Parameter> {
    let parameters = of
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let parameters = parameters.map(|parameter| resolve(root, parameter));
    parameters
        .filter_map(|parameter| {
            let place = text(parameter, "in")?;
            if place == "body" {
                return None;
            }
            let schema = parameter.get("schema").or_else(|| {
                entries(parameter, "content").find_map(|(_, content)| content.get("schema"))
            });
            Some(Parameter {
                name: text(parameter, "name")?,
                place,
                is_required: parameter.get("required") == Some(&Value::Bool(true)),
                description: text(parameter, "description"),
                // Version 2 has the type beside the name.
                schema: Schema {
                    description: None,
                    ..Schema::read(root, schema.unwrap_or(parameter))
                },
            })
        })
        .collect()
}

/// The body of version 2, which is a parameter.
fn body_parameter(root: &Value, operation: &Value, path: &Value) -> Option<Body> {
    let parameters = [operation, path]
        .into_iter()
        .filter_map(|of| of.get("parameters").and_then(Value::as_array))
        .flatten();
    let parameter = parameters
        .map(|parameter| resolve(root, parameter))
        .find(|parameter| parameter["in"] == "body")?;
    let media_type = operation["consumes"][0]
        .as_str()
        .or_else(|| root["consumes"][0].as_str());
    Some(Body {
        is_required: parameter.get("required") == Some(&Value::Bool(true)),
        description: text(parameter, "description"),
        contents: vec![content(
            root,
            media_type.unwrap_or("application/json"),
            parameter,
        )],
    })
}

fn body(root: &Value, body: &Value) -> Body {
    let contents = entries(body, "content").map(|(media_type, of)| content(root, media_type, of));
    // Version 2 has the schema of an answer beside its description.
    let bare = body
        .get("schema")
        .map(|_| content(root, "application/json", body));
    Body {
        is_required: body.get("required") == Some(&Value::Bool(true)),
        description: text(body, "description"),
        contents: contents.chain(bare).collect(),
    }
}

fn content(root: &Value, media_type: &str, content: &Value) -> Content {
    let named = entries(content, "examples").next().map(|(_, example)| {
        let example = resolve(root, example);
        example.get("value").unwrap_or(example)
    });
    let schema = content.get("schema");
    let of_schema = schema.and_then(|schema| resolve(root, schema).get("example"));
    let example = content.get("example").or(named).or(of_schema);
    let example = example.map(|example| match example {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    });
    let mut tree = schema.map_or_else(Schema::default, |schema| Schema::read(root, schema));
    if let Some(name) = schema.and_then(name_of) {
        name.clone_into(&mut tree.type_name);
    }
    Content {
        media_type: media_type.to_owned(),
        schema: tree,
        example,
    }
}

fn tone_of(status: &str) -> Tone {
    match status.bytes().next() {
        Some(b'2') => Tone::Ok,
        Some(b'4' | b'5') => Tone::No,
        _ => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seats() -> OpenApi {
        OpenApi::read(json!({
            "openapi": "3.0.3", "info": {"title": "Seats", "version": "3"},
            "servers": [{"url": "https://seats.example", "description": "Production"}],
            "tags": [{"name": "Orders"}, {"name": "Seats", "description": "Chairs."}],
            "paths": {
                "/seats/{id}": {
                    "parameters": [{"$ref": "#/components/parameters/Id"}],
                    "get": {"tags": ["Seats"], "summary": "One seat", "responses": {
                        "200": {"description": "It", "content": {"application/json": {
                            "schema": {"$ref": "#/components/schemas/Seat"}, "example": {"id": "A1"}}}},
                        "404": {"description": "None"},
                    }},
                    "put": {"tags": ["Seats"], "deprecated": true, "requestBody": {"required": true, "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Seat"}}}}},
                },
                "/seats/id": {"get": {}},
            },
            "components": {
                "parameters": {"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}},
                "schemas": {"Seat": {"type": "object", "properties": {"id": {"type": "string"}}}},
            },
        }))
        .unwrap()
    }

    #[test]
    fn operations_stand_under_their_tags() {
        let seats = seats();

        let groups: Vec<_> = seats
            .groups
            .iter()
            .map(|group| {
                let ids: Vec<_> = group
                    .operations
                    .iter()
                    .map(|head| head.id.as_str())
                    .collect();
                (group.name.as_str(), ids)
            })
            .collect();
        assert_eq!(
            groups,
            [
                ("Seats", vec!["get-seats-id", "put-seats-id"]),
                ("", vec!["get-seats-id-2"]),
            ]
        );
        assert_eq!(
            (seats.title.as_str(), seats.operation_count()),
            ("Seats 3", 3)
        );
    }

    #[test]
    fn an_operation_says_what_it_takes_and_gives() {
        let seats = seats();

        let get = seats.operation(seats.head("get-seats-id").unwrap());
        let put = seats.operation(seats.head("put-seats-id").unwrap());

        assert_eq!(
            (
                get.parameters[0].name.as_str(),
                get.parameters[0].is_required
            ),
            ("id", true)
        );
        let ok = &get.responses[0];
        assert_eq!((ok.status.as_str(), ok.tone), ("200", Tone::Ok));
        assert_eq!(ok.body.contents[0].schema.type_name, "Seat");
        assert_eq!(
            ok.body.contents[0].example.as_deref(),
            Some("{\n  \"id\": \"A1\"\n}")
        );
        assert!(put.request.is_some_and(|request| request.is_required));
    }

    #[test]
    fn version_2_is_read_too() {
        let old = OpenApi::read(json!({
            "swagger": "2.0", "info": {"title": "Old"}, "host": "old.example", "basePath": "/v1", "schemes": ["http"],
            "paths": {"/a": {"post": {
                "parameters": [
                    {"name": "body", "in": "body", "schema": {"properties": {"b": {"type": "integer"}}}},
                    {"name": "limit", "in": "query", "type": "integer"},
                ],
                "responses": {"200": {"description": "Done", "schema": {"type": "array", "items": {"type": "string"}}}},
            }}},
        }))
        .unwrap();

        let post = old.operation(old.head("post-a").unwrap());

        assert_eq!(old.servers, [("http://old.example/v1".to_owned(), None)]);
        assert_eq!(post.parameters.len(), 1);
        assert_eq!(post.parameters[0].schema.type_name, "integer");
        assert_eq!(
            post.request.unwrap().contents[0].schema.members[0].name,
            "b"
        );
        assert_eq!(
            post.responses[0].body.contents[0].schema.type_name,
            "array of string"
        );
    }

    #[test]
    fn what_is_no_openapi_is_not_read_as_such() {
        assert!(OpenApi::read(json!({"asyncapi": "2.6.0"})).is_none());
        assert!(OpenApi::read(json!("text")).is_none());
    }
}
