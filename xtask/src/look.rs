//! `cargo xtask look`: takes what pages look like now for what they should look like.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Where the pictures lie that pages are compared with.
const CHECKED_IN: &str = "crates/hub/tests/it/browser/look";

#[expect(
    clippy::disallowed_methods,
    reason = "cargo is told the folder of its results the same way"
)]
fn target_folder(root: &Path) -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR");
    folder.map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// Copies what the last run of the browser tests saw over what is checked in; what no page is
/// called like any more goes.
pub(crate) fn run(root: &Path) -> Result<()> {
    let seen = target_folder(root).join("tmp/look");
    let checked_in = root.join(CHECKED_IN);
    let pictures: Vec<_> = fs::read_dir(&seen)
        .with_context(|| {
            format!(
                "no pictures in {}: run the browser tests first",
                seen.display()
            )
        })?
        .collect::<Result<_, _>>()?;
    ensure!(!pictures.is_empty(), "no pictures in {}", seen.display());
    if checked_in.exists() {
        fs::remove_dir_all(&checked_in)?;
    }
    fs::create_dir_all(&checked_in)?;
    for picture in &pictures {
        fs::copy(picture.path(), checked_in.join(picture.file_name()))?;
    }
    println!("{} pictures are in {CHECKED_IN}", pictures.len());
    Ok(())
}
