//! The tables of roles, and the difference between two states written to them.

use super::state::{ConditionRecord, RoleMetadata, RowRecord, Sequences, State};
use callboard_policy::{
    Action, ConditionalPolicy, Effect, Grant, MappedPermission, Membership, Origin, Source,
};
use callboard_store::{Conn, Migration, Query, ROWS_PER_INSERT, StoreError, migrations, record};
use jiff::Timestamp;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;

/// The feature's tables.
pub(super) fn all_migrations() -> &'static [Migration] {
    migrations![
        "20261121093000_rbac_role.sql",
        "20261121093100_rbac_policy.sql",
        "20261121093200_rbac_condition.sql",
        "20261122090000_rbac_version.sql",
        "20261126090000_rbac_draft.sql",
    ]
}

const ROLES: &str = "
    SELECT role_ref, source, description, owner_ref, author, modified_by, created_at, modified_at, is_default
    FROM rbac_roles
    ORDER BY created_at, role_ref";

const MEMBERSHIPS: &str = "
    SELECT id, member_ref, role_ref, source, origin_file, origin_line
    FROM rbac_memberships
    ORDER BY id";

const POLICIES: &str = "
    SELECT id, subject_ref, permission, action, effect, source, origin_file, origin_line
    FROM rbac_policies
    ORDER BY id";

const CONDITIONS: &str = "
    SELECT id, role_ref, plugin_id, resource_type, permission_mapping, conditions, source, origin_file, origin_line
    FROM rbac_conditions
    ORDER BY id";

const PLUGIN_IDS: &str = "
    SELECT plugin_id
    FROM rbac_plugin_ids
    ORDER BY plugin_id";

const SEQUENCES: &str = "
    SELECT name, last
    FROM rbac_sequences";

const UPDATE_ROLE: &str = "
    UPDATE rbac_roles
    SET source = $2, description = $3, owner_ref = $4, author = $5, modified_by = $6, created_at = $7,
        modified_at = $8, is_default = $9
    WHERE role_ref = $1";

const PUT_CONDITION: &str = "
    INSERT INTO rbac_conditions
        (id, role_ref, plugin_id, resource_type, permission_mapping, conditions, source, origin_file, origin_line)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (id) DO UPDATE
    SET role_ref = excluded.role_ref, plugin_id = excluded.plugin_id, resource_type = excluded.resource_type,
        permission_mapping = excluded.permission_mapping, conditions = excluded.conditions,
        source = excluded.source, origin_file = excluded.origin_file, origin_line = excluded.origin_line";

const PUT_PLUGIN_ID: &str = "
    INSERT INTO rbac_plugin_ids (plugin_id)
    VALUES ($1)";

const PUT_SEQUENCE: &str = "
    UPDATE rbac_sequences
    SET last = $2
    WHERE name = $1";

const VERSION: &str = "
    SELECT last
    FROM rbac_sequences
    WHERE name = 'version'";

const NEXT_VERSION: &str = "
    UPDATE rbac_sequences
    SET last = last + 1
    WHERE name = 'version'
    RETURNING last";

record! {
    struct RoleRow {
        role_ref: String, source: String, description: Option<String>, owner_ref: Option<String>,
        author: Option<String>, modified_by: Option<String>, created_at: Option<i64>, modified_at: Option<i64>,
        is_default: bool,
    }
}

record! {
    struct MembershipRow {
        id: i64, member_ref: String, role_ref: String,
        source: String, origin_file: Option<String>, origin_line: Option<i64>,
    }
}

record! {
    struct PolicyRow {
        id: i64, subject_ref: String, permission: String, action: String, effect: String,
        source: String, origin_file: Option<String>, origin_line: Option<i64>,
    }
}

record! {
    struct ConditionRow {
        id: i64, role_ref: String, plugin_id: String, resource_type: String, permission_mapping: String,
        conditions: String, source: String, origin_file: Option<String>, origin_line: Option<i64>,
    }
}

record! { struct SequenceRow { name: String, last: i64 } }

/// How often roles have been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(i64);

impl Default for Version {
    /// The version of what has not been read yet, which is never stored.
    fn default() -> Version {
        Version(-1)
    }
}

