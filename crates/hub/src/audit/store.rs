//! The tables of the audit log.

use super::chain::{Head, Row};
use callboard_store::record;
use callboard_store::{
    Conn, Migration, Query, ROWS_PER_INSERT, Record, Row as Columns, StoreError, migrations,
};
use std::collections::BTreeSet;

/// The schema.
pub(super) const MIGRATIONS: &[Migration] = migrations![
    "20261122100000_audit.sql",
    "20261122180000_audit_event.sql",
    "20261122200000_audit_search.sql",
    "20261122210000_audit_role.sql",
];

const LOCK_HEAD: &str = "
    UPDATE audit_head
    SET number = number
    WHERE id = 1
    RETURNING number, hash";

const MOVE_HEAD: &str = "
    UPDATE audit_head
    SET number = $1, hash = $2
    WHERE id = 1";

const HEAD: &str = "
    SELECT number, hash
    FROM audit_head
    WHERE id = 1";

const INSERT: &str = "
    INSERT INTO audit_events
        (number, at, plugin, event_id, status, actor, event, key_id, previous_hash, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const ROWS_AFTER: &str = "
    SELECT number, at, plugin, event_id, status, actor, event, key_id, previous_hash, hash
    FROM audit_events
    WHERE number > $1
    ORDER BY number
    LIMIT $2";

const ROWS_OVER: &str = "
    SELECT number, at, plugin, event_id, status, actor, event, key_id, previous_hash, hash
    FROM audit_events
    WHERE previous_hash = $1
    ORDER BY number
    LIMIT 10";

const ROW: &str = "
    SELECT number, at, plugin, event_id, status, actor, event, key_id, previous_hash, hash
    FROM audit_events
    WHERE number = $1";

const KEY_OF: &str = "
    SELECT key_id
    FROM audit_events
    WHERE number = $1";

const KEY: &str = "
    SELECT secret
    FROM audit_keys
    WHERE id = 1";

const INSERT_KEY: &str = "
    INSERT INTO audit_keys (id, secret)
    VALUES (1, $1)";

const DAYS: &str = "
    SELECT at / 86400000 AS day, COUNT(*) AS events
    FROM audit_events
    WHERE event_id = $1 AND at >= $2 AND plugin = $3 AND status = 'succeeded'
    GROUP BY at / 86400000
    ORDER BY at / 86400000";

const CHANGES_OF: &str = "
    SELECT audit_events.number, at, event_id, actor, event
    FROM audit_roles
    JOIN audit_events ON audit_events.number = audit_roles.number
    WHERE role_ref = $1 AND at >= $2
    ORDER BY audit_roles.number DESC
    LIMIT $3";

const CHANGES_AFTER: &str = "
    SELECT number, at, event_id, actor, event
    FROM audit_events
    WHERE event_id IN ('role-write', 'policy-write', 'condition-write')
        AND number > $1 AND plugin = 'permission' AND status = 'succeeded'
    ORDER BY number
    LIMIT $2";

const KEEP_KNOWN: &str = "
    ON CONFLICT (role_ref, number) DO NOTHING";

const UNNAMED: &str = "
    SELECT number
    FROM audit_events
    WHERE event_id IN ('role-write', 'policy-write', 'condition-write')
        AND plugin = 'permission' AND status = 'succeeded'
        AND NOT EXISTS (SELECT number FROM audit_roles)
    LIMIT 1";

record! { pub(super) struct DayRow { pub(super) day: i64, pub(super) events: i64 } }

record! {
    pub(super) struct ChangeRow {
        pub(super) number: i64,
        pub(super) at: i64,
        pub(super) event_id: String,
        pub(super) actor: String,
        pub(super) event: String,
    }
}

record! { struct HeadRow { number: i64, hash: String } }

impl From<HeadRow> for Head {
    fn from(HeadRow { number, hash }: HeadRow) -> Head {
        Head { number, hash }
    }
}

/// A row as it was found: somebody may have put a value of another type into a column.
pub(super) struct Found(pub(super) Result<Row, StoreError>);

impl Record for Found {
    fn from_row(columns: &Columns) -> Result<Found, StoreError> {
        Ok(Found(Row::from_row(columns)))
    }
}

/// The newest row; from here to the end of the transaction other writers wait.
pub(super) async fn lock_head(conn: &mut Conn) -> Result<Head, StoreError> {
    let row: HeadRow = conn.fetch_one(Query::new(LOCK_HEAD)).await?;
    Ok(row.into())
}

/// The newest row, as the row of the head says; `None` when somebody has removed that.
pub(super) async fn head(conn: &mut Conn) -> Result<Option<Head>, StoreError> {
    let row: Option<HeadRow> = conn.fetch_optional(Query::new(HEAD)).await?;
    Ok(row.map(Head::from))
}

/// Adds a row, after [`lock_head`] in the same transaction.
pub(super) async fn append(conn: &mut Conn, row: &Row) -> Result<(), StoreError> {
    let insert = Query::new(INSERT)
        .bind(row.number)
        .bind(row.at)
        .bind(&row.plugin)
        .bind(&row.event_id)
        .bind(&row.status)
        .bind(&row.actor)
        .bind(&row.event)
        .bind(&row.key_id)
        .bind(&row.previous_hash)
        .bind(&row.hash);
    conn.execute(insert).await?;
    conn.execute(Query::new(MOVE_HEAD).bind(row.number).bind(&row.hash))
        .await?;
    Ok(())
}

/// The rows after `number`, in order, at most `limit`.
pub(super) async fn rows_after(
    conn: &mut Conn,
    number: i64,
    limit: u32,
) -> Result<Vec<Found>, StoreError> {
    conn.fetch_all(Query::new(ROWS_AFTER).bind(number).bind(limit))
        .await
}

/// One row; `None` when there is none of this number.
pub(super) async fn row(conn: &mut Conn, number: i64) -> Result<Option<Row>, StoreError> {
    let found: Option<Found> = conn.fetch_optional(Query::new(ROW).bind(number)).await?;
    found.map(|Found(row)| row).transpose()
}

/// Which rows are looked for; what is absent, or empty, limits nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Search {
    pub(super) actor: String,
    pub(super) event_id: String,
    pub(super) status: String,
    /// Words that the event has in it, such as the reference of a role.
    pub(super) words: String,
    /// Milliseconds since 1970, this one included.
    pub(super) from: Option<i64>,
    /// Milliseconds since 1970, this one excluded.
    pub(super) to: Option<i64>,
    /// The number of the row before which they are.
    pub(super) before: Option<i64>,
}

