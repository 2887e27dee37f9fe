//! One who writes, and knows what must be there.

use super::random::Random;
use super::request::{Answer, Requests};
use serde_json::Value;

/// A thing that one writer writes: only through it, and one write after the other.
pub(crate) trait Subject: Send {
    /// Its name, for whoever reads a failure.
    fn name(&self) -> String;

    /// The next write to the thing that is now `now`.
    fn next(&mut self, now: &Value, random: &mut Random) -> Write;

    /// What it is, as the hub shows it.
    fn shown(&mut self, requests: &Requests) -> Value;

    /// Hears what a write was answered that was done.
    fn hear(&mut self, _answer: &Answer) {}
}

/// A request, and what the thing is once it was done.
pub(crate) struct Write {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) after: Value,
}

pub(crate) struct Writer {
    subject: Box<dyn Subject>,
    random: Random,
    /// What it was told to be so.
    now: Value,
    /// What is so if the last write was done, of which it was told nothing.
    maybe: Option<Value>,
    /// How many writes it was told to be done.
    pub(crate) acknowledged: u64,
    /// As many since somebody last asked.
    rows: i64,
}

impl Writer {
    pub(crate) fn new(subject: Box<dyn Subject>, random: Random) -> Writer {
        Writer {
            subject,
            random,
            now: Value::Null,
            maybe: None,
            acknowledged: 0,
            rows: 0,
        }
    }

    /// Takes what is there for what must be there.
    pub(crate) fn begin(&mut self, requests: &Requests) {
        self.now = self.subject.shown(requests);
    }

    /// Writes until nobody answers.
    ///
    /// # Panics
    ///
    /// When a write is refused: none of them is wrong.
    pub(crate) fn write(&mut self, requests: &Requests) {
        while self.write_once(requests) {}
    }

    /// Writes once, and says whether that was acknowledged.
    ///
    /// # Panics
    ///
    /// As [`Writer::write`].
    pub(crate) fn write_once(&mut self, requests: &Requests) -> bool {
        let Write {
            method,
            path,
            body,
            after,
        } = self.subject.next(&self.now, &mut self.random);
        let Ok(answer) = requests.send(method, &path, &body.to_string()) else {
            self.maybe = Some(after);
            return false;
        };
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path} {body}: {answer:?}"
        );
        self.subject.hear(&answer);
        self.now = after;
        self.acknowledged += 1;
        self.rows += 1;
        true
    }

    /// Compares what is there with what must be there.
    ///
    /// # Panics
    ///
    /// When it is neither what was acknowledged nor that with the last write done as a whole.
    pub(crate) fn look(&mut self, requests: &Requests) {
        let shown = self.subject.shown(requests);
        let maybe = self.maybe.take();
        assert!(
            shown == self.now || Some(&shown) == maybe.as_ref(),
            "{} is\n{shown}\nand should be\n{}\nor, with the last write,\n{maybe:?}",
            self.subject.name(),
            self.now,
        );
        self.now = shown;
    }

    /// How many rows the audit log must have got since this was last asked.
    pub(crate) fn take_rows(&mut self) -> i64 {
        std::mem::take(&mut self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Shows what it is told to.
    struct Shows(Value);

    impl Subject for Shows {
        fn name(&self) -> String {
            "the thing".to_owned()
        }

        fn next(&mut self, _: &Value, _: &mut Random) -> Write {
            unreachable!("nothing is written")
        }

        fn shown(&mut self, _: &Requests) -> Value {
            self.0.clone()
        }
    }

    fn look(shown: Value, now: Value, maybe: Option<Value>) {
        let requests = Requests::new(0, "");
        let mut writer = Writer::new(Box::new(Shows(shown)), Random::new(1));
        (writer.now, writer.maybe) = (now, maybe);
        writer.look(&requests);
    }

    #[test]
    fn the_last_write_may_be_there_or_not() {
        look(json!([1]), json!([1]), Some(json!([1, 2])));
        look(json!([1, 2]), json!([1]), Some(json!([1, 2])));
    }

    #[test]
    #[should_panic(expected = "the thing is")]
    fn a_write_that_was_lost_is_found() {
        look(json!([]), json!([1]), Some(json!([1, 2])));
    }

    #[test]
    #[should_panic(expected = "the thing is")]
    fn a_write_that_is_half_there_is_found() {
        look(json!([1, 2]), json!([1]), Some(json!([1, 2, 3])));
    }
}
