//! What is wrong with a request, in the words of the original's validation library.

use std::fmt::{self, Display, Formatter};

/// One complaint about one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    /// The parameter.
    pub(crate) parameter: &'static str,
    /// The place in it, when it is a list.
    pub(crate) place: Option<usize>,
    pub(crate) fault: Fault,
}

/// What a parameter does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is of another type.
    Type {
        expected: &'static str,
        received: &'static str,
    },
    /// It breaks a rule of this interface; the message has no quotation marks but around numbers.
    Rule(String),
}

/// Issues as the JSON, indented by two, that the original puts into its message.
pub(crate) struct Issues<'a>(pub(crate) &'a [Issue]);

impl Display for Issues<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (number, issue) in self.0.iter().enumerate() {
            f.write_str(if number == 0 { "\n" } else { ",\n" })?;
            write!(f, "{issue}")?;
        }
        f.write_str("\n]")
    }
}

impl Display for Issue {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::Type { expected, received } => {
                write!(f, "  {{\n    \"code\": \"invalid_type\",\n")?;
                writeln!(f, "    \"expected\": \"{expected}\",")?;
                writeln!(f, "    \"received\": \"{received}\",")?;
                self.write_path(f)?;
                write!(
                    f,
                    ",\n    \"message\": \"Expected {expected}, received {received}\"\n  }}"
                )
            }
            Fault::Rule(message) => {
                let message = message.replace('"', "\\\"");
                write!(
                    f,
                    "  {{\n    \"code\": \"custom\",\n    \"message\": \"{message}\",\n"
                )?;
                self.write_path(f)?;
                f.write_str("\n  }")
            }
        }
    }
}

impl Issue {
    fn write_path(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "    \"path\": [\n      \"{}\"", self.parameter)?;
        if let Some(place) = self.place {
            write!(f, ",\n      {place}")?;
        }
        f.write_str("\n    ]")
    }
}
