//! The managers of an object's fields, and server-side apply.

use serde_json::{Value, json};

use crate::error::{ApiError, Cause};
use crate::field::{self, FieldSet, Path, Step};
use crate::shape::{Listing, Shape};

/// How a manager came to its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// Who writes, as an entry of `managedFields` names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Writer {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    pub(crate) api_version: String,
    /// Empty for the object itself.
    pub(crate) subresource: String,
    pub(crate) time: String,
}

/// A manager and what it owns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Manager {
    writer: Writer,
    fields: FieldSet,
}

/// All managers of one object, in order of their first write.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Managers(Vec<Manager>);

impl Writer {
    fn is_same(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            // Updates in another version are kept apart, applied ones replace each other.
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }
}

impl Managers {
    /// `metadata.managedFields`.
    pub(crate) fn to_json(&self) -> Value {
        let entries = self.0.iter().map(|Manager { writer, fields }| {
            let mut entry = json!({
                "manager": writer.manager,
                "operation": match writer.operation {
                    Operation::Apply => "Apply",
                    Operation::Update => "Update",
                },
                "apiVersion": writer.api_version,
                "time": writer.time,
                "fieldsType": "FieldsV1",
                "fieldsV1": fields.to_fields_v1(),
            });
            if !writer.subresource.is_empty() {
                entry["subresource"] = json!(writer.subresource);
            }
            entry
        });
        Value::Array(entries.collect())
    }

    /// Reads `metadata.managedFields` as a client sends it.
    pub(crate) fn from_json(entries: &Value) -> Self {
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let managers = entries
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let operation = match entry["operation"].as_str()? {
                    "Apply" => Operation::Apply,
                    _ => Operation::Update,
                };
                Some(Manager {
                    writer: Writer {
                        manager: text(entry, "manager"),
                        operation,
                        api_version: text(entry, "apiVersion"),
                        subresource: text(entry, "subresource"),
                        time: text(entry, "time"),
                    },
                    fields: FieldSet::from_fields_v1(&entry["fieldsV1"]),
                })
            });
        Self(managers.collect())
    }

    /// Notes that `writer` turned `old` into `new` without applying.
    pub(crate) fn updated(&mut self, writer: &Writer, old: &Value, new: &Value, shape: Shape<'_>) {
        let before = FieldSet::of(old, shape);
        let after = FieldSet::of(new, shape);
        let is_changed = |path: &&Path| {
            !before.contains(path)
                || (!matches!(path.last(), Some(Step::Item(_)))
                    && field::value_at(old, path) != field::value_at(new, path))
        };
        let changed: FieldSet = after.paths().filter(is_changed).cloned().collect();
        let mut gone = before;
        gone.subtract(&after);
        if changed.is_empty() && gone.is_empty() {
            return;
        }
        for manager in &mut self.0 {
            manager.fields.subtract(&gone);
            if !manager.writer.is_same(writer) {
                manager.fields.subtract(&changed);
            }
        }
        if !changed.is_empty() {
            self.give(writer, changed);
        }
        self.0.retain(|manager| !manager.fields.is_empty());
    }

    fn give(&mut self, writer: &Writer, fields: FieldSet) {
        match self.0.iter_mut().find(|found| found.writer.is_same(writer)) {
            Some(found) => {
                found.fields.extend(&fields);
                found.writer.time.clone_from(&writer.time);
            }
            None => self.0.push(Manager {
                writer: writer.clone(),
                fields,
            }),
        }
    }

    /// Applies `wanted` to `live` as `writer`, and gives what comes of it.
    ///
    /// # Errors
    ///
    /// 409 where somebody else owns a field that `wanted` has otherwise, unless forced.
    pub(crate) fn apply(
        &mut self,
        writer: &Writer,
        live: &Value,
        wanted: &Value,
        shape: Shape<'_>,
        is_forced: bool,
    ) -> Result<Value, ApiError> {
        let fields = FieldSet::of(wanted, shape);
        let disputed = |path: &Path| {
            fields.contains(path)
                && !matches!(path.last(), Some(Step::Item(_)))
                && field::value_at(live, path) != field::value_at(wanted, path)
        };
        let others = |manager: &&Manager| !manager.writer.is_same(writer);
        if !is_forced {
            let conflicts: Vec<(&Manager, Vec<&Path>)> = self
                .0
                .iter()
                .filter(others)
                .map(|manager| {
                    (
                        manager,
                        manager
                            .fields
                            .paths()
                            .filter(|path| disputed(path))
                            .collect(),
                    )
                })
                .filter(|(_, paths): &(_, Vec<_>)| !paths.is_empty())
                .collect();
            if !conflicts.is_empty() {
                return Err(conflict(&conflicts));
            }
        }

        let mut merged = live.clone();
        merge_applied(&mut merged, wanted, shape);

        let before = self.0.iter().find(|found| found.writer.is_same(writer));
        let before = before.map(|found| found.fields.clone()).unwrap_or_default();
        // An item comes before its fields and goes as a whole: without its key nothing finds it.
        for path in before.paths().filter(|path| !fields.contains(path)) {
            let is_shared = self
                .0
                .iter()
                .filter(others)
                .any(|other| other.fields.reaches(path));
            let is_wanted = fields.reaches(path);
            if !is_shared && !is_wanted {
                field::remove_at(&mut merged, path);
            }
        }

        for manager in &mut self.0 {
            if !manager.writer.is_same(writer) {
                manager.fields.retain(|path| !disputed(path));
            }
        }
        let same = self.0.iter_mut().find(|found| found.writer.is_same(writer));
        match same {
            // The time is that of the last write that changed something.
            Some(same) if same.fields == fields && merged == *live => {}
            Some(same) => {
                same.fields = fields;
                same.writer = writer.clone();
            }
            None => self.give(writer, fields),
        }
        self.0.retain(|manager| !manager.fields.is_empty());
        Ok(merged)
    }
}

