//! Tar archives that are the same whenever and wherever they are made.

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The permissions that survive: whether a file can be run, and whether a folder is everybody's.
const EVERYBODYS_FOLDER: u32 = 0o1777;
const FOLDER: u32 = 0o755;
const PROGRAM: u32 = 0o755;
const FILE: u32 = 0o644;

/// Everything below `folder` as a tar archive, with names that begin with `prefix`.
///
/// Entries are sorted, belong to root, and were changed at the beginning of 1970. Only plain
/// files and folders may be there.
///
/// # Errors
///
/// When something else is there, or something cannot be read.
pub fn of_folder(folder: &Path, prefix: &str) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for path in entries(folder)? {
        let name = format!("{prefix}{}", relative(&path, folder)?);
        let metadata = fs::symlink_metadata(&path)?;
        let mode = metadata.permissions().mode();
        let mut header = tar::Header::new_ustar();
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        if metadata.is_dir() {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_size(0);
            header.set_mode(if mode & 0o002 == 0 {
                FOLDER
            } else {
                EVERYBODYS_FOLDER
            });
            archive.append_data(&mut header, format!("{name}/"), std::io::empty())?;
        } else {
            ensure!(
                metadata.is_file(),
                "`{}` is neither a file nor a folder",
                path.display()
            );
            header.set_size(metadata.len());
            header.set_mode(if mode & 0o100 == 0 { FILE } else { PROGRAM });
            archive.append_data(&mut header, &name, fs::File::open(&path)?)?;
        }
    }
    Ok(archive.into_inner()?)
}

/// The bytes compressed, without a time and a name in the header.
///
/// # Errors
///
/// Never in practice: memory takes everything.
pub fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

/// `sha256:` and the digest of the bytes in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Files and folders below `folder`, each folder before what is in it, in order of their names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut names: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("cannot list `{}`", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    names.sort();
    for path in names {
        let is_folder = fs::symlink_metadata(&path)?.is_dir();
        found.push(path.clone());
        if is_folder {
            found.extend(entries(&path)?);
        }
    }
    Ok(found)
}

fn relative(path: &Path, folder: &Path) -> Result<String> {
    let relative = path.strip_prefix(folder)?;
    let text = relative
        .to_str()
        .with_context(|| format!("`{}` is not UTF-8", path.display()))?;
    Ok(text.to_owned())
}
