//! Where drafts wait: in the database, by session.
//!
//! A draft could travel through the form instead. It does not, because it would be gone as soon as
//! its author looks at another page, and because a role may have ten thousand members. Memory would
//! not do either: the next step may be answered by another hub.

use super::draft::Draft;
use crate::app::App;
use crate::auth::SessionId;
use crate::error::Error;
use callboard_store::{Query, record};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// How long a draft waits for its author.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

const DRAFT: &str = "
    SELECT draft, changed_at
    FROM rbac_drafts
    WHERE session_id = $1 AND target = $2 AND changed_at > $3";

const PUT: &str = "
    INSERT INTO rbac_drafts (session_id, target, draft, changed_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (session_id, target) DO UPDATE
    SET draft = excluded.draft, changed_at = excluded.changed_at";

const DELETE: &str = "
    DELETE FROM rbac_drafts
    WHERE session_id = $1 AND target = $2";

const DELETE_OLD: &str = "
    DELETE FROM rbac_drafts
    WHERE changed_at <= $1";

record! {
    struct DraftRow {
        draft: Value,
        changed_at: i64,
    }
}

/// A draft with the time of its last change.
pub(super) struct Kept {
    pub(super) draft: Draft,
    pub(super) changed_at: Timestamp,
}

/// Whose draft of what.
pub(super) struct Place<'a> {
    /// The session of the author.
    pub(super) session: SessionId,
    /// The role that is edited; empty for a new one.
    pub(super) target: &'a str,
}

impl Place<'_> {
    /// The draft that waits here. One that an older release left and that cannot be read any
    /// more is as good as none.
    pub(super) async fn load(&self, app: &App) -> Result<Option<Kept>, Error> {
        let oldest = app.core().clock.now() - LIFE;
        let query = Query::new(DRAFT)
            .bind(self.session.to_string())
            .bind(self.target)
            .bind(oldest.as_millisecond());
        let row: Option<DraftRow> = app.core().store.read().await?.fetch_optional(query).await?;
        Ok(row.and_then(|row| {
            Some(Kept {
                draft: serde_json::from_value(row.draft).ok()?,
                changed_at: Timestamp::from_millisecond(row.changed_at).ok()?,
            })
        }))
    }

    /// Keeps a draft, and forgets those whose authors did not come back.
    pub(super) async fn keep(&self, app: &App, draft: &Draft) -> Result<(), Error> {
        let now = app.core().clock.now();
        let json = serde_json::to_value(draft).map_err(Error::internal)?;
        let mut tx = app.core().store.begin().await?;
        tx.execute(Query::new(DELETE_OLD).bind((now - LIFE).as_millisecond()))
            .await?;
        let put = Query::new(PUT)
            .bind(self.session.to_string())
            .bind(self.target)
            .bind(json)
            .bind(now.as_millisecond());
        tx.execute(put).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets the draft.
    pub(super) async fn forget(&self, app: &App) -> Result<(), Error> {
        let query = Query::new(DELETE)
            .bind(self.session.to_string())
            .bind(self.target);
        let mut tx = app.core().store.begin().await?;
        tx.execute(query).await?;
        Ok(tx.commit().await?)
    }
}
