//! How sessions end: by their person, an administrator, or the hub.

use super::super::device;
use super::super::external::Digest;
use super::store::EndedRow;
use super::{Family, SessionId, Sessions, farewell, follow, spent, store};
use crate::app::App;
use crate::audit::{Operation, Recorded, Requester};
use crate::error::Error;
use callboard_store::{StoreError, Tx};
use serde_json::json;

/// Which sessions of a user end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// One.
    One(SessionId),
    /// All of them but one.
    AllBut(SessionId),
    /// All of them.
    All,
}

impl Ending {
    fn is_about(self, digest: &Digest) -> bool {
        match self {
            Ending::One(id) => id.0 == *digest,
            Ending::AllBut(id) => id.0 != *digest,
            Ending::All => true,
        }
    }
}

/// Ends sessions of a user, and gives how many there were; `user_ref` is in its canonical form.
///
/// Here they count no more when this returns, at other replicas within a second. The work goes on
/// when whoever asked goes away.
///
/// # Errors
///
/// 404 when the one session is none of the user's, 503 when the database is away; this hub
/// forgets them even then.
pub async fn end(
    app: &App,
    requester: Requester,
    user_ref: &str,
    ending: Ending,
) -> Result<usize, Error> {
    let meta = json!({"userEntityRef": user_ref});
    let operation = Operation::begin(requester, "auth", "session-end", meta);
    let (app, user_ref) = (app.clone(), user_ref.to_owned());
    let work = async move {
        let mut ended = end_now(&app, &user_ref, ending, &operation).await;
        // Whoever ends everything means the programs that they let in as well.
        if let (Ok(count), Ending::All | Ending::AllBut(_)) = (&mut ended, ending) {
            *count += device::end_all(&app, &user_ref, &operation).await?;
        }
        operation.or_refuse(&app, ended).await
    };
    tokio::spawn(work).await.map_err(Error::internal)?
}

async fn end_now(
    app: &App,
    user_ref: &str,
    ending: Ending,
    operation: &Operation,
) -> Result<usize, Error> {
    let sessions = &app.auth().sessions;
    let known = sessions.of(user_ref, app.core().clock.now());
    let known = known.iter().map(|(digest, _)| *digest);
    let known: Vec<_> = known.filter(|digest| ending.is_about(digest)).collect();
    sessions.forget(&known);
    let _writing = sessions.writing.lock().await;
    let mut tx = sessions.store.begin().await?;
    // Also those that another hub began this moment.
    let mut digests = store::of_user(&mut tx, user_ref).await?;
    digests.retain(|digest| ending.is_about(digest));
    if digests.is_empty() && matches!(ending, Ending::One(_)) {
        return Err(Error::NotFound("There is no such session".to_owned()));
    }
    let mut ended = Vec::new();
    for digest in &digests {
        ended.extend(store::delete(&mut tx, digest).await?);
    }
    let recorded = commit(app, tx, &digests, ended, operation).await?;
    sessions.forget(&digests);
    recorded.publish();
    Ok(digests.len())
}

/// Ends one session, whosever it is. `operation` is recorded with it.
///
/// # Errors
///
/// [`StoreError`] when the database is away; this hub forgets the session even then.
pub(in crate::auth) async fn end_one(
    app: &App,
    digest: Digest,
    operation: &Operation,
) -> Result<(), StoreError> {
    let sessions = &app.auth().sessions;
    sessions.forget(&[digest]);
    let _writing = sessions.writing.lock().await;
    let mut tx = sessions.store.begin().await?;
    let ended = store::delete(&mut tx, &digest).await?;
    let recorded = commit(app, tx, &[digest], ended, operation).await?;
    sessions.forget(&[digest]);
    recorded.publish();
    Ok(())
}

/// Ends every session of a family, and the refresh tokens that another front end holds of it.
///
/// # Errors
///
/// As [`end_one`].
pub(super) async fn end_family(
    app: &App,
    family: &Family,
    operation: &Operation,
) -> Result<(), StoreError> {
    let sessions = &app.auth().sessions;
    let alive = sessions.of_family(family, app.core().clock.now());
    let alive: Vec<_> = alive.into_iter().map(|(digest, _)| digest).collect();
    sessions.forget(&alive);
    let _writing = sessions.writing.lock().await;
    let mut tx = sessions.store.begin().await?;
    let ended = store::delete_family(&mut tx, family).await?;
    spent::end_family(&mut tx, family).await?;
    let digests: Vec<_> = ended.iter().filter_map(EndedRow::alive).collect();
    let recorded = commit(app, tx, &digests, ended, operation).await?;
    sessions.forget(&digests);
    recorded.publish();
    Ok(())
}

/// Writes what ended, and tells the other hubs and the providers.
async fn commit(
    app: &App,
    mut tx: Tx,
    digests: &[Digest],
    ended: Vec<EndedRow>,
    operation: &Operation,
) -> Result<Recorded, StoreError> {
    let ids = digests.iter().map(|digest| SessionId(*digest).to_string());
    let meta = json!({"sessions": ids.collect::<Vec<_>>()});
    let recorded = operation.succeed_in(app, &mut tx, meta).await?;
    for digest in digests {
        follow::tell(&mut tx, digest).await?;
    }
    tx.commit().await?;
    farewell::say(app, ended);
    Ok(recorded)
}

impl Sessions {
    /// Ends one session without a record of it.
    #[cfg(test)]
    pub(super) async fn end(&self, digest: &Digest) {
        self.forget(&[*digest]);
        let mut tx = self.store.begin().await.unwrap();
        store::delete(&mut tx, digest).await.unwrap();
        tx.commit().await.unwrap();
    }
}
