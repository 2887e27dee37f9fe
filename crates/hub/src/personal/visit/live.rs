//! The visits in memory.

use super::store::VisitRow;
use crate::personal::Keeper;
use smol_str::SmolStr;
use std::collections::HashMap;

/// How many entities are remembered of each person.
pub(super) const MAX_VISITS: usize = 12;

/// How many guests are remembered; beyond that the one goes who opened nothing for the longest.
const MAX_GUESTS: usize = 1_000;

/// An entity that somebody opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its canonical reference; the entity itself may be gone.
    pub entity_ref: SmolStr,
    /// When it was last opened, in milliseconds since 1970.
    pub opened_at: i64,
}

/// Whom the database knows about a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It was opened here, and is still to be written.
    HereOnly,
    /// The database has it.
    Stored,
}

/// What everybody opened last.
#[derive(Debug, Default)]
pub(super) struct Live {
    // INVARIANT: each list is the newest first and no longer than `MAX_VISITS`.
    of: HashMap<Keeper, Vec<(Visit, Known)>>,
    guests: usize,
}

impl Live {
    /// What somebody opened, the last one first.
    pub(super) fn of(&self, keeper: &Keeper) -> Vec<Visit> {
        let visits = self.of.get(keeper).into_iter().flatten();
        visits.map(|(visit, _)| visit.clone()).collect()
    }

    /// Notes a visit; one that is older than what is known of the entity changes nothing.
    pub(super) fn note(&mut self, keeper: &Keeper, visit: Visit, known: Known) {
        if !self.of.contains_key(keeper) && matches!(keeper, Keeper::Guest(_)) {
            self.make_room();
            self.guests += 1;
        }
        let visits = self.of.entry(keeper.clone()).or_default();
        let same = visits
            .iter()
            .position(|(known, _)| known.entity_ref == visit.entity_ref);
        if let Some(same) = same {
            if visits[same].0.opened_at >= visit.opened_at {
                return;
            }
            visits.remove(same);
        }
        let at = visits.partition_point(|(known, _)| known.opened_at > visit.opened_at);
        visits.insert(at, (visit, known));
        visits.truncate(MAX_VISITS);
    }

    /// The visits of users that the database does not have; from here on they count as stored.
    pub(super) fn take_unwritten(&mut self) -> Vec<VisitRow> {
        let mut rows = Vec::new();
        for (keeper, visits) in &mut self.of {
            let Keeper::User(user) = keeper else { continue };
            for (visit, known) in visits
                .iter_mut()
                .filter(|(_, known)| *known == Known::HereOnly)
            {
                *known = Known::Stored;
                rows.push(VisitRow {
                    user_ref: user.to_string(),
                    entity_ref: visit.entity_ref.to_string(),
                    opened_at: visit.opened_at,
                });
            }
        }
        rows
    }

    /// Says that visits were not stored after all.
    pub(super) fn give_back(&mut self, rows: &[VisitRow]) {
        for row in rows {
            let visits = self.of.get_mut(&Keeper::User(row.user_ref.as_str().into()));
            let visit = visits.into_iter().flatten().find(|(visit, _)| {
                visit.entity_ref == row.entity_ref && visit.opened_at == row.opened_at
            });
            if let Some((_, known)) = visit {
                *known = Known::HereOnly;
            }
        }
    }

    fn make_room(&mut self) {
        if self.guests < MAX_GUESTS {
            return;
        }
        let guests = self
            .of
            .iter()
            .filter(|(keeper, _)| matches!(keeper, Keeper::Guest(_)));
        let last = |visits: &[(Visit, Known)]| visits.first().map(|(visit, _)| visit.opened_at);
        let oldest = guests.min_by_key(|(_, visits)| last(visits));
        if let Some(oldest) = oldest.map(|(keeper, _)| keeper.clone()) {
            self.of.remove(&oldest);
            self.guests -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(name: &str, opened_at: i64) -> Visit {
        Visit {
            entity_ref: name.into(),
            opened_at,
        }
    }

    fn names(live: &Live, keeper: &Keeper) -> Vec<String> {
        let visits = live.of(keeper).into_iter();
        visits.map(|visit| visit.entity_ref.to_string()).collect()
    }

    #[test]
    fn what_was_opened_last_comes_first_and_once() {
        let alice = Keeper::User("alice".into());
        let mut live = Live::default();
        for (name, at) in [("a", 1), ("b", 2), ("a", 3), ("b", 1)] {
            live.note(&alice, visit(name, at), Known::HereOnly);
        }
        assert_eq!(names(&live, &alice), ["a", "b"]);

        for number in 0..20_u8 {
            live.note(
                &alice,
                visit(&format!("n{number}"), 10 + i64::from(number)),
                Known::Stored,
            );
        }
        let names = names(&live, &alice);
        assert_eq!((names.len(), &*names[0]), (MAX_VISITS, "n19"));
    }

    #[test]
    fn what_is_not_written_is_taken_once_and_can_be_given_back() {
        let alice = Keeper::User("alice".into());
        let mut live = Live::default();
        live.note(&alice, visit("a", 1), Known::HereOnly);
        live.note(&alice, visit("b", 2), Known::Stored);

        let taken = live.take_unwritten();
        assert_eq!((taken.len(), &*taken[0].entity_ref), (1, "a"));
        assert!(live.take_unwritten().is_empty());
        live.give_back(&taken);
        assert_eq!(live.take_unwritten().len(), 1);
    }
}
