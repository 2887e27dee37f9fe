//! What the gallery shows, as its address says it.

use crate::ui::query_value;
use callboard_catalog::{Filter, FullText, Match, OrderField, Query};
use std::fmt::Write as _;

/// Where a text is looked for.
const TEXT_FIELDS: [&str; 4] = [
    "metadata.name",
    "metadata.title",
    "metadata.description",
    "metadata.tags",
];

/// The state of the gallery; all of it is in the address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct GalleryQuery {
    /// What is looked for.
    pub(super) text: String,
    /// The type; every one when it is absent.
    pub(super) category: Option<String>,
    /// One of which a template has.
    pub(super) tags: Vec<String>,
    /// How many templates come before the page.
    pub(super) offset: usize,
}

/// Every template.
pub(super) fn templates() -> Filter {
    Match::one_of("kind", ["template"]).into()
}

impl GalleryQuery {
    /// Reads the query part of an address; what it does not know it ignores.
    pub(super) fn parse(query: &str) -> GalleryQuery {
        let mut found = GalleryQuery::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            match &*name {
                _ if value.is_empty() => {}
                "filters[text]" => value.clone_into(&mut found.text),
                "filters[type]" => found.category = Some(value.to_owned()),
                "offset" => found.offset = value.parse().unwrap_or_default(),
                "filters[tags]" | "filters[tags][]" => found.tags.push(value.to_owned()),
                _ => {}
            }
        }
        found
    }

    /// The query of the index, for a page of `limit` templates.
    pub(super) fn select(&self, limit: usize) -> Query {
        let tags = (!self.tags.is_empty()).then(|| Match::one_of("metadata.tags", &self.tags));
        let filters = [self.without_tags()].into_iter();
        let fields = TEXT_FIELDS.map(str::to_owned).to_vec();
        Query {
            filter: Some(Filter::all_of(filters.chain(tags.map(Filter::from)))),
            full_text: (!self.text.is_empty()).then(|| FullText {
                term: self.text.clone(),
                fields,
            }),
            order: vec![
                OrderField::ascending("metadata.title"),
                OrderField::ascending("metadata.name"),
            ],
            limit: Some(limit),
            offset: self.offset,
            ..Query::default()
        }
    }

    /// The filter by everything but tags, to count those.
    pub(super) fn without_tags(&self) -> Filter {
        let category = self.category.as_deref();
        let category = category.map(|category| Match::one_of("spec.type", [category]));
        let filters = [templates()].into_iter();
        Filter::all_of(filters.chain(category.map(Filter::from)))
    }

    /// The same with another number of templates before the page.
    pub(super) fn at(&self, offset: usize) -> GalleryQuery {
        GalleryQuery {
            offset,
            ..self.clone()
        }
    }

    /// Whether anything limits what is shown.
    pub(super) fn is_filtered(&self) -> bool {
        !self.text.is_empty() || self.category.is_some() || !self.tags.is_empty()
    }

    /// The address.
    pub(super) fn href(&self) -> String {
        let mut href = super::PATH.to_owned();
        let mut separator = '?';
        let mut add = |name: &str, value: &str| {
            let value = query_value(value);
            // Writing to a string cannot fail.
            let _infallible = write!(href, "{separator}{name}={value}");
            separator = '&';
        };
        if !self.text.is_empty() {
            add("filters[text]", &self.text);
        }
        if let Some(category) = &self.category {
            add("filters[type]", category);
        }
        for tag in &self.tags {
            add("filters[tags][]", tag);
        }
        if self.offset > 0 {
            add("offset", &self.offset.to_string());
        }
        href
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_its_state_are_the_same() {
        let address = "/create?filters[text]=a%26b&filters[type]=service&filters[tags][]=rust&filters[tags][]=c%2B%2B&offset=60";

        let query = GalleryQuery::parse(address.split_once('?').unwrap().1);

        assert_eq!(query.href(), address);
        assert_eq!(query.tags, ["rust", "c++"]);
        assert_eq!(GalleryQuery::parse("filters[text]=&x=1").href(), "/create");
    }
}
