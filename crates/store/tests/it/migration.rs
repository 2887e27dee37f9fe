//! Migrations: applied once, in order, and never guessed at.

use callboard_store::{MigrateError, Migration, Query, StoreError, migrations};

use crate::support::{TABLES, both_databases};

/// Later than `TABLES`.
const MORE: Migration = Migration::new(
    "20261122080000_more_things.sql",
    "ALTER TABLE things ADD COLUMN note TEXT;
     UPDATE things SET note = 'new';",
);

const EDITED: Migration = Migration::new("20261122080000_more_things.sql", "SELECT 'edited'");
const BROKEN: Migration = Migration::new(
    "20261123080000_broken.sql",
    "CREATE TABLE half (id BIGINT); SELECT nonsense;",
);
const NOTE: &str = "SELECT note FROM things";

fn migrate_error(error: StoreError) -> MigrateError {
    match error {
        StoreError::Migrate(error) => error,
        other => panic!("{other:?}"),
    }
}

both_databases! {
    async fn what_is_missing_is_applied_once(store: TestStore) {
        let first = store.migrate(vec![MORE, TABLES]).await.unwrap();
        let second = store.migrate(vec![TABLES, MORE]).await.unwrap();

        assert_eq!(first.applied, ["20261122080000_more_things"]);
        assert!(second.applied.is_empty());
        assert_eq!(first.total, second.total);
        let note = store.read().await.unwrap().fetch_optional::<String>(Query::new(NOTE)).await;
        assert_eq!(note.unwrap(), None);
    }

    async fn the_oldest_is_applied_first(store: TestStore) {
        let first = Migration::new("20261201000000_first.sql", "CREATE TABLE ordered (a BIGINT)");
        let then = Migration::new("20261202000000_then.sql", "ALTER TABLE ordered ADD b BIGINT");

        let report = store.migrate(vec![then, TABLES, first]).await.unwrap();

        assert_eq!(report.applied, ["20261201000000_first", "20261202000000_then"]);
    }

    async fn an_edited_migration_is_refused_by_name(store: TestStore) {
        store.migrate(vec![TABLES, MORE]).await.unwrap();

        let error = store.migrate(vec![TABLES, EDITED]).await.unwrap_err();

        assert!(error.help().unwrap().contains("new migration"));
        assert_eq!(
            migrate_error(error).to_string(),
            "migration `20261122080000_more_things` was edited after it was applied to this database",
        );
    }

    async fn another_line_ending_is_not_an_edit(store: TestStore) {
        let unix = Migration::new("20261122080000_ending.sql", "SELECT 1;\nSELECT 2;\n");
        let windows = Migration::new("20261122080000_ending.sql", "SELECT 1;\r\nSELECT 2;\r\n");
        store.migrate(vec![TABLES, unix]).await.unwrap();

        assert!(store.migrate(vec![TABLES, windows]).await.is_ok());
    }

    async fn a_database_of_a_newer_program_is_refused(store: TestStore) {
        store.migrate(vec![TABLES, MORE]).await.unwrap();

        let error = store.migrate(vec![TABLES]).await.unwrap_err();

        assert_eq!(
            migrate_error(error).to_string(),
            "the database is newer than this program: it has migration `20261122080000_more_things`",
        );
    }

    async fn a_failed_migration_takes_those_before_it_back(store: TestStore) {
        let error = store.migrate(vec![TABLES, MORE, BROKEN]).await.unwrap_err();

        let error = migrate_error(error);
        assert!(matches!(error, MigrateError::Failed { name: "20261123080000_broken", .. }), "{error:?}");
        let more = store.read().await.unwrap().fetch_optional::<String>(Query::new(NOTE)).await;
        assert!(matches!(more, Err(StoreError::Internal(_))), "{more:?}");
        let report = store.migrate(vec![TABLES, MORE]).await.unwrap();
        assert_eq!(report.applied, ["20261122080000_more_things"]);
    }

    async fn two_of_the_same_version_are_refused(store: TestStore) {
        let error = store.migrate(vec![TABLES, MORE, EDITED]).await.unwrap_err();

        let error = migrate_error(error);
        assert!(matches!(error, MigrateError::Duplicate { .. }), "{error:?}");
    }
}

#[test]
fn a_feature_lists_the_files_beside_it() {
    const LIST: &[Migration] = migrations!["20261121093000_greeting.sql"];

    assert_eq!(LIST[0].name(), "20261121093000_greeting");
}

#[test]
#[should_panic(expected = "a migration is called `YYYYMMDDhhmmss_noun.sql`")]
fn a_name_without_its_time_is_refused() {
    Migration::new("greeting.sql", "SELECT 1");
}
