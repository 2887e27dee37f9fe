//! The filters of the list, with how many rows each value would leave.

use crate::catalog::views::list_query::{ListQuery, PROBLEM_PARAMETER, PROBLEMS, Pick};
use crate::ui::entity::{Problem, Sight, label_of};
use callboard_catalog::{EntityRef, Filter, Match};
use smol_str::SmolStr;
use std::cmp::Reverse;

/// The most values that one filter offers; the text filter finds the rest.
const MAX_OPTIONS: usize = 60;

/// A filter as the page shows it.
#[derive(Debug, Clone)]
pub(super) struct PickList {
    /// The word on its button.
    pub label: String,
    /// The id of what the button opens.
    pub id: &'static str,
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

/// What is filtered, and by what.
pub(super) struct Filtered<'a> {
    /// What the person sees of the catalog.
    pub sight: &'a Sight,
    /// The state of the list.
    pub query: &'a ListQuery,
    /// The kind that is listed.
    pub kind: &'a str,
    /// What the person owns things through.
    pub ownership: &'a [SmolStr],
    /// What the person starred, when only that is listed.
    pub starred: Option<Filter>,
    /// The entities whose last processing failed.
    pub failed: Filter,
}

impl Filtered<'_> {
    /// The sight without what the address limits and the index does not know.
    pub(super) fn shown(&self) -> Sight {
        self.limited(&self.query.problems)
    }

    /// The query of the index; `without` leaves one choice out.
    pub(super) fn filter(&self, without: Option<Pick>) -> Filter {
        self.query.filter(self.kind, self.ownership, without)
    }

    fn limited(&self, problems: &[Problem]) -> Sight {
        let troubled = (!problems.is_empty())
            .then(|| Filter::any_of(problems.iter().map(|problem| self.having(*problem))));
        let limits: Vec<_> = self.starred.iter().cloned().chain(troubled).collect();
        match limits.is_empty() {
            true => self.sight.clone(),
            false => self.sight.within(Filter::all_of(limits)),
        }
    }

    fn having(&self, problem: Problem) -> Filter {
        match problem {
            Problem::Errors => self.failed.clone(),
            Problem::Orphan => orphans(),
        }
    }

    /// The filters that make sense for what is listed.
    pub(super) fn pick_lists(&self) -> Vec<PickList> {
        let shown = self.shown();
        let lists = Pick::ALL
            .into_iter()
            .map(|pick| (pick, self.pick_list(&shown, pick)));
        // A filter that has nothing to choose between is left out.
        let useful = lists.filter(|(pick, list)| {
            list.chosen > 0 || list.options.len() > usize::from(*pick == Pick::Namespace)
        });
        useful
            .map(|(_, list)| list)
            .chain(self.problem_list())
            .collect()
    }

    fn pick_list(&self, shown: &Sight, pick: Pick) -> PickList {
        let query = self.query;
        let found = shown.facet(pick.key(), Some(&self.filter(Some(pick))));
        let may_offer = |value: &str| pick != Pick::Owner || self.may_mention(value);
        let gone = query.chosen_of(pick).filter(|chosen| {
            !found
                .iter()
                .any(|(value, _)| value.eq_ignore_ascii_case(chosen) && may_offer(value))
        });
        let gone: Vec<_> = gone.map(|chosen| (chosen.to_owned(), 0)).collect();
        let found = found.into_iter().chain(gone);
        let mut found: Vec<_> = found
            .map(|(value, count)| (query.has_chosen(pick, &value), count, value))
            .collect();
        found.sort_by_key(|one| Reverse((one.0, one.1)));
        // There may be thousands of owners, of whom only those that are shown are looked up.
        let mut options: Vec<_> = found
            .into_iter()
            .filter(|(_, count, value)| *count == 0 || may_offer(value))
            .take(MAX_OPTIONS)
            .map(|(is_chosen, count, value)| PickOption {
                label: self.label(pick, &value),
                is_chosen,
                value,
                count,
            })
            .collect();
        options.sort_by_cached_key(|option| option.label.to_lowercase());
        PickList {
            label: self.sight.t.say(pick.label()).to_string(),
            id: pick.id(),
            parameter: pick.parameter(),
            chosen: query.chosen_of(pick).count(),
            options,
        }
    }

    /// The filter for what is wrong, when something is.
    fn problem_list(&self) -> Option<PickList> {
        let t = &self.sight.t;
        let all = self.limited(&[]);
        let option = |(problem, word): &(Problem, &str)| PickOption {
            value: (*word).to_owned(),
            label: t.say(problem.label()).to_string(),
            count: all.count(Filter::all_of([self.filter(None), self.having(*problem)])),
            is_chosen: self.query.problems.contains(problem),
        };
        let options = PROBLEMS.iter().map(option);
        let options: Vec<_> = options
            .filter(|option| option.count > 0 || option.is_chosen)
            .collect();
        (!options.is_empty()).then(|| PickList {
            label: t.say("catalog-warnings").to_string(),
            id: "pick-warnings",
            parameter: PROBLEM_PARAMETER,
            chosen: self.query.problems.len(),
            options,
        })
    }

    fn may_mention(&self, owner: &str) -> bool {
        EntityRef::parse(owner).is_ok_and(|owner| self.sight.knows(&owner))
    }

    fn label(&self, pick: Pick, value: &str) -> String {
        match (pick, EntityRef::parse(value)) {
            (Pick::Owner, Ok(owner)) => label_of(self.sight, &owner),
            (Pick::Owner | Pick::Type | Pick::Lifecycle | Pick::Tag | Pick::Namespace, _) => {
                value.to_owned()
            }
        }
    }
}

/// The entities that no location names any more.
pub(crate) fn orphans() -> Filter {
    Match::one_of("metadata.annotations.backstage.io/orphan", ["true"]).into()
}
