//! Whether the audit log is as it was written.

use super::chain::{Head, Row};
use super::key::Keys;
use super::store::{self, Found};
use callboard_store::{Conn, Store, StoreError};
use jiff::Timestamp;

/// How many rows are read at once.
const BATCH: u32 = 200;

/// What a walk along the audit log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The last row that is as it was written, and with it how many there are.
    pub head: Head,
    /// When the first row was written; `None` when there is none.
    pub first: Option<Timestamp>,
    /// When the last of the good rows was written; `None` when there is none.
    pub last: Option<Timestamp>,
    /// The first thing that is wrong; `None` when nothing is.
    pub fault: Option<Fault>,
}

/// What is wrong with the audit log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A row was changed, or written by somebody without the key.
    #[error("row {row} is not what was written: it was edited, or forged")]
    Edited {
        /// Its number.
        row: i64,
    },
    /// A row stands at another place.
    #[error(
        "row {row} is another one than was written there, which is row {now} now: \
         rows were inserted or reordered"
    )]
    Moved {
        /// The place.
        row: i64,
        /// Where the row that belongs there is.
        now: i64,
    },
    /// Rows are not there.
    #[error("{} missing", missing(*.first, *.last))]
    Removed {
        /// The number of the first of them.
        first: i64,
        /// The number of the last of them.
        last: i64,
    },
    /// A row is good, but continues another log than this one.
    #[error(
        "row {row} was written after another row {} than the one that is there: \
         two logs were joined, such as one from a backup",
        .row - 1
    )]
    Joined {
        /// Its number.
        row: i64,
    },
    /// A row has a number that no row is given.
    #[error("row {row} was inserted: rows are counted from 1")]
    Inserted {
        /// Its number.
        row: i64,
    },
    /// A row names a key that was not given.
    #[error(
        "row {row} says that key `{key_id}` sealed it, which is not the key of this log: \
         it was forged, or `callboard.audit.formerKeys` lacks that key"
    )]
    OtherKey {
        /// Its number.
        row: i64,
        /// The key that it names.
        key_id: String,
    },
    /// The rows end before the place that the database itself has noted.
    #[error("the last rows were removed: {} missing", missing(*.first, *.last))]
    CutOff {
        /// The number of the first of them.
        first: i64,
        /// The number of the last of them.
        last: i64,
    },
    /// The row of the head is not what was written.
    #[error("the row of the head names another end of the log than row {row}, or is gone")]
    HeadRow {
        /// The last row.
        row: i64,
    },
    /// The rows end before the head from the log.
    #[error("the log was cut off: it ends at row {row}, and once had {}", .given.number)]
    ShorterThanHead {
        /// The last row.
        row: i64,
        /// The head that was given.
        given: Head,
    },
    /// The row of the head from the log is another one now.
    #[error("the log was written anew: row {} has another hash than once", .given.number)]
    OtherThanHead {
        /// The head that was given.
        given: Head,
    },
}

impl Fault {
    /// The fault in a word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Edited { .. } => "edited",
            Fault::Moved { .. } => "moved",
            Fault::Removed { .. } => "removed",
            Fault::Joined { .. } => "joined",
            Fault::Inserted { .. } => "inserted",
            Fault::OtherKey { .. } => "other-key",
            Fault::CutOff { .. } => "cut-off",
            Fault::HeadRow { .. } => "head-row",
            Fault::ShorterThanHead { .. } => "shorter-than-head",
            Fault::OtherThanHead { .. } => "other-than-head",
        }
    }

    /// The number of the row that it is about: the first one, where there are several.
    pub fn row(&self) -> i64 {
        match self {
            Fault::Edited { row }
            | Fault::Moved { row, .. }
            | Fault::Joined { row }
            | Fault::Inserted { row }
            | Fault::OtherKey { row, .. }
            | Fault::HeadRow { row }
            | Fault::Removed { first: row, .. }
            | Fault::CutOff { first: row, .. } => *row,
            Fault::ShorterThanHead { row, .. } => row + 1,
            Fault::OtherThanHead { given } => given.number,
        }
    }
}

fn missing(first: i64, last: i64) -> String {
    if first == last {
        format!("row {first} is")
    } else {
        format!("rows {first} to {last} are")
    }
}

/// Walks along the audit log of `store`, up to the first fault.
///
/// `given` is a head that the log of the hub once told: only with one does it show that the tail
/// was cut off by somebody who thought of the row of the head too.
///
/// # Errors
///
/// As [`Store::begin_read`]; whatever stands in the rows is a fault, and no error.
pub async fn verify(
    store: &Store,
    keys: &Keys,
    given: Option<&Head>,
) -> Result<Report, StoreError> {
    // One state for the whole walk, whatever is appended meanwhile.
    let mut tx = store.begin_read().await?;
    verify_in(&mut tx, keys, given).await
}

