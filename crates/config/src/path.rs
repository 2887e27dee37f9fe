//! Dotted paths: `backend.auth.keys[0].secret`.

use std::fmt;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// Steps from the root, printed as messages do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConfigPath(pub(crate) Vec<Step>);

impl ConfigPath {
    /// Reads `a.b[0].c`; the empty text is the root. `None` if a key is malformed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.split('.').filter(|_| !text.is_empty()) {
            let (key, indices) = match part.split_once('[') {
                Some((key, indices)) => (key, Some(indices)),
                None => (part, None),
            };
            if !is_key(key) {
                return None;
            }
            steps.push(Step::Key(key.to_owned()));
            if let Some(indices) = indices {
                for index in indices.strip_suffix(']')?.split("][") {
                    steps.push(Step::Index(index.parse().ok()?));
                }
            }
        }
        Some(Self(steps))
    }

    pub(crate) fn joined(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Says whether `part` may be one key of a path: words of letters and digits, each
/// beginning with a letter, joined by `-` or `_`.
pub(crate) fn is_key(part: &str) -> bool {
    part.split(['-', '_']).all(|word| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}
