//! Rows, and the structs that they are read into.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;
use crate::value::{FromValue, Value};
use crate::{postgres, sqlite};

/// A type that one row of a result can be read into.
///
/// Structs get it from [`record!`](crate::record); a single value, such as a count, is read from
/// the first column.
pub trait Record: Sized {
    /// Reads the row.
    ///
    /// # Errors
    ///
    /// [`StoreError::Internal`] if a column is missing, of another type, or `NULL` without the
    /// field being an `Option`.
    fn from_row(row: &Row) -> Result<Self, StoreError>;
}

impl<T: FromValue> Record for T {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        row.at(0)
    }
}

/// One row of a result.
#[derive(Debug)]
pub struct Row(pub(crate) AnyRow);

/// A row of each driver.
#[derive(Debug)]
pub(crate) enum AnyRow {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of the column called `name`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Internal`] if there is no such column, or `T` refuses its value.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, StoreError> {
        let value = match &self.0 {
            AnyRow::Sqlite(row) => sqlite::value::read(row, name, T::KIND)?,
            AnyRow::Postgres(row) => postgres::value::read(row, name, T::KIND)?,
        };
        accept(value, || format!("`{name}`"))
    }

    /// The value of the column at `position`, counted from 0.
    ///
    /// # Errors
    ///
    /// As [`Row::get`].
    pub fn at<T: FromValue>(&self, position: usize) -> Result<T, StoreError> {
        let value = match &self.0 {
            AnyRow::Sqlite(row) => sqlite::value::read(row, position, T::KIND)?,
            AnyRow::Postgres(row) => postgres::value::read(row, position, T::KIND)?,
        };
        accept(value, || position.to_string())
    }
}

fn accept<T: FromValue>(value: Value, column: impl Fn() -> String) -> Result<T, StoreError> {
    T::from_value(value).map_err(|source| {
        StoreError::internal(ColumnError {
            column: column(),
            source,
        })
    })
}

/// Why a column could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read column {column}")]
struct ColumnError {
    column: String,
    source: crate::value::ValueError,
}

/// Declares a struct that rows are read into, each field from the column of its name.
///
/// A field that is not an `Option` refuses `NULL`; the drivers' own derive does not, on SQLite.
///
/// ```
/// callboard_store::record! {
///     /// A member of a role.
///     #[derive(Debug)]
///     pub(crate) struct MemberRow { pub(crate) member_ref: String, pub(crate) note: Option<String> }
/// }
/// ```
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type),+
        }

        impl $crate::Record for $name {
            fn from_row(row: &$crate::Row) -> ::core::result::Result<Self, $crate::StoreError> {
                ::core::result::Result::Ok(Self { $($field: row.get(::core::stringify!($field))?),+ })
            }
        }
    };
}
