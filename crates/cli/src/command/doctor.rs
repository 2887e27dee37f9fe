//! `callboard doctor`: says what would keep the hub from working, and how to mend it.

use super::check::{severity, shown};
use crate::args::ConfigArgs;
use callboard_hub::clock::SystemClock;
use callboard_hub::finding::{Finding, Severity};
use callboard_hub::{Examined, Hub};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) fn run(args: &ConfigArgs) -> miette::Result<ExitCode> {
    let (config, environment) = super::load(args)?;
    let runtime = super::runtime()?;
    let examined = runtime.block_on(Hub::examine(
        config,
        Arc::new(SystemClock),
        super::mode(&environment),
    ))?;
    print(&examined);
    let findings = examined.iter().flat_map(|examined| &examined.findings);
    Ok(super::verdict(findings))
}

/// A line for each thing that was looked at, and below it what is wrong.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn print(examined: &[Examined]) {
    let here = std::env::current_dir().unwrap_or_default();
    for Examined { about, findings } in examined {
        println!("{}: {about}", verdict(findings));
        for finding in findings {
            println!("  {}: {}", severity(finding.severity), told(finding, &here));
            if let Some(help) = &finding.help {
                println!("    help: {help}");
            }
        }
    }
}

/// The worst of what was found.
fn verdict(findings: &[Finding]) -> &'static str {
    match findings.iter().map(|finding| finding.severity).max() {
        None | Some(Severity::Note) => "ok",
        Some(Severity::Warning) => "odd",
        Some(Severity::Error) => "wrong",
    }
}

fn told(finding: &Finding, here: &Path) -> String {
    let Some(file) = &finding.file else {
        return finding.message.clone();
    };
    let line = finding
        .line
        .map(|line| format!(":{line}"))
        .unwrap_or_default();
    format!("{}{line}: {}", shown(file, here), finding.message)
}
