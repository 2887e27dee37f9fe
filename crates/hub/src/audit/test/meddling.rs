//! Tests that meddle with a small audit log in every way there is.

use super::super::verify::verify_in;
use super::*;

const TEXT_COLUMNS: [&str; 7] = [
    "plugin",
    "event_id",
    "status",
    "actor",
    "event",
    "previous_hash",
    "hash",
];

#[tokio::test]
async fn a_log_that_nobody_touched_is_good() {
    let log = Log::small().await;

    let report = log.verify(None).await;

    assert_eq!(report.fault, None);
    assert_eq!(report.head.number, ROWS);
    let seconds = report.last.unwrap().duration_since(report.first.unwrap());
    assert_eq!(seconds.as_millis(), 2800);
    assert_eq!(log.verify(Some(&report.head)).await, report);
}

#[tokio::test]
async fn an_empty_log_is_good() {
    let log = Log::empty().await;

    let report = log.verify(Some(&Head::start())).await;

    assert_eq!((report.fault, report.head), (None, Head::start()));
}

#[tokio::test]
async fn every_byte_of_every_column_of_every_row_counts() {
    let log = Log::small().await;
    let keys = log.keys().await;
    let mut tx = log.store.begin().await.unwrap();
    let mut tried = 0;

    for row in rows(&mut tx).await {
        let number = row.number;
        let texts = [
            &row.plugin,
            &row.event_id,
            &row.status,
            &row.actor,
            &row.event,
            &row.previous_hash,
            &row.hash,
        ];
        let texts = TEXT_COLUMNS.into_iter().zip(texts);
        for (column, text) in texts.chain([("key_id", &row.key_id)]) {
            // Through a blob, since a byte of a longer character makes the text none.
            let sql =
                format!("UPDATE audit_events SET {column} = CAST($1 AS TEXT) WHERE number = $2");
            let set = |bytes: &[u8]| Query::built(sql.clone()).bind(bytes).bind(number);
            for at in 0..text.len() {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                tx.execute(set(&bytes)).await.unwrap();
                let report = verify_in(&mut tx, &keys, None).await.unwrap();
                let fault = report
                    .fault
                    .unwrap_or_else(|| panic!("{number} {column} {at}"));
                assert_eq!((fault.row(), report.head.number), (number, number - 1));
                tried += 1;
            }
            tx.execute(set(text.as_bytes())).await.unwrap();
        }
        for byte in 0..8 {
            let flipped = |value: i64| value ^ (0x10 << (8 * byte));
            let sql = "UPDATE audit_events SET at = $1 WHERE number = $2";
            let set = |at: i64| Query::new(sql).bind(at).bind(number);
            tx.execute(set(flipped(row.at))).await.unwrap();
            let report = verify_in(&mut tx, &keys, None).await.unwrap();
            assert_eq!(report.fault, Some(Fault::Edited { row: number }));
            tx.execute(set(row.at)).await.unwrap();

            let sql = "UPDATE audit_events SET number = $1 WHERE number = $2";
            let set = |from: i64, to: i64| Query::new(sql).bind(to).bind(from);
            tx.execute(set(number, flipped(number))).await.unwrap();
            let report = verify_in(&mut tx, &keys, None).await.unwrap();
            assert!(report.fault.is_some(), "{number} {byte}");
            tx.execute(set(flipped(number), number)).await.unwrap();
        }
    }

    assert!(tried > 2_000, "{tried}");
    let report = verify_in(&mut tx, &keys, None).await.unwrap();
    assert_eq!(report.fault, None);
}

#[tokio::test]
async fn a_value_of_another_type_is_a_fault_and_no_error() {
    for column in TEXT_COLUMNS.into_iter().chain(["at", "key_id"]) {
        let log = Log::small().await;

        log.meddle(&[&format!(
            "UPDATE audit_events SET {column} = X'00' WHERE number = 3"
        )])
        .await;

        assert_eq!(
            log.fault().await,
            Some(Fault::Edited { row: 3 }),
            "{column}"
        );
    }
    for column in ["number", "hash"] {
        let log = Log::small().await;

        log.meddle(&[&format!("UPDATE audit_head SET {column} = X'00'")])
            .await;

        assert_eq!(
            log.fault().await,
            Some(Fault::HeadRow { row: ROWS }),
            "{column}"
        );
    }
}

#[tokio::test]
async fn a_removed_row_is_named() {
    for number in 1..ROWS {
        let log = Log::small().await;

        log.meddle(&[&format!("DELETE FROM audit_events WHERE number = {number}")])
            .await;

        let (first, last) = (number, number);
        assert_eq!(log.fault().await, Some(Fault::Removed { first, last }));
    }
}

#[tokio::test]
async fn closing_the_gap_after_a_removed_row_does_not_help() {
    let log = Log::small().await;

    log.meddle(&[
        "DELETE FROM audit_events WHERE number = 3",
        "UPDATE audit_events SET number = -number WHERE number > 3",
        "UPDATE audit_events SET number = -number - 1 WHERE number < 0",
    ])
    .await;

    assert_eq!(log.fault().await, Some(Fault::Edited { row: 3 }));
}

#[tokio::test]
async fn rows_that_changed_places_are_named() {
    for one in 1..=ROWS {
        for other in one + 1..=ROWS {
            let log = Log::small().await;

            log.meddle(&[
                &format!("UPDATE audit_events SET number = 99 WHERE number = {one}"),
                &format!("UPDATE audit_events SET number = {one} WHERE number = {other}"),
                &format!("UPDATE audit_events SET number = {other} WHERE number = 99"),
            ])
            .await;

            let (row, now) = (one, other);
            assert_eq!(log.fault().await, Some(Fault::Moved { row, now }));
        }
    }
}

