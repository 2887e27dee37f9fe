//! Compares requests and answers with a document.

use axum::body::Body;
use axum::http::Method;
use callboard_testkit::{Answer, Client};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use url::form_urlencoded;

/// The methods that a route may have.
pub(super) const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

/// A document, and what was seen of it.
pub(super) struct Contract {
    document: Value,
    prefix: String,
    seen: RefCell<BTreeSet<(String, String)>>,
    validators: RefCell<HashMap<String, Validator>>,
}

/// An operation of a document.
#[derive(Clone, Copy)]
pub(super) struct Operation<'a> {
    pub(super) path: &'a str,
    pub(super) method: &'a str,
    pub(super) value: &'a Value,
    item: &'a Value,
}

impl<'a> Operation<'a> {
    pub(super) fn id(&self) -> &'a str {
        self.value["operationId"].as_str().unwrap()
    }

    pub(super) fn is_open(&self) -> bool {
        self.value["security"] == json!([])
    }

    /// The parameters of the path and of the method.
    pub(super) fn parameters(&self, contract: &Contract) -> Vec<Value> {
        let lists = [&self.item["parameters"], &self.value["parameters"]];
        let written = lists.into_iter().filter_map(Value::as_array).flatten();
        written
            .map(|parameter| contract.resolve(parameter).clone())
            .collect()
    }
}

impl Contract {
    pub(super) fn new(document: Value) -> Contract {
        let url = document["servers"][0]["url"].as_str().unwrap();
        let prefix = url.strip_prefix("http://localhost:7007").unwrap();
        Contract {
            prefix: prefix.to_owned(),
            document,
            seen: RefCell::default(),
            validators: RefCell::default(),
        }
    }

    pub(super) fn document(&self) -> &Value {
        &self.document
    }