/// Walks along the audit log that `conn` sees.
pub(super) async fn verify_in(
    conn: &mut Conn,
    keys: &Keys,
    given: Option<&Head>,
) -> Result<Report, StoreError> {
    let mut walk = Walk {
        keys,
        given,
        report: Report {
            head: Head::start(),
            first: None,
            last: None,
            fault: None,
        },
    };
    walk.report.fault = walk.first_fault(conn).await?;
    Ok(walk.report)
}

struct Walk<'a> {
    keys: &'a Keys,
    given: Option<&'a Head>,
    report: Report,
}

impl Walk<'_> {
    async fn first_fault(&mut self, conn: &mut Conn) -> Result<Option<Fault>, StoreError> {
        // Before the first number, so that a row with one that is never given is seen, too.
        let mut after = i64::MIN;
        loop {
            let rows = store::rows_after(conn, after, BATCH).await?;
            let Some(last) = rows.last() else { break };
            after = last.0.as_ref().map_or(after, |row| row.number);
            for Found(row) in rows {
                if let Some(fault) = self.step(row.ok()) {
                    return self.precise(conn, fault).await.map(Some);
                }
            }
        }
        self.end(conn).await
    }

    /// Takes the next row, or says what is wrong with it; `None` is a row that cannot be read.
    fn step(&mut self, row: Option<Row>) -> Option<Fault> {
        let before = &self.report.head;
        let expected = before.number + 1;
        let Some(row) = row else {
            return Some(Fault::Edited { row: expected });
        };
        if row.number < expected {
            return Some(Fault::Inserted { row: row.number });
        }
        if row.number > expected {
            return Some(Fault::Removed {
                first: expected,
                last: row.number - 1,
            });
        }
        let Some(key) = self.keys.by_id(&row.key_id) else {
            return Some(Fault::OtherKey {
                row: row.number,
                key_id: row.key_id,
            });
        };
        if row.sealed(key) != row.hash {
            return Some(Fault::Edited { row: row.number });
        }
        if row.previous_hash != before.hash {
            return Some(Fault::Joined { row: row.number });
        }
        let head = Head {
            number: row.number,
            hash: row.hash,
        };
        if let Some(given) = self.given.filter(|given| given.number == head.number)
            && *given != head
        {
            return Some(Fault::OtherThanHead {
                given: given.clone(),
            });
        }
        let at = Timestamp::from_millisecond(row.at).ok();
        self.report.first = self.report.first.or(at);
        self.report.last = at;
        self.report.head = head;
        None
    }

    /// Whether the row that belongs at the place of the fault stands somewhere else.
    async fn precise(&self, conn: &mut Conn, fault: Fault) -> Result<Fault, StoreError> {
        let before = &self.report.head;
        let expected = before.number + 1;
        if !matches!(
            fault,
            Fault::Edited { .. } | Fault::Joined { .. } | Fault::Removed { .. }
        ) {
            return Ok(fault);
        }
        let over = store::rows_over(conn, &before.hash).await?;
        let moved = over.into_iter().find_map(|Found(row)| {
            let row = row.ok().filter(|row| row.number != expected)?;
            let key = self.keys.by_id(&row.key_id)?;
            let now = row.number;
            let original = Row {
                number: expected,
                ..row
            };
            (original.sealed(key) == original.hash).then_some(now)
        });
        Ok(match moved {
            Some(now) => Fault::Moved { row: expected, now },
            None => fault,
        })
    }

    /// Compares the end of the rows with what is known about it.
    async fn end(&self, conn: &mut Conn) -> Result<Option<Fault>, StoreError> {
        let end = &self.report.head;
        let noted = match store::head(conn).await {
            Ok(noted) => noted,
            // Something that is no number, or no text.
            Err(StoreError::Internal(_)) => None,
            Err(error) => return Err(error),
        };
        if let Some(noted) = noted.as_ref().filter(|noted| noted.number > end.number) {
            return Ok(Some(Fault::CutOff {
                first: end.number + 1,
                last: noted.number,
            }));
        }
        if let Some(given) = self.given.filter(|given| given.number > end.number) {
            return Ok(Some(Fault::ShorterThanHead {
                row: end.number,
                given: given.clone(),
            }));
        }
        if noted.as_ref() != Some(end) {
            return Ok(Some(Fault::HeadRow { row: end.number }));
        }
        Ok(None)
    }
}
