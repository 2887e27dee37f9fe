//! Database access of Callboard.
//!
//! One [`Store`] gives connections ([`Conn`]) and transactions ([`Tx`]); both run a [`Query`],
//! which is SQL text with `$1` placeholders and its bound values, and decode rows into structs
//! that [`record!`] declares. The tables come from [`migrations!`] of the features.
//! What one process writes, all follow through the change [`feed`].
//!
//! The database is SQLite or PostgreSQL. Everything that knows which is in the private modules
//! `sqlite` and `postgres` and in the arms of four private enums; nothing outside this crate can
//! tell.
//! Databases of other programs are read through [`foreign`].
//!
//! ```
//! use callboard_store::{Conn, Migration, Query, Store, StoreConfig, StoreError, feed, record};
//!
//! // A feature lists its files with `migrations!["20261121093000_greeting.sql"]`.
//! const GREETINGS: Migration = Migration::new(
//!     "20261121093000_greeting.sql",
//!     "CREATE TABLE greetings (name TEXT NOT NULL PRIMARY KEY, times BIGINT NOT NULL, note TEXT)",
//! );
//!
//! const GREETING: &str = "
//!     SELECT name, times, note
//!     FROM greetings
//!     WHERE name = $1";
//!
//! record! { struct GreetingRow { name: String, times: i64, note: Option<String> } }
//!
//! async fn greeting(conn: &mut Conn, name: &str) -> Result<Option<GreetingRow>, StoreError> {
//!     conn.fetch_optional(Query::new(GREETING).bind(name)).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), StoreError> {
//! let store = Store::open(&StoreConfig::SqliteMemory).await?;
//! store.migrate(vec![GREETINGS]).await?;
//!
//! let mut tx = store.begin().await?;
//! let insert = "INSERT INTO greetings (name, times) VALUES ($1, $2)";
//! tx.execute(Query::new(insert).bind("alice").bind(3)).await?;
//! let revision = feed::record(&mut tx, "greeting", "alice").await?;
//! let row = greeting(&mut tx, "alice").await?.expect("inserted above");
//! assert_eq!((row.name.as_str(), row.times, row.note), ("alice", 3, None));
//! tx.commit().await?;
//!
//! assert_eq!(store.feed().latest().await?, revision);
//! # Ok(())
//! # }
//! ```

pub mod feed;
pub mod foreign;

mod config;
mod conn;
mod contact;
mod error;
mod migration;
mod postgres;
mod query;
mod record;
mod sqlite;
mod store;
mod value;

pub use config::{DATABASE_FILE, Identity, Limits, PostgresConfig, StoreConfig, Tls};
pub use conn::{Conn, Tx};
pub use contact::Contact;
pub use error::{Constraint, MigrateError, OpenError, StoreError};
pub use feed::{Change, Changes, Feed, Follower, Revision};
pub use migration::{Migration, MigrationReport};
pub use postgres::refusal::Refusal;
pub use query::{Query, ROWS_PER_INSERT};
pub use record::{Record, Row};
pub use store::Store;
pub use value::{FromValue, IntoValue, Kind, Value, ValueError};
