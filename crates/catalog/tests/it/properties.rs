//! The index gives what a linear scan gives, whatever the entities and whatever is asked.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use callboard_catalog::{
    CatalogSnapshot, Change, Criteria, Direction, Entity, Filter, FullText, Match, OrderField,
    Query, Rows, rules::RULES,
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

const KEYS: [&str; 12] = [
    "kind",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.title",
    "metadata.tags",
    "metadata.tags.rust",
    "spec.type",
    "spec.deep.n",
    "spec.nothing",
    "spec.absent",
    "relations.ownedby",
];
const VALUES: [&str; 12] = [
    "component",
    "a1",
    "Service",
    "website",
    "Rust",
    "go",
    "true",
    "1",
    "2.5",
    "group:default/crew",
    "",
    "zz",
];

fn entity() -> impl Strategy<Value = Arc<Entity>> {
    let kind = select(&["Component", "API", "Group"][..]);
    let name = (select(&["a", "A", "b", "zz"][..]), 0..12u8)
        .prop_map(|(letter, number)| format!("{letter}{number}"));
    let title = proptest::option::of(select(&["One", "two", "Three \"3\"", "ÉTÉ"][..]));
    let tags = proptest::collection::vec(select(&["rust", "go", "ui"][..]), 0..3);
    let spec_type = proptest::option::of(select(&["service", "Service", "website"][..]));
    let number = proptest::option::of(select(&[1.0, 2.5, 10.0][..]));
    let owners = proptest::collection::btree_set(select(&["crew", "cast"][..]), 0..3);
    (kind, name, title, tags, (spec_type, number, any::<bool>()), owners).prop_map(
        |(kind, name, title, tags, (spec_type, number, nothing), owners)| {
            let mut metadata = json!({"name": name, "uid": format!("u-{kind}-{}", name.to_lowercase())});
            let mut spec = json!({});
            let put = |place: &mut Value, key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    place[key] = value;
                }
            };
            put(&mut metadata, "title", title.map(Value::from));
            put(&mut metadata, "tags", Some(json!(tags)));
            put(&mut spec, "type", spec_type.map(Value::from));
            put(&mut spec, "deep", number.map(|number| json!([{"n": number}, {"n": if nothing { json!(7) } else { Value::Null }}])));
            put(&mut spec, "nothing", nothing.then_some(Value::Null));
            let relations: Vec<Value> =
                owners.iter().map(|owner| json!({"type": "ownedBy", "targetRef": format!("group:default/{owner}")})).collect();
            let entity = json!({"kind": kind, "metadata": metadata, "spec": spec, "relations": relations});
            Arc::new(Entity::parse(entity.to_string()).unwrap())
        },
    )
}

fn entities() -> impl Strategy<Value = Vec<Arc<Entity>>> {
    proptest::collection::vec(entity(), 0..60)
}

fn filter() -> impl Strategy<Value = Filter> {
    let one_of = (
        select(&KEYS[..]),
        proptest::collection::vec(select(&VALUES[..]), 0..3),
    );
    let leaf = prop_oneof![
        select(&KEYS[..]).prop_map(Match::exists),
        one_of.prop_map(|(key, values)| Match::one_of(key, values)),
        (select(&KEYS[..]), select(&["", "s", "g", "a"][..]))
            .prop_map(|(key, prefix)| Match::prefix(key, prefix)),
    ];
    let tree = leaf
        .prop_map(Criteria::Leaf)
        .prop_recursive(3, 12, 3, |inner| {
            let members = proptest::collection::vec(inner.clone(), 0..3);
            prop_oneof![
                members.clone().prop_map(Criteria::AllOf),
                members.prop_map(Criteria::AnyOf),
                inner.prop_map(Criteria::not),
            ]
        });
    tree.prop_map(Filter)
}

fn order() -> impl Strategy<Value = Vec<OrderField>> {
    let field = (select(&KEYS[..]), any::<bool>()).prop_map(|(key, ascending)| {
        if ascending {
            OrderField::ascending(key)
        } else {
            OrderField::descending(key)
        }
    });
    proptest::collection::vec(field, 0..3)
}

fn full_text() -> impl Strategy<Value = Option<FullText>> {
    let fields = proptest::collection::vec(select(&KEYS[..]).prop_map(String::from), 0..3);
    let term = select(&["", " ", "A", "vic", "1", "é"][..]);
    proptest::option::of((term, fields).prop_map(|(term, fields)| FullText {
        term: term.to_owned(),
        fields,
    }))
}