impl Version {
    /// The version that a write which made this one was based on.
    pub(super) fn before(self) -> Version {
        Version(self.0 - 1)
    }
}

/// The version that `conn` sees.
pub(super) async fn version(conn: &mut Conn) -> Result<Version, StoreError> {
    conn.fetch_one(Query::new(VERSION)).await.map(Version)
}

/// Begins a write: from here to the end of its transaction other processes wait with theirs.
///
/// Gives the version that the write makes. Who has the one before has the newest state.
pub(super) async fn begin_write(conn: &mut Conn) -> Result<Version, StoreError> {
    conn.fetch_one(Query::new(NEXT_VERSION)).await.map(Version)
}

/// Reads everything.
///
/// A row that cannot be understood is logged and left out: one poisoned row must not take the
/// policy away.
pub(super) async fn load(conn: &mut Conn) -> Result<State, StoreError> {
    let mut state = State::default();
    let mut files = Files::default();
    for row in conn.fetch_all::<RoleRow>(Query::new(ROLES)).await? {
        state
            .roles
            .insert(SmolStr::new(&row.role_ref), metadata_of(row));
    }
    for row in conn
        .fetch_all::<MembershipRow>(Query::new(MEMBERSHIPS))
        .await?
    {
        let origin = files.origin(&row.source, row.origin_file, row.origin_line);
        state.memberships.insert(
            Membership::new(row.member_ref, row.role_ref),
            RowRecord { id: row.id, origin },
        );
    }
    for row in conn.fetch_all::<PolicyRow>(Query::new(POLICIES)).await? {
        let (Ok(action), Some(effect)) =
            (row.action.parse::<Action>(), Effect::from_name(&row.effect))
        else {
            tracing::warn!(
                plugin = "permission",
                id = row.id,
                "a stored policy cannot be read and is left out"
            );
            continue;
        };
        let origin = files.origin(&row.source, row.origin_file, row.origin_line);
        let grant = Grant::new(row.subject_ref, row.permission, action, effect);
        state
            .policies
            .insert(grant, RowRecord { id: row.id, origin });
    }
    for row in conn
        .fetch_all::<ConditionRow>(Query::new(CONDITIONS))
        .await?
    {
        let id = row.id;
        match condition_of(row, &mut files) {
            Some(condition) => drop(state.conditions.insert(id, condition)),
            None => tracing::warn!(
                plugin = "permission",
                id,
                "a stored condition cannot be read and is left out"
            ),
        }
    }
    state.plugin_ids = conn
        .fetch_all::<String>(Query::new(PLUGIN_IDS))
        .await?
        .into_iter()
        .collect();
    state.sequences = sequences(conn).await?;
    Ok(state)
}

async fn sequences(conn: &mut Conn) -> Result<Sequences, StoreError> {
    let mut sequences = Sequences::default();
    for SequenceRow { name, last } in conn.fetch_all(Query::new(SEQUENCES)).await? {
        match name.as_str() {
            "row" => sequences.row = last,
            "condition" => sequences.condition = last,
            "version" => {}
            other => tracing::warn!(
                plugin = "permission",
                name = other,
                "an unknown sequence is stored"
            ),
        }
    }
    Ok(sequences)
}

fn metadata_of(row: RoleRow) -> RoleMetadata {
    let time =
        |millis: Option<i64>| millis.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    RoleMetadata {
        source: Source::from(row.source.as_str()),
        description: row.description,
        owner: row.owner_ref,
        author: row.author,
        modified_by: row.modified_by,
        created_at: time(row.created_at),
        modified_at: time(row.modified_at),
        is_default: row.is_default,
    }
}

fn condition_of(row: ConditionRow, files: &mut Files) -> Option<ConditionRecord> {
    let mapping: Vec<Value> = serde_json::from_str(&row.permission_mapping).ok()?;
    let policy = ConditionalPolicy {
        role: row.role_ref.into(),
        plugin_id: row.plugin_id.into(),
        resource_type: row.resource_type.into(),
        mapping: mapping
            .iter()
            .map(MappedPermission::from_json)
            .collect::<Option<_>>()?,
        conditions: serde_json::from_str(&row.conditions).ok()?,
    };
    Some(ConditionRecord {
        policy,
        origin: files.origin(&row.source, row.origin_file, row.origin_line),
    })
}

