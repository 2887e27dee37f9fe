//! A problem: where it is, what it is, how to mend it.

use std::fmt;

/// Whether a problem fails the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Worth a look, allowed.
    Notice,
    /// Fails the run.
    Error,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// Whether it fails the run.
    pub(crate) weight: Weight,
    /// Path below the root, with `/`.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) mend: String,
}

impl Problem {
    /// A problem that fails the run.
    pub(crate) fn error(
        file: &str,
        line: usize,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            weight: Weight::Error,
            file: file.to_owned(),
            line,
            what: what.into(),
            mend: mend.into(),
        }
    }

    /// A problem that is only shown.
    pub(crate) fn notice(
        file: &str,
        line: usize,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            weight: Weight::Notice,
            ..Self::error(file, line, what, mend)
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Notice => "notice: ",
            Weight::Error => "",
        };
        write!(
            f,
            "{}:{}: {weight}{}; {}",
            self.file, self.line, self.what, self.mend
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_line_with_file_and_line() {
        let problem = Problem::error("a/b.md", 3, "no such file `c.md`", "correct the link");

        assert_eq!(
            problem.to_string(),
            "a/b.md:3: no such file `c.md`; correct the link"
        );
    }
}