/// Merges what is applied: keyed lists item by item, in the order of what is applied.
fn merge_applied(target: &mut Value, wanted: &Value, shape: Shape<'_>) {
    match (wanted, shape.listing()) {
        (Value::Object(wanted), _) if !shape.is_atomic_map() && target.is_object() => {
            let Value::Object(members) = target else {
                return;
            };
            for (name, value) in wanted {
                match members.get_mut(name) {
                    Some(member) => merge_applied(member, value, shape.field(name)),
                    None => {
                        members.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(wanted), Listing::Set) if target.is_array() => {
            let Value::Array(items) = target else {
                return;
            };
            for item in wanted {
                if !items.contains(item) {
                    items.push(item.clone());
                }
            }
        }
        (Value::Array(wanted), Listing::Keyed(keys)) if target.is_array() => {
            let Value::Array(items) = target else {
                return;
            };
            // Where the applied items stand now, those that come anew at the end.
            let mut places = Vec::with_capacity(wanted.len());
            for item in wanted {
                let key = keys.of(item);
                let at = items.iter().position(|found| keys.of(found) == key);
                match at {
                    Some(at) => merge_applied(&mut items[at], item, shape.item()),
                    None => items.push(item.clone()),
                }
                places.push(at.unwrap_or(items.len() - 1));
            }
            let in_order: Vec<Value> = places.iter().map(|&at| items[at].clone()).collect();
            places.sort_unstable();
            for (at, item) in places.into_iter().zip(in_order) {
                items[at] = item;
            }
        }
        _ => target.clone_from(wanted),
    }
}

fn conflict(conflicts: &[(&Manager, Vec<&Path>)]) -> ApiError {
    let count: usize = conflicts.iter().map(|(_, paths)| paths.len()).sum();
    let mut causes = Vec::with_capacity(count);
    let mut texts = Vec::with_capacity(conflicts.len());
    for (Manager { writer, .. }, paths) in conflicts {
        let mut who = format!("\"{}\"", writer.manager);
        if !writer.subresource.is_empty() {
            who.push_str(&format!(" with subresource \"{}\"", writer.subresource));
        }
        who.push_str(&format!(" using {}", writer.api_version));
        if writer.operation == Operation::Update {
            who.push_str(&format!(" at {}", writer.time));
        }
        let fields: Vec<String> = paths.iter().map(|path| field::text(path)).collect();
        texts.push(match fields.as_slice() {
            [only] => format!("conflict with {who}: {only}"),
            several => format!("conflicts with {who}:\n- {}", several.join("\n- ")),
        });
        causes.extend(fields.into_iter().map(|field| Cause {
            reason: "FieldManagerConflict",
            field,
            message: format!("conflict with {who}"),
        }));
    }
    let plural = if count == 1 { "" } else { "s" };
    let message = format!(
        "Apply failed with {count} conflict{plural}: {}",
        texts.join("\n")
    );
    ApiError::new(409, "Conflict", message).with_causes(&causes)
}