/// The names of files, each kept once.
#[derive(Default)]
struct Files(HashMap<String, Arc<str>>);

impl Files {
    fn origin(&mut self, source: &str, file: Option<String>, line: Option<i64>) -> Origin {
        let file = file.map(|name| {
            let shared = Arc::from(name.as_str());
            Arc::clone(self.0.entry(name).or_insert(shared))
        });
        Origin {
            source: Source::from(source),
            file,
            line: line.and_then(|line| u32::try_from(line).ok()),
        }
    }
}

/// Writes what differs between the stored state and `new`.
pub(super) async fn save(conn: &mut Conn, old: &State, new: &State) -> Result<(), StoreError> {
    save_roles(conn, old, new).await?;
    save_memberships(conn, old, new).await?;
    save_policies(conn, old, new).await?;
    save_conditions(conn, old, new).await?;
    let gone = old
        .plugin_ids
        .iter()
        .filter(|id| !new.plugin_ids.contains(*id))
        .map(String::as_str);
    delete_texts(conn, "rbac_plugin_ids", "plugin_id", gone).await?;
    for id in new.plugin_ids.difference(&old.plugin_ids) {
        conn.execute(Query::new(PUT_PLUGIN_ID).bind(id.as_str()))
            .await?;
    }
    if old.sequences != new.sequences {
        let Sequences { row, condition } = new.sequences;
        conn.execute(Query::new(PUT_SEQUENCE).bind("row").bind(row))
            .await?;
        conn.execute(Query::new(PUT_SEQUENCE).bind("condition").bind(condition))
            .await?;
    }
    Ok(())
}

async fn save_roles(conn: &mut Conn, old: &State, new: &State) -> Result<(), StoreError> {
    let gone = old
        .roles
        .keys()
        .filter(|role| !new.roles.contains_key(*role))
        .map(SmolStr::as_str);
    delete_texts(conn, "rbac_roles", "role_ref", gone).await?;
    let (known, fresh): (Vec<_>, Vec<_>) = new
        .roles
        .iter()
        .filter(|(role, metadata)| old.roles.get(*role) != Some(metadata))
        .partition(|(role, _)| old.roles.contains_key(*role));
    for (role, metadata) in known {
        conn.execute(bind_role(Query::new(UPDATE_ROLE), role, metadata))
            .await?;
    }
    for roles in fresh.chunks(ROWS_PER_INSERT) {
        const COLUMNS: &[&str] = &[
            "role_ref",
            "source",
            "description",
            "owner_ref",
            "author",
            "modified_by",
            "created_at",
            "modified_at",
            "is_default",
        ];
        let insert = Query::insert("rbac_roles", COLUMNS, roles.len());
        let query = roles.iter().fold(insert, |query, (role, metadata)| {
            bind_role(query, role, metadata)
        });
        conn.execute(query).await?;
    }
    Ok(())
}

fn bind_role(query: Query, role: &str, metadata: &RoleMetadata) -> Query {
    query
        .bind(role)
        .bind(metadata.source.as_str())
        .bind(metadata.description.clone())
        .bind(metadata.owner.clone())
        .bind(metadata.author.clone())
        .bind(metadata.modified_by.clone())
        .bind(metadata.created_at.map(Timestamp::as_millisecond))
        .bind(metadata.modified_at.map(Timestamp::as_millisecond))
        .bind(metadata.is_default)
}

async fn save_memberships(conn: &mut Conn, old: &State, new: &State) -> Result<(), StoreError> {
    let gone = old
        .memberships
        .iter()
        .filter(|(row, record)| new.memberships.get(*row) != Some(record));
    delete_ids(conn, "rbac_memberships", gone.map(|(_, record)| record.id)).await?;
    let fresh: Vec<_> = new
        .memberships
        .iter()
        .filter(|(row, record)| old.memberships.get(*row) != Some(record))
        .collect();
    for rows in fresh.chunks(ROWS_PER_INSERT) {
        const COLUMNS: &[&str] = &[
            "id",
            "member_ref",
            "role_ref",
            "source",
            "origin_file",
            "origin_line",
        ];
        let mut query = Query::insert("rbac_memberships", COLUMNS, rows.len());
        for (Membership { member, role }, record) in rows {
            query = bind_origin(
                query
                    .bind(record.id)
                    .bind(member.as_str())
                    .bind(role.as_str()),
                &record.origin,
            );
        }
        conn.execute(query).await?;
    }
    Ok(())
}

