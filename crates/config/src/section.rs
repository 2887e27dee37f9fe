//! Reads a part of the configuration into a type, as the typed reads would.

use std::fmt;

use indexmap::IndexMap;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor,
};

use crate::diagnostic::ConfigError;
use crate::path::{ConfigPath, Step};
use crate::secret;
use crate::span::{Data, Tree};
use crate::view::{not_convertible, to_boolean, to_number, wrong_type};

/// Reads `tree`, which stands at `path`.
pub(crate) fn read<T: DeserializeOwned>(tree: &Tree, path: &ConfigPath) -> Result<T, ConfigError> {
    T::deserialize(Reader { tree, path }).map_err(|problem| problem.into_error(tree, path))
}

/// A value and where it stands.
#[derive(Clone, Copy)]
struct Reader<'de, 'p> {
    tree: &'de Tree,
    path: &'p ConfigPath,
}

/// What did not fit.
#[derive(Debug)]
enum Problem {
    /// It is known where.
    Placed(ConfigError),
    /// The type wants a field that is not there.
    Missing(&'static str),
    /// The type refused the value.
    Refused(String),
}

impl Problem {
    /// Places the problem at `tree`, unless it has a place further in.
    fn into_error(self, tree: &Tree, path: &ConfigPath) -> ConfigError {
        let layer = &tree.origin.layer;
        let message = match self {
            Self::Placed(error) => return error,
            Self::Missing(field) => {
                let key = path.joined(Step::Key(field.to_owned()));
                format!("Missing required config value at '{key}' in '{layer}'")
            }
            Self::Refused(reason) => {
                // A reason often quotes the value.
                let hidden = secret::is_secret(&path.0).then_some("the secret was refused");
                let reason = hidden.unwrap_or(&reason);
                format!("Invalid config value for key '{path}' in '{layer}', {reason}")
            }
        };
        ConfigError::at(message, &tree.origin)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Placed(error) => error.fmt(f),
            Self::Missing(field) => write!(f, "`{field}` is missing"),
            Self::Refused(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Refused(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

impl<'de> Reader<'de, '_> {
    fn wrong_type(self, wanted: &str) -> Problem {
        Problem::Placed(wrong_type(self.path, self.tree, wanted))
    }

    fn number(self) -> Result<f64, Problem> {
        match &self.tree.data {
            Data::Number(_) | Data::String(_) => to_number(self.tree)
                .ok_or_else(|| Problem::Placed(not_convertible(self.path, self.tree, "number"))),
            _ => Err(self.wrong_type("number")),
        }
    }

    fn placed<T>(self, result: Result<T, Problem>) -> Result<T, Problem> {
        result.map_err(|problem| Problem::Placed(problem.into_error(self.tree, self.path)))
    }

    fn visit_integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let value = self.number()?;
        self.placed(if value.fract() != 0.0 || value.abs() >= 9e15 {
            visitor.visit_f64(value)
        } else if value < 0.0 {
            visitor.visit_i64(value as i64)
        } else {
            visitor.visit_u64(value as u64)
        })
    }

    fn visit_array<V: Visitor<'de>>(
        self,
        items: &'de [Tree],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let items = items.iter().enumerate();
        self.placed(visitor.visit_seq(Items {
            items,
            path: self.path,
        }))
    }

    fn visit_object<V: Visitor<'de>>(
        self,
        entries: &'de IndexMap<String, Tree>,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.placed(visitor.visit_map(Fields {
            entries: entries.iter(),
            value: None,
            path: self.path,
        }))
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            self.visit_integer(visitor)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Reader<'de, '_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.tree.data {
            Data::Null => self.placed(visitor.visit_unit()),
            Data::Bool(value) => self.placed(visitor.visit_bool(*value)),
            Data::Number(number) => {
                self.placed(number.deserialize_any(visitor).map_err(Problem::custom))
            }
            Data::String(text) => self.placed(visitor.visit_borrowed_str(text)),
            Data::Array(items) => self.visit_array(items, visitor),
            Data::Object(entries) => self.visit_object(entries, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.tree.data {
            Data::Bool(_) | Data::Number(_) | Data::String(_) => {
                let value = to_boolean(self.tree).ok_or_else(|| {
                    Problem::Placed(not_convertible(self.path, self.tree, "boolean"))
                })?;
                self.placed(visitor.visit_bool(value))
            }
            _ => Err(self.wrong_type("boolean")),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let value = self.number()?;
        self.placed(visitor.visit_f64(value))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.tree.data {
            // An empty text is refused, as by the typed reads: it is an unset variable.
            Data::String(text) if !text.is_empty() => self.placed(visitor.visit_borrowed_str(text)),
            _ => Err(self.wrong_type("string")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.tree.data {
            Data::Null => self.placed(visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.placed(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.tree.data {
            Data::Array(items) => self.visit_array(items, visitor),
            _ => Err(self.wrong_type("array")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.tree.data {
            Data::Object(entries) => self.visit_object(entries, visitor),
            _ => Err(self.wrong_type("object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match &self.tree.data {
            Data::String(text) => {
                self.placed(visitor.visit_enum(BorrowedStrDeserializer::new(text)))
            }
            Data::Object(entries) => {
                let fields = Fields {
                    entries: entries.iter(),
                    value: None,
                    path: self.path,
                };
                self.placed(visitor.visit_enum(MapAccessDeserializer::new(fields)))
            }
            _ => Err(self.wrong_type("string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.placed(visitor.visit_unit())
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Items<'de, 'p> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Tree>>,
    path: &'p ConfigPath,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        let Some((index, tree)) = self.items.next() else {
            return Ok(None);
        };
        value(seed, tree, &self.path.joined(Step::Index(index))).map(Some)
    }
}

struct Fields<'de, 'p> {
    entries: indexmap::map::Iter<'de, String, Tree>,
    value: Option<(&'de str, &'de Tree)>,
    path: &'p ConfigPath,
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Problem> {
        let Some((key, tree)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some((key, tree));
        seed.deserialize(BorrowedStrDeserializer::new(key))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let Some((key, tree)) = self.value.take() else {
            return Err(Problem::custom("a value was asked for before its key"));
        };
        value(seed, tree, &self.path.joined(Step::Key(key.to_owned())))
    }
}

fn value<'de, S: DeserializeSeed<'de>>(
    seed: S,
    tree: &'de Tree,
    path: &ConfigPath,
) -> Result<S::Value, Problem> {
    seed.deserialize(Reader { tree, path })
        .map_err(|problem| Problem::Placed(problem.into_error(tree, path)))
}
