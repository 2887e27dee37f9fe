//! What is found, and in which order.

use callboard_search::{Document, Index, Query};

fn document<'a>(
    id: u32,
    name: &'a str,
    title: &'a str,
    tag: &'a str,
    text: &'a str,
) -> Document<'a> {
    Document {
        id,
        key: name.into(),
        name: name.into(),
        title: if title.is_empty() { name } else { title }.into(),
        tags: vec![tag.into()],
        text: text.into(),
        facets: vec![("kind", "Component".into()), ("owner", tag.into())],
    }
}

fn index() -> Index {
    Index::build([
        document(0, "box-office", "Box office", "crew", "Sells tickets"),
        document(1, "ticket-wallet", "", "crew", "Passes and gate scans"),
        document(2, "tickets", "", "House", "All of them"),
        document(3, "gate", "Entrance", "house", "Scans ticket codes"),
        document(4, "theatre", "Théâtre", "ticket", ""),
    ])
}

fn search(query: &str) -> Vec<u32> {
    let found = index().search(&Query::new(query), None);
    assert_eq!(found.total, found.hits.len() as u64);
    found.hits.iter().map(|hit| hit.id).collect()
}

#[test]
fn the_closest_match_in_the_most_prominent_field_comes_first() {
    assert_eq!(search("ticket"), [1, 2, 4, 3, 0]);
    assert_eq!(search("tickets"), [2, 0, 1, 4, 3]);
    assert_eq!(search("gate"), [3, 1]);
}

#[test]
fn every_word_of_the_query_counts() {
    assert_eq!(search("ticket scans"), [1, 3]);
    assert_eq!(search("ticket nowhere"), [0; 0]);
}

#[test]
fn accents_case_and_joined_names_are_forgiven() {
    assert_eq!(search("THEATRE"), [4]);
    assert_eq!(search("théât"), [4]);
    assert_eq!(search("boxoff"), [0]);
    assert_eq!(search("walet"), [1]);
}

#[test]
fn a_query_without_words_finds_everything_in_the_order_of_titles() {
    assert_eq!(search(" - "), [3, 4, 2, 0, 1]);
}

#[test]
fn filters_narrow_and_a_list_of_values_means_any() {
    let filtered = |filters: &[(&str, &[&str])]| {
        let owned = |(name, values): &(&str, &[&str])| {
            (
                (*name).to_owned(),
                values.iter().map(|value| (*value).to_owned()).collect(),
            )
        };
        let query = Query {
            filters: filters.iter().map(owned).collect(),
            ..Query::new("scans")
        };
        index().search(&query, None).total
    };

    assert_eq!(filtered(&[("kind", &["component"])]), 2);
    assert_eq!(
        filtered(&[("kind", &["component"]), ("owner", &["crew"])]),
        1
    );
    assert_eq!(filtered(&[("owner", &["crew", "HOUSE"])]), 2);
    assert_eq!(filtered(&[("owner", &[])]), 0);
    assert_eq!(filtered(&[("unknown", &["crew"])]), 0);
}

#[test]
fn what_is_not_admitted_leaves_no_trace() {
    let admitted = [1, 3].into_iter().collect();

    let some = index().search(&Query::new("ticket"), Some(&admitted));
    let alone = Index::build([
        document(1, "ticket-wallet", "", "crew", "Passes and gate scans"),
        document(3, "gate", "Entrance", "house", "Scans ticket codes"),
    ]);

    assert_eq!(some, alone.search(&Query::new("ticket"), None));
    assert_eq!(some.total, 2);
}