fn query() -> impl Strategy<Value = Query> {
    (
        proptest::option::of(filter()),
        proptest::option::of(filter()),
        full_text(),
        order(),
    )
        .prop_map(|(filter, permission, full_text, order)| Query {
            filter,
            permission: permission.map(Arc::new),
            full_text,
            order,
            ..Query::default()
        })
}

fn refs<'a>(entities: impl IntoIterator<Item = &'a Arc<Entity>>) -> Vec<String> {
    entities
        .into_iter()
        .map(|entity| entity.entity_ref().to_string())
        .collect()
}

/// The answer in its plainest form: every entity looked at, then sorted.
fn scan(entities: &[Arc<Entity>], query: &Query) -> Vec<String> {
    let last: BTreeMap<_, _> = entities
        .iter()
        .map(|entity| (entity.entity_ref().clone(), entity))
        .collect();
    let mut found: Vec<(Rows, &Arc<Entity>)> = last
        .into_values()
        .map(|entity| (Rows::of(entity), entity))
        .collect();
    found.retain(|(rows, _)| {
        let passes = |filter: Option<&Filter>| filter.is_none_or(|filter| filter.matches(rows));
        passes(query.filter.as_ref())
            && passes(query.permission.as_deref())
            && has_text(rows, query)
    });
    found.sort_by(|(a, a_entity), (b, b_entity)| {
        let by_field = query
            .order
            .iter()
            .map(|field| compare(field, a, b))
            .find(|ordering| ordering.is_ne());
        by_field.unwrap_or_else(|| a_entity.entity_ref().cmp(b_entity.entity_ref()))
    });
    refs(found.into_iter().map(|(_, entity)| entity))
}

fn has_text(rows: &Rows, query: &Query) -> bool {
    let Some(full_text) = query
        .full_text
        .as_ref()
        .filter(|full_text| !full_text.term.trim().is_empty())
    else {
        return true;
    };
    let default = query
        .order
        .first()
        .map_or("metadata.uid".to_owned(), |field| field.field.to_string());
    let fields = if full_text.fields.is_empty() {
        vec![default]
    } else {
        full_text.fields.clone()
    };
    let mut values = fields
        .iter()
        .flat_map(|field| rows.of_key(field))
        .filter_map(|row| row.value.as_ref());
    values.any(|value| value.folded.contains(&full_text.term.trim().to_lowercase()))
}

fn compare(field: &OrderField, a: &Rows, b: &Rows) -> Ordering {
    let place = |rows: &Rows| {
        let values = rows
            .of_key(&field.field)
            .iter()
            .filter_map(|row| row.value.as_ref())
            .map(|value| value.folded.clone());
        match field.direction {
            Direction::Ascending => values.min(),
            Direction::Descending => values.max(),
        }
    };
    match (place(a), place(b)) {
        (None, b) => {
            if b.is_some() {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        }
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) if field.direction == Direction::Ascending => a.cmp(&b),
        (Some(a), Some(b)) => b.cmp(&a),
    }
}

/// Everything that can be asked of a catalog about some keys.
fn fingerprint(catalog: &CatalogSnapshot) -> Vec<(Vec<String>, Vec<String>, String)> {
    let of_key = |key: &&str| {
        let filter = Some(Match::exists(key).into());
        let order = vec![OrderField::descending(key)];
        (
            refs(
                &catalog
                    .query(&Query {
                        filter,
                        ..Query::default()
                    })
                    .entities,
            ),
            refs(
                &catalog
                    .query(&Query {
                        order,
                        ..Query::default()
                    })
                    .entities,
            ),
            format!("{:?}", sorted_facets(catalog, key, None)),
        )
    };
    KEYS.iter().map(of_key).collect()
}

fn sorted_facets(
    catalog: &CatalogSnapshot,
    key: &str,
    filter: Option<&Filter>,
) -> BTreeMap<String, u64> {
    let facets = catalog.facets(&[key], filter, None);
    facets[0]
        .values
        .iter()
        .map(|value| (value.value.to_string(), value.count))
        .collect()
}

