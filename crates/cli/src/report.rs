//! Prints why the program ends.

/// Writes the error on standard error, with its causes, the place in the file and the help.
#[expect(clippy::print_stderr, reason = "the last words of the program")]
pub(crate) fn print(error: &miette::Report) {
    eprintln!("{error:?}");
}
