//! The change feed: order, wake-up, pruning.

use std::time::Duration;

use callboard_store::{Changes, Query, Revision, Store, feed};
use tokio::time::timeout;

use crate::support::both_databases;

const DEADLINE: Duration = Duration::from_secs(20);

async fn write(store: &Store, key: &str) -> Revision {
    let mut tx = store.begin().await.unwrap();
    let revision = feed::record(&mut tx, "thing", key).await.unwrap();
    tx.commit().await.unwrap();
    revision
}

async fn lines(store: &Store, seen: Revision, limit: u32) -> Vec<(i64, String)> {
    match store.feed().changes_after(seen, limit).await.unwrap() {
        Changes::Lines(lines) => lines
            .into_iter()
            .map(|line| (line.revision.number(), line.key))
            .collect(),
        Changes::Reload => panic!("told to reload"),
    }
}

both_databases! {
    async fn lines_are_read_from_a_revision_on(store: TestStore) {
        for key in ["a", "b", "c"] {
            write(&store, key).await;
        }

        let all = lines(&store, Revision::ZERO, 10).await;
        let some = lines(&store, Revision::new(1), 1).await;
        let none = lines(&store, Revision::new(3), 10).await;

        assert_eq!(all, [(1, "a".to_owned()), (2, "b".to_owned()), (3, "c".to_owned())]);
        assert_eq!(some, [(2, "b".to_owned())]);
        assert!(none.is_empty());
    }

    async fn a_transaction_may_record_many_lines(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        for key in ["a", "b"] {
            feed::record(&mut tx, "thing", key).await.unwrap();
        }
        assert_eq!(feed::head(&mut tx).await.unwrap(), Revision::new(2));
        tx.commit().await.unwrap();

        assert_eq!(*store.feed().subscribe().borrow(), Revision::new(2));
        assert_eq!(lines(&store, Revision::ZERO, 10).await.len(), 2);
    }

    async fn a_rolled_back_line_leaves_no_gap_and_wakes_nobody(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        feed::record(&mut tx, "thing", "gone").await.unwrap();
        drop(tx);

        assert_eq!(*store.feed().subscribe().borrow(), Revision::ZERO);
        assert_eq!(write(&store, "kept").await, Revision::new(1));
        assert_eq!(lines(&store, Revision::ZERO, 10).await, [(1, "kept".to_owned())]);
    }

    async fn a_commit_wakes_the_followers(store: TestStore) {
        let mut wake = store.feed().subscribe();
        let follower = tokio::spawn(async move {
            let newest = wake.wait_for(|newest| *newest > Revision::ZERO).await.unwrap();
            *newest
        });

        let revision = write(&store, "a").await;

        assert_eq!(timeout(DEADLINE, follower).await.unwrap().unwrap(), revision);
    }

    /// A follower that only ever asks for what is newer than its own revision misses nothing.
    async fn the_order_of_revisions_is_the_order_of_commits(store: TestStore) {
        const WRITERS: i64 = 8;
        const WRITES: i64 = 25;
        const INSERT: &str = "INSERT INTO things (name, number) VALUES ($1, $2)";
        let mut wake = store.feed().subscribe();

        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let store = (*store).clone();
            writers.spawn(async move {
                for write in 0..WRITES {
                    let key = format!("{writer}-{write}");
                    let mut tx = store.begin().await.unwrap();
                    let revision = feed::record(&mut tx, "thing", &key).await.unwrap();
                    let insert = Query::new(INSERT).bind(&key).bind(revision);
                    tx.execute(insert).await.unwrap();
                    // Some give up, and must not be seen.
                    if (writer + write) % 5 != 0 {
                        tx.commit().await.unwrap();
                    }
                }
            });
        }
        let given_up = (0..WRITERS)
            .flat_map(|writer| (0..WRITES).map(move |write| writer + write))
            .filter(|sum| sum % 5 == 0)
            .count();
        let last = Revision::new(WRITERS * WRITES - i64::try_from(given_up).unwrap());

        let mut seen = Revision::ZERO;
        while seen < last {
            let newest = wake.wait_for(|newest| *newest > seen);
            let newest = *timeout(DEADLINE, newest).await.unwrap().unwrap();
            let found = lines(&store, seen, 7).await;
            assert!(!found.is_empty(), "{newest} was announced and cannot be read at {seen}");
            for (revision, key) in found {
                assert_eq!(revision, seen.number() + 1, "a line came late");
                let mut conn = store.read().await.unwrap();
                let written = Query::new("SELECT number FROM things WHERE name = $1").bind(&key);
                assert_eq!(conn.fetch_one::<i64>(written).await.unwrap(), revision);
                seen = Revision::new(revision);
            }
        }
        while let Some(finished) = writers.join_next().await {
            finished.unwrap();
        }

        assert_eq!(store.feed().latest().await.unwrap(), last);
    }

    async fn a_follower_behind_the_pruned_lines_is_told_to_reload(store: TestStore) {
        for key in ["a", "b", "c", "d"] {
            write(&store, key).await;
        }
        let mut tx = store.begin().await.unwrap();
        let pruned = feed::prune(&mut tx, 2).await.unwrap();
        let again = feed::prune(&mut tx, 3).await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!((pruned, again), (2, 0));
        let behind = store.feed().changes_after(Revision::new(1), 10).await.unwrap();
        assert_eq!(behind, Changes::Reload);
        assert_eq!(lines(&store, Revision::new(2), 10).await.len(), 2);
    }

    async fn a_follower_ahead_of_the_database_is_told_to_reload(store: TestStore) {
        write(&store, "a").await;

        let ahead = store.feed().changes_after(Revision::new(9), 10).await.unwrap();

        assert_eq!(ahead, Changes::Reload);
    }
}
