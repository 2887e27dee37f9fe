//! Who has ever signed in.

use super::config::AuthConfig;
use super::service::Auth;
use super::store::{self, KnownUserRow};
use callboard_store::StoreError;
use jiff::Timestamp;
use smol_str::SmolStr;

/// Somebody who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUser {
    /// Canonical reference of the user.
    pub user_ref: SmolStr,
    /// When their newest token was issued, or their newest session began.
    pub issued_at: Timestamp,
}

impl Auth {
    /// Everybody who has ever signed in, by reference.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Store::read`].
    pub async fn known_users(&self) -> Result<Vec<KnownUser>, StoreError> {
        let mut conn = self.core.store.read().await?;
        let rows = store::known_users(&mut conn).await?;
        let user = |row| KnownUser::new(row, &self.config);
        Ok(rows.into_iter().map(user).collect())
    }

    /// How many have ever signed in.
    ///
    /// # Errors
    ///
    /// As [`callboard_store::Store::read`].
    pub async fn known_user_count(&self) -> Result<i64, StoreError> {
        let mut conn = self.core.store.read().await?;
        store::known_user_count(&mut conn).await
    }
}

impl KnownUser {
    /// Rows that do not say when, say when the token ends: one lifetime later.
    fn new(row: KnownUserRow, config: &AuthConfig) -> KnownUser {
        let issued_at = match row.issued_at {
            Some(time) => store::time(time),
            None => {
                let end = row.claims["exp"].as_i64().unwrap_or_default();
                let end = Timestamp::from_second(end).unwrap_or(Timestamp::UNIX_EPOCH);
                end.checked_sub(config.token_lifetime).unwrap_or(end)
            }
        };
        KnownUser {
            user_ref: row.user_ref.into(),
            issued_at,
        }
    }
}
