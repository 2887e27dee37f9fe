//! Query strings of the catalog: filters, orders, fields and predicates, and their answers.

#![no_main]

use std::sync::{Arc, LazyLock};

use callboard_catalog::{
    CatalogSnapshot, Cursor, Entity, Fields, Filter, FullText, OrderField, Query, Rows,
};
use libfuzzer_sys::fuzz_target;
use url::form_urlencoded;

static CATALOG: LazyLock<CatalogSnapshot> = LazyLock::new(|| {
    let texts = [
        r#"{"kind":"Component","metadata":{"name":"lights","uid":"u1","tags":["go","rust"]},"spec":{"type":"service"},"relations":[{"type":"ownedBy","targetRef":"group:default/crew"}]}"#,
        r#"{"kind":"Component","metadata":{"name":"Théâtre","uid":"u2","title":"Seats, 2"},"spec":{"type":"website","n":2.5}}"#,
        r#"{"kind":"API","metadata":{"name":"tickets","namespace":"front","uid":"u3","annotations":{"a.b/c":"d"}},"spec":{"x":null}}"#,
        r#"{"kind":"Group","metadata":{"name":"crew","uid":"u4"},"spec":{"type":"team","children":[]}}"#,
    ];
    CatalogSnapshot::build(texts.map(|text| Entity::parse(text).expect("an entity")))
});

fuzz_target!(|text: &str| {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect();
    let all = |name: &str| -> Vec<&str> {
        let named = pairs.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    };
    let predicate = all("query").first().and_then(|text| {
        let value = serde_json::from_str(text).ok()?;
        Filter::from_predicate(&value).ok().map(Arc::new)
    });
    let Ok(filter) = Filter::parse(&all("filter")) else {
        return;
    };
    let orders = all("orderField")
        .into_iter()
        .map(OrderField::parse_order_field);
    let orders = orders.chain(all("order").into_iter().map(OrderField::parse_order));
    let query = Query {
        filter,
        permission: predicate,
        full_text: all("fullTextFilterTerm").first().map(|term| FullText {
            term: (*term).to_owned(),
            fields: all("fullTextFilterFields")
                .into_iter()
                .map(str::to_owned)
                .collect(),
        }),
        order: orders.filter_map(Result::ok).collect(),
        ..Query::default()
    };
    check(&query);
    if let Ok(Some(fields)) = Fields::parse(&all("fields")) {
        for entity in CATALOG.entities() {
            let projected = entity.project(&fields);
            let value: Result<serde_json::Value, _> = serde_json::from_str(&projected);
            assert!(value.is_ok_and(|value| value.is_object()), "{projected}");
        }
    }
});

/// The index gives what a look at each entity gives, at once and page by page.
fn check(query: &Query) {
    let page = CATALOG.query(query);
    let mut found: Vec<&str> = refs(&page.entities).collect();
    if query.full_text.is_none() {
        let accepts = |entity: &&Arc<Entity>| {
            let rows = Rows::of(entity);
            let mut filters = query.filter.iter().chain(query.permission.as_deref());
            filters.all(|filter| filter.matches(&rows))
        };
        let mut expected: Vec<&str> = CATALOG.entities().filter(accepts).map(by_ref).collect();
        let mut unordered = found.clone();
        unordered.sort_unstable();
        expected.sort_unstable();
        assert_eq!(unordered, expected, "the index and the entities disagree");
    }
    assert_eq!(page.total, found.len() as u64, "the total is wrong");

    let mut at: Option<Cursor> = None;
    loop {
        let one = CATALOG.query(&Query {
            limit: Some(1),
            cursor: at,
            ..query.clone()
        });
        let Some(first) = refs(&one.entities).next() else {
            break;
        };
        assert_eq!(found.first(), Some(&first), "page by page differs");
        found.remove(0);
        let Some(next) = one.next else { break };
        let read = Cursor::decode(&next.encode());
        assert_eq!(read.as_ref().ok(), Some(&next), "a cursor reads back");
        at = Some(next);
    }
    assert!(found.is_empty(), "pages leave out {found:?}");
}

fn refs(entities: &[Arc<Entity>]) -> impl Iterator<Item = &str> {
    entities.iter().map(by_ref)
}

fn by_ref(entity: &Arc<Entity>) -> &str {
    entity.entity_ref().as_str()
}
