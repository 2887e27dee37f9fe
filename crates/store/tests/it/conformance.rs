//! Queries, records, transactions and errors mean the same on every database.

use callboard_store::{Conn, Constraint, FromValue, IntoValue, Query, StoreError, Tx, record};
use serde_json::{Value as Json, json};

use crate::support::{both_databases, messages};

const INSERT_THING: &str = "
    INSERT INTO things (name, number, flag, ratio, bytes, json)
    VALUES ($1, $2, $3, $4, $5, $6)";

const INSERT_NAME: &str = "INSERT INTO things (name) VALUES ($1)";
const NAMES: &str = "SELECT name FROM things ORDER BY name";

record! {
    #[derive(Debug, Clone, PartialEq)]
    struct ThingRow {
        name: String,
        number: Option<i64>,
        flag: Option<bool>,
        ratio: Option<f64>,
        bytes: Option<Vec<u8>>,
        json: Option<Json>,
    }
}

record! { #[derive(Debug)] struct StrictRow { name: String, number: i64 } }

async fn insert(conn: &mut Conn, thing: &ThingRow) -> Result<u64, StoreError> {
    let thing = thing.clone();
    let query = Query::new(INSERT_THING)
        .bind(&thing.name)
        .bind(thing.number)
        .bind(thing.flag)
        .bind(thing.ratio)
        .bind(thing.bytes)
        .bind(thing.json);
    conn.execute(query).await
}

async fn insert_name(tx: &mut Tx, name: &str) {
    tx.execute(Query::new(INSERT_NAME).bind(name))
        .await
        .unwrap();
}

async fn names(conn: &mut Conn) -> Vec<String> {
    conn.fetch_all(Query::new(NAMES)).await.unwrap()
}

fn full(name: &str, json: Json) -> ThingRow {
    ThingRow {
        name: name.to_owned(),
        number: Some(i64::MIN),
        flag: Some(true),
        ratio: Some(0.1),
        bytes: Some(vec![0, 255, 0]),
        json: Some(json),
    }
}

async fn round_trip<T>(conn: &mut Conn, column: &str, value: T)
where
    T: IntoValue + FromValue + Clone + PartialEq + std::fmt::Debug,
{
    conn.execute(Query::new("DELETE FROM things"))
        .await
        .unwrap();
    let insert = format!("INSERT INTO things (name, {column}) VALUES ('it', $1)");
    conn.execute(Query::built(insert).bind(value.clone()))
        .await
        .unwrap();

    let select = format!("SELECT {column} FROM things WHERE name = 'it'");
    let found: T = conn.fetch_one(Query::built(select)).await.unwrap();

    assert_eq!(found, value, "in column `{column}`");
}

both_databases! {
    async fn a_row_is_read_as_it_was_written(store: TestStore) {
        let thing = full("größe '; DROP TABLE things; --", json!({"z": [1, 2.5, null], "a": "$1"}));
        let mut tx = store.begin().await.unwrap();

        let inserted = insert(&mut tx, &thing).await.unwrap();
        let select = "SELECT name, number, flag, ratio, bytes, json FROM things";
        let found: ThingRow = tx.fetch_one(Query::new(select)).await.unwrap();

        assert_eq!(inserted, 1);
        assert_eq!(found, thing);
    }

    async fn every_type_keeps_its_extreme_values(store: TestStore) {
        let mut tx = store.begin().await.unwrap();

        for number in [i64::MIN, -1, 0, 1, i64::MAX] {
            round_trip(&mut tx, "number", number).await;
        }
        for flag in [true, false] {
            round_trip(&mut tx, "flag", flag).await;
        }
        for ratio in [0.0, -1.0, 3.0, f64::MIN_POSITIVE, f64::MAX, f64::NEG_INFINITY] {
            round_trip(&mut tx, "ratio", ratio).await;
        }
        for bytes in [vec![], b"text".to_vec(), b"12".to_vec(), vec![0; 100_000]] {
            round_trip(&mut tx, "bytes", bytes).await;
        }
        for text in ["", "12", "null", "true", "🎭"] {
            round_trip(&mut tx, "json", json!(text)).await;
        }
        for json in [json!(null), json!(true), json!(12), json!(-0.5), json!([]), json!({"a": {}})] {
            round_trip(&mut tx, "json", json).await;
        }
    }

    async fn absence_is_null_in_every_type(store: TestStore) {
        let thing = ThingRow {
            name: "bare".to_owned(),
            number: None,
            flag: None,
            ratio: None,
            bytes: None,
            json: None,
        };
        let mut tx = store.begin().await.unwrap();

        insert(&mut tx, &thing).await.unwrap();

        let nulls = "
            SELECT name, number, flag, ratio, bytes, json
            FROM things
            WHERE number IS NULL AND flag IS NULL AND ratio IS NULL AND bytes IS NULL AND json IS NULL";
        assert_eq!(tx.fetch_one::<ThingRow>(Query::new(nulls)).await.unwrap(), thing);
    }

    async fn a_field_that_is_not_an_option_refuses_null(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        insert_name(&mut tx, "bare").await;

        let strict = "SELECT name, number FROM things";
        let error = tx.fetch_one::<StrictRow>(Query::new(strict)).await.unwrap_err();
        let single = "SELECT number FROM things";
        let single = tx.fetch_one::<String>(Query::new(single)).await.unwrap_err();

        assert!(messages(&error).contains("cannot read column `number`: NULL"), "{error:?}");
        assert!(matches!(single, StoreError::Internal(_)), "{single:?}");
    }

    async fn a_field_refuses_a_column_of_another_type(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        insert_name(&mut tx, "12").await;

        let error = tx.fetch_one::<i64>(Query::new(NAMES)).await.unwrap_err();

        assert!(matches!(error, StoreError::Internal(_)), "{error:?}");
    }

    async fn a_record_without_its_column_is_an_error(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        insert_name(&mut tx, "bare").await;

        let error = tx.fetch_all::<StrictRow>(Query::new(NAMES)).await.unwrap_err();

        assert!(messages(&error).contains("number"), "{error:?}");
    }

    async fn one_row_is_required_or_optional_as_asked(store: TestStore) {
        let mut conn = store.read().await.unwrap();

        let optional = conn.fetch_optional::<String>(Query::new(NAMES)).await.unwrap();
        let required = conn.fetch_one::<String>(Query::new(NAMES)).await.unwrap_err();

        assert_eq!(optional, None);
        assert!(matches!(required, StoreError::NotFound), "{required:?}");
    }

    async fn an_upsert_gives_its_row_back(store: TestStore) {
        const UPSERT: &str = "
            INSERT INTO things (name, number)
            VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE
            SET number = things.number + excluded.number
            RETURNING number";
        let mut tx = store.begin().await.unwrap();

        let first: i64 = tx.fetch_one(Query::new(UPSERT).bind("a").bind(2)).await.unwrap();
        let second: i64 = tx.fetch_one(Query::new(UPSERT).bind("a").bind(3)).await.unwrap();

        assert_eq!((first, second), (2, 5));
    }

    async fn one_statement_inserts_many_rows_with_all_their_kinds(store: TestStore) {
        const COLUMNS: [&str; 6] = ["name", "number", "flag", "ratio", "bytes", "json"];
        const ROWS: usize = 300;
        let mut tx = store.begin().await.unwrap();

        let insert = Query::insert("things", &COLUMNS, ROWS);
        let insert = (0..ROWS).fold(insert, |query, row| {
            let number = i64::try_from(row).unwrap();
            query
                .bind(format!("n{row:03}"))
                .bind((row % 2 == 0).then_some(number))
                .bind(row % 3 == 0)
                .bind(None::<f64>)
                .bind((row % 5 == 0).then(|| vec![1, 2]))
                .bind(json!({"row": row}))
        });
        let inserted = tx.execute(insert).await.unwrap();
        let select = "SELECT name, number, flag, ratio, bytes, json FROM things ORDER BY name LIMIT $1";
        let found: Vec<ThingRow> = tx.fetch_all(Query::new(select).bind(2_u32)).await.unwrap();

        assert_eq!(inserted, ROWS as u64);
        let [first, second] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!((first.number, first.flag, first.bytes.as_deref()), (Some(0), Some(true), Some(&[1, 2][..])));
        assert_eq!((second.number, second.flag, &second.json), (None, Some(false), &Some(json!({"row": 1}))));
    }

    async fn an_update_takes_the_first_of_many_and_says_which(store: TestStore) {
        const CLAIM: &str = "
            UPDATE things
            SET number = number + $2, flag = TRUE
            WHERE name IN (
                SELECT name
                FROM things
                WHERE number <= $1 AND (flag IS NULL OR ratio <= $1)
                ORDER BY number
                LIMIT $3
            )
            RETURNING name";
        let claim = || Query::new(CLAIM).bind(10).bind(100).bind(2_u32);
        let mut tx = store.begin().await.unwrap();
        for (name, number) in [("late", 11), ("third", 3), ("first", 1), ("second", 2)] {
            let insert = "INSERT INTO things (name, number) VALUES ($1, $2)";
            tx.execute(Query::new(insert).bind(name).bind(number)).await.unwrap();
        }

        let mut taken: Vec<String> = tx.fetch_all(claim()).await.unwrap();
        let rest: Vec<String> = tx.fetch_all(claim()).await.unwrap();
        let none: Vec<String> = tx.fetch_all(claim()).await.unwrap();

        taken.sort();
        assert_eq!(taken, ["first", "second"]);
        assert_eq!((rest, none), (vec!["third".to_owned()], Vec::new()));
    }

    async fn a_list_of_names_finds_those_that_are_there(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        for name in ["a", "b", "c"] {
            insert_name(&mut tx, name).await;
        }

        let wanted = "SELECT name FROM things WHERE name IN ($1, $2, $3) ORDER BY name";
        let query = Query::built(wanted.to_owned()).bind("c").bind("absent").bind("a");
        let found: Vec<String> = tx.fetch_all(query).await.unwrap();

        assert_eq!(found, ["a", "c"]);
    }

    async fn one_is_enough_to_know_whether_there_is_any(store: TestStore) {
        const IS_ANY: &str = "
            SELECT COUNT(*)
            FROM (SELECT 1 FROM things WHERE number <= $1 AND (ratio IS NULL OR ratio <= $1) LIMIT 1) AS due";
        let mut tx = store.begin().await.unwrap();
        let insert = "INSERT INTO things (name, number) VALUES ('a', 5), ('b', 6), ('c', NULL)";
        tx.execute(Query::new(insert)).await.unwrap();

        let none: i64 = tx.fetch_one(Query::new(IS_ANY).bind(4)).await.unwrap();
        let some: i64 = tx.fetch_one(Query::new(IS_ANY).bind(6)).await.unwrap();

        assert_eq!((none, some), (0, 1));
    }

    async fn an_update_that_finds_another_owner_changes_nothing(store: TestStore) {
        const RELEASE: &str = "
            UPDATE things
            SET number = $2, bytes = NULL
            WHERE name = $1 AND bytes IS NOT NULL";
        let mut tx = store.begin().await.unwrap();
        insert(&mut tx, &full("held", json!(1))).await.unwrap();
        insert_name(&mut tx, "free").await;

        let held = tx.execute(Query::new(RELEASE).bind("held").bind(None::<i64>)).await.unwrap();
        let again = tx.execute(Query::new(RELEASE).bind("held").bind(7)).await.unwrap();
        let free = tx.execute(Query::new(RELEASE).bind("free").bind(7)).await.unwrap();

        assert_eq!((held, again, free), (1, 0, 0));
    }

    async fn a_placeholder_may_stand_twice(store: TestStore) {
        let mut conn = store.read().await.unwrap();

        let both = "SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT)";
        let both: String = conn.fetch_one(Query::new(both).bind("a").bind("b")).await.unwrap();

        assert_eq!(both, "bab");
    }

    async fn a_committed_transaction_is_read_by_others(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        insert_name(&mut tx, "kept").await;

        tx.commit().await.unwrap();

        assert_eq!(names(&mut store.read().await.unwrap()).await, ["kept"]);
    }

    async fn a_dropped_transaction_leaves_nothing(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        insert_name(&mut tx, "gone").await;

        drop(tx);

        assert!(names(&mut store.begin().await.unwrap()).await.is_empty());
    }

    async fn a_cancelled_writer_leaves_nothing_and_lets_the_next_one_in(store: TestStore) {
        let writer = async {
            let mut tx = store.begin().await.unwrap();
            insert_name(&mut tx, "gone").await;
            std::future::pending::<()>().await;
        };
        assert!(tokio::time::timeout(crate::support::BUSY_TIMEOUT, writer).await.is_err());

        assert!(names(&mut store.begin().await.unwrap()).await.is_empty());
    }

    async fn a_connection_outside_a_transaction_only_reads(store: TestStore) {
        let mut conn = store.read().await.unwrap();
        let alone = conn.execute(Query::new(INSERT_NAME).bind("no")).await.unwrap_err();
        drop(conn);
        let mut tx = store.begin_read().await.unwrap();
        let together = tx.execute(Query::new(INSERT_NAME).bind("no")).await.unwrap_err();
        drop(tx);

        assert!(matches!(alone, StoreError::Internal(_)), "{alone:?}");
        assert!(matches!(together, StoreError::Internal(_)), "{together:?}");
        assert!(names(&mut store.begin().await.unwrap()).await.is_empty());
    }

    async fn a_conflict_names_the_constraint(store: TestStore) {
        let mut tx = store.begin().await.unwrap();
        insert(&mut tx, &full("one", json!(1))).await.unwrap();
        tx.commit().await.unwrap();

        let conflict = async |thing: ThingRow| {
            let mut tx = store.begin().await.unwrap();
            match insert(&mut tx, &thing).await {
                Err(StoreError::Conflict(constraint)) => constraint,
                other => panic!("{other:?}"),
            }
        };

        let unique = |name: &str| Constraint::Unique(name.to_owned());
        let same_name = ThingRow { number: None, ..full("one", json!(1)) };
        assert_eq!(conflict(same_name).await, unique("things_pkey"));
        assert_eq!(conflict(full("two", json!(1))).await, unique("things_number_flag_key"));
    }

    async fn a_reference_to_nothing_is_a_conflict(store: TestStore) {
        let mut tx = store.begin().await.unwrap();

        let insert = "INSERT INTO parts (id, thing) VALUES (1, 'nothing')";
        let error = tx.execute(Query::new(insert)).await.unwrap_err();

        assert!(matches!(error, StoreError::Conflict(Constraint::ForeignKey)), "{error:?}");
    }

    async fn a_wrong_statement_is_internal_and_keeps_its_cause(store: TestStore) {
        let mut conn = store.read().await.unwrap();

        let error = conn.execute(Query::new("SELECT 1 FROM nowhere")).await.unwrap_err();

        assert!(matches!(error, StoreError::Internal(_)), "{error:?}");
        assert!(messages(&error).contains("nowhere"), "{error:?}");
    }

    async fn a_closed_store_is_unavailable(store: TestStore) {
        let clone = (*store).clone();

        store.close().await;

        let read = clone.read().await.unwrap_err();
        let begin = clone.begin().await.unwrap_err();
        assert!(matches!(read, StoreError::Unavailable(_)), "{read:?}");
        assert!(matches!(begin, StoreError::Unavailable(_)), "{begin:?}");
    }
}
