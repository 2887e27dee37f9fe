//! `cargo xtask dist`: everything that is handed out, below `target/dist`.
//!
//! `image` has the Containerfile with the folder that it copies, the same image in the layout of
//! the Open Container Initiative, and that once more as one file. `charts` is a Helm repository,
//! and `deploy` has the operator with its bundle, the dashboard and the rules for alerts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use callboard_packaging::containerfile::Containerfile;
use callboard_packaging::image::Image;
use callboard_packaging::{archive, chart, image, smoke};

use crate::{command, test};

/// Without a libc of the system, so that the program runs where there is none.
const FLAGS: &str = "-C target-feature=+crt-static";

/// What an image may come to, compressed, as it is fetched.
const GOAL_BYTES: usize = 25_000_000;

/// Builds the program, looks whether it needs nothing else, and packs all of it.
///
/// # Errors
///
/// When something cannot be built, or the program needs something that the image has not.
pub(crate) fn run(root: &Path) -> Result<()> {
    let binary = build(root)?;
    let folder = root.join("target/dist");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;

    let size = usize::try_from(fs::metadata(&binary)?.len())?;
    println!("binary: {:.1} MB", megabytes(size));
    let report = smoke::check(&binary, &folder)?;
    println!("in an empty chroot: {}", report.version);
    ensure!(
        report.reads_hosts && report.asks_name_service,
        "the program does not find names by itself: {report:?}"
    );
    println!("in an empty chroot: finds names in /etc/hosts and by DNS");

    let version = version(root)?;
    pack_image(root, &binary, &folder.join("image"), &version)?;
    let charts = folder.join("charts");
    fs::create_dir_all(&charts)?;
    let archive = chart::pack(root, &charts, &version)?;
    println!("chart: {}", shown(root, &archive));
    let deploy = folder.join("deploy");
    for part in ["monitoring", "bundle"] {
        copy(&root.join("deploy").join(part), &deploy.join(part))?;
        println!("deploy: {part}");
    }
    fs::copy(
        root.join("deploy/operator.yaml"),
        deploy.join("operator.yaml"),
    )?;
    println!("deploy: operator.yaml");
    Ok(())
}

/// Starts the image as the pod of the rendered chart, and prints how long that takes.
///
/// # Errors
///
/// When there is no image yet, or a container does not start.
pub(crate) fn measure(root: &Path) -> Result<()> {
    let layout = root.join("target/dist/image/layout");
    ensure!(
        layout.exists(),
        "there is no image yet; `cargo xtask dist` makes it"
    );
    command::run(
        Command::new("cargo")
            .args(["nextest", "run", "--package", "callboard", "--no-capture"])
            .args(["-E", "test(/^pod::/)"])
            .env("CALLBOARD_IMAGE", layout)
            .current_dir(root),
    )
}

fn build(root: &Path) -> Result<PathBuf> {
    let target = host(root)?;
    // With a target that is named, the flags do not reach macros and build scripts.
    let arguments = [
        "build",
        "--locked",
        "--profile",
        "dist",
        "--package",
        "callboard",
    ];
    command::run(
        Command::new("cargo")
            .args(arguments)
            .args(["--target", &target])
            .env("RUSTFLAGS", FLAGS)
            .current_dir(root),
    )?;
    Ok(test::target_directory(root)?
        .join(target)
        .join("dist/callboard"))
}

/// The target that this machine builds for by itself.
fn host(root: &Path) -> Result<String> {
    let text = command::output(Command::new("rustc").arg("-vV").current_dir(root))?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc names its host")
}

fn version(root: &Path) -> Result<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    manifest
        .lines()
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .context("the workspace has a version")
}

fn pack_image(root: &Path, binary: &Path, folder: &Path, version: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    let text = fs::read_to_string(root.join("deploy/image/Containerfile"))?;
    let containerfile = Containerfile::parse(&text)?;
    fs::write(folder.join("Containerfile"), text)?;
    let content = folder.join(&containerfile.root);
    image::stage(root, binary, &content)?;

    let layout = folder.join("layout");
    let size = image::write(&layout, &content, &containerfile, version)?;
    Image::open(&layout)?;
    let tarball = folder.join(format!("callboard-{version}.tar"));
    fs::write(&tarball, archive::of_folder(&layout, "")?)?;
    println!(
        "image: {} and {}, {:.1} MB compressed, {:.1} MB unpacked",
        shown(root, &layout),
        shown(root, &tarball),
        megabytes(size.compressed_bytes),
        megabytes(size.unpacked_bytes)
    );
    ensure!(
        size.compressed_bytes <= GOAL_BYTES,
        "the image is larger than {:.0} MB",
        megabytes(GOAL_BYTES)
    );
    Ok(())
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
