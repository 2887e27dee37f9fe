//! The stars in memory.

use crate::personal::Keeper;
use rpds::HashTrieMapSync;
use smol_str::SmolStr;
use std::sync::Arc;

/// How many guests are remembered; beyond that the one goes who starred nothing for the longest.
const MAX_GUESTS: usize = 1_000;

/// An entity that somebody starred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Star {
    /// Its canonical reference; the entity itself may be gone.
    pub entity_ref: SmolStr,
    /// When, in milliseconds since 1970.
    pub starred_at: i64,
}

/// Every star; cloning copies a few reference counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Live {
    // INVARIANT: each list is the newest first, and not empty.
    of: HashTrieMapSync<Keeper, Arc<[Star]>>,
    /// How many users starred an entity; guests do not count.
    counts: HashTrieMapSync<SmolStr, u32>,
    guests: usize,
}

impl Live {
    /// The stars of somebody, the newest first.
    pub(super) fn of(&self, keeper: &Keeper) -> Arc<[Star]> {
        self.of.get(keeper).cloned().unwrap_or_default()
    }

    /// The entities that users starred, each with how many did.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&SmolStr, u32)> {
        self.counts.iter().map(|(entity_ref, n)| (entity_ref, *n))
    }

    /// The same without any user: what is kept of guests.
    pub(super) fn without_users(&self) -> Live {
        let mut left = Live::default();
        for (keeper, stars) in &self.of {
            if matches!(keeper, Keeper::Guest(_)) {
                left.put(keeper, stars);
            }
        }
        left
    }

    /// Puts these stars in place of those of `keeper`; they are the newest first.
    pub(super) fn put(&mut self, keeper: &Keeper, stars: &[Star]) {
        let before = self.of(keeper);
        match keeper {
            Keeper::User(_) => {
                before.iter().for_each(|star| self.count(star, -1));
                stars.iter().for_each(|star| self.count(star, 1));
            }
            Keeper::Guest(_) => {
                self.guests += usize::from(!stars.is_empty());
                self.guests -= usize::from(!before.is_empty());
            }
        }
        if stars.is_empty() {
            self.of.remove_mut(keeper);
        } else {
            self.of.insert_mut(keeper.clone(), stars.into());
        }
        if self.guests > MAX_GUESTS {
            self.forget_a_guest();
        }
    }

    /// Adds or takes one star.
    pub(super) fn set(&mut self, keeper: &Keeper, star: &Star, is_starred: bool) {
        let before = self.of(keeper);
        let is_there = before
            .iter()
            .any(|known| known.entity_ref == star.entity_ref);
        if is_there == is_starred {
            return;
        }
        let others = before
            .iter()
            .filter(|known| known.entity_ref != star.entity_ref);
        let others = others.cloned();
        let stars: Vec<Star> = match is_starred {
            true => std::iter::once(star.clone()).chain(others).collect(),
            false => others.collect(),
        };
        self.put(keeper, &stars);
    }

    fn count(&mut self, star: &Star, by: i32) {
        let before = self.counts.get(&star.entity_ref).copied().unwrap_or(0);
        match before.saturating_add_signed(by) {
            0 => drop(self.counts.remove_mut(&star.entity_ref)),
            count => self.counts.insert_mut(star.entity_ref.clone(), count),
        }
    }

    fn forget_a_guest(&mut self) {
        let guests = self
            .of
            .iter()
            .filter(|(keeper, _)| matches!(keeper, Keeper::Guest(_)));
        let newest = |stars: &Arc<[Star]>| stars.first().map(|star| star.starred_at);
        let oldest = guests.min_by_key(|(_, stars)| newest(stars));
        if let Some(oldest) = oldest.map(|(keeper, _)| keeper.clone()) {
            self.of.remove_mut(&oldest);
            self.guests -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn star(name: &str, starred_at: i64) -> Star {
        Star {
            entity_ref: name.into(),
            starred_at,
        }
    }

    fn user(name: &str) -> Keeper {
        Keeper::User(name.into())
    }

    fn guest(number: u16) -> Keeper {
        let text = base64::Engine::encode(
            &base64::engine::general_purpose::URL_SAFE_NO_PAD,
            [number.to_be_bytes(); 16].concat(),
        );
        Keeper::Guest(text.parse().unwrap())
    }

    fn counts(live: &Live) -> Vec<(String, u32)> {
        let mut counts: Vec<_> = live
            .counts()
            .map(|(entity_ref, n)| (entity_ref.to_string(), n))
            .collect();
        counts.sort();
        counts
    }

    #[test]
    fn stars_are_the_newest_first_and_counted() {
        let mut live = Live::default();
        live.set(&user("alice"), &star("a", 1), true);
        live.set(&user("alice"), &star("b", 2), true);
        live.set(&user("alice"), &star("a", 3), true);
        live.set(&user("bob"), &star("a", 4), true);
        live.set(&guest(1), &star("a", 5), true);

        assert_eq!(*live.of(&user("alice")), [star("b", 2), star("a", 1)]);
        assert_eq!(counts(&live), [("a".to_owned(), 2), ("b".to_owned(), 1)]);

        live.set(&user("alice"), &star("a", 6), false);
        live.put(&user("bob"), &[]);
        assert_eq!(counts(&live), [("b".to_owned(), 1)]);
        assert_eq!(*live.of(&guest(1)), [star("a", 5)]);
        let guests = live.without_users();
        assert!(guests.of(&user("alice")).is_empty() && counts(&guests).is_empty());
        assert_eq!(guests.of(&guest(1)).len(), 1);
    }

    #[test]
    fn guests_are_remembered_while_there_is_room() {
        let mut live = Live::default();
        for number in 0..=MAX_GUESTS as u16 {
            live.set(&guest(number), &star("a", number.into()), true);
        }

        assert!(live.of(&guest(0)).is_empty());
        assert!(!live.of(&guest(1)).is_empty());
        assert_eq!(live.guests, MAX_GUESTS);
    }
}
