//! Queries: which entities, in which order, and which page of them.

use std::{borrow::Cow, sync::Arc};

use smol_str::SmolStr;

use crate::{
    cursor::{Cursor, Position},
    entity::Entity,
    filter::Filter,
    ids::Id,
    index::CatalogSnapshot,
    order::OrderField,
    selection::Selected,
    text_search::FullText,
    walk::{Heading, Page as WalkedPage, Walk, Walked},
};

/// What is asked of a catalog; the default asks for everything by reference.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// What the caller wants to see.
    pub filter: Option<Filter>,
    /// What the caller may see, as far as his policy restricts him; never part of a cursor.
    pub permission: Option<Arc<Filter>>,
    /// A term to be found.
    pub full_text: Option<FullText>,
    /// The order; ties, and everything when it is empty, are ordered by reference.
    pub order: Vec<OrderField>,
    /// The most entities that the page may have; `None` means all, 0 only counts.
    pub limit: Option<usize>,
    /// How many entities to leave out before the page.
    pub offset: usize,
    /// Where to go on; overrides filter, full text, order and offset.
    pub cursor: Option<Cursor>,
}

/// One page of the answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entities of the page.
    pub entities: Vec<Arc<Entity>>,
    /// How many entities there are on all pages, as far as the caller may see them.
    pub total: u64,
    /// Leads to the next page.
    pub next: Option<Cursor>,
    /// Leads to the page before; the first page, and one found by its offset, has none.
    pub previous: Option<Cursor>,
}

/// How many order fields count; what follows them can hardly tell two entities apart, and a
/// walk is as deep as they are many.
pub(crate) const MAX_ORDER_FIELDS: usize = 16;

impl Query {
    /// The query as it is answered: with what the cursor overrides.
    fn resolved(&self) -> Cow<'_, Self> {
        if self.cursor.is_none() && self.order.len() <= MAX_ORDER_FIELDS {
            return Cow::Borrowed(self);
        }
        let mut query = self.clone();
        if let Some(cursor) = &self.cursor {
            query.filter.clone_from(&cursor.filter);
            query.full_text.clone_from(&cursor.full_text);
            query.order.clone_from(&cursor.order);
            query.offset = 0;
        }
        query.order.truncate(MAX_ORDER_FIELDS);
        Cow::Owned(query)
    }

    fn cursor_at(&self, position: Position, is_previous: bool) -> Cursor {
        Cursor {
            order: self.order.clone(),
            full_text: self.full_text.clone(),
            filter: self.filter.clone(),
            is_previous,
            position,
        }
    }
}

impl CatalogSnapshot {
    /// Answers a query.
    ///
    /// The filter, the permission and the full-text match become one set of entities, which
    /// total, page and cursors come from: what the caller may not see leaves no trace.
    pub fn query(&self, query: &Query) -> Page {
        let query = &*query.resolved();
        let set = self.visible(query);
        let total = set.len();
        let limit = query.limit.unwrap_or(usize::MAX);
        let start = query.cursor.as_ref().map(|cursor| &cursor.position);
        let heading = match &query.cursor {
            Some(cursor) if cursor.is_previous => Heading::Backward,
            Some(_) | None => Heading::Forward,
        };
        if limit == 0 || set.is_empty() {
            return Page {
                entities: Vec::new(),
                total,
                next: None,
                previous: None,
            };
        }

        let walk = Walk {
            snapshot: self,
            order: &query.order,
            heading,
        };
        // One more than the page has tells whether another page follows.
        let Walked {
            mut ids,
            is_preceded,
        } = walk.page(
            &set,
            &WalkedPage {
                start,
                skip: query.offset,
                take: limit.saturating_add(1),
            },
        );
        let goes_on = ids.len() > limit;
        ids.truncate(limit);
        if heading == Heading::Backward {
            ids.reverse();
        }

        let has_cursor = query.cursor.is_some();
        let first = || ids.first().and_then(|id| self.position(query, *id));
        let last = || ids.last().and_then(|id| self.position(query, *id));
        let back = Walk {
            heading: heading.reversed(),
            ..walk
        };
        let is_preceded = |edge: &Position| {
            if let Some(is_preceded) = is_preceded {
                return is_preceded;
            }
            let before = WalkedPage {
                start: Some(edge),
                skip: 0,
                take: 1,
            };
            !back.page(&set, &before).ids.is_empty()
        };
        let (next, previous) = match heading {
            Heading::Forward => (
                goes_on.then(last).flatten(),
                has_cursor.then(first).flatten().filter(is_preceded),
            ),
            Heading::Backward => (last().filter(is_preceded), goes_on.then(first).flatten()),
        };
        let next = next.map(|position| query.cursor_at(position, false));
        let previous = previous.map(|position| query.cursor_at(position, true));
        let entities = ids
            .into_iter()
            .filter_map(|id| self.entity(id).cloned())
            .collect();
        Page {
            entities,
            total,
            next,
            previous,
        }
    }

    fn visible(&self, query: &Query) -> Selected<'_> {
        let found = query
            .full_text
            .as_ref()
            .and_then(|full_text| full_text.select(self, &query.order));
        let set = self.select_permitted(query.filter.as_ref(), query.permission.as_ref());
        match found {
            Some(found) => Selected::Owned(found & &*set),
            None => set,
        }
    }

    fn position(&self, query: &Query, id: Id) -> Option<Position> {
        let entity = self.entity(id)?;
        let values = query
            .order
            .iter()
            .map(|field| field.value_of(entity).map(SmolStr::from))
            .collect();
        Some(Position {
            values,
            entity_ref: entity.entity_ref().as_smol_str().clone(),
        })
    }
}
