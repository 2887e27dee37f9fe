//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! Each check is a plain function over the [`Tree`] of files, over what cargo knows of the
//! packages, or over `deny.toml`, and gives [`Problem`]s. None needs the network.

mod dependency;
mod feature;
mod licence;
mod link;
mod manifest;
mod metadata;
mod policy;
mod problem;
mod size;
mod source;
mod tree;
mod vendor;
mod word;

use std::path::Path;

use anyhow::{Result, bail};

use metadata::Metadata;
use policy::Policy;
use problem::{Problem, Weight};
use tree::Tree;

/// Runs every check and prints one line per problem.
///
/// # Errors
///
/// When there is a problem, or when the files, the packages or `deny.toml` cannot be read.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let metadata = Metadata::read(root)?;
    let policy = Policy::read(&tree)?;

    let mut problems: Vec<Problem> = [
        dependency::check(&metadata, &tree),
        feature::check(&tree),
        licence::check(&metadata, &policy),
        link::check(&tree),
        manifest::check(&tree),
        size::check(&tree),
        source::check_module_docs(&tree),
        source::check_origins(&tree, &policy),
        vendor::check(root, &tree, &policy)?,
        word::check(&tree),
    ]
    .concat();
    problems.sort();

    for problem in &problems {
        println!("{problem}");
    }
    let errors = problems
        .iter()
        .filter(|problem| problem.weight == Weight::Error)
        .count();
    println!(
        "tidy: {} files, {errors} problems, {} notices",
        tree.files.len(),
        problems.len() - errors
    );
    if errors > 0 {
        bail!("tidy found {errors} problems");
    }
    Ok(())
}
