//! How a connection begins, and the database and schema that it finds.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection as _, Executor};

use super::error;
use crate::config::{Limits, PostgresConfig, Tls};
use crate::error::OpenError;
use crate::query::{Dialect, Query};

/// The database that every server has, from which another one is made.
const MAINTENANCE: &str = "postgres";

const MAY_MAKE: &str = "
    SELECT rolcreatedb OR rolsuper
    FROM pg_roles
    WHERE rolname = current_user";

const DATABASE_EXISTS: &str = "SELECT COUNT(*) FROM pg_database WHERE datname = $1";

/// `duplicate_database` and `duplicate_schema`: another process was quicker.
const EXISTS_NOW: [&str; 3] = ["42P04", "42P06", "23505"];

/// What a connection that only reads is told beside that.
pub(crate) const ONLY_READ: &str = " SET default_transaction_read_only = on;";

/// The address for the driver.
pub(crate) fn options(config: &PostgresConfig) -> PgConnectOptions {
    // Neither environment nor password file: the configuration says it all.
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&config.host)
        .port(config.port)
        .username(&config.user)
        .database(&config.database)
        .application_name("callboard");
    if let Some(password) = &config.password {
        options = options.password(password);
    }
    if let Some(identity) = &config.identity {
        options = options
            .ssl_client_cert_from_pem(&identity.certificate)
            .ssl_client_key_from_pem(&identity.key);
    }
    match &config.tls {
        Tls::Off => options.ssl_mode(PgSslMode::Disable),
        Tls::Unverified => options.ssl_mode(PgSslMode::Require),
        Tls::Verified { authority } => {
            let options = options.ssl_mode(PgSslMode::VerifyFull);
            match authority {
                Some(pem) => options.ssl_root_cert_from_pem(pem.clone().into_bytes()),
                None => options,
            }
        }
    }
}

/// What every connection is told first: where its tables are, and how long it may wait.
pub(crate) fn settings(config: &PostgresConfig, limits: &Limits) -> String {
    let wait = limits.busy_timeout.as_millis();
    // A process that hangs in the middle of a transaction must not keep the others out for ever.
    let mut sql =
        format!("SET lock_timeout = {wait}; SET idle_in_transaction_session_timeout = '60s';");
    if let Some(role) = &config.role {
        sql.push_str(&set_role(role));
    }
    if let Some(schema) = &config.schema {
        sql.push_str(&format!(" SET search_path = {};", quoted(schema)));
    }
    sql
}

fn set_role(role: &str) -> String {
    format!(" SET ROLE {};", quoted(role))
}

/// Makes the database and the schema where the configuration wants that and they are missing.
pub(crate) async fn ensure(
    config: &PostgresConfig,
    options: &PgConnectOptions,
) -> Result<(), OpenError> {
    let failed = |cause| error::open(config, cause);
    if config.makes_database {
        ensure_database(config, options).await.map_err(failed)?;
    }
    if let (Some(schema), true) = (&config.schema, config.makes_schema) {
        let mut conn = options.connect().await.map_err(failed)?;
        if let Some(role) = &config.role {
            create(&mut conn, set_role(role)).await.map_err(failed)?;
        }
        create(
            &mut conn,
            format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema)),
        )
        .await
        .map_err(failed)?;
        conn.close().await.map_err(failed)?;
    }
    Ok(())
}

async fn ensure_database(
    config: &PostgresConfig,
    options: &PgConnectOptions,
) -> Result<(), sqlx::Error> {
    // Most often it is there, and then this user may be let into no other one.
    let missing = match options.connect().await {
        Ok(conn) => return conn.close().await,
        Err(error) => error,
    };
    let code = match &missing {
        sqlx::Error::Database(error) => error.code(),
        _ => None,
    };
    // invalid_catalog_name
    if code.as_deref() != Some("3D000") {
        return Err(missing);
    }
    let mut conn = options.clone().database(MAINTENANCE).connect().await?;
    let found: i64 = sqlx::query_scalar(DATABASE_EXISTS)
        .bind(&config.database)
        .fetch_one(&mut conn)
        .await?;
    if found == 0 {
        create(
            &mut conn,
            format!("CREATE DATABASE {}", quoted(&config.database)),
        )
        .await?;
        tracing::info!(database = config.database, "made the database");
    }
    conn.close().await
}

/// Whether the user may make a database that is missing.
pub(crate) async fn may_make(config: &PostgresConfig) -> Result<bool, OpenError> {
    let allowed = async {
        let mut conn = options(config).database(MAINTENANCE).connect().await?;
        let allowed = sqlx::query_scalar(MAY_MAKE).fetch_one(&mut conn).await?;
        conn.close().await?;
        Ok::<bool, sqlx::Error>(allowed)
    };
    allowed.await.map_err(|cause| error::open(config, cause))
}

/// Runs a statement that another process may have run a moment ago.
async fn create(conn: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    let (sql, _) = Query::built(statement).into_parts(Dialect::Postgres);
    match conn.execute(sqlx::raw_sql(sql)).await {
        Err(sqlx::Error::Database(error))
            if error
                .code()
                .is_some_and(|code| EXISTS_NOW.contains(&&*code)) =>
        {
            Ok(())
        }
        result => result.map(drop),
    }
}

/// A name as SQL writes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_are_quoted() {
        assert_eq!(quoted("callboard"), r#""callboard""#);
        assert_eq!(quoted(r#"a"b"#), r#""a""b""#);
    }
}
