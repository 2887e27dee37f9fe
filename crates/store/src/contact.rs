//! Whether the database answers.

use std::time::Instant;

/// What [`Feed::watch`](crate::Feed::watch) knows of the database; nothing while nobody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contact {
    /// When the database last said what the newest revision is, or was opened.
    pub seen: Option<Instant>,
    /// Whether it has not answered since. Until it does, [`Store`](crate::Store) refuses at once
    /// with [`StoreError::Unavailable`](crate::StoreError::Unavailable) instead of waiting.
    pub is_lost: bool,
    /// How often it came back, or was put back to an older state: a follower that has not looked
    /// since may have missed something that no newer revision tells of.
    pub returns: u64,
}

impl Contact {
    /// That with a database that was just opened.
    pub(crate) fn new() -> Contact {
        Contact {
            seen: Some(Instant::now()),
            ..Contact::default()
        }
    }

    /// Notes an answer; says whether that is news.
    pub(crate) fn hold(&mut self, was_put_back: bool) -> bool {
        let is_news = self.is_lost || was_put_back;
        self.seen = Some(Instant::now());
        self.is_lost = false;
        self.returns += u64::from(is_news);
        is_news
    }

    /// Notes that there is no answer; says whether that is news.
    pub(crate) fn lose(&mut self) -> bool {
        let is_news = !self.is_lost;
        self.is_lost = true;
        is_news
    }
}

/// Why a store refuses while contact is lost.
#[derive(Debug, thiserror::Error)]
#[error("it has not answered of late")]
pub(crate) struct Lost;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loss_a_return_and_a_step_back_are_news() {
        let mut contact = Contact::default();

        let news = [
            contact.hold(false),
            contact.lose(),
            contact.lose(),
            contact.hold(false),
            contact.hold(false),
            contact.hold(true),
        ];

        assert_eq!(news, [false, true, false, true, false, true]);
        assert_eq!((contact.is_lost, contact.returns), (false, 2));
    }
}
