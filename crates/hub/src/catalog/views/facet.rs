//! The filters of the list, with how many rows each value would leave.

use crate::catalog::views::list_query::{ListQuery, Pick};
use crate::ui::entity::{RefLink, Sight};
use callboard_catalog::EntityRef;
use smol_str::SmolStr;

/// The most values that one filter offers; the text filter finds the rest.
const MAX_OPTIONS: usize = 60;

/// A filter as the page shows it.
#[derive(Debug, Clone)]
pub(super) struct PickList {
    /// The word on its button.
    pub label: &'static str,
    /// The id of what the button opens.
    pub id: String,
    /// The parameter that its boxes send.
    pub parameter: &'static str,
    /// How many values are chosen.
    pub chosen: usize,
    /// The values.
    pub options: Vec<PickOption>,
}

/// A value to choose.
#[derive(Debug, Clone)]
pub(super) struct PickOption {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// How many rows have it, under all other filters.
    pub count: u64,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

impl PickList {
    /// The filters that make sense for what is listed.
    pub(super) fn all(
        sight: &Sight,
        query: &ListQuery,
        kind: &str,
        ownership: &[SmolStr],
    ) -> Vec<PickList> {
        let lists = Pick::ALL
            .into_iter()
            .map(|pick| PickList::of(sight, query, kind, ownership, pick));
        lists.filter(PickList::is_useful).collect()
    }

    fn of(
        sight: &Sight,
        query: &ListQuery,
        kind: &str,
        ownership: &[SmolStr],
        pick: Pick,
    ) -> PickList {
        let found = sight.facet(pick.key(), Some(&query.filter(kind, ownership, Some(pick))));
        let gone = query.chosen_of(pick).filter(|chosen| {
            !found
                .iter()
                .any(|(value, _)| value.eq_ignore_ascii_case(chosen))
        });
        let gone: Vec<_> = gone.map(|chosen| (chosen.to_owned(), 0)).collect();
        let mut options: Vec<_> = found
            .into_iter()
            .chain(gone)
            .map(|(value, count)| PickOption {
                label: label(sight, pick, &value),
                is_chosen: query.has_chosen(pick, &value),
                value,
                count,
            })
            .collect();
        options.sort_by(|a, b| b.is_chosen.cmp(&a.is_chosen).then(b.count.cmp(&a.count)));
        options.truncate(MAX_OPTIONS);
        options.sort_by_cached_key(|option| option.label.to_lowercase());
        PickList {
            label: pick.label(),
            id: format!("pick-{}", pick.label().to_lowercase()),
            parameter: pick.parameter(),
            chosen: query.chosen_of(pick).count(),
            options,
        }
    }

    /// A filter that has nothing to choose between is left out.
    fn is_useful(&self) -> bool {
        self.chosen > 0 || self.options.len() > usize::from(self.label == Pick::Namespace.label())
    }
}

fn label(sight: &Sight, pick: Pick, value: &str) -> String {
    match (pick, EntityRef::parse(value)) {
        (Pick::Owner, Ok(owner)) => RefLink::new(sight, &owner).label,
        (Pick::Owner | Pick::Type | Pick::Lifecycle | Pick::Tag | Pick::Namespace, _) => {
            value.to_owned()
        }
    }
}
