//! What came of reading entities, as far back as this process goes.

use callboard_catalog::EntityRef;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// How many readings of one entity are kept.
const KEPT: usize = 8;

/// Readings of one entity that ended alike, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// When the last of them ended.
    pub(super) at: Timestamp,
    /// How long that took.
    pub(super) took: Duration,
    /// How it ended.
    pub(super) end: ReadingEnd,
    /// How many there were.
    pub(super) times: u32,
}

/// How a reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReadingEnd {
    /// Nothing that the entity reads had changed.
    Unchanged,
    /// All is well.
    Read,
    /// Something is wrong; the first message.
    Failed(String),
}

/// The last readings of every entity that reads something.
#[derive(Debug, Default)]
pub(super) struct History(HashMap<EntityRef, VecDeque<Reading>>);

impl History {
    /// Adds a reading; one that found nothing new joins those before it that did not either.
    pub(super) fn add(&mut self, entity_ref: &EntityRef, reading: Reading) {
        let readings = match self.0.get_mut(entity_ref) {
            Some(readings) => readings,
            None => self.0.entry(entity_ref.clone()).or_default(),
        };
        match readings.back_mut() {
            Some(last) if last.end == reading.end && last.end != ReadingEnd::Read => {
                let times = last.times.saturating_add(reading.times);
                *last = Reading { times, ..reading };
            }
            Some(_) | None => readings.push_back(reading),
        }
        if readings.len() > KEPT {
            readings.pop_front();
        }
    }

    /// The readings of an entity, the newest first.
    pub(super) fn of(&self, entity_ref: &EntityRef) -> Vec<Reading> {
        let readings = self.0.get(entity_ref).into_iter().flatten();
        readings.rev().cloned().collect()
    }

    /// The entity is gone.
    pub(super) fn forget(&mut self, entity_ref: &EntityRef) {
        self.0.remove(entity_ref);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(second: i64, end: ReadingEnd) -> Reading {
        Reading {
            at: Timestamp::from_second(second).unwrap(),
            took: Duration::from_millis(3),
            end,
            times: 1,
        }
    }

    #[test]
    fn readings_that_found_nothing_new_join() {
        let location = EntityRef::new("location", "default", "root");
        let mut history = History::default();

        history.add(&location, reading(1, ReadingEnd::Read));
        history.add(&location, reading(2, ReadingEnd::Unchanged));
        history.add(&location, reading(3, ReadingEnd::Unchanged));
        history.add(&location, reading(4, ReadingEnd::Failed("gone".to_owned())));

        let told: Vec<_> = history
            .of(&location)
            .into_iter()
            .map(|reading| (reading.at.as_second(), reading.times))
            .collect();
        assert_eq!(told, [(4, 1), (3, 2), (1, 1)]);
    }

    #[test]
    fn only_the_last_readings_are_kept() {
        let location = EntityRef::new("location", "default", "root");
        let mut history = History::default();

        for second in 0..20 {
            history.add(&location, reading(second, ReadingEnd::Read));
        }

        assert_eq!(history.of(&location).len(), KEPT);
        assert_eq!(history.of(&location)[0].at.as_second(), 19);
        history.forget(&location);
        assert_eq!(history.of(&location), []);
    }
}
