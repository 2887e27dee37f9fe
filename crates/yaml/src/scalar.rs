//! Scalars as the core schema and JavaScript see them.

use std::borrow::Cow;

use granit_parser::{ScalarStyle, Tag};
use serde_json::Number;

use crate::NodeValue;

/// Settles what a scalar is, from its text, how it is quoted, and its tag.
///
/// A tag of the core schema holds if the text fits it; any other tag makes text.
///
/// # Errors
///
/// With a message, if it is a number that is not finite, which JSON cannot hold.
///
/// # Source
///
/// Mirrors the core schema of the npm package `yaml`, which turns `.inf` and `.nan` into
/// JSON's `null`; here they are errors, as nobody means that.
pub(crate) fn resolve(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
) -> Result<NodeValue, String> {
    let plain = Plain::of(&text);
    let fits = match tag.map(|tag| tag.core_suffix()) {
        None => style == ScalarStyle::Plain,
        Some(Some("null")) => plain == Plain::Null,
        Some(Some("bool")) => matches!(plain, Plain::Bool(_)),
        Some(Some("int")) => matches!(plain, Plain::Integer(_)),
        Some(Some("float")) => matches!(plain, Plain::Float(_)),
        Some(_) => false,
    };
    if !fits {
        return Ok(NodeValue::String(text.into_owned()));
    }
    match plain {
        Plain::Null => Ok(NodeValue::Null),
        Plain::Bool(value) => Ok(NodeValue::Bool(value)),
        Plain::Integer(value) | Plain::Float(value) => number(value)
            .map(NodeValue::Number)
            .ok_or_else(|| format!("`{text}` is not a finite number")),
        Plain::Text => Ok(NodeValue::String(text.into_owned())),
    }
}

/// Gives a key as JavaScript's `String(…)` does; `None` for a list or a mapping.
pub(crate) fn key(value: NodeValue) -> Option<String> {
    match value {
        NodeValue::Null => Some(String::new()),
        NodeValue::Bool(value) => Some(value.to_string()),
        NodeValue::Number(value) => Some(number_text(&value)),
        NodeValue::String(value) => Some(value),
        NodeValue::Sequence(_) | NodeValue::Mapping(_) => None,
    }
}

/// Whether a scalar without quotes is text.
pub(crate) fn is_text(text: &str) -> bool {
    Plain::of(text) == Plain::Text
}

/// What a scalar without quotes looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Plain {
    Null,
    Bool(bool),
    Integer(f64),
    Float(f64),
    Text,
}

impl Plain {
    fn of(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" => Self::Bool(true),
            "false" | "False" | "FALSE" => Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => Self::Float(f64::NAN),
            _ => Self::number(text).unwrap_or(Self::Text),
        }
    }

    fn number(text: &str) -> Option<Self> {
        if let Some(digits) = text.strip_prefix("0x") {
            return digits_in(digits, 16).map(Self::Integer);
        }
        if let Some(digits) = text.strip_prefix("0o") {
            return digits_in(digits, 8).map(Self::Integer);
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
            return Some(Self::Float(f64::INFINITY));
        }
        // Rust also reads `inf`, `nan` and `1e`; the shape is checked first.
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let has_digits = !whole.is_empty() || fraction.is_some_and(|digits| !digits.is_empty());
        let well_formed = has_digits
            && all_digits(whole)
            && fraction.is_none_or(all_digits)
            && exponent.is_none_or(|exponent| {
                let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
                !digits.is_empty() && all_digits(digits)
            });
        let value = well_formed.then(|| text.parse().ok())??;
        match (fraction, exponent) {
            (None, None) => Some(Self::Integer(value)),
            _ => Some(Self::Float(value)),
        }
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads digits of `radix` as a double; `None` if there are none, or others.
fn digits_in(text: &str, radix: u32) -> Option<f64> {
    let digits = || text.chars().map(|digit| digit.to_digit(radix));
    let add = |value: f64, digit: Option<u32>| Some(value * f64::from(radix) + f64::from(digit?));
    (!text.is_empty()).then(|| digits().try_fold(0.0, add))?
}

/// The least magnitude that no longer fits an `i64`.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// Gives a double as JSON, whole ones as integers; `None` if it is not finite.
///
/// Every number is a double, as in JavaScript, so beyond 2⁵³ integers lose digits too.
fn number(value: f64) -> Option<Number> {
    if value.fract() == 0.0 && value.abs() < TOO_LARGE {
        return Some(Number::from(value as i64));
    }
    Number::from_f64(value)
}

/// Gives a number as JavaScript prints it.
fn number_text(number: &Number) -> String {
    let Some(value) = number.as_f64().filter(|_| !number.is_i64()) else {
        return number.to_string();
    };
    let magnitude = value.abs();
    if (1e-6..1e21).contains(&magnitude) {
        return value.to_string();
    }
    // Rust writes `1e21` for JavaScript's `1e+21`; small numbers look alike.
    let text = format!("{value:e}");
    if magnitude < 1.0 {
        text
    } else {
        text.replacen('e', "e+", 1)
    }
}