    pub(super) fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = Vec::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            for method in METHODS {
                if let Some(value) = item.get(method) {
                    operations.push(Operation {
                        path,
                        method,
                        value,
                        item,
                    });
                }
            }
        }
        operations
    }

    /// What `$ref` names, or the value itself.
    pub(super) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(name) = value["$ref"].as_str() else {
            return value;
        };
        let pointer = name.strip_prefix('#').unwrap();
        let found = self.document.pointer(pointer);
        self.resolve(found.unwrap_or_else(|| panic!("{name} is nothing")))
    }

    /// Sends a request, whatever the document says of it.
    pub(super) async fn send(
        &self,
        client: &Client,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        match body {
            Some(body) => self.send_text(client, method, path, body.to_string()).await,
            None => {
                self.dispatch(client, method, path, None, Body::empty())
                    .await
            }
        }
    }

    /// Sends what claims to be JSON.
    pub(super) async fn send_text(
        &self,
        client: &Client,
        method: &str,
        path: &str,
        body: String,
    ) -> Answer {
        let json = Some("application/json");
        self.dispatch(client, method, path, json, body.into()).await
    }

    async fn dispatch(
        &self,
        client: &Client,
        method: &str,
        path: &str,
        kind: Option<&str>,
        body: Body,
    ) -> Answer {
        let method: Method = method.to_uppercase().parse().unwrap();
        let path = format!("{}{path}", self.prefix);
        client.send(method, &path, kind, body).await
    }

    /// Sends a request that is answered with `status`, and finds all of it as documented.
    pub(super) async fn ask(
        &self,
        client: &Client,
        request: &str,
        body: Option<Value>,
        status: u16,
    ) -> Answer {
        let (method, target) = request.split_once(' ').unwrap();
        let answer = self.send(client, method, target, body.as_ref()).await;
        assert_eq!(answer.status, status, "{request}: {}", answer.text());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (operation, parts) = self.find(method, path);
        self.check_answer(request, operation, &answer);
        if status < 400 {
            self.check_parameters(request, operation, &parts, query);
            self.check_body(request, operation, body.as_ref());
        }
        if method == "GET" && status == 200 {
            let again = client
                .clone()
                .header("if-none-match", answer.header("etag"));
            let again = self.send(&again, method, target, None).await;
            assert_eq!(again.status, 304, "{request}");
            self.check_answer(request, operation, &again);
        }
        answer
    }

    /// Sends a form that is answered with `status`, and finds all of it as documented.
    pub(super) async fn submit(
        &self,
        client: &Client,
        target: &str,
        fields: &[(&str, &str)],
        status: u16,
    ) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let kind = "application/x-www-form-urlencoded";
        let answer = self
            .dispatch(client, "POST", target, Some(kind), form.into())
            .await;
        assert_eq!(answer.status, status, "{target}: {}", answer.text());
        let (operation, _) = self.find("POST", target);
        self.check_answer(target, operation, &answer);
        if status < 400 {
            let schema = &operation.value["requestBody"]["content"][kind]["schema"];
            let fields: Map<String, Value> = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            self.check(schema, &fields.into(), &format!("{target}: body"));
        }
        answer
    }

    /// The operation that a path leads to, and the values of the parameters in the path.
    fn find(&self, method: &str, path: &str) -> (Operation<'_>, Map<String, Value>) {
        let parts = |operation: &Operation<'_>| {
            let (asked, known) = (path.split('/'), operation.path.split('/'));
            if asked.clone().count() != known.clone().count() {
                return None;
            }
            let mut parts = Map::new();
            for (asked, known) in asked.zip(known) {
                match known
                    .strip_prefix('{')
                    .and_then(|name| name.strip_suffix('}'))
                {
                    Some(name) => drop(parts.insert(name.to_owned(), json!(asked))),
                    None if asked == known => {}
                    None => return None,
                }
            }
            Some(parts)
        };
        let operations = self.operations().into_iter();
        let found = operations
            .filter(|operation| operation.method.eq_ignore_ascii_case(method))
            .filter_map(|operation| Some((operation, parts(&operation)?)))
            .min_by_key(|(_, parts)| parts.len());
        found.unwrap_or_else(|| panic!("{method} {path} is not in the document"))
    }

    pub(super) fn check_answer(&self, request: &str, operation: Operation<'_>, answer: &Answer) {
        let status = answer.status.as_str();
        let response = operation.value["responses"].get(status);
        let response = response.unwrap_or_else(|| panic!("{request}: {status} is not documented"));
        let response = self.resolve(response);
        match response.get("content") {
            None => assert_eq!(answer.text(), "", "{request}"),
            Some(content) => {
                let kind = answer.header("content-type");
                assert_eq!(kind, "application/json; charset=utf-8", "{request}");
                let schema = &content["application/json"]["schema"];
                self.check(schema, &answer.json(), &format!("{request} {status}"));
            }
        }
        for name in response["headers"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
        {
            assert_ne!(answer.header(name), "", "{request}: {name}");
        }
        let seen = (operation.id().to_owned(), status.to_owned());
        self.seen.borrow_mut().insert(seen);
    }

    fn check_parameters(
        &self,
        request: &str,
        operation: Operation<'_>,
        parts: &Map<String, Value>,
        query: &str,
    ) {
        let parameters = operation.parameters(self);
        let mut values: Vec<(String, String, &str)> = Vec::new();
        for (name, value) in parts {
            values.push((name.clone(), value.as_str().unwrap().to_owned(), "path"));
        }
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            values.push((name, value, "query"));
        }
        for (name, text, place) in values {
            let known = parameters
                .iter()
                .find(|known| known["name"] == *name && known["in"] == place);
            let known = known.unwrap_or_else(|| panic!("{request}: {name} is not documented"));
            let schema = self.resolve(&known["schema"]);
            let value = match schema["type"].as_str() {
                Some("integer") => json!(text.parse::<i64>().unwrap()),
                Some("array") => json!([text]),
                Some(_) | None => json!(text),
            };
            self.check(schema, &value, &format!("{request}: {name}"));
        }
    }

    fn check_body(&self, request: &str, operation: Operation<'_>, body: Option<&Value>) {
        let documented = &operation.value["requestBody"];
        match body {
            None => assert_ne!(documented["required"], true, "{request} has no body"),
            Some(body) => {
                assert!(documented.is_object(), "{request} has a body");
                let schema = &documented["content"]["application/json"]["schema"];
                self.check(schema, body, &format!("{request}: body"));
            }
        }
    }

    /// Checks a value against a schema of the document; members that it does not list are faults.
    pub(super) fn check(&self, schema: &Value, value: &Value, what: &str) {
        let mut validators = self.validators.borrow_mut();
        let validator = validators
            .entry(schema.to_string())
            .or_insert_with(|| self.validator(schema));
        let faults: Vec<_> = validator
            .iter_errors(value)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{what}: {faults:#?}\n{value:#}");
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": self.document["components"],
        });
        close(&mut whole["allOf"]);
        close(&mut whole["components"]["schemas"]);
        jsonschema::validator_for(&whole).unwrap()
    }

    /// The answers of the operations that were not seen, apart from faults and times of no service.
    pub(super) fn unseen(&self) -> Vec<String> {
        let mut unseen = Vec::new();
        for operation in self.operations() {
            for (status, response) in operation.value["responses"].as_object().unwrap() {
                let is_fault = ["Fault", "Unavailable"]
                    .iter()
                    .any(|name| response["$ref"] == format!("#/components/responses/{name}"));
                let key = (operation.id().to_owned(), status.clone());
                if !is_fault && !self.seen.borrow().contains(&key) {
                    unseen.push(format!("{} {status}", operation.id()));
                }
            }
        }
        unseen
    }
}

/// Forbids members that a schema does not list, which the document itself leaves open.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Object(members) if !members.contains_key("$ref") => {
            members.values_mut().for_each(close);
            let is_open = members.get("properties").is_some_and(Value::is_object)
                && !members.contains_key("additionalProperties");
            if is_open {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
