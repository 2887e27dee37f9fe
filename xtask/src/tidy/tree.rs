//! The files of the repository, as the checks see them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// A file that git tracks, or would track at the next `git add`.
pub(crate) struct File {
    /// Path below the root, with `/`.
    pub(crate) path: String,
    /// Its size.
    pub(crate) size_bytes: usize,
    /// Its text; `None` when it is not UTF-8.
    pub(crate) text: Option<String>,
}

impl File {
    /// The part of the name after the last dot; empty when there is none.
    pub(crate) fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// All files, in order of their paths.
pub(crate) struct Tree {
    /// The files.
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// Reads the files that git tracks, and new ones that it does not ignore.
    ///
    /// # Errors
    ///
    /// When git does not answer or a file cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let arguments = [
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ];
        let listing = command::output(Command::new("git").args(arguments).current_dir(root))?;
        let mut paths: Vec<&str> = listing
            .split('\0')
            .filter(|path| !path.is_empty())
            .collect();
        paths.sort_unstable();
        paths.dedup();

        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let full = root.join(path);
            // Deleted but still in the index, or a link to a folder: nothing to read.
            if !full.is_file() {
                continue;
            }
            let bytes = std::fs::read(&full).with_context(|| format!("cannot read `{path}`"))?;
            let size_bytes = bytes.len();
            files.push(File {
                path: path.to_owned(),
                size_bytes,
                text: String::from_utf8(bytes).ok(),
            });
        }
        Ok(Self { files })
    }

    /// The text of one file; `None` when it is missing or not text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)?
            .text
            .as_deref()
    }

    /// The files that are text, with their text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&File, &str)> {
        self.files
            .iter()
            .filter_map(|file| Some((file, file.text.as_deref()?)))
    }

    /// Whether the path names a file, or a folder that holds one.
    pub(crate) fn contains(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty()
            || self
                .files
                .iter()
                .any(|file| file.path == path || file.path.starts_with(&folder))
    }

    /// The first line of the file that starts with the text; 1 when none does.
    pub(crate) fn line_starting(&self, path: &str, start: &str) -> usize {
        self.text(path)
            .and_then(|text| {
                text.lines()
                    .position(|line| line.trim_start().starts_with(start))
            })
            .map_or(1, |index| index + 1)
    }

    /// A tree of the given files, for tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File {
            path: path.to_owned(),
            size_bytes: text.len(),
            text: Some(text.to_owned()),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }
}
