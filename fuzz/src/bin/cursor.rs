//! Cursors that clients send back, changed or made up, and the pages that they lead to.

#![no_main]

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use callboard_catalog::{CatalogSnapshot, Cursor, Entity, OffsetCursor, Query};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 2;

static CATALOG: LazyLock<CatalogSnapshot> = LazyLock::new(|| {
    let entity = |(number, name): (usize, &&str)| {
        let kind = ["Component", "API"][number % 2];
        let text = format!(
            r#"{{"kind":"{kind}","metadata":{{"name":"{name}","uid":"u{number}"}},"spec":{{"n":{number}}}}}"#
        );
        Entity::parse(text).expect("an entity")
    };
    CatalogSnapshot::build(["a", "b", "C", "d-1", "é"].iter().enumerate().map(entity))
});

fuzz_target!(|bytes: &[u8]| {
    // As it comes, and with the wrapping that every cursor has.
    check(&String::from_utf8_lossy(bytes));
    check(&STANDARD.encode(bytes));
});

fn check(text: &str) {
    if let Ok(cursor) = OffsetCursor::decode(text) {
        let again = OffsetCursor::decode(&cursor.encode());
        assert_eq!(again.ok(), Some(cursor), "a cursor reads back as itself");
        let _none_beyond_the_end = cursor.next(CATALOG.len() as u64);
        let page = CATALOG.query(&Query {
            limit: cursor.limit,
            offset: cursor.offset,
            ..Query::default()
        });
        let most = CATALOG.len().saturating_sub(cursor.offset);
        assert!(page.entities.len() <= most.min(cursor.limit.unwrap_or(most)));
    }
    let Ok(cursor) = Cursor::decode(text) else {
        return;
    };
    let again = Cursor::decode(&cursor.encode());
    assert_eq!(
        again.ok(),
        Some(cursor.clone()),
        "a cursor reads back as itself"
    );
    let page = CATALOG.query(&Query {
        limit: Some(LIMIT),
        cursor: Some(cursor),
        ..Query::default()
    });
    assert!(page.entities.len() <= LIMIT, "more than the page may have");
    assert!(page.total <= CATALOG.len() as u64, "more than there are");
    for cursor in page.next.into_iter().chain(page.previous) {
        let read = Cursor::decode(&cursor.encode());
        assert_eq!(read.ok(), Some(cursor), "our own cursor reads back");
    }
}