async fn save_policies(conn: &mut Conn, old: &State, new: &State) -> Result<(), StoreError> {
    let gone = old
        .policies
        .iter()
        .filter(|(row, record)| new.policies.get(*row) != Some(record));
    delete_ids(conn, "rbac_policies", gone.map(|(_, record)| record.id)).await?;
    let fresh: Vec<_> = new
        .policies
        .iter()
        .filter(|(row, record)| old.policies.get(*row) != Some(record))
        .collect();
    for rows in fresh.chunks(ROWS_PER_INSERT) {
        const COLUMNS: &[&str] = &[
            "id",
            "subject_ref",
            "permission",
            "action",
            "effect",
            "source",
            "origin_file",
            "origin_line",
        ];
        let mut query = Query::insert("rbac_policies", COLUMNS, rows.len());
        for (
            Grant {
                subject,
                permission,
                action,
                effect,
            },
            record,
        ) in rows
        {
            query = query
                .bind(record.id)
                .bind(subject.as_str())
                .bind(permission.as_str());
            query = bind_origin(
                query.bind(action.as_str()).bind(effect.as_str()),
                &record.origin,
            );
        }
        conn.execute(query).await?;
    }
    Ok(())
}

async fn save_conditions(conn: &mut Conn, old: &State, new: &State) -> Result<(), StoreError> {
    let gone = old
        .conditions
        .keys()
        .filter(|id| !new.conditions.contains_key(*id));
    delete_ids(conn, "rbac_conditions", gone.copied()).await?;
    for (id, record) in new
        .conditions
        .iter()
        .filter(|(id, record)| old.conditions.get(*id) != Some(record))
    {
        let ConditionRecord { policy, origin } = record;
        let mapping = Value::Array(
            policy
                .mapping
                .iter()
                .map(MappedPermission::to_json)
                .collect(),
        );
        let query = Query::new(PUT_CONDITION)
            .bind(*id)
            .bind(policy.role.as_str())
            .bind(policy.plugin_id.as_str())
            .bind(policy.resource_type.as_str())
            .bind(mapping.to_string())
            .bind(policy.conditions.to_string());
        conn.execute(bind_origin(query, origin)).await?;
    }
    Ok(())
}

fn bind_origin(query: Query, origin: &Origin) -> Query {
    query
        .bind(origin.source.as_str())
        .bind(origin.file.as_deref())
        .bind(origin.line.map(i64::from))
}

async fn delete_ids(
    conn: &mut Conn,
    table: &str,
    ids: impl Iterator<Item = i64>,
) -> Result<(), StoreError> {
    let ids: Vec<_> = ids.collect();
    for ids in ids.chunks(ROWS_PER_INSERT) {
        let query = delete(table, "id", ids.len());
        conn.execute(ids.iter().fold(query, |query, id| query.bind(*id)))
            .await?;
    }
    Ok(())
}

async fn delete_texts<'a>(
    conn: &mut Conn,
    table: &str,
    column: &str,
    texts: impl Iterator<Item = &'a str>,
) -> Result<(), StoreError> {
    let texts: Vec<_> = texts.collect();
    for texts in texts.chunks(ROWS_PER_INSERT) {
        let query = delete(table, column, texts.len());
        conn.execute(texts.iter().fold(query, |query, text| query.bind(*text)))
            .await?;
    }
    Ok(())
}

fn delete(table: &str, column: &str, values: usize) -> Query {
    let places = (1..=values)
        .map(|place| format!("${place}"))
        .collect::<Vec<_>>()
        .join(", ");
    Query::built(format!("DELETE FROM {table} WHERE {column} IN ({places})"))
}
