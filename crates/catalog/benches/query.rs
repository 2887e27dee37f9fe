//! What the catalog costs: building, publishing a change, and every kind of question.
//!
//! An entity has about twelve search rows and 1.5 KB of JSON. Before the timings the resident
//! memory of each size is printed, measured in a process of its own.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    process::Command,
    sync::{Arc, LazyLock},
};

use callboard_catalog::{
    CatalogSnapshot, Change, Criteria, Entity, Filter, FullText, Match, OrderField, Query,
};
use divan::{Bencher, black_box};

const SIZES: [usize; 3] = [1_000, 20_000, 100_000];
const MEMORY_OF: &str = "memory-of";

static CATALOGS: LazyLock<BTreeMap<usize, CatalogSnapshot>> = LazyLock::new(|| {
    SIZES
        .into_iter()
        .map(|size| (size, build(&texts(size))))
        .collect()
});

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(MEMORY_OF) {
        let size = arguments.next().and_then(|size| size.parse().ok());
        return print_memory(size.expect("a number of entities"));
    }
    for size in SIZES {
        let this = std::env::current_exe().expect("the bench runs from a file");
        let status = Command::new(this)
            .args([MEMORY_OF, &size.to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()));
    }
    // Built before the first timing, not within it.
    LazyLock::force(&CATALOGS);
    divan::main();
}

#[expect(clippy::print_stdout, reason = "the figure is what the bench is for")]
fn print_memory(size: usize) {
    let before = resident_bytes();
    let texts = texts(size);
    let json_bytes: usize = texts.iter().map(|text| text.len()).sum();
    let catalog = CatalogSnapshot::build(
        texts
            .into_iter()
            .map(|text| Entity::parse(text).expect("an entity")),
    );
    let bytes = resident_bytes() - before;
    let mb = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "{:>7} entities: {:>6.1} MB resident, of which {:>6.1} MB JSON",
        catalog.len(),
        mb(bytes),
        mb(json_bytes)
    );
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok())
        .expect("a number of pages")
        * 4096
}

fn texts(size: usize) -> Vec<Box<str>> {
    (0..size).map(|number| text(number, "production")).collect()
}

fn build(texts: &[Box<str>]) -> CatalogSnapshot {
    CatalogSnapshot::build(
        texts
            .iter()
            .map(|text| Entity::parse(text.clone()).expect("an entity")),
    )
}

fn text(number: usize, lifecycle: &str) -> Box<str> {
    // A fixed shuffle, so that names, uids and references come in different orders.
    let shuffled = number.wrapping_mul(2_654_435_761) % 4_294_967_291;
    let kind = ["Component", "Component", "API", "Resource"][number % 4];
    let mut json = String::with_capacity(1600);
    write!(
        json,
        concat!(
            r#"{{"metadata":{{"namespace":"default","annotations":{{"backstage.io/managed-by-location":"#,
            r#""url:https://git.example.com/org/repo-{repo}/blob/main/catalog-info.yaml"}},"name":"service-{shuffled:010}","#,
            r#""tags":["tag-{tag}"],"uid":"{number:08x}-0000-4000-8000-{shuffled:012x}","etag":"{shuffled:040x}"}},"#,
            r#""apiVersion":"backstage.io/v1alpha1","kind":"{kind}","spec":{{"type":"type-{type_}","lifecycle":"{lifecycle}","#,
            r#""owner":"team-{team}","definition":"{padding:-<850}"}},"#,
            r#""relations":[{{"type":"ownedBy","targetRef":"group:default/team-{team}"}}]}}"#
        ),
        repo = number % 500,
        tag = number % 30,
        type_ = number % 40,
        team = number % 200,
        number = number,
        shuffled = shuffled,
        kind = kind,
        lifecycle = lifecycle,
        padding = "",
    )
    .expect("writing to a string cannot fail");
    json.into()
}

fn permission() -> Arc<Filter> {
    let claims = [
        "group:default/team-1",
        "group:default/team-2",
        "group:default/team-3",
        "user:default/tom",
    ];
    Arc::new(Filter(Criteria::AnyOf(vec![
        Criteria::Leaf(Match::one_of("relations.ownedBy", claims)),
        Criteria::not(Criteria::Leaf(Match::one_of("kind", ["component", "api"]))),
    ])))
}

