//! What the list of roles shows, as its address says it.

use crate::ui::query_value;
use callboard_policy::Source;
use std::fmt::Write as _;

/// How many rows a page has when the address does not say.
const DEFAULT_LIMIT: usize = 20;
/// What the page offers.
pub(super) const LIMITS: [usize; 4] = [5, 10, DEFAULT_LIMIT, 50];

/// A column that orders the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Column {
    #[default]
    Name,
    Members,
    Plugins,
    Policies,
    Source,
    Changed,
}

impl Column {
    /// Every one, in the order of the table.
    pub(super) const ALL: [Column; 6] = [
        Column::Name,
        Column::Members,
        Column::Plugins,
        Column::Policies,
        Column::Source,
        Column::Changed,
    ];

    fn name(self) -> &'static str {
        match self {
            Column::Name => "name",
            Column::Members => "members",
            Column::Plugins => "plugins",
            Column::Policies => "policies",
            Column::Source => "source",
            Column::Changed => "changed",
        }
    }
}

/// The state of the list; all of it is in the address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ListQuery {
    /// What is looked for in the words of the rows.
    pub(super) text: String,
    /// The chosen sources, by their names on the wire; none means all.
    pub(super) sources: Vec<String>,
    pub(super) order: Column,
    pub(super) is_descending: bool,
    limit: Option<usize>,
    /// From 1.
    page: usize,
}

impl ListQuery {
    /// Reads the query part of an address; what it does not know it ignores.
    pub(super) fn parse(query: &str) -> ListQuery {
        let mut found = ListQuery::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            match &*name {
                "filters[text]" => value.clone_into(&mut found.text),
                "filters[source]" | "filters[source][]" if !value.is_empty() => {
                    found.sources.push(value.to_owned());
                }
                "orderField" => found.take_order(value),
                "limit" => found.limit = value.parse().ok().filter(|n| (1..=100).contains(n)),
                "page" => found.page = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        found
    }

    fn take_order(&mut self, value: &str) {
        let (name, direction) = value.split_once(',').unwrap_or((value, "asc"));
        if let Some(column) = Column::ALL.into_iter().find(|column| column.name() == name) {
            self.order = column;
            self.is_descending = direction == "desc";
        }
    }

    /// Whether anything limits the list.
    pub(super) fn is_filtered(&self) -> bool {
        !self.text.is_empty() || !self.sources.is_empty()
    }

    /// Whether roles of this source are wanted.
    pub(super) fn wants(&self, source: &Source) -> bool {
        self.sources.is_empty() || self.has_chosen(source.as_str())
    }

    pub(super) fn has_chosen(&self, source: &str) -> bool {
        self.sources.iter().any(|chosen| chosen == source)
    }

    /// How many rows the page has.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// The page, counted from 1; one beyond the last of `pages` is the last.
    pub(super) fn page(&self, pages: usize) -> usize {
        self.page.clamp(1, pages.max(1))
    }

    /// The order as the form keeps it; absent when it is the usual one.
    pub(super) fn order_field(&self) -> Option<String> {
        let is_usual = self.order == Column::default() && !self.is_descending;
        let direction = if self.is_descending { "desc" } else { "asc" };
        (!is_usual).then(|| format!("{},{direction}", self.order.name()))
    }

    /// The first page in another order; the same order again turns around.
    pub(super) fn sorted_by(&self, column: Column) -> ListQuery {
        ListQuery {
            order: column,
            is_descending: self.order == column && !self.is_descending,
            ..self.at_page(1)
        }
    }

    pub(super) fn at_page(&self, page: usize) -> ListQuery {
        ListQuery {
            page,
            ..self.clone()
        }
    }

    /// The same list without its filters.
    pub(super) fn cleared(&self) -> ListQuery {
        ListQuery {
            text: String::new(),
            sources: Vec::new(),
            ..self.at_page(1)
        }
    }

    /// The address of the list.
    pub(super) fn href(&self) -> String {
        let mut href = super::ROLES.to_owned();
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
        for source in &self.sources {
            add("filters[source][]", source);
        }
        if let Some(order) = self.order_field() {
            add("orderField", &order);
        }
        if let Some(limit) = self.limit.filter(|limit| *limit != DEFAULT_LIMIT) {
            add("limit", &limit.to_string());
        }
        if self.page > 1 {
            add("page", &self.page.to_string());
        }
        href
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_its_state_are_the_same() {
        let address = "/rbac?filters[text]=a%26b&filters[source][]=rest&filters[source][]=csv-file\
                       &orderField=members%2Cdesc&limit=5&page=3";

        let query = ListQuery::parse(address.split_once('?').unwrap().1);

        assert_eq!(query.href(), address);
    }

    #[test]
    fn what_makes_no_sense_is_ignored() {
        let query = ListQuery::parse("orderField=shoe&limit=0&page=-1&filters[source]=&x=y");

        assert_eq!(query.href(), "/rbac");
        assert_eq!((query.limit(), query.page(0)), (20, 1));
    }

    #[test]
    fn a_column_asked_for_again_turns_its_order_around() {
        let by_name = ListQuery::default().sorted_by(Column::Name);

        assert_eq!(by_name.href(), "/rbac?orderField=name%2Cdesc");
        assert_eq!(by_name.sorted_by(Column::Name).href(), "/rbac");
    }
}