/// The newest rows of a search, at most `limit`; what cannot be read is left out.
pub(super) async fn search(
    conn: &mut Conn,
    search: &Search,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let mut sql = "
    SELECT number, at, plugin, event_id, status, actor, event, key_id, previous_hash, hash
    FROM audit_events
    WHERE number < $1"
        .to_owned();
    let mut values = vec![Bound::Number(search.before.unwrap_or(i64::MAX))];
    let mut clause = |text: &'static str, value: Bound| {
        values.push(value);
        sql.push_str("\n    ");
        sql.push_str(&text.replace('?', &format!("${}", values.len())));
    };
    let texts = [
        ("AND actor = ?", &search.actor),
        ("AND event_id = ?", &search.event_id),
        ("AND status = ?", &search.status),
    ];
    for (text, value) in texts.into_iter().filter(|(_, value)| !value.is_empty()) {
        clause(text, Bound::Text(value.clone()));
    }
    if !search.words.is_empty() {
        // One database ignores case, the other does not.
        let pattern = containing(&search.words.to_lowercase());
        clause("AND LOWER(event) LIKE ? ESCAPE '!'", Bound::Text(pattern));
    }
    for (text, value) in [("AND at >= ?", search.from), ("AND at < ?", search.to)] {
        if let Some(value) = value {
            clause(text, Bound::Number(value));
        }
    }
    clause("ORDER BY number DESC LIMIT ?", Bound::Number(limit.into()));
    let bind = |query: Query, value| match value {
        Bound::Text(text) => query.bind(text),
        Bound::Number(number) => query.bind(number),
    };
    let query = values.into_iter().fold(Query::built(sql), bind);
    let found: Vec<Found> = conn.fetch_all(query).await?;
    Ok(found
        .into_iter()
        .filter_map(|Found(row)| row.ok())
        .collect())
}

