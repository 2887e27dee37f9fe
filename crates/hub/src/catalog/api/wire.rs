//! Answers written from entities as they are stored, without building trees of them.

use crate::error::Error;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, Fields};
use serde::Serialize;
use std::fmt::Display;

/// A body of JSON that is already text.
pub(super) fn json(body: Vec<u8>) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body,
    )
        .into_response()
}

/// A body of JSON from a value.
pub(super) fn json_of(value: &impl Serialize) -> Response {
    // Maps with string keys only: serialising them cannot fail.
    json(serde_json::to_vec(value).unwrap_or_default())
}

/// An empty body with room for entities as a whole, so that a page is copied once only.
pub(super) fn body_for<'a>(
    entities: impl Iterator<Item = &'a Entity>,
    fields: Option<&Fields>,
) -> Vec<u8> {
    /// For what stands around and between entities.
    const AROUND: usize = 1_024;
    match fields {
        Some(_) => Vec::new(),
        None => {
            Vec::with_capacity(AROUND + entities.map(|one| one.json().len() + 1).sum::<usize>())
        }
    }
}

/// Writes items with commas between them, in brackets.
pub(super) fn write_list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// Writes a text in quotes.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    // To look at all of them, also after one that is not plain, lets the processor look at many
    // at once.
    if text
        .bytes()
        .fold(true, |so_far, byte| so_far & is_plain(byte))
    {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Neither a text nor a vector can refuse.
        let _infallible = serde_json::to_writer(out, text);
    }
}

/// Writes a number of things.
pub(super) fn write_count(count: u64, out: &mut Vec<u8>) {
    // Neither a number nor a vector can refuse.
    let _infallible = serde_json::to_writer(out, &count);
}

/// Writes an entity or some of its fields, as `by-query` and `by-refs` give it.
pub(super) fn write_entity(entity: &Entity, fields: Option<&Fields>, out: &mut Vec<u8>) {
    match fields {
        Some(fields) => entity.write_fields(fields, out),
        None => out.extend_from_slice(entity.json().as_bytes()),
    }
}

/// Writes an entity or some of its fields, each relation with its deprecated `target`.
pub(super) fn write_entity_with_targets(
    entity: &Entity,
    fields: Option<&Fields>,
    out: &mut Vec<u8>,
) {
    match fields {
        Some(fields) => entity.write_fields_with_targets(fields, out),
        None => entity.write_with_targets(out),
    }
}

/// An error of the caller; those of the engine have the wording of the wire.
pub(super) fn input(error: impl Display) -> Error {
    Error::Input(error.to_string())
}
