//! `callboard login`, `whoami`, `api`, `logout`: a hub somewhere, as somebody who signed in to it.

mod client;
mod credentials;

use crate::args::{ApiArgs, ApiMethod, HubArgs, LoginArgs};
use callboard_config::Environment;
use callboard_hub::clock::SystemClock;
use client::{Asked, Hub, HubError};
use credentials::Folder;
use miette::{IntoDiagnostic, WrapErr, miette};
use serde_json::Value;
use std::future::Future;
use std::io::{Read, Write};
use std::process::ExitCode;

/// The exit code when the hub could not be asked at all.
const CANNOT_RUN: u8 = 2;

/// `callboard login`: exits with 1 when nobody let the program in.
pub(crate) fn login(args: &LoginArgs) -> miette::Result<ExitCode> {
    let folder = Folder::of(&Environment::of_process())?;
    run(async {
        let hub = Hub::new(&args.hub, folder, &SystemClock)?;
        let codes = hub.apply().await?;
        say(&format!(
            "Open {} and confirm the code {}\n(or go to {})\nWaiting for you…",
            codes.verification_uri, codes.user_code, codes.verification_uri_complete
        ));
        hub.wait(&codes).await?;
        let who = hub.whoami().await?;
        say(&format!("Signed in to {} as {}", hub.url(), who.user));
        Ok(ExitCode::SUCCESS)
    })
}

/// `callboard whoami`: the user, then in whose name they own things.
pub(crate) fn whoami(args: &HubArgs) -> miette::Result<ExitCode> {
    let folder = Folder::of(&Environment::of_process())?;
    run(async {
        let url = folder.meant(args.hub.as_ref())?;
        let hub = Hub::new(&url, folder, &SystemClock)?;
        let who = hub.whoami().await?;
        let mut lines = format!("{} at {}\n", who.user, hub.url());
        for owner in who.ownership.iter().filter(|owner| **owner != who.user) {
            lines.push_str(&format!("  owns as {owner}\n"));
        }
        print(lines.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    })
}

/// `callboard api`: prints the body; exits with 1 when the status is none of success.
pub(crate) fn api(args: &ApiArgs) -> miette::Result<ExitCode> {
    let folder = Folder::of(&Environment::of_process())?;
    let body = args.data.as_deref().map(body).transpose()?;
    run(async {
        let url = folder.meant(args.hub.hub.as_ref())?;
        let hub = Hub::new(&url, folder, &SystemClock)?;
        let asked = Asked {
            method: method(args.method),
            path: &args.path,
            body,
        };
        let answer = hub.ask(asked).await?;
        print(&pretty(&answer.content_type, answer.body))?;
        if answer.status.is_success() {
            return Ok(ExitCode::SUCCESS);
        }
        say(&format!("The hub answered {}", answer.status));
        Ok(ExitCode::FAILURE)
    })
}

/// `callboard logout`: ends the session at the hub, and forgets its tokens here in any case.
pub(crate) fn logout(args: &HubArgs) -> miette::Result<ExitCode> {
    let folder = Folder::of(&Environment::of_process())?;
    run(async {
        let url = folder.meant(args.hub.as_ref())?;
        let hub = Hub::new(&url, folder, &SystemClock)?;
        hub.sign_out().await?;
        say(&format!("Signed out of {}", hub.url()));
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs a command; one that cannot ask the hub exits with 2.
fn run(work: impl Future<Output = Result<ExitCode, HubError>>) -> miette::Result<ExitCode> {
    let runtime = super::runtime()?;
    match runtime.block_on(work) {
        Ok(code) => Ok(code),
        Err(error) if error.is_refusal() => Err(error.into()),
        Err(error) => {
            crate::report::print(&error.into());
            Ok(ExitCode::from(CANNOT_RUN))
        }
    }
}

fn method(method: ApiMethod) -> &'static str {
    match method {
        ApiMethod::Get => "GET",
        ApiMethod::Post => "POST",
        ApiMethod::Put => "PUT",
        ApiMethod::Delete => "DELETE",
    }
}

/// The body that `--data` means.
fn body(data: &str) -> miette::Result<Vec<u8>> {
    let text = match data.strip_prefix('@') {
        None => data.as_bytes().to_vec(),
        Some("-") => {
            let mut text = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut text);
            read.into_diagnostic()
                .wrap_err("cannot read standard input")?;
            text
        }
        Some(path) => std::fs::read(path)
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot read `{path}`"))?,
    };
    if serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_err() {
        return Err(miette!(
            help = "give text, `@FILE`, or `@-` for standard input",
            "`--data` is not JSON"
        ));
    }
    Ok(text)
}

/// JSON as people read it; anything else as it is.
fn pretty(content_type: &str, body: Vec<u8>) -> Vec<u8> {
    let json = (content_type == "application/json")
        .then(|| serde_json::from_slice::<Value>(&body).ok())
        .flatten();
    match json {
        Some(json) => format!("{json:#}\n").into_bytes(),
        None => body,
    }
}

/// Writes an answer on standard output; that nobody reads on is no error.
fn print(answer: &[u8]) -> Result<(), HubError> {
    match std::io::stdout().lock().write_all(answer) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(HubError::Output(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Tells people something, beside the answer.
#[expect(clippy::print_stderr, reason = "what people are told")]
fn say(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_json_or_refused() {
        assert_eq!(body("{\"a\": 1}").unwrap(), b"{\"a\": 1}");
        assert!(body("a=1").is_err());
        assert!(body("@/nowhere/at/all").is_err());
    }

    #[test]
    fn json_is_printed_for_people_and_the_rest_as_it_is() {
        let text = |kind: &str, body: &str| {
            String::from_utf8(pretty(kind, body.as_bytes().to_vec())).unwrap()
        };

        assert_eq!(text("application/json", "[1]"), "[\n  1\n]\n");
        assert_eq!(text("text/csv", "a,b"), "a,b");
        assert_eq!(text("application/json", "{"), "{");
    }
}
