//! The value types that every database has, bound to queries and read from rows.
//!
//! Column types of migrations follow the kinds: `TEXT`, `BIGINT`, `BOOLEAN`,
//! `DOUBLE PRECISION`, `BYTEA` and `JSONB`. Each of these names is understood by PostgreSQL and
//! keeps its values unchanged on SQLite.

use serde_json::Value as Json;

/// Why a value of a column is not the value of a field.
pub type ValueError = Box<dyn std::error::Error + Send + Sync>;

/// A type of column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text in UTF-8.
    Text,
    /// A signed number of 64 bits: ids, counts, milliseconds since the epoch (UTC).
    Integer,
    /// True or false.
    Boolean,
    /// A floating-point number of 64 bits.
    Double,
    /// Bytes.
    Blob,
    /// A JSON value. The order of its keys is not kept by every database; text is.
    Json,
}

/// A value on its way to or from the database.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL's `NULL`, in a column of the given kind. JSON's `null` is a [`Value::Json`].
    Null(Kind),
    /// See [`Kind::Text`].
    Text(String),
    /// See [`Kind::Integer`].
    Integer(i64),
    /// See [`Kind::Boolean`].
    Boolean(bool),
    /// See [`Kind::Double`].
    Double(f64),
    /// See [`Kind::Blob`].
    Blob(Vec<u8>),
    /// See [`Kind::Json`].
    Json(Json),
}

/// A type that a [`Query`](crate::Query) can bind; implemented by features for their ids.
pub trait IntoValue {
    /// The kind of column that it is compared with or written to.
    const KIND: Kind;

    /// The value as the database sees it.
    fn into_value(self) -> Value;
}

/// A type that a column can be read into; implemented by features for their ids.
pub trait FromValue: Sized {
    /// The kind of column that it is read from.
    const KIND: Kind;

    /// Makes it from a value of [`Self::KIND`], or from [`Value::Null`].
    ///
    /// # Errors
    ///
    /// Whatever says why this value is refused; `NULL` is refused by all but `Option`.
    fn from_value(value: Value) -> Result<Self, ValueError>;
}

impl<T: IntoValue> IntoValue for Option<T> {
    const KIND: Kind = T::KIND;

    fn into_value(self) -> Value {
        self.map_or(Value::Null(T::KIND), T::into_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const KIND: Kind = T::KIND;

    fn from_value(value: Value) -> Result<Self, ValueError> {
        match value {
            Value::Null(_) => Ok(None),
            present => T::from_value(present).map(Some),
        }
    }
}

/// Implements both directions for the type that a variant of [`Value`] holds.
macro_rules! stored_as {
    ($($type:ty => $variant:ident),+ $(,)?) => {$(
        impl IntoValue for $type {
            const KIND: Kind = Kind::$variant;

            fn into_value(self) -> Value {
                Value::$variant(self)
            }
        }

        impl FromValue for $type {
            const KIND: Kind = Kind::$variant;

            fn from_value(value: Value) -> Result<Self, ValueError> {
                match value {
                    Value::$variant(inner) => Ok(inner),
                    Value::Null(_) => Err("NULL where a value is required".into()),
                    other => Err(format!("expected {:?}, found {other:?}", Kind::$variant).into()),
                }
            }
        }
    )+};
}

stored_as! {
    String => Text,
    i64 => Integer,
    bool => Boolean,
    f64 => Double,
    Vec<u8> => Blob,
    Json => Json,
}

/// Implements binding for a type that converts into a stored one without loss.
macro_rules! bound_as {
    ($($type:ty => $variant:ident),+ $(,)?) => {$(
        impl IntoValue for $type {
            const KIND: Kind = Kind::$variant;

            fn into_value(self) -> Value {
                Value::$variant(self.into())
            }
        }
    )+};
}

bound_as! {
    &str => Text,
    &String => Text,
    i32 => Integer,
    u32 => Integer,
    &[u8] => Blob,
}
