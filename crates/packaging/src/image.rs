//! The container image, as a folder in the layout of the Open Container Initiative.
//!
//! Whatever can push an image takes it: `skopeo copy oci:target/dist/image/layout docker://…`.

use crate::archive;
use crate::containerfile::Containerfile;
use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// When everything in the image was made, so that the same content is the same image.
const TIME: &str = "1970-01-01T00:00:00Z";

/// Files of the image, where they stand in the repository and in the image.
const FILES: &[(&str, &str)] = &[
    (
        "deploy/image/app-config.production.yaml",
        "opt/callboard/app-config.production.yaml",
    ),
    ("deploy/image/nsswitch.conf", "etc/nsswitch.conf"),
    ("deploy/image/passwd", "etc/passwd"),
];

/// Folders that something is mounted on, or that is the working directory.
const FOLDERS: &[&str] = &[
    "dynamic-plugins-root",
    "opt/app-root/src",
    "opt/callboard/config",
    "opt/callboard/dynamic-plugins-root",
    "tmp",
];

/// Where the authorities that the system trusts are, on the machine that builds and in the image.
const AUTHORITIES: &str = "etc/ssl/certs/ca-certificates.crt";

/// Makes the root of the image in `root`, which must not be there yet.
///
/// # Errors
///
/// When a file is missing; the system's certificates are in Debian's package `ca-certificates`.
pub fn stage(repository: &Path, binary: &Path, root: &Path) -> Result<()> {
    for folder in FOLDERS {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
    for (from, to) in FILES {
        copy(&repository.join(from), &root.join(to))?;
    }
    copy(&Path::new("/").join(AUTHORITIES), &root.join(AUTHORITIES))
        .context("the system has no certificates; install `ca-certificates`")?;
    let program = root.join("usr/bin/callboard");
    copy(binary, &program)?;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Makes `to` the same tree as `from` without a copy of any file.
pub(crate) fn link(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return fs::hard_link(from, to)
            .with_context(|| format!("cannot link `{}`", from.display()));
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        link(&entry.path(), &to.join(entry.file_name()))?;
    }
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy `{}`", from.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o644))?;
    Ok(())
}

/// How large an image came out.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// What is fetched: the compressed layer, in bytes.
    pub compressed_bytes: usize,
    /// What lies on the disk, in bytes.
    pub unpacked_bytes: usize,
}

/// Writes the image with `root` as its only layer into the folder `layout`.
///
/// # Errors
///
/// When something cannot be read or written.
pub fn write(
    layout: &Path,
    root: &Path,
    containerfile: &Containerfile,
    version: &str,
) -> Result<Size> {
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let put = |media: &str, bytes: &[u8]| -> Result<Value> {
        let digest = archive::digest(bytes);
        let name = digest.trim_start_matches("sha256:");
        fs::write(blobs.join(name), bytes)?;
        Ok(json!({"mediaType": media, "digest": digest, "size": bytes.len()}))
    };

    let tar = archive::of_folder(root, "")?;
    let compressed = archive::compressed(&tar)?;
    let layer = put(LAYER, &compressed)?;
    let config = json!({
        "created": TIME,
        "architecture": architecture(),
        "os": "linux",
        "config": containerfile.config(),
        "rootfs": {"type": "layers", "diff_ids": [archive::digest(&tar)]},
        "history": [{"created": TIME, "created_by": "cargo xtask dist"}],
    });
    let config = put(CONFIG, &serde_json::to_vec(&config)?)?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": [layer],
    });
    let mut manifest = put(MANIFEST, &serde_json::to_vec(&manifest)?)?;
    manifest["platform"] = json!({"architecture": architecture(), "os": "linux"});
    manifest["annotations"] = json!({"org.opencontainers.image.ref.name": version});
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest]});
    fs::write(layout.join("index.json"), serde_json::to_vec(&index)?)?;
    fs::write(
        layout.join("oci-layout"),
        br#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;
    Ok(Size {
        compressed_bytes: compressed.len(),
        unpacked_bytes: tar.len(),
    })
}

/// The name that images use for the architecture of this program.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// An image that was read, each part of it verified by its digest.
#[derive(Debug)]
pub struct Image {
    /// The whole configuration.
    pub config: Value,
    /// The name that the index gives it.
    pub version: String,
    layers: Vec<PathBuf>,
}

impl Image {
    /// Reads the image in the folder `layout`.
    ///
    /// # Errors
    ///
    /// When a part is missing, has another digest or size than it should, or is of another kind.
    pub fn open(layout: &Path) -> Result<Image> {
        let mark = json_of(&fs::read(layout.join("oci-layout"))?)?;
        ensure!(
            mark["imageLayoutVersion"] == "1.0.0",
            "an unknown version of the layout"
        );
        let index = json_of(&fs::read(layout.join("index.json"))?)?;
        let (manifest, _) = blob(layout, &index["manifests"][0], MANIFEST)?;
        let manifest = json_of(&manifest)?;
        let (config, _) = blob(layout, &manifest["config"], CONFIG)?;
        let config = json_of(&config)?;
        let layers = manifest["layers"].as_array().context("no layers")?;
        let differences = config["rootfs"]["diff_ids"]
            .as_array()
            .context("no digests of layers")?;
        ensure!(
            layers.len() == differences.len(),
            "a layer has no digest of its content"
        );
        let mut paths = Vec::new();
        for (layer, difference) in layers.iter().zip(differences) {
            let (bytes, path) = blob(layout, layer, LAYER)?;
            let mut tar = Vec::new();
            GzDecoder::new(bytes.as_slice()).read_to_end(&mut tar)?;
            ensure!(
                archive::digest(&tar) == *difference,
                "the content of a layer has another digest"
            );
            paths.push(path);
        }
        let name = &index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"];
        Ok(Image {
            config,
            version: name.as_str().context("the image has no name")?.to_owned(),
            layers: paths,
        })
    }

    /// Unpacks the file system into the folder `root`.
    ///
    /// # Errors
    ///
    /// When something cannot be read or written.
    pub fn unpack(&self, root: &Path) -> Result<()> {
        for layer in &self.layers {
            let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(layer)?));
            archive.set_preserve_permissions(true);
            archive.unpack(root)?;
        }
        Ok(())
    }
}

fn blob(layout: &Path, descriptor: &Value, media: &str) -> Result<(Vec<u8>, PathBuf)> {
    ensure!(
        descriptor["mediaType"] == media,
        "{} is not `{media}`",
        descriptor["mediaType"]
    );
    let digest = descriptor["digest"].as_str().context("no digest")?;
    let name = digest
        .strip_prefix("sha256:")
        .context("another digest than SHA-256")?;
    let path = layout.join("blobs/sha256").join(name);
    let bytes = fs::read(&path).with_context(|| format!("cannot read `{digest}`"))?;
    ensure!(
        archive::digest(&bytes) == digest,
        "`{digest}` has another content"
    );
    ensure!(
        descriptor["size"] == bytes.len(),
        "`{digest}` has another size"
    );
    Ok((bytes, path))
}

fn json_of(bytes: &[u8]) -> Result<Value> {
    serde_json::from_slice(bytes).context("a part of the image is not JSON")
}
