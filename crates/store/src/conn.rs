//! Connections and transactions.

use std::ops::{Deref, DerefMut};

use crate::error::StoreError;
use crate::feed::{Feed, Revision};
use crate::query::Query;
use crate::record::{AnyRow, Record, Row};
use crate::{postgres, sqlite};

/// A connection to the database, given back to its pool when dropped.
///
/// Alone (from [`Store::read`](crate::Store::read)) it only reads; inside a [`Tx`] it also writes.
/// Functions of features take `&mut Conn`, so that their callers decide the transaction.
#[derive(Debug)]
pub struct Conn(pub(crate) AnyConn);

/// A connection of each driver.
#[derive(Debug)]
pub(crate) enum AnyConn {
    Sqlite(sqlite::Connection),
    Postgres(postgres::Connection),
}

impl Conn {
    /// Runs a statement and gives the number of rows that it changed.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`] but `NotFound`, `Open` and `Migrate`.
    pub async fn execute(&mut self, query: Query) -> Result<u64, StoreError> {
        match &mut self.0 {
            AnyConn::Sqlite(conn) => conn.execute(query).await,
            AnyConn::Postgres(conn) => conn.execute(query).await,
        }
    }

    /// All rows of the result, in its order.
    ///
    /// # Errors
    ///
    /// As [`Conn::execute`]; `Internal` also if a row does not fit `R`.
    pub async fn fetch_all<R: Record>(&mut self, query: Query) -> Result<Vec<R>, StoreError> {
        let rows = self.fetch_rows(query).await?;
        rows.into_iter().map(|row| R::from_row(&row)).collect()
    }

    /// As [`Conn::fetch_all`], for rows that are so many that they are read on another thread.
    ///
    /// # Errors
    ///
    /// As [`Conn::execute`].
    pub async fn fetch_rows(&mut self, query: Query) -> Result<Vec<Row>, StoreError> {
        Ok(match &mut self.0 {
            AnyConn::Sqlite(conn) => {
                let rows = conn.fetch_all(query).await?.into_iter();
                rows.map(|row| Row(AnyRow::Sqlite(row))).collect()
            }
            AnyConn::Postgres(conn) => {
                let rows = conn.fetch_all(query).await?.into_iter();
                rows.map(|row| Row(AnyRow::Postgres(row))).collect()
            }
        })
    }

    /// The first row of the result, `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`Conn::fetch_all`].
    pub async fn fetch_optional<R: Record>(
        &mut self,
        query: Query,
    ) -> Result<Option<R>, StoreError> {
        match &mut self.0 {
            AnyConn::Sqlite(conn) => {
                let row = conn.fetch_optional(query).await?;
                row.map(|row| R::from_row(&Row(AnyRow::Sqlite(row))))
                    .transpose()
            }
            AnyConn::Postgres(conn) => {
                let row = conn.fetch_optional(query).await?;
                row.map(|row| R::from_row(&Row(AnyRow::Postgres(row))))
                    .transpose()
            }
        }
    }

    /// The first row of a result that always has one, such as a count.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is none after all; else as [`Conn::fetch_all`].
    pub async fn fetch_one<R: Record>(&mut self, query: Query) -> Result<R, StoreError> {
        self.fetch_optional(query)
            .await?
            .ok_or(StoreError::NotFound)
    }

    /// Runs all statements of `sql`, which bind nothing.
    pub(crate) async fn execute_script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match &mut self.0 {
            AnyConn::Sqlite(conn) => conn.execute_script(sql).await,
            AnyConn::Postgres(conn) => conn.execute_script(sql).await,
        }
    }

    /// Wakes the followers in other processes when the transaction commits.
    pub(crate) async fn notify(&mut self) -> Result<(), StoreError> {
        match &mut self.0 {
            // They look for themselves.
            AnyConn::Sqlite(_) => Ok(()),
            AnyConn::Postgres(conn) => conn.notify().await,
        }
    }

    async fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            AnyConn::Sqlite(conn) => conn.commit().await,
            AnyConn::Postgres(conn) => conn.commit().await,
        }
    }
}

/// A transaction: a [`Conn`] whose writes become visible together at [`Tx::commit`].
///
/// Dropped without commit, or when its future is cancelled, it is rolled back.
#[derive(Debug)]
#[must_use = "a transaction that is dropped is rolled back"]
pub struct Tx {
    conn: Conn,
    feed: Feed,
    recorded: Option<Revision>,
}

impl Tx {
    pub(crate) fn new(conn: Conn, feed: Feed) -> Self {
        Self {
            conn,
            feed,
            recorded: None,
        }
    }

    /// Notes the newest revision that this transaction wrote; `commit` announces it.
    pub(crate) fn note(&mut self, revision: Revision) {
        self.recorded = Some(revision);
    }

    /// Makes the writes durable and visible, and wakes those who follow the feed.
    ///
    /// A commit whose future is dropped half-way may have happened without the wake-up; the
    /// regular [`Feed::latest`] of the followers makes up for it.
    ///
    /// # Errors
    ///
    /// As [`Conn::execute`]; nothing was written then.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.conn.commit().await?;
        if let Some(revision) = self.recorded {
            self.feed.announce(revision);
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