#[tokio::test]
async fn an_inserted_row_is_named() {
    let copy = |number: &str| {
        format!(
            "INSERT INTO audit_events
             SELECT {number}, at, plugin, event_id, status, actor, event, key_id, previous_hash, hash
             FROM audit_events WHERE number = 4"
        )
    };
    let between = Log::small().await;
    let before = Log::small().await;
    let after = Log::small().await;

    // The copy at 3 is what was written there; the row after it is not.
    between
        .meddle(&[
            "UPDATE audit_events SET number = -number WHERE number > 2",
            "UPDATE audit_events SET number = 1 - number WHERE number < 0",
            &copy("3"),
        ])
        .await;
    before.meddle(&[&copy("0")]).await;
    after.meddle(&[&copy("7")]).await;

    assert_eq!(between.fault().await, Some(Fault::Moved { row: 4, now: 5 }));
    assert_eq!(before.fault().await, Some(Fault::Inserted { row: 0 }));
    assert_eq!(after.fault().await, Some(Fault::Edited { row: 7 }));
}

#[tokio::test]
async fn a_tail_that_was_cut_off_misses_by_the_row_of_the_head() {
    for kept in 0..ROWS {
        let log = Log::small().await;

        log.meddle(&[&format!("DELETE FROM audit_events WHERE number > {kept}")])
            .await;

        let (first, last) = (kept + 1, ROWS);
        assert_eq!(log.fault().await, Some(Fault::CutOff { first, last }));
    }
}

#[tokio::test]
async fn a_tail_that_was_cut_off_with_care_misses_by_the_head_of_the_log() {
    for kept in 0..ROWS {
        let log = Log::small().await;
        let given = log.verify(None).await.head;

        log.meddle(&[
            &format!("DELETE FROM audit_events WHERE number > {kept}"),
            &format!(
                "UPDATE audit_head SET number = {kept}, hash = COALESCE(
                     (SELECT hash FROM audit_events WHERE number = {kept}), '{}')",
                Head::start().hash
            ),
        ])
        .await;

        assert_eq!(log.fault().await, None);
        let fault = log.verify(Some(&given)).await.fault;
        assert_eq!(fault, Some(Fault::ShorterThanHead { row: kept, given }));
    }
}

#[tokio::test]
async fn a_tail_that_was_written_again_misses_by_the_head_of_the_log() {
    let log = Log::small().await;
    let given = log.verify(None).await.head;
    let hash = rows(&mut log.store.read().await.unwrap()).await[2]
        .hash
        .clone();
    log.meddle(&[
        "DELETE FROM audit_events WHERE number > 3",
        &format!("UPDATE audit_head SET number = 3, hash = '{hash}'"),
    ])
    .await;

    log.grow(5).await;

    assert_eq!(log.fault().await, None);
    let fault = log.verify(Some(&given)).await.fault;
    assert_eq!(fault, Some(Fault::OtherThanHead { given }));
}

#[tokio::test]
async fn the_row_of_the_head_is_looked_at() {
    for sql in [
        "UPDATE audit_head SET number = 5",
        "UPDATE audit_head SET hash = (SELECT hash FROM audit_events WHERE number = 5)",
        "DELETE FROM audit_head",
    ] {
        let log = Log::small().await;

        log.meddle(&[sql]).await;

        assert_eq!(
            log.fault().await,
            Some(Fault::HeadRow { row: ROWS }),
            "{sql}"
        );
    }
}

/// Writes the whole log again as somebody would who has the program and the database, but not
/// the key; `claimed` is the key that the rows name.
async fn rebuild(log: &Log, claimed: impl Fn(&Row) -> String) {
    let other = Log::empty().await;
    let other = other.keys().await;
    let mut tx = log.store.begin().await.unwrap();
    let old = rows(&mut tx).await;
    tx.execute(Query::new("DELETE FROM audit_events"))
        .await
        .unwrap();
    let mut previous = Head::start().hash;
    for mut row in old {
        row.actor = "user:default/somebody-else".to_owned();
        row.key_id = claimed(&row);
        row.previous_hash = previous;
        row.hash = row.sealed(other.present());
        store::append(&mut tx, &row).await.unwrap();
        previous = row.hash;
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_log_that_was_rebuilt_without_the_key_is_no_good() {
    let log = Log::small().await;
    rebuild(&log, |row| row.key_id.clone()).await;
    assert_eq!(log.fault().await, Some(Fault::Edited { row: 1 }));

    let log = Log::small().await;
    rebuild(&log, |_| "01234567".to_owned()).await;
    let key_id = "01234567".to_owned();
    assert_eq!(log.fault().await, Some(Fault::OtherKey { row: 1, key_id }));
}

#[tokio::test]
async fn two_logs_do_not_join() {
    let log = Log::small().await;
    let mut tx = log.store.begin().await.unwrap();
    let old = rows(&mut tx).await;
    drop(tx);
    let backup = &old[2];
    log.meddle(&[
        "DELETE FROM audit_events WHERE number > 2",
        "UPDATE audit_head SET number = 2, hash = (SELECT hash FROM audit_events WHERE number = 2)",
    ])
    .await;
    log.grow(1).await;

    let mut tx = log.store.begin().await.unwrap();
    for row in &old[3..] {
        store::append(&mut tx, row).await.unwrap();
    }
    tx.commit().await.unwrap();

    assert_ne!(
        backup.hash,
        rows(&mut log.store.read().await.unwrap()).await[2].hash
    );
    assert_eq!(log.fault().await, Some(Fault::Joined { row: 4 }));
}
