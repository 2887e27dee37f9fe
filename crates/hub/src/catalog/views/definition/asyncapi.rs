//! AsyncAPI 2 and 3: channels, what is done on each, and its messages.

use super::schema::{Schema, entries, name_of, resolve, text};
use crate::ui::Markdown;
use serde_json::Value;

/// A document.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct AsyncApi {
    /// Title and version.
    pub(super) title: String,
    pub(super) description: Markdown,
    /// Where it runs: the name, the address and the protocol.
    pub(super) servers: Vec<(String, String)>,
    pub(super) channels: Vec<Channel>,
}

/// A channel.
#[derive(Debug, Clone)]
pub(super) struct Channel {
    pub(super) address: String,
    pub(super) description: Option<String>,
    pub(super) operations: Vec<Operation>,
}

/// What is done on a channel.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    /// `publish`, `subscribe`, `send` or `receive`; empty for messages that no operation names.
    pub(super) action: String,
    pub(super) summary: Option<String>,
    pub(super) messages: Vec<Message>,
}

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) name: String,
    pub(super) summary: Option<String>,
    pub(super) payload: Schema,
    pub(super) headers: Schema,
}

impl AsyncApi {
    /// Reads a document; `None` when it is none of AsyncAPI.
    pub(super) fn read(root: &Value) -> Option<AsyncApi> {
        let version = root.get("asyncapi")?.as_str()?;
        let info = root.get("info").unwrap_or(&Value::Null);
        let title = [text(info, "title"), text(info, "version")];
        let title: Vec<String> = title.into_iter().flatten().collect();
        let is_new = !version.starts_with(['0', '1', '2']);
        Some(AsyncApi {
            title: title.join(" "),
            description: Markdown::new(&text(info, "description").unwrap_or_default()),
            servers: entries(root, "servers").map(server).collect(),
            channels: entries(root, "channels")
                .map(|(name, channel)| {
                    let channel = resolve(root, channel);
                    Channel {
                        address: text(channel, "address").unwrap_or_else(|| name.clone()),
                        description: text(channel, "description"),
                        operations: match is_new {
                            true => operations(root, name, channel),
                            false => old_operations(root, channel),
                        },
                    }
                })
                .collect(),
        })
    }
}

fn server((name, server): (&String, &Value)) -> (String, String) {
    let host = text(server, "url").or_else(|| text(server, "host"));
    let address = [text(server, "protocol"), host];
    let address: Vec<String> = address.into_iter().flatten().collect();
    (name.clone(), address.join(" "))
}

/// Up to version 2 a channel holds what is done on it.
fn old_operations(root: &Value, channel: &Value) -> Vec<Operation> {
    let operation = |action: &str| {
        let operation = channel.get(action)?;
        let message = operation.get("message").unwrap_or(&Value::Null);
        let several = resolve(root, message)
            .get("oneOf")
            .and_then(Value::as_array);
        let messages = match several {
            Some(several) => several
                .iter()
                .map(|one| message_of(root, None, one))
                .collect(),
            None if message.is_null() => Vec::new(),
            None => vec![message_of(root, None, message)],
        };
        Some(Operation {
            action: action.to_owned(),
            summary: text(operation, "summary").or_else(|| text(operation, "description")),
            messages,
        })
    };
    ["publish", "subscribe"]
        .into_iter()
        .filter_map(operation)
        .collect()
}

/// From version 3 on operations stand beside channels, and refer to them.
fn operations(root: &Value, name: &str, channel: &Value) -> Vec<Operation> {
    let own = |(id, message): (&String, &Value)| message_of(root, Some(id), message);
    let here = format!("#/channels/{name}");
    let operations = entries(root, "operations")
        .map(|(_, operation)| resolve(root, operation))
        .filter(|operation| operation["channel"]["$ref"] == here.as_str());
    let mut operations: Vec<Operation> = operations
        .map(|operation| {
            let named = operation.get("messages").and_then(Value::as_array);
            Operation {
                action: text(operation, "action").unwrap_or_default(),
                summary: text(operation, "summary").or_else(|| text(operation, "description")),
                messages: match named {
                    Some(named) => named
                        .iter()
                        .map(|one| message_of(root, None, one))
                        .collect(),
                    None => entries(channel, "messages").map(own).collect(),
                },
            }
        })
        .collect();
    if operations.is_empty() && channel.get("messages").is_some() {
        operations.push(Operation {
            action: String::new(),
            summary: None,
            messages: entries(channel, "messages").map(own).collect(),
        });
    }
    operations
}

fn message_of(root: &Value, id: Option<&str>, value: &Value) -> Message {
    let message = resolve(root, value);
    let name = text(message, "title")
        .or_else(|| text(message, "name"))
        .or_else(|| name_of(value).or(id).map(str::to_owned));
    let schema = |member: &str| {
        let schema = message.get(member);
        schema.map_or_else(Schema::default, |schema| Schema::read(root, schema))
    };
    Message {
        name: name.unwrap_or_default(),
        summary: text(message, "summary").or_else(|| text(message, "description")),
        payload: schema("payload"),
        headers: schema("headers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn version_2_has_operations_in_channels() {
        let events = AsyncApi::read(&json!({
            "asyncapi": "2.6.0", "info": {"title": "Events", "version": "1"},
            "servers": {"house": {"url": "kafka.example:9092", "protocol": "kafka"}},
            "channels": {"seats/sold": {"description": "Sales.", "subscribe": {
                "summary": "A seat was sold", "message": {"$ref": "#/components/messages/Sold"}}}},
            "components": {"messages": {"Sold": {"payload": {"properties": {"seat": {"type": "string"}}}}}},
        }))
        .unwrap();

        let operation = &events.channels[0].operations[0];
        assert_eq!(
            events.servers,
            [("house".to_owned(), "kafka kafka.example:9092".to_owned())]
        );
        assert_eq!(
            (
                events.channels[0].address.as_str(),
                operation.action.as_str()
            ),
            ("seats/sold", "subscribe")
        );
        assert_eq!(operation.messages[0].name, "Sold");
        assert_eq!(operation.messages[0].payload.members[0].name, "seat");
    }

    #[test]
    fn version_3_has_them_beside() {
        let events = AsyncApi::read(&json!({
            "asyncapi": "3.0.0", "info": {"title": "Events"},
            "channels": {
                "sold": {"address": "seats.sold", "messages": {"Sold": {"payload": {"type": "object"}}}},
                "held": {"address": "seats.held", "messages": {"Held": {}}},
            },
            "operations": {"onSold": {"action": "receive", "channel": {"$ref": "#/channels/sold"},
                "messages": [{"$ref": "#/channels/sold/messages/Sold"}]}},
        }))
        .unwrap();

        let told: Vec<_> = events
            .channels
            .iter()
            .map(|channel| {
                let operation = &channel.operations[0];
                (
                    channel.address.as_str(),
                    operation.action.as_str(),
                    operation.messages[0].name.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("seats.sold", "receive", "Sold"),
                ("seats.held", "", "Held")
            ]
        );
    }

    #[test]
    fn what_is_no_asyncapi_is_not_read_as_such() {
        assert!(AsyncApi::read(&json!({"openapi": "3.0.0"})).is_none());
    }
}
