//! A statement and its bound values.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::value::{IntoValue, Value};

/// How many rows one [`Query::insert`] may have.
pub const ROWS_PER_INSERT: usize = 500;

/// SQL text with `$1` placeholders, and the values for them in order.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a query does nothing until a connection runs it"]
pub struct Query {
    sql: Text,
    values: Vec<Value>,
}

/// The text of a statement, as far as it is the same for every database.
#[derive(Debug, Clone, PartialEq)]
enum Text {
    Fixed(&'static str),
    Built(String),
    Insert {
        table: &'static str,
        columns: &'static [&'static str],
        rows: usize,
        end: &'static str,
    },
}

/// How a database writes what is not the same in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Query {
    /// A query whose text never varies.
    pub const fn new(sql: &'static str) -> Self {
        Self {
            sql: Text::Fixed(sql),
            values: Vec::new(),
        }
    }

    /// A query whose text was put together, for lists whose shape depends on input.
    ///
    /// `sql` must hold nothing that came from outside the program: input is bound, never written
    /// into the text.
    pub const fn built(sql: String) -> Self {
        Self {
            sql: Text::Built(sql),
            values: Vec::new(),
        }
    }

    /// An `INSERT` of so many rows, whose values are bound row by row.
    ///
    /// At most [`ROWS_PER_INSERT`] of them, so that the values of up to twelve columns stay below
    /// the number that every database takes in one statement.
    pub const fn insert(
        table: &'static str,
        columns: &'static [&'static str],
        rows: usize,
    ) -> Self {
        Self {
            sql: Text::Insert {
                table,
                columns,
                rows,
                end: "",
            },
            values: Vec::new(),
        }
    }

    /// As [`Query::insert`], with something behind the rows, such as what to do about those that
    /// are there already (`ON CONFLICT`).
    pub const fn insert_or(
        table: &'static str,
        columns: &'static [&'static str],
        rows: usize,
        end: &'static str,
    ) -> Self {
        Self {
            sql: Text::Insert {
                table,
                columns,
                rows,
                end,
            },
            values: Vec::new(),
        }
    }

    /// The same query with `value` for its next placeholder.
    pub fn bind(mut self, value: impl IntoValue) -> Self {
        self.values.push(value.into_value());
        self
    }

    /// The text for a driver, and the values.
    pub(crate) fn into_parts(self, dialect: Dialect) -> (SqlStr, Vec<Value>) {
        // The one place that vouches for text that is not a constant; see `Query::built`.
        let sql = match self.sql {
            Text::Fixed(sql) => SqlStr::from_static(sql),
            Text::Built(sql) => AssertSqlSafe(sql).into_sql_str(),
            Text::Insert {
                table,
                columns,
                rows,
                end,
            } => AssertSqlSafe(insert(table, columns, rows, dialect) + end).into_sql_str(),
        };
        (sql, self.values)
    }
}

fn insert(table: &str, columns: &[&str], rows: usize, dialect: Dialect) -> String {
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            sql.push_str(if column == 0 { "" } else { ", " });
            match dialect {
                // SQLite looks a placeholder with a name, as `$1` is one, up in a list of all
                // names: a statement with thousands of them takes most of its time for that.
                Dialect::Sqlite => sql.push('?'),
                Dialect::Postgres => {
                    // Writing to a `String` cannot fail.
                    let _ = write!(sql, "${}", row * columns.len() + column + 1);
                }
            }
        }
        sql.push(')');
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_has_a_placeholder_for_each_value() {
        let text = |dialect| insert("parts", &["id", "thing"], 2, dialect);

        assert_eq!(
            text(Dialect::Postgres),
            "INSERT INTO parts (id, thing) VALUES ($1, $2), ($3, $4)"
        );
        assert_eq!(
            text(Dialect::Sqlite),
            "INSERT INTO parts (id, thing) VALUES (?, ?), (?, ?)"
        );
    }
}