fn components() -> Option<Filter> {
    Filter::parse(&["kind=component"]).expect("a filter")
}

fn by_name() -> Vec<OrderField> {
    vec![OrderField::ascending("metadata.name")]
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn build_at_start(bencher: Bencher<'_, '_>, size: usize) {
    let texts = texts(size);
    bencher.bench_local(|| build(&texts));
}

#[divan::bench(args = SIZES)]
fn publish_one_change(bencher: Bencher<'_, '_>, size: usize) {
    let catalog = &CATALOGS[&size];
    let mut number = 0;
    let entity = move || {
        number = (number + 7919) % size;
        Arc::new(Entity::parse(text(number, "experimental")).expect("an entity"))
    };
    bencher
        .with_inputs(entity)
        .bench_local_values(|entity| catalog.apply([Change::Upsert(entity)]));
}

#[divan::bench(args = SIZES)]
fn publish_one_new_entity(bencher: Bencher<'_, '_>, size: usize) {
    let catalog = &CATALOGS[&size];
    let entity = || Arc::new(Entity::parse(text(size + 1, "production")).expect("an entity"));
    bencher
        .with_inputs(entity)
        .bench_local_values(|entity| catalog.apply([Change::Upsert(entity)]));
}

#[divan::bench(args = SIZES)]
fn condition_and_filter_20_rows(bencher: Bencher<'_, '_>, size: usize) {
    let filter = Filter::parse(&["kind=component,spec.lifecycle=production"]).expect("a filter");
    let query = Query {
        filter,
        permission: Some(permission()),
        order: by_name(),
        limit: Some(20),
        ..Query::default()
    };
    bencher.bench_local(|| CATALOGS[&size].query(black_box(&query)));
}

#[divan::bench(args = SIZES)]
fn ordered_page_over_half(bencher: Bencher<'_, '_>, size: usize) {
    let query = Query {
        filter: components(),
        order: by_name(),
        limit: Some(20),
        ..Query::default()
    };
    bencher.bench_local(|| CATALOGS[&size].query(black_box(&query)));
}

#[divan::bench(args = SIZES)]
fn page_by_reference_over_half(bencher: Bencher<'_, '_>, size: usize) {
    let query = Query {
        filter: components(),
        limit: Some(20),
        ..Query::default()
    };
    bencher.bench_local(|| CATALOGS[&size].query(black_box(&query)));
}

/// Page 500, or the middle where there are fewer.
#[divan::bench(args = SIZES)]
fn deep_page_by_cursor(bencher: Bencher<'_, '_>, size: usize) {
    let catalog = &CATALOGS[&size];
    let offset = (499 * 20).min(size / 4);
    let before = Query {
        filter: components(),
        order: by_name(),
        limit: Some(20),
        offset,
        ..Query::default()
    };
    let query = Query {
        cursor: catalog.query(&before).next,
        limit: Some(20),
        ..Query::default()
    };
    bencher.bench_local(|| catalog.query(black_box(&query)));
}

#[divan::bench(args = SIZES)]
fn facet_of_40_values_under_condition(bencher: Bencher<'_, '_>, size: usize) {
    let (filter, permission) = (components(), permission());
    // A clone remembers nothing.
    bencher
        .with_inputs(|| CATALOGS[&size].clone())
        .bench_local_values(|catalog| {
            catalog.facets(
                &["spec.type"],
                filter.as_ref(),
                Some(black_box(&permission)),
            )
        });
}

#[divan::bench(args = SIZES)]
fn full_text_on_names(bencher: Bencher<'_, '_>, size: usize) {
    let full_text = Some(FullText {
        term: "777".into(),
        fields: Vec::new(),
    });
    let query = Query {
        full_text,
        permission: Some(permission()),
        order: by_name(),
        limit: Some(20),
        ..Query::default()
    };
    bencher.bench_local(|| CATALOGS[&size].query(black_box(&query)));
}

#[divan::bench(args = SIZES)]
fn decide_one_entity(bencher: Bencher<'_, '_>, size: usize) {
    let catalog = &CATALOGS[&size];
    let middle = catalog
        .entities()
        .nth(size / 2)
        .expect("an entity")
        .entity_ref()
        .clone();
    let permission = permission();
    bencher.bench_local(|| catalog.matches(black_box(middle.as_str()), &permission));
}
