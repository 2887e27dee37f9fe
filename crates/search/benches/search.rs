//! What search costs: building the index, bringing it up to date, and asking.
//!
//! Each document has a title of two to four words, two tags and a text of eight words, out of
//! 20 000 words of which a few are common and most are rare. Before the timings the memory of
//! each size is printed.

use std::{collections::BTreeMap, sync::LazyLock};

use callboard_search::{Document, DocumentId, Index, Query};
use divan::{Bencher, black_box};
use roaring::RoaringBitmap;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
const WORDS: u64 = 20_000;

static INDEXES: LazyLock<BTreeMap<usize, Index>> = LazyLock::new(|| {
    let sizes = SIZES.into_iter();
    sizes.map(|size| (size, build(&sources(size)))).collect()
});

#[expect(clippy::print_stdout, reason = "the figure is what the bench is for")]
fn main() {
    for (size, index) in &*INDEXES {
        println!(
            "{size:>9} documents: {:>6.1} MB",
            index.size_bytes() as f64 / 1e6
        );
    }
    divan::main();
}

struct Source {
    name: String,
    title: String,
    text: String,
    tags: [String; 2],
    owner: String,
}

/// Numbers in no order, the same at each run.
fn mix(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 31)
}

/// A word that can be spoken; small numbers are common ones.
fn word(number: u64) -> String {
    const SYLLABLES: [&str; 32] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu",
        "va", "we", "xi", "yo", "zu", "bar", "cel", "din", "for", "gur", "hal", "jen", "kir",
        "lon", "mur", "nas", "per",
    ];
    let mut rest = mix(number) % (1 << 20);
    let mut word = String::new();
    for _ in 0..2 + number % 3 {
        word.push_str(SYLLABLES[(rest % 32) as usize]);
        rest /= 32;
    }
    word
}

fn some_word(seed: u64) -> String {
    // The square makes low numbers common.
    let place = mix(seed) % 1_000_000;
    word(place * place / 1_000_000 * WORDS / 1_000_000)
}

fn source(number: usize) -> Source {
    let seed = number as u64 * 100;
    let words = |from: u64, count: u64, gap: &str| {
        let words: Vec<String> = (from..from + count)
            .map(|at| some_word(seed + at))
            .collect();
        words.join(gap)
    };
    let name = format!("{}-{number}", words(0, 1 + seed / 100 % 3, "-"));
    Source {
        title: name.replace('-', " "),
        name,
        text: words(10, 8, " "),
        tags: [some_word(seed + 20), some_word(seed + 21)],
        owner: format!("team-{}", number % 200),
    }
}

fn sources(size: usize) -> Vec<Source> {
    (0..size).map(source).collect()
}

fn document(id: DocumentId, source: &Source) -> Document<'_> {
    Document {
        id,
        key: format!("component:default/{}", source.name).into(),
        title: (&source.title).into(),
        name: (&source.name).into(),
        tags: source.tags.iter().map(Into::into).collect(),
        text: (&source.text).into(),
        facets: vec![
            (
                "kind",
                if id.is_multiple_of(4) {
                    "API"
                } else {
                    "Component"
                }
                .into(),
            ),
            ("owner", (&source.owner).into()),
        ],
    }
}

fn build(sources: &[Source]) -> Index {
    Index::build((0..).zip(sources).map(|(id, source)| document(id, source)))
}

/// Every second document.
fn half(size: usize) -> RoaringBitmap {
    (0..size as u32).step_by(2).collect()
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn build_at_start(bencher: Bencher<'_, '_>, size: usize) {
    let sources = sources(size);
    bencher.bench_local(|| build(&sources));
}

/// One change after the other, so that merging segments is in it.
#[divan::bench(args = SIZES, sample_count = 1000, sample_size = 1)]
fn change_one_document(bencher: Bencher<'_, '_>, size: usize) {
    let mut index = INDEXES[&size].clone();
    let mut number = 0;
    bencher.bench_local(|| {
        number = (number + 7919) % size;
        let changed = source(number + size);
        index = index.apply([(number as u32, Some(document(number as u32, &changed)))]);
    });
}

/// Asks 100 different questions of some words, of which the first ones are misspelled.
fn ask(bencher: Bencher<'_, '_>, size: usize, words: u64, typos: u64) {
    let index = &INDEXES[&size];
    let question = |number: u64| {
        let words = (0..words).map(|at| {
            let mut word = some_word(number * 31 + at);
            if at < typos && word.len() > 3 {
                // Two letters change places.
                let at = word.len() / 2;
                let swapped = [&word[at + 1..=at + 1], &word[at..=at]].concat();
                word.replace_range(at..at + 2, &swapped);
            }
            word
        });
        Query::new(&words.collect::<Vec<_>>().join(" "))
    };
    let questions: Vec<Query> = (0..100).map(question).collect();
    let admitted = half(size);
    let mut turn = 0;
    bencher.bench_local(|| {
        turn = (turn + 1) % questions.len();
        index.search(black_box(&questions[turn]), Some(&admitted))
    });
}

#[divan::bench(args = SIZES)]
fn one_word(bencher: Bencher<'_, '_>, size: usize) {
    ask(bencher, size, 1, 0);
}

#[divan::bench(args = SIZES)]
fn two_words(bencher: Bencher<'_, '_>, size: usize) {
    ask(bencher, size, 2, 0);
}

#[divan::bench(args = SIZES)]
fn three_words(bencher: Bencher<'_, '_>, size: usize) {
    ask(bencher, size, 3, 0);
}

#[divan::bench(args = SIZES)]
fn three_words_with_typos(bencher: Bencher<'_, '_>, size: usize) {
    ask(bencher, size, 3, 3);
}

/// The first letter that somebody types: a good part of all documents.
#[divan::bench(args = SIZES)]
fn a_single_letter(bencher: Bencher<'_, '_>, size: usize) {
    let admitted = half(size);
    let question = Query::new("b");
    bencher.bench_local(|| INDEXES[&size].search(black_box(&question), Some(&admitted)));
}

/// Nothing typed, one value of a filter.
#[divan::bench(args = SIZES)]
fn a_filter_alone(bencher: Bencher<'_, '_>, size: usize) {
    let question = Query {
        filters: vec![("kind".to_owned(), vec!["API".to_owned()])],
        ..Query::new("")
    };
    bencher.bench_local(|| INDEXES[&size].search(black_box(&question), None));
}
