//! Searches as they come over the wire: reading one, its cursor, and asking an index with it.

#![no_main]

use std::sync::LazyLock;

use callboard_search::{Document, Index, Limits, PageCursor, Request, highlight};
use libfuzzer_sys::fuzz_target;

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let names = [
        "box-office",
        "seatMap",
        "théâtre",
        "ticket-wallet",
        "劇場",
        "v3",
    ];
    let document = |(id, name): (u32, &'static str)| Document {
        id,
        key: name.into(),
        title: name.into(),
        name: name.into(),
        text: names.join(" ").into(),
        facets: vec![("kind", "Component".into())],
        ..Document::default()
    };
    Index::build((0..).zip(names).map(document))
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(page) = PageCursor::decode(&text) {
        let again = PageCursor::decode(&page.encode());
        assert_eq!(again, Ok(page), "a cursor reads back as itself");
    }

    let limits = Limits::default();
    let Ok(request) = Request::parse(&text, &["software-catalog"], &limits) else {
        return;
    };
    assert!(
        request.page_limit <= limits.page,
        "more than a page may have"
    );
    assert!(
        request.term.encode_utf16().count() <= limits.term,
        "longer than a term may be"
    );

    let query = request.query();
    let found = INDEX.search(&query, None);
    assert!(
        found.hits.len() <= query.wanted && found.total <= INDEX.len(),
        "found too much"
    );
    assert!(
        found.hits.is_sorted_by(|one, next| one > next),
        "the best one comes first"
    );
    let plain = request.term.replace(['<', '>'], "");
    if let Some(marked) = highlight(&plain, &query.terms, "<", ">") {
        assert_eq!(marked.replace(['<', '>'], ""), plain, "a mark eats text");
    }
});
