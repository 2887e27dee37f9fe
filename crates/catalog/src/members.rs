//! JSON text cut into its parts, none of which is read: a tree of it would cost several times as
//! much as all that is done with the parts.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A member of an object: its name as it is written between the quotes, and its value as it is
/// written.
pub(crate) type Member<'a> = (&'a str, &'a str);

/// The members of an object in their order; none of anything else.
pub(crate) fn members(json: &str) -> Vec<Member<'_>> {
    let members: Result<Members<'_>, _> = serde_json::from_str(json);
    members.map_or_else(|_| Vec::new(), |members| members.0)
}

/// Writes an object.
pub(crate) fn write_object(members: &[Member<'_>], out: &mut String) {
    out.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_name(name, out);
        out.push_str(value);
    }
    out.push('}');
}

/// Writes a value with the members of each of its objects sorted and every part followed by a
/// comma, so that equal values have equal texts.
pub(crate) fn write_sorted(json: &str, out: &mut String) {
    match json.as_bytes().first() {
        Some(b'{') => write_sorted_object(members(json), out),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            out.push('[');
            for item in items {
                write_sorted(item.get(), out);
                out.push(',');
            }
            out.push(']');
        }
        Some(_) | None => out.push_str(json),
    }
}

/// As [`write_sorted`], of an object with these members.
pub(crate) fn write_sorted_object(mut members: Vec<Member<'_>>, out: &mut String) {
    members.sort_unstable();
    out.push('{');
    for (name, value) in members {
        write_name(name, out);
        write_sorted(value, out);
        out.push(',');
    }
    out.push('}');
}

/// A string as it is written, without its quotes.
pub(crate) fn unquoted(json: &str) -> &str {
    let open = json.strip_prefix('"').unwrap_or(json);
    open.strip_suffix('"').unwrap_or(open)
}

fn write_name(name: &str, out: &mut String) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
}

struct Members<'a>(Vec<Member<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((unquoted(name.get()), value.get()));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_they_are_written() {
        let json = r#"{"b": "x\"y", "a\"": [1, {"d":null,"c":2}]}"#;

        let parts = members(json);

        assert_eq!(
            parts,
            [("b", r#""x\"y""#), (r#"a\""#, r#"[1, {"d":null,"c":2}]"#)]
        );
        let mut written = String::new();
        write_object(&parts, &mut written);
        assert_eq!(written, r#"{"b":"x\"y","a\"":[1, {"d":null,"c":2}]}"#);
        assert_eq!(members("[1]"), []);
    }

    #[test]
    fn equal_values_have_equal_texts() {
        let sorted = |json| {
            let mut text = String::new();
            write_sorted(json, &mut text);
            text
        };

        assert_eq!(
            sorted(r#"{"b":1,"a":[{"d":2,"c":"x"}]}"#),
            r#"{"a":[{"c":"x","d":2,},],"b":1,}"#
        );
        assert_eq!(sorted(r#"{"a":1,"b":2}"#), sorted(r#"{"b":2,"a":1}"#));
    }
}
