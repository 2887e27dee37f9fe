//! A statement and its bound values.

use std::borrow::Cow;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::value::{IntoValue, Value};

/// SQL text with `$1` placeholders, and the values for them in order.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a query does nothing until a connection runs it"]
pub struct Query {
    sql: Cow<'static, str>,
    values: Vec<Value>,
}

impl Query {
    /// A query whose text never varies.
    pub const fn new(sql: &'static str) -> Self {
        Self {
            sql: Cow::Borrowed(sql),
            values: Vec::new(),
        }
    }

    /// A query whose text was put together, for lists whose shape depends on input.
    ///
    /// `sql` must hold nothing that came from outside the program: input is bound, never written
    /// into the text.
    pub const fn built(sql: String) -> Self {
        Self {
            sql: Cow::Owned(sql),
            values: Vec::new(),
        }
    }

    /// The same query with `value` for its next placeholder.
    pub fn bind(mut self, value: impl IntoValue) -> Self {
        self.values.push(value.into_value());
        self
    }

    /// The text for a driver, and the values.
    pub(crate) fn into_parts(self) -> (SqlStr, Vec<Value>) {
        // The one place that vouches for text that is not a constant; see `Query::built`.
        let sql = match self.sql {
            Cow::Borrowed(sql) => SqlStr::from_static(sql),
            Cow::Owned(sql) => AssertSqlSafe(sql).into_sql_str(),
        };
        (sql, self.values)
    }
}
