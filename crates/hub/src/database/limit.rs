//! `backend.database.knexConfig.pool`: how widely the database is used.

use crate::finding::Finding;
use crate::hub::StartError;
use callboard_config::Config;
use callboard_store::Limits;
use std::time::Duration;

const MAX: &str = "backend.database.knexConfig.pool.max";
const WAIT: &str = "backend.database.knexConfig.pool.acquireTimeoutMillis";

/// Fewer do not suffice: see [`Limits::connections`].
const FEWEST: u32 = 4;

/// Reads how many connections there may be, and how long a request waits for one.
///
/// Where fewer than [`FEWEST`] are allowed, so many are made all the same; see [`finding`].
///
/// # Errors
///
/// [`StartError`] naming a value that cannot be meant.
pub(super) fn limits(config: &Config) -> Result<Limits, StartError> {
    let mut limits = Limits::default();
    if let Some(max) = whole(config, MAX)? {
        limits.connections = max.max(FEWEST);
    }
    if let Some(wait) = whole(config, WAIT)? {
        limits.busy_timeout = Duration::from_millis(wait.into());
    }
    Ok(limits)
}

/// Warns of a pool that is taken for a larger one.
pub(super) fn finding(config: &Config) -> Option<Finding> {
    let max = whole(config, MAX).ok()??;
    let message = format!("`{MAX}` is {max}, and the hub makes {FEWEST} connections all the same");
    let help = "two connections watch the server, and one each reads and writes";
    (max < FEWEST).then(|| Finding::warning(message).help(help))
}

fn whole(config: &Config, key: &str) -> Result<Option<u32>, StartError> {
    let Some(number) = config.optional_number(key)? else {
        return Ok(None);
    };
    if number.fract() != 0.0 || !(1.0..=f64::from(u32::MAX)).contains(&number) {
        let reason = format!("`{number}` is not a whole number of 1 or more");
        return Err(StartError::value(config, key, reason));
    }
    Ok(Some(number as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(pool: &Value) -> Result<Limits, StartError> {
        limits(&Config::from_value(
            json!({"backend": {"database": {"knexConfig": {"pool": pool}}}}),
        ))
    }

    #[test]
    fn the_pool_of_the_original_sets_our_limits() {
        let read = read(&json!({"min": 0, "max": "25", "acquireTimeoutMillis": 800})).unwrap();

        assert_eq!(read.connections, 25);
        assert_eq!(read.busy_timeout, Duration::from_millis(800));
        assert_eq!(
            limits(&Config::from_value(json!({}))).unwrap(),
            Limits::default()
        );
    }

    #[test]
    fn too_few_connections_are_made_more_and_told() {
        let config = Config::from_value(
            json!({"backend": {"database": {"knexConfig": {"pool": {"max": 3}}}}}),
        );

        assert_eq!(limits(&config).unwrap().connections, 4);
        assert!(finding(&config).unwrap().message.contains("is 3"));
    }

    #[test]
    fn what_is_no_number_of_something_is_refused_by_its_key() {
        for pool in [
            json!({"max": 0}),
            json!({"max": 4.5}),
            json!({"acquireTimeoutMillis": -1}),
        ] {
            let error = read(&pool).unwrap_err().to_string();

            assert!(
                error.contains("backend.database.knexConfig.pool."),
                "{error}"
            );
        }
    }
}
