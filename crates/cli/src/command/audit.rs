//! `callboard audit`: whether the audit log is as it was written.

use super::logging;
use crate::args::{ConfigArgs, Format, VerifyArgs};
use crate::report;
use callboard_hub::audit::{self, Keys, Report};
use callboard_hub::clock::SystemClock;
use callboard_hub::{StartError, database};
use callboard_store::Store;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

/// The exit code when nothing can be said about the log.
const CANNOT_RUN: u8 = 2;

/// Exits with 1 for a fault in the log, and with 2 when it cannot be read at all.
pub(crate) fn verify(config: &ConfigArgs, args: &VerifyArgs) -> ExitCode {
    let report = match run(config, args) {
        Ok(report) => report,
        Err(error) => {
            report::print(&error);
            return ExitCode::from(CANNOT_RUN);
        }
    };
    match args.format {
        Format::Text => print_text(&report),
        Format::Json => print_json(&report),
    }
    match report.fault {
        Some(_) => ExitCode::FAILURE,
        None => ExitCode::SUCCESS,
    }
}

fn run(config: &ConfigArgs, args: &VerifyArgs) -> miette::Result<Report> {
    let (config, environment) = super::load(config)?;
    logging::start_on_stderr(&config, &environment, Arc::new(SystemClock));
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let database = database::connection(&config, &SystemClock).await?;
        let store = Store::open_existing(&database).await;
        let store = store.map_err(StartError::from)?;
        let keys = Keys::find(&config, &store).await;
        let keys = keys.map_err(StartError::from)?;
        let report = audit::verify(&store, &keys, args.head.as_ref()).await;
        store.close().await;
        Ok(report.map_err(StartError::from)?)
    })
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn print_text(report: &Report) {
    let Report {
        head,
        first,
        last,
        fault,
    } = report;
    if let Some(fault) = fault {
        println!("fault: {fault}");
    }
    match (first, last) {
        (Some(first), Some(last)) => {
            let rows = if head.number == 1 { "row" } else { "rows" };
            println!("verified: {} {rows}, from {first} to {last}", head.number);
        }
        _ => println!("verified: no row"),
    }
    println!("head: {head}");
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn print_json(report: &Report) {
    let fault = report.fault.as_ref().map(
        |fault| json!({"kind": fault.kind(), "row": fault.row(), "message": fault.to_string()}),
    );
    let answer = json!({
        "rows": report.head.number,
        "first": report.first.as_ref().map(ToString::to_string),
        "last": report.last.as_ref().map(ToString::to_string),
        "head": report.head.to_string(),
        "fault": fault,
    });
    println!("{answer}");
}