proptest! {
    #[test]
    fn a_query_gives_what_a_scan_gives(entities in entities(), query in query(), offset in 0..10usize, limit in 1..10usize) {
        let catalog = CatalogSnapshot::build(entities.clone());

        let expected = scan(&entities, &query);

        let all = catalog.query(&query);
        prop_assert_eq!(all.total, expected.len() as u64);
        prop_assert_eq!(refs(&all.entities), &expected[..]);
        let part = catalog.query(&Query { offset, limit: Some(limit), ..query });
        prop_assert_eq!(refs(&part.entities), expected.into_iter().skip(offset).take(limit).collect::<Vec<_>>());
    }

    #[test]
    fn cursors_lead_through_all_pages_and_back(entities in entities(), query in query(), limit in 1..7usize) {
        let catalog = CatalogSnapshot::build(entities);
        let expected = refs(&catalog.query(&query).entities);

        let mut page = catalog.query(&Query { limit: Some(limit), ..query.clone() });
        let mut pages = vec![refs(&page.entities)];
        while let Some(cursor) = page.next.clone() {
            page = catalog.query(&Query { cursor: Some(cursor), limit: Some(limit), permission: query.permission.clone(), ..Query::default() });
            prop_assert_eq!(page.total, expected.len() as u64);
            pages.push(refs(&page.entities));
        }
        prop_assert_eq!(pages.concat(), expected);

        while let Some(cursor) = page.previous.clone() {
            pages.pop();
            page = catalog.query(&Query { cursor: Some(cursor), limit: Some(limit), permission: query.permission.clone(), ..Query::default() });
            prop_assert_eq!(&refs(&page.entities), pages.last().unwrap());
            prop_assert!(page.next.is_some());
        }
        prop_assert!(pages.len() <= 1);
    }

    #[test]
    fn one_entity_is_decided_as_the_list_is(entities in entities(), filter in filter()) {
        let catalog = CatalogSnapshot::build(entities);

        let listed = refs(&catalog.query(&Query { permission: Some(Arc::new(filter.clone())), ..Query::default() }).entities);

        let decided = catalog.entities().filter(|entity| catalog.matches(entity.entity_ref().as_str(), &filter));
        prop_assert_eq!(refs(decided), listed);
    }

    #[test]
    fn facets_count_what_a_scan_counts(entities in entities(), filter in proptest::option::of(filter()), key in select(&KEYS[..])) {
        let catalog = CatalogSnapshot::build(entities);

        let mut expected = BTreeMap::new();
        for rows in catalog.entities().map(|entity| Rows::of(entity)) {
            if filter.as_ref().is_none_or(|filter| filter.matches(&rows)) {
                for value in rows.of_key(key).iter().filter_map(|row| row.value.as_ref()) {
                    *expected.entry(value.original.to_string()).or_insert(0) += 1;
                }
            }
        }

        prop_assert_eq!(sorted_facets(&catalog, key, filter.as_ref()), expected);
    }

    #[test]
    fn changes_lead_to_what_a_build_from_scratch_gives(
        before in entities(),
        changes in proptest::collection::vec((entity(), proptest::bool::weighted(0.4)), 0..40),
    ) {
        let catalog = CatalogSnapshot::build(before.clone());
        let untouched = fingerprint(&catalog);

        let after = catalog.apply(changes.iter().map(|(entity, removed)| {
            if *removed { Change::Remove(entity.entity_ref().clone()) } else { Change::Upsert(entity.clone()) }
        }));

        let mut expected: BTreeMap<_, _> = before.iter().map(|entity| (entity.entity_ref().clone(), entity.clone())).collect();
        for (entity, removed) in &changes {
            if *removed {
                expected.remove(entity.entity_ref());
            } else {
                expected.insert(entity.entity_ref().clone(), entity.clone());
            }
        }
        let scratch = CatalogSnapshot::build(expected.into_values());
        prop_assert_eq!(fingerprint(&after), fingerprint(&scratch));
        prop_assert!(after.entities().eq(scratch.entities()));
        prop_assert_eq!(fingerprint(&catalog), untouched);
    }

    #[test]
    fn both_faces_of_a_rule_agree_but_for_the_case_of_claims(
        entity in entity(),
        key in select(&KEYS[..]),
        value in proptest::option::of(select(&VALUES[..])),
    ) {
        let rows = Rows::of(&entity);
        let member = key.split_once('.').map_or(key, |(_, member)| member);
        let mut params = json!({
            "annotation": member, "label": member, "key": member,
            "kinds": [value.unwrap_or("api")], "claims": [value.unwrap_or("group:default/cast")],
        });
        if let Some(value) = value {
            params["value"] = json!(value);
        }

        for rule in &RULES {
            prop_assert_eq!(rule.matches(&entity, &params), Ok(rule.filter(&params).unwrap().matches(&rows)), "{}", rule.name);
        }
    }
}
