//! The index against a look at each document, through any course of changes.

use std::collections::BTreeMap;

use callboard_search::{Document, DocumentId, Field, Index, Likeness, Query, fold, words};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Source {
    name: String,
    title: String,
    tags: Vec<String>,
    text: String,
    owner: &'static str,
}

impl Source {
    fn document(&self, id: DocumentId) -> Document<'_> {
        Document {
            id,
            key: format!("{:04}", id).into(),
            title: (&self.title).into(),
            name: (&self.name).into(),
            tags: self.tags.iter().map(Into::into).collect(),
            text: (&self.text).into(),
            facets: vec![("owner", self.owner.into())],
        }
    }

    /// How well it matches, by a look at each word; `None` when it does not.
    fn score(&self, query: &Query) -> Option<u16> {
        let joined = fold(&self.name);
        let mut fields = vec![(Field::Name, joined.to_string())];
        let mut add = |field, text: &str| {
            fields.extend(words(text).map(|word| (field, word.folded.to_string())));
        };
        add(Field::Title, &self.title);
        add(Field::Name, &self.name);
        self.tags.iter().for_each(|tag| add(Field::Tags, tag));
        add(Field::Text, &self.text);
        let best = |term: &callboard_search::Term| {
            let worth = |(field, word): &(Field, String)| Some(worth(*field, term.likeness(word)?));
            fields.iter().filter_map(worth).max()
        };
        query
            .terms
            .iter()
            .map(best)
            .try_fold(0, |sum, best| Some(sum + best?))
    }
}

fn worth(field: Field, likeness: Likeness) -> u16 {
    let by_field = match field {
        Field::Text => 8,
        Field::Tags => 16,
        Field::Name => 28,
        Field::Title => 32,
    };
    let by_likeness = match likeness {
        Likeness::TwoTypos => 1,
        Likeness::OneTypo => 2,
        Likeness::Prefix => 6,
        Likeness::Exact => 10,
    };
    by_field * by_likeness
}

/// What a look at each document finds, the best first.
fn scan(
    documents: &BTreeMap<DocumentId, Source>,
    query: &Query,
    is_admitted: impl Fn(DocumentId) -> bool,
) -> Vec<DocumentId> {
    let passes = |source: &Source| {
        let mut filters = query.filters.iter();
        filters.all(|(name, values)| {
            name == "owner" && values.iter().any(|value| value == source.owner)
        })
    };
    let mut found: Vec<_> = documents
        .iter()
        .filter(|(id, source)| is_admitted(**id) && passes(source))
        .filter_map(|(id, source)| {
            let titles: Vec<String> = words(&source.title)
                .map(|word| word.folded.to_string())
                .collect();
            Some((
                std::cmp::Reverse(source.score(query)?),
                titles.len(),
                titles,
                *id,
            ))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, _, _, id)| id).collect()
}

fn word() -> impl Strategy<Value = String> {
    let few = prop::sample::select(vec![
        "box",
        "office",
        "ticket",
        "tickets",
        "theatre",
        "theater",
        "scheduler",
    ]);
    prop_oneof![4 => few.prop_map(str::to_owned), 1 => "[a-d]{1,5}", 1 => "théâtre"]
}

fn phrase(longest: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..=longest).prop_map(|words| words.join("-"))
}

fn source() -> impl Strategy<Value = Source> {
    let owner = prop::sample::select(vec!["crew", "house"]);
    let parts = (
        phrase(3),
        phrase(2),
        prop::collection::vec(word(), 0..2),
        phrase(6),
        owner,
    );
    parts.prop_map(|(name, title, tags, text, owner)| Source {
        name,
        title,
        tags,
        text,
        owner,
    })
}

fn query() -> impl Strategy<Value = Query> {
    let typed = prop_oneof![phrase(3), "(tikcet|theat|ofice|schedluer|bo)"];
    let filters = prop::option::of(prop::sample::select(vec!["crew", "house"]));
    (typed, filters, 0_usize..30).prop_map(|(typed, owner, wanted)| Query {
        filters: owner
            .into_iter()
            .map(|owner| ("owner".to_owned(), vec![owner.to_owned()]))
            .collect(),
        wanted,
        ..Query::new(&typed)
    })
}

type Changes = Vec<Vec<(DocumentId, Option<Source>)>>;

fn changes() -> impl Strategy<Value = Changes> {
    let change = (0_u32..40, prop::option::weighted(0.8, source()));
    prop::collection::vec(prop::collection::vec(change, 0..12), 0..8)
}

proptest! {
    #[test]
    fn every_answer_is_that_of_a_scan(
        changes in changes(),
        queries in prop::collection::vec((query(), prop::option::of(1_u32..4)), 1..6),
    ) {
        let (mut documents, mut index) = (BTreeMap::new(), Index::default());
        for step in &changes {
            index = index.apply(step.iter().map(|(id, source)| {
                (*id, source.as_ref().map(|source| source.document(*id)))
            }));
            for (id, source) in step {
                match source {
                    Some(source) => documents.insert(*id, source.clone()),
                    None => documents.remove(id),
                };
            }
        }
        prop_assert_eq!(index.len(), documents.len() as u64);
        for (query, modulus) in queries {
            let is_admitted = |id: DocumentId| modulus.is_none_or(|modulus| id % modulus == 0);
            let admitted = modulus.map(|_| (0..40).filter(|id| is_admitted(*id)).collect());
            let expected = scan(&documents, &query, is_admitted);

            let found = index.search(&query, admitted.as_ref());

            prop_assert_eq!(found.total, expected.len() as u64);
            let ids: Vec<_> = found.hits.iter().map(|hit| hit.id).collect();
            prop_assert_eq!(ids, &expected[..expected.len().min(query.wanted)]);
        }
    }
}
