//! Globs of files: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of folders.

use globset::{GlobBuilder, GlobMatcher};
use std::path::{Path, PathBuf};

/// How many folders deep a glob looks at most, which no folder of people reaches.
const MAX_DEPTH: usize = 32;

/// Whether a target has characters that make it a glob.
pub(super) fn is_glob(target: &str) -> bool {
    target.contains(['*', '?', '[', '{'])
}

/// What tells whether a path matches; `None` when the pattern is malformed.
pub(super) fn matcher(pattern: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .ok()?;
    Some(glob.compile_matcher())
}

/// The files that match a pattern, sorted; none when it is malformed.
///
/// Names that begin with a dot match only where the pattern says the dot. Each folder in which a
/// match could appear is given to `look_at`.
pub(super) fn expand(pattern: &str, look_at: &mut dyn FnMut(&Path)) -> Vec<PathBuf> {
    let Some(matcher) = matcher(pattern) else {
        return Vec::new();
    };
    let (base, rest) = split(pattern);
    let is_deep = rest.contains("**") || rest.contains('{');
    let walk = Walk {
        matcher,
        is_deep,
        depth: if is_deep {
            MAX_DEPTH
        } else {
            rest.split('/').count()
        },
        sees_dots: rest.starts_with('.') || rest.contains("/."),
    };
    let mut found = Vec::new();
    walk.folder(&base, walk.depth, look_at, &mut found);
    found.sort();
    found
}

/// The folders that a pattern names literally, and the rest.
fn split(pattern: &str) -> (PathBuf, &str) {
    let literal = pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len());
    let (base, rest) = match pattern[..literal].rfind('/') {
        Some(0) => ("/", &pattern[1..]),
        Some(slash) => (&pattern[..slash], &pattern[slash + 1..]),
        None => (".", pattern),
    };
    (PathBuf::from(base), rest)
}

struct Walk {
    matcher: GlobMatcher,
    is_deep: bool,
    depth: usize,
    sees_dots: bool,
}

impl Walk {
    fn folder(
        &self,
        folder: &Path,
        depth: usize,
        look_at: &mut dyn FnMut(&Path),
        found: &mut Vec<PathBuf>,
    ) {
        look_at(folder);
        // A folder that cannot be listed has no matches; the caller says so if there are none.
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if is_hidden && !self.sees_dots {
                continue;
            }
            let path = entry.path();
            if path.is_dir() {
                // A link below `**` could lead in circles.
                let is_link = self.is_deep
                    && entry
                        .file_type()
                        .is_ok_and(|file_type| file_type.is_symlink());
                if depth > 1 && !is_link {
                    self.folder(&path, depth - 1, look_at, found);
                }
            } else if self.matcher.is_match(&path) {
                found.push(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn globs_find_files_and_name_the_folders_to_watch() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "a/one.yaml",
            "a/two.yml",
            "b/one.yaml",
            "b/c/one.yaml",
            ".d/one.yaml",
            "one.yaml",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }

        let find = |pattern: &str| {
            let mut folders = Vec::new();
            let pattern = root.path().join(pattern);
            let files = expand(pattern.to_str().unwrap(), &mut |folder| {
                folders.push(folder.to_owned());
            });
            let short = |path: &PathBuf| {
                path.strip_prefix(root.path())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            };
            let mut folders: Vec<_> = folders.iter().map(short).collect();
            folders.sort();
            (files.iter().map(short).collect::<Vec<_>>(), folders)
        };

        assert_eq!(
            find("a/*.yaml"),
            (vec!["a/one.yaml".to_owned()], vec!["a".to_owned()])
        );
        assert_eq!(find("*/one.yaml").0, ["a/one.yaml", "b/one.yaml"]);
        assert_eq!(find("*/one.yaml").1, ["", "a", "b"]);
        assert_eq!(
            find("**/one.yaml").0,
            ["a/one.yaml", "b/c/one.yaml", "b/one.yaml", "one.yaml"]
        );
        assert_eq!(find("{a,b/c}/*.yaml").0, ["a/one.yaml", "b/c/one.yaml"]);
        assert_eq!(find(".*/one.yaml").0, [".d/one.yaml"]);
        assert_eq!(find("nowhere/*.yaml").1, ["nowhere"]);
    }
}