/// A value of a search.
enum Bound {
    Text(String),
    Number(i64),
}

/// A pattern of what has `words` in it, as JSON writes them.
fn containing(words: &str) -> String {
    let json = serde_json::Value::from(words).to_string();
    let escaped = json.trim_matches('"').chars().flat_map(|letter| {
        let escape = matches!(letter, '!' | '%' | '_').then_some('!');
        escape.into_iter().chain([letter])
    });
    format!("%{}%", escaped.collect::<String>())
}

/// Rows that say that the row before them has this hash: one, where nobody meddled.
pub(super) async fn rows_over(conn: &mut Conn, hash: &str) -> Result<Vec<Found>, StoreError> {
    conn.fetch_all(Query::new(ROWS_OVER).bind(hash)).await
}

/// How many events of this id and plugin succeeded on each day since `since`, in milliseconds
/// since 1970; days are counted from then, too.
pub(super) async fn days(
    conn: &mut Conn,
    (plugin, event_id): (&str, &str),
    since: i64,
) -> Result<Vec<DayRow>, StoreError> {
    let query = Query::new(DAYS).bind(event_id).bind(since).bind(plugin);
    conn.fetch_all(query).await
}

/// The newest changes that name a role, the newest first.
pub(super) async fn changes_of(
    conn: &mut Conn,
    role: &str,
    since: i64,
    limit: u32,
) -> Result<Vec<ChangeRow>, StoreError> {
    let query = Query::new(CHANGES_OF).bind(role).bind(since);
    conn.fetch_all(query.bind(limit)).await
}

/// The changes of roles after a row, in order, at most `limit`.
pub(super) async fn changes_after(
    conn: &mut Conn,
    number: i64,
    limit: u32,
) -> Result<Vec<ChangeRow>, StoreError> {
    conn.fetch_all(Query::new(CHANGES_AFTER).bind(number).bind(limit))
        .await
}

/// Whether roles changed, and it is noted of none of the changes which.
pub(super) async fn has_unnamed(conn: &mut Conn) -> Result<bool, StoreError> {
    let first: Option<i64> = conn.fetch_optional(Query::new(UNNAMED)).await?;
    Ok(first.is_some())
}

/// Notes which roles a row names. It may be noted already, of a row of that number that somebody
/// has removed.
pub(super) async fn name_roles(
    conn: &mut Conn,
    number: i64,
    roles: &BTreeSet<&str>,
) -> Result<(), StoreError> {
    let roles: Vec<&str> = roles.iter().copied().collect();
    for roles in roles.chunks(ROWS_PER_INSERT) {
        const COLUMNS: &[&str] = &["role_ref", "number"];
        let insert = Query::insert_or("audit_roles", COLUMNS, roles.len(), KEEP_KNOWN);
        let query = roles
            .iter()
            .fold(insert, |query, role| query.bind(*role).bind(number));
        conn.execute(query).await?;
    }
    Ok(())
}

/// The id of the key that sealed a row.
pub(super) async fn key_of(conn: &mut Conn, number: i64) -> Result<Option<String>, StoreError> {
    conn.fetch_optional(Query::new(KEY_OF).bind(number)).await
}

/// The key that is kept in the database, base64.
pub(super) async fn key(conn: &mut Conn) -> Result<Option<String>, StoreError> {
    conn.fetch_optional(Query::new(KEY)).await
}

/// Keeps a key in the database.
pub(super) async fn insert_key(conn: &mut Conn, secret: &str) -> Result<(), StoreError> {
    conn.execute(Query::new(INSERT_KEY).bind(secret)).await?;
    Ok(())
}
