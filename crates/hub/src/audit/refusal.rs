//! How many refusals of one actor are kept.

use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// How long refusals are counted together.
pub(super) const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// How many refusals of one actor get a row of their own within a [`WINDOW`].
pub(super) const KEPT: u32 = 20;

/// Counts the refusals of each actor, so that nobody fills the disk with what they may not do.
#[derive(Debug, Default)]
pub(super) struct Refusals(HashMap<String, Count>);

#[derive(Debug)]
struct Count {
    since: Timestamp,
    kept: u32,
    left_out: u32,
}

/// Refusals that got no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Who was refused.
    pub(super) actor: String,
    /// When the first refusal of these and of those with a row was.
    pub(super) since: Timestamp,
    /// How many have none.
    pub(super) count: u32,
}

impl Refusals {
    /// Counts a refusal, and says whether it gets a row.
    ///
    /// A count that is over stays until [`Refusals::over`] takes it, and what comes meanwhile
    /// belongs to it.
    pub(super) fn is_kept(&mut self, actor: &str, now: Timestamp) -> bool {
        let count = self.0.entry(actor.to_owned()).or_insert(Count {
            since: now,
            kept: 0,
            left_out: 0,
        });
        let is_kept = count.kept < KEPT;
        if is_kept {
            count.kept += 1;
        } else {
            count.left_out = count.left_out.saturating_add(1);
        }
        is_kept
    }

    /// Ends the counts that are over at `now`, and gives those that left something out.
    pub(super) fn over(&mut self, now: Timestamp) -> Vec<LeftOut> {
        self.end(|count| now.duration_since(count.since) >= WINDOW)
    }

    /// Ends every count.
    pub(super) fn all(&mut self) -> Vec<LeftOut> {
        self.end(|_| true)
    }

    fn end(&mut self, is_over: impl Fn(&Count) -> bool) -> Vec<LeftOut> {
        let over = self.0.extract_if(|_, count| is_over(count));
        let mut left_out: Vec<LeftOut> = over
            .filter(|(_, count)| count.left_out > 0)
            .map(|(actor, count)| LeftOut {
                actor,
                since: count.since,
                count: count.left_out,
            })
            .collect();
        left_out.sort_by(|one, other| one.actor.cmp(&other.actor));
        left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_refusals_are_kept_and_the_others_counted() {
        let mut refusals = Refusals::default();
        let now = Timestamp::UNIX_EPOCH;

        let kept = (0..50).filter(|_| refusals.is_kept("user:default/ann", now));

        assert_eq!(kept.count(), KEPT as usize);
        assert!(refusals.is_kept("user:default/bob", now));
        assert_eq!(refusals.over(now), []);
        let left_out = LeftOut {
            actor: "user:default/ann".to_owned(),
            since: now,
            count: 30,
        };
        assert_eq!(refusals.over(now + WINDOW), [left_out]);
        assert!(refusals.is_kept("user:default/ann", now + WINDOW));
    }

    #[test]
    fn who_was_refused_seldom_is_forgotten() {
        let mut refusals = Refusals::default();
        refusals.is_kept("user:default/ann", Timestamp::UNIX_EPOCH);

        assert_eq!(refusals.all(), []);
        assert!(refusals.0.is_empty());
    }
}
