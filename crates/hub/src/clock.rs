//! Where the hub gets the time from, so that tests can move it.

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use std::sync::Arc;

/// A source of the present time.
pub trait Clock: Send + Sync {
    /// The present instant, UTC.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the operating system for the time"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Times to the second as text, which is made anew when the second is another one.
pub struct SecondText {
    format: &'static str,
    latest: ArcSwapOption<(i64, Arc<str>)>,
}

impl SecondText {
    /// Texts in a format of `strftime` that shows no more than seconds.
    pub fn new(format: &'static str) -> SecondText {
        SecondText {
            format,
            latest: ArcSwapOption::empty(),
        }
    }

    /// The text of a time.
    pub fn of(&self, time: Timestamp) -> Arc<str> {
        let second = time.as_second();
        match &*self.latest.load() {
            Some(latest) if latest.0 == second => Arc::clone(&latest.1),
            Some(_) | None => {
                let text: Arc<str> = time.strftime(self.format).to_string().into();
                self.latest
                    .store(Some(Arc::new((second, Arc::clone(&text)))));
                text
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_second_is_another_one_in_the_next() {
        let texts = SecondText::new("%H:%M:%S");
        let at = |text: &str| texts.of(text.parse().unwrap());

        assert_eq!(&*at("2026-11-21T18:03:17Z"), "18:03:17");
        assert_eq!(&*at("2026-11-21T18:03:17.9Z"), "18:03:17");
        assert_eq!(&*at("2026-11-21T18:03:18Z"), "18:03:18");
        assert_eq!(&*at("2026-11-21T18:03:17Z"), "18:03:17");
    }
}
