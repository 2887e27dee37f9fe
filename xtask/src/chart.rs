//! `cargo xtask chart`: writes the README of the Helm chart from its values.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use callboard_packaging::chart::{FOLDER, readme};

/// Writes the README anew.
pub(crate) fn write(root: &Path) -> Result<()> {
    let chart = root.join(FOLDER);
    fs::write(chart.join("README.md"), current(&chart)?)?;
    println!("{FOLDER}/README.md says what the values say");
    Ok(())
}

/// Fails when the README does not say what the values say.
pub(crate) fn check(root: &Path) -> Result<()> {
    let chart = root.join(FOLDER);
    let written = fs::read_to_string(chart.join("README.md")).context("the chart has no README")?;
    ensure!(
        written == current(&chart)?,
        "{FOLDER}/README.md is not what the values say; `cargo xtask chart` writes it anew"
    );
    Ok(())
}

fn current(chart: &Path) -> Result<String> {
    readme(&fs::read_to_string(chart.join("values.yaml"))?)
}
