//! Running other programs, each shown before it runs.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Shows the command, runs it with its output passed through, and waits for it.
///
/// It gets no standard input, so nothing can stop to ask a question.
///
/// # Errors
///
/// When the program cannot be started or ends with another status than zero.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(())
}

/// Runs the command silently and gives what it printed on standard output.
///
/// # Errors
///
/// When the program cannot be started, ends with another status than zero (the message then
/// holds its standard error), or prints something that is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    let status = output.status;
    ensure!(
        status.success(),
        "`{line}` ended with {status}\n{}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{line}` printed something else than text"))
}

/// Tells whether the command can be started and ends with status zero; shows nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as one would type it; words with white space are quoted.
fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .map(|word| {
            if word.contains(char::is_whitespace) {
                format!("'{word}'")
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let line = shown(Command::new("sh").args(["-c", "exit 0"]));

        assert_eq!(line, "sh -c 'exit 0'");
    }

    #[test]
    fn a_failing_command_is_an_error_with_its_standard_error() {
        let error =
            output(Command::new("sh").args(["-c", "echo because >&2; exit 3"])).unwrap_err();

        assert!(error.to_string().contains("because"), "{error}");
        assert!(!succeeds(Command::new("sh").args(["-c", "exit 3"])));
    }
}
