//! Documents at one moment, in segments of growing size.

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::{
    document::{Document, DocumentId},
    query::{Found, Query},
    segment::{Segment, SegmentDraft},
};

/// A segment is merged with the next one unless it is more than so many times as large.
///
/// A document is thus indexed again a few times as the index grows, and the number of segments
/// stays below ten.
const GROWTH: u64 = 4;

/// The documents of one moment, searchable.
///
/// Cloning copies a few reference counts.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The largest first.
    parts: Vec<Part>,
}

/// A segment, and which of its documents count still.
#[derive(Clone, Debug)]
struct Part {
    segment: Arc<Segment>,
    // INVARIANT: not empty, within the segment, and apart from those of all other parts.
    live: Arc<RoaringBitmap>,
}

impl Index {
    /// Indexes documents from scratch.
    pub fn build<'a>(documents: impl IntoIterator<Item = Document<'a>>) -> Self {
        let changes = documents.into_iter().map(|found| (found.id, Some(found)));
        Self::default().apply(changes)
    }

    /// The index after some changes: a document for each number that has a new one, `None` for
    /// each that has none any more.
    #[must_use]
    pub fn apply<'a>(
        &self,
        changes: impl IntoIterator<Item = (DocumentId, Option<Document<'a>>)>,
    ) -> Self {
        let (mut draft, mut live) = (SegmentDraft::default(), RoaringBitmap::new());
        let mut gone = RoaringBitmap::new();
        let mut twice = Vec::new();
        for (id, document) in changes {
            if !gone.insert(id) {
                twice.push((id, document));
                continue;
            }
            if let Some(document) = document {
                draft.push(&document);
                live.insert(id);
            }
        }
        let mut next = self.without(&gone);
        next.parts.extend(Part::new(draft.finish(), live));
        next.merge();
        // Of several documents with one number the last counts.
        if twice.is_empty() {
            next
        } else {
            next.apply(twice)
        }
    }

    /// The number of documents.
    pub fn len(&self) -> u64 {
        self.parts.iter().map(|part| part.live.len()).sum()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The documents that match a query, of those in `admitted` only; `None` admits all.
    ///
    /// What is not admitted has no influence on the answer.
    pub fn search(&self, query: &Query, admitted: Option<&RoaringBitmap>) -> Found {
        let parts = self.parts.iter().map(|part| part.search(query, admitted));
        Found::merged(parts, query.wanted)
    }

    /// What it takes of memory, in bytes, without what the allocator adds.
    pub fn size_bytes(&self) -> usize {
        let sizes = self.parts.iter().map(|part| {
            let segment = part.segment.size_bytes() + size_of::<Segment>();
            segment + part.live.serialized_size()
        });
        sizes.sum()
    }

    fn without(&self, gone: &RoaringBitmap) -> Self {
        let kept = self.parts.iter().filter_map(|part| {
            if part.live.is_disjoint(gone) {
                return Some(part.clone());
            }
            let live = &*part.live - gone;
            (!live.is_empty()).then(|| Part {
                segment: Arc::clone(&part.segment),
                live: Arc::new(live),
            })
        });
        Self {
            parts: kept.collect(),
        }
    }

    /// Makes one segment of the last ones while they are of like size, and of any that holds
    /// more dead documents than live ones.
    fn merge(&mut self) {
        for part in &mut self.parts {
            if part.live.len() * 2 < part.segment.ids().len() as u64 {
                *part = Part::of([&*part]);
            }
        }
        self.parts
            .sort_by_key(|part| std::cmp::Reverse(part.live.len()));
        while let [.., larger, smaller] = &self.parts[..] {
            if larger.live.len() > smaller.live.len() * GROWTH {
                break;
            }
            let merged = Part::of([larger, smaller]);
            self.parts.truncate(self.parts.len() - 2);
            self.parts.push(merged);
        }
    }
}

impl Part {
    /// `None` when nothing is alive.
    fn new(segment: Segment, live: RoaringBitmap) -> Option<Self> {
        (!live.is_empty()).then(|| Self {
            segment: Arc::new(segment),
            live: Arc::new(live),
        })
    }

    /// All that is alive in some parts, as one.
    fn of<const N: usize>(parts: [&Self; N]) -> Self {
        let (mut draft, mut live) = (SegmentDraft::default(), RoaringBitmap::new());
        for part in parts {
            draft.absorb(&part.segment, &part.live);
            live |= &*part.live;
        }
        Self {
            segment: Arc::new(draft.finish()),
            live: Arc::new(live),
        }
    }

    fn search(&self, query: &Query, admitted: Option<&RoaringBitmap>) -> Found {
        let is_whole = self.live.len() == self.segment.ids().len() as u64;
        match admitted {
            None if is_whole => self.segment.search(query, None),
            None => self.segment.search(query, Some(&self.live)),
            Some(admitted) => {
                let admitted = admitted & &*self.live;
                if admitted.is_empty() {
                    return Found::default();
                }
                self.segment.search(query, Some(&admitted))
            }
        }
    }
}

impl Found {
    /// What several indexes found, as one; each hit then tells in which of them it is.
    pub fn join(indexes: impl IntoIterator<Item = Self>, wanted: usize) -> Self {
        let labelled = (0..).zip(indexes).map(|(place, mut found)| {
            found.hits.iter_mut().for_each(|hit| hit.index = place);
            found
        });
        Self::merged(labelled, wanted)
    }

    /// What was found in parts that have no document in common.
    fn merged(parts: impl Iterator<Item = Self>, wanted: usize) -> Self {
        let all = parts.reduce(|mut all, next| {
            all.total += next.total;
            all.hits.extend(next.hits);
            all
        });
        let mut all = all.unwrap_or_default();
        all.hits.sort_unstable_by(|one, other| other.cmp(one));
        all.hits.truncate(wanted);
        all
    }
}
