//! What a catalog list shows, as its address says it.

use crate::ui::entity::{ALL_KINDS, Problem};
use crate::ui::query_value;
use callboard_catalog::{Direction, EntityRef, Filter, FullText, Match, OrderField};
use smol_str::SmolStr;
use std::fmt::Write as _;

/// How many rows a page has when the address does not say.
pub(super) const DEFAULT_LIMIT: usize = 20;
/// What the page offers.
pub(super) const LIMITS: [usize; 3] = [DEFAULT_LIMIT, 50, 100];
/// Where a text is looked for.
const TEXT_FIELDS: [&str; 4] = [
    "metadata.name",
    "metadata.title",
    "metadata.description",
    "spec.profile.displayname",
];

/// Whose entities are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Whose {
    /// Everybody's.
    #[default]
    All,
    /// Those that the person owns, alone or through a group.
    Owned,
    /// Those that the person starred.
    Starred,
}

impl Whose {
    /// Every one, in the order of the page.
    pub(super) const ALL: [Whose; 3] = [Whose::All, Whose::Owned, Whose::Starred];

    /// The word in the address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Whose::All => "all",
            Whose::Owned => "owned",
            Whose::Starred => "starred",
        }
    }

    /// The name of the text on its button.
    pub(super) fn label(self) -> &'static str {
        match self {
            Whose::All => "catalog-all",
            Whose::Owned => "catalog-owned",
            Whose::Starred => "catalog-starred",
        }
    }
}

/// The parameter of what is wrong with entities.
pub(super) const PROBLEM_PARAMETER: &str = "filters[warnings][]";

/// What can be wrong with entities, each with its word in the address.
pub(super) const PROBLEMS: [(Problem, &str); 2] =
    [(Problem::Errors, "error"), (Problem::Orphan, "orphan")];

/// A filter with values to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// `spec.type`.
    Type,
    /// The owner, by relation.
    Owner,
    /// `spec.lifecycle`.
    Lifecycle,
    /// `metadata.tags`.
    Tag,
    /// `metadata.namespace`.
    Namespace,
}

impl Pick {
    /// Every one, in the order of the page.
    pub(super) const ALL: [Pick; 5] = [
        Pick::Type,
        Pick::Owner,
        Pick::Lifecycle,
        Pick::Tag,
        Pick::Namespace,
    ];

    /// The name of the text on its button.
    pub(super) fn label(self) -> &'static str {
        match self {
            Pick::Type => "entity-column-type",
            Pick::Owner => "entity-column-owner",
            Pick::Lifecycle => "entity-column-lifecycle",
            Pick::Tag => "entity-column-tags",
            Pick::Namespace => "catalog-namespace",
        }
    }

    /// The id of what its button opens.
    pub(super) fn id(self) -> &'static str {
        match self {
            Pick::Type => "pick-type",
            Pick::Owner => "pick-owner",
            Pick::Lifecycle => "pick-lifecycle",
            Pick::Tag => "pick-tags",
            Pick::Namespace => "pick-namespace",
        }
    }

    /// Its parameter in the address.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Pick::Type => "filters[type]",
            Pick::Owner => "filters[owners][]",
            Pick::Lifecycle => "filters[lifecycles][]",
            Pick::Tag => "filters[tags][]",
            Pick::Namespace => "filters[namespaces][]",
        }
    }

    /// The key in the index.
    pub(super) fn key(self) -> &'static str {
        match self {
            Pick::Type => "spec.type",
            Pick::Owner => "relations.ownedby",
            Pick::Lifecycle => "spec.lifecycle",
            Pick::Tag => "metadata.tags",
            Pick::Namespace => "metadata.namespace",
        }
    }

    fn of_name(name: &str) -> Option<Pick> {
        Some(match name {
            "type" | "types" => Pick::Type,
            "owners" | "owner" => Pick::Owner,
            "lifecycles" | "lifecycle" => Pick::Lifecycle,
            "tags" => Pick::Tag,
            "namespaces" | "namespace" => Pick::Namespace,
            _ => return None,
        })
    }
}

