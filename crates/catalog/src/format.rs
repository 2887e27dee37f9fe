//! The forms that single fields of an entity must have.

use std::fmt;

use serde_json::Value;

/// A field that does not have its form.
pub(crate) struct FormatError {
    /// The field, as the message names it.
    pub(crate) field: String,
    /// What is wrong, in the words of the wire.
    pub(crate) message: String,
}

const OBJECT_NAME: &str = "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total";
const PREFIX_AND_SUFFIX: &str = "a valid prefix and/or suffix";

/// Checks the form of every field that has one.
///
/// # Errors
///
/// [`FormatError`] at the first field without its form.
///
/// # Source
///
/// Mirrors the order and the words of upstream's field format policy.
pub(crate) fn check(entity: &Value) -> Result<(), FormatError> {
    let metadata = &entity["metadata"];
    require(
        format_args!("apiVersion"),
        &entity["apiVersion"],
        is_api_version,
        PREFIX_AND_SUFFIX,
    )?;
    require(
        format_args!("kind"),
        &entity["kind"],
        is_kind,
        "a string that is a sequence of [a-zA-Z][a-z0-9A-Z], at most 63 characters in total",
    )?;
    require(
        format_args!("metadata.name"),
        &metadata["name"],
        is_object_name,
        OBJECT_NAME,
    )?;
    optional(
        format_args!("metadata.namespace"),
        &metadata["namespace"],
        is_dns_label,
        "a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total",
    )?;
    for (key, value) in members(&metadata["labels"]) {
        let field = format_args!("labels.{key}");
        require_text(field, key, is_key, PREFIX_AND_SUFFIX)?;
        require(
            field,
            value,
            |value| value.is_empty() || is_object_name(value),
            OBJECT_NAME,
        )?;
    }
    for (key, _) in members(&metadata["annotations"]) {
        require_text(
            format_args!("annotations.{key}"),
            key,
            is_key,
            PREFIX_AND_SUFFIX,
        )?;
    }
    for (index, tag) in items(&metadata["tags"]) {
        require(
            format_args!("tags.{index}"),
            tag,
            is_tag,
            "a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total",
        )?;
    }
    for (index, link) in items(&metadata["links"]) {
        require(
            format_args!("links.{index}.url"),
            &link["url"],
            is_url,
            "a string that is a valid url",
        )?;
        optional(
            format_args!("links.{index}.title"),
            &link["title"],
            |title| !title.trim().is_empty(),
            "a non empty string",
        )?;
        optional(
            format_args!("links.{index}.icon"),
            &link["icon"],
            is_object_name,
            OBJECT_NAME,
        )?;
    }
    Ok(())
}

fn optional(
    field: fmt::Arguments<'_>,
    value: &Value,
    is_valid: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<(), FormatError> {
    if value.is_null() {
        Ok(())
    } else {
        require(field, value, is_valid, expected)
    }
}

fn require(
    field: fmt::Arguments<'_>,
    value: &Value,
    is_valid: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<(), FormatError> {
    let message = match value {
        Value::String(text) => return require_text(field, text, is_valid, expected),
        Value::Null => format!("{field} must have a value"),
        other => format!("\"{field}\" is not valid; expected {expected} but found \"{other}\"."),
    };
    Err(FormatError {
        field: field.to_string(),
        message,
    })
}

fn require_text(
    field: fmt::Arguments<'_>,
    text: &str,
    is_valid: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<(), FormatError> {
    if is_valid(text) {
        return Ok(());
    }
    Err(FormatError {
        field: field.to_string(),
        message: format!("\"{field}\" is not valid; expected {expected} but found \"{text}\"."),
    })
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn items(value: &Value) -> impl Iterator<Item = (usize, &Value)> {
    value.as_array().into_iter().flatten().enumerate()
}

fn is_api_version(text: &str) -> bool {
    has_prefix_and_suffix(text, |suffix| {
        (1..=63).contains(&suffix.len()) && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The key of a label or an annotation.
fn is_key(text: &str) -> bool {
    has_prefix_and_suffix(text, is_object_name)
}

/// `[<dns subdomain>/]<suffix>`.
fn has_prefix_and_suffix(text: &str, is_suffix: impl Fn(&str) -> bool) -> bool {
    match text.split_once('/') {
        Some((prefix, suffix)) => is_dns_subdomain(prefix) && is_suffix(suffix),
        None => is_suffix(text),
    }
}

fn is_kind(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_object_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.ends_with(|last: char| last.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_dns_label(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| is_letter(byte) || byte == b'-')
}

fn is_dns_subdomain(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.split('.').all(is_dns_label)
}

fn is_tag(text: &str) -> bool {
    let is_letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b":+#".contains(&byte);
    (1..=63).contains(&text.len())
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(is_letter))
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok()
}