/// The state of a list; all of it is in the address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ListQuery {
    /// The kind in lower case; absent when the address leaves it to the page.
    pub kind: Option<String>,
    /// Whose entities.
    pub whose: Whose,
    /// The chosen values, in the order in which they were chosen.
    pub chosen: Vec<(Pick, String)>,
    /// What is wrong with those that are shown; whatever they are when it is empty.
    pub problems: Vec<Problem>,
    /// What is looked for.
    pub text: String,
    /// The order, when it is not the usual one.
    pub order: Option<OrderField>,
    /// How many rows, when it is not the usual number.
    pub limit: Option<usize>,
    /// Where the page goes on.
    pub cursor: Option<String>,
    /// How many rows come before the page, as the link that led here had it.
    pub skip: usize,
}

impl ListQuery {
    /// Reads the query part of an address; what it does not know it ignores.
    pub(super) fn parse(query: &str) -> ListQuery {
        let mut found = ListQuery::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if !value.is_empty() {
                found.take(&name, value);
            }
        }
        found
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            "filters[kind]" => self.kind = Some(value.to_lowercase()),
            "filters[user]" => {
                let named = Whose::ALL.into_iter().find(|whose| whose.word() == value);
                self.whose = named.unwrap_or_default();
            }
            "filters[text]" => value.clone_into(&mut self.text),
            "orderField" => self.order = OrderField::parse_order_field(value).ok(),
            "limit" => self.limit = value.parse().ok().filter(|limit| (1..=100).contains(limit)),
            "cursor" => self.cursor = Some(value.to_owned()),
            "skip" => self.skip = value.parse().unwrap_or_default(),
            _ => {
                // `filters[tags]`, `filters[tags][]` and `filters[tags][0]` are the same.
                let name = name
                    .strip_prefix("filters[")
                    .and_then(|rest| rest.split(']').next());
                match name {
                    Some("warnings") => self.choose_problem(value),
                    _ => name
                        .and_then(Pick::of_name)
                        .into_iter()
                        .for_each(|pick| self.choose(pick, value)),
                }
            }
        }
    }

    fn choose(&mut self, pick: Pick, value: &str) {
        let value = match pick {
            // Addresses of the original name owners without kind and namespace.
            Pick::Owner => match EntityRef::parse_with(
                value,
                Some("group"),
                callboard_policy::DEFAULT_NAMESPACE,
            ) {
                Ok(owner) => owner.to_string(),
                Err(_) => return,
            },
            Pick::Type | Pick::Lifecycle | Pick::Tag | Pick::Namespace => value.to_owned(),
        };
        if !self.has_chosen(pick, &value) {
            self.chosen.push((pick, value));
        }
    }

    fn choose_problem(&mut self, value: &str) {
        let named = PROBLEMS.iter().find(|(_, word)| *word == value);
        let new = named.filter(|(problem, _)| !self.problems.contains(problem));
        self.problems.extend(new.map(|(problem, _)| *problem));
    }

    /// Whether a value of a filter is chosen.
    pub(super) fn has_chosen(&self, pick: Pick, value: &str) -> bool {
        self.chosen
            .iter()
            .any(|(of, chosen)| *of == pick && chosen.eq_ignore_ascii_case(value))
    }

    /// The chosen values of one filter.
    pub(super) fn chosen_of(&self, pick: Pick) -> impl Iterator<Item = &str> {
        self.chosen
            .iter()
            .filter(move |(of, _)| *of == pick)
            .map(|(_, value)| value.as_str())
    }

    /// Whether anything but the kind limits the list.
    pub(super) fn is_filtered(&self) -> bool {
        self.whose != Whose::All
            || !self.chosen.is_empty()
            || !self.problems.is_empty()
            || !self.text.is_empty()
    }

    /// How many rows the page has.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// The order that the rows have.
    pub(super) fn order(&self) -> OrderField {
        self.order
            .clone()
            .unwrap_or_else(|| OrderField::ascending("metadata.name"))
    }

    /// The filter for entities of `kind`; `without` leaves one choice out, to count its values.
    pub(super) fn filter(
        &self,
        kind: &str,
        ownership: &[SmolStr],
        without: Option<Pick>,
    ) -> Filter {
        let mut members = Vec::new();
        if kind != ALL_KINDS {
            members.push(Match::one_of("kind", [kind]));
        }
        if self.whose == Whose::Owned {
            members.push(Match::one_of(Pick::Owner.key(), ownership));
        }
        for pick in Pick::ALL.into_iter().filter(|pick| Some(*pick) != without) {
            if self.chosen_of(pick).next().is_some() {
                members.push(Match::one_of(pick.key(), self.chosen_of(pick)));
            }
        }
        Filter::all_of(members.into_iter().map(Filter::from))
    }

    /// The full-text match, when something is looked for.
    pub(super) fn full_text(&self) -> Option<FullText> {
        let fields = TEXT_FIELDS.map(str::to_owned).to_vec();
        (!self.text.is_empty()).then(|| FullText {
            term: self.text.clone(),
            fields,
        })
    }

    /// The first page in another order; the same order again turns around.
    pub(super) fn sorted_by(&self, field: &str) -> ListQuery {
        let now = self.order();
        let is_turned = now.field == field.to_lowercase() && now.direction == Direction::Ascending;
        let order = if is_turned {
            OrderField::descending(field)
        } else {
            OrderField::ascending(field)
        };
        let is_usual = order == OrderField::ascending("metadata.name");
        ListQuery {
            order: (!is_usual).then_some(order),
            ..self.first_page()
        }
    }

    /// The same list from its start.
    pub(super) fn first_page(&self) -> ListQuery {
        ListQuery {
            cursor: None,
            skip: 0,
            ..self.clone()
        }
    }

    /// The address of the list below `path`.
    pub(super) fn href(&self, path: &str) -> String {
        let mut href = path.to_owned();
        let mut separator = '?';
        let mut add = |name: &str, value: &str| {
            let value = query_value(value);
            // Writing to a string cannot fail.
            let _infallible = write!(href, "{separator}{name}={value}");
            separator = '&';
        };
        if let Some(kind) = &self.kind {
            add("filters[kind]", kind);
        }
        if self.whose != Whose::All {
            add("filters[user]", self.whose.word());
        }
        for (pick, value) in &self.chosen {
            add(pick.parameter(), value);
        }
        for (_, word) in PROBLEMS
            .iter()
            .filter(|(problem, _)| self.problems.contains(problem))
        {
            add(PROBLEM_PARAMETER, word);
        }
        if !self.text.is_empty() {
            add("filters[text]", &self.text);
        }
        if let Some(order) = &self.order {
            add("orderField", &order_parameter(order));
        }
        if let Some(limit) = self.limit.filter(|limit| *limit != DEFAULT_LIMIT) {
            add("limit", &limit.to_string());
        }
        if let Some(cursor) = &self.cursor {
            add("cursor", cursor);
        }
        if self.skip > 0 {
            add("skip", &self.skip.to_string());
        }
        href
    }
}

/// The `orderField` parameter that gives this order.
pub(super) fn order_parameter(order: &OrderField) -> String {
    let direction = match order.direction {
        Direction::Ascending => "asc",
        Direction::Descending => "desc",
    };
    format!("{},{direction}", order.field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_its_state_are_the_same() {
        let address = "/catalog?filters[kind]=api&filters[user]=owned&filters[owners][]=group%3Adefault%2Fbox-office\
                       &filters[tags][]=c%2B%2B&filters[warnings][]=orphan&filters[text]=a%26b&orderField=spec.owner%2Cdesc&limit=50&cursor=e30%3D&skip=50";

        let query = ListQuery::parse(address.split_once('?').unwrap().1);

        assert_eq!(query.href("/catalog"), address);
    }

    #[test]
    fn addresses_of_the_original_and_of_forms_are_read() {
        let query = ListQuery::parse(
            "filters%5Bkind%5D=Component&filters[type]=service&filters%5Bowners%5D%5B0%5D=box-office&filters[tags]=rust\
             &filters[text]=&filters[user]=all&filters[starred]=x&limit=0",
        );

        assert_eq!(query.kind.as_deref(), Some("component"));
        assert!(query.has_chosen(Pick::Owner, "group:default/box-office"));
        assert!(query.has_chosen(Pick::Type, "service") && query.has_chosen(Pick::Tag, "rust"));
        assert_eq!(
            (query.limit(), query.text.as_str(), query.whose),
            (20, "", Whose::All)
        );
    }

    #[test]
    fn a_column_asked_for_again_turns_its_order_around() {
        let by_owner = ListQuery::default().sorted_by("spec.owner");

        assert_eq!(
            by_owner.href("/catalog"),
            "/catalog?orderField=spec.owner%2Casc"
        );
        assert_eq!(
            by_owner.sorted_by("spec.owner").href("/catalog"),
            "/catalog?orderField=spec.owner%2Cdesc"
        );
        assert_eq!(
            by_owner.sorted_by("metadata.name").href("/catalog"),
            "/catalog"
        );
    }
}
