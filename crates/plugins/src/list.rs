//! Reading `dynamic-plugins.yaml` with what it includes.

use crate::known::{Known, Outcome, known};
use crate::name::name_of;
use callboard_yaml::{Node, NodeValue, Position};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The list that an include of this name gives where no such file is there.
const DEFAULT_FILE: &str = "dynamic-plugins.default.yaml";
const DEFAULT_LIST: &str = include_str!("default.yaml");

/// How large a list may be, in bytes; the original limits what it unpacks, this what is read.
const LIMIT_BYTES: u64 = 20_000_000;

/// The plugins of an installation, in the order in which they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// One of each package, with what the last entry says of it.
    pub plugins: Vec<Plugin>,
    /// What is odd and does no harm, as messages for the log.
    pub warnings: Vec<String>,
}

/// A package, and what the installation says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// The package, as the last entry writes it.
    pub package: String,
    /// Its name, in whichever form it is written.
    pub name: String,
    /// Whether it is switched on.
    pub is_enabled: bool,
    /// The piece of configuration that it brings, when it is switched on.
    pub config: Option<Map<String, Value>>,
    /// Where the last entry stands, as `file:line`.
    pub place: String,
    /// Whether the installation's own list names it, and not only one that it includes.
    pub is_asked_for: bool,
}

impl Plugin {
    /// What the table says of it; absent for a package that nobody here has heard of.
    pub fn known(&self) -> Option<&'static Known> {
        known(&self.name)
    }

    /// What becomes of it.
    pub fn outcome(&self) -> Outcome {
        Outcome::of(self.known(), self.is_enabled)
    }
}

impl Selection {
    /// Reads the list in `file`; its includes are relative to `folder`.
    ///
    /// Nothing is selected when `file` is missing or empty. The list that the original image
    /// ships, `dynamic-plugins.default.yaml`, is built in and read where `folder` has no such
    /// file.
    ///
    /// An entry whose package stands in the list already, in whichever form or under a former
    /// name, overrides it field by field; `pluginConfig` is one field. Two included lists replace
    /// each other's entries as a whole.
    ///
    /// # Errors
    ///
    /// [`ListError`] for a file that cannot be read or is not such a list, and for an include
    /// that is missing.
    pub fn read(file: &Path, folder: &Path) -> Result<Selection, ListError> {
        let mut list = Merged::default();
        let Some(main) = Document::open(file)? else {
            return Ok(list.finish());
        };
        for include in main.includes()? {
            let included = match Document::open(&folder.join(include.path))? {
                Some(document) => document,
                None if include.path == DEFAULT_FILE => Document::built_in()?,
                None => return Err(main.missing_include(&include)),
            };
            for entry in included.entries()? {
                list.include(entry);
            }
        }
        for entry in main.entries()? {
            list.lay_over(entry);
        }
        Ok(list.finish())
    }
}

/// One file, read.
struct Document {
    file: PathBuf,
    root: Node,
}

/// A file that another one includes.
struct Include<'a> {
    path: &'a str,
    at: Position,
}

/// An entry as it stands in a file: absent fields say nothing.
struct Entry {
    package: String,
    name: String,
    is_enabled: Option<bool>,
    config: Option<Map<String, Value>>,
    place: String,
}

impl Document {
    /// Reads `file`; `None` when it is missing or empty.
    fn open(file: &Path) -> Result<Option<Document>, ListError> {
        let unreadable = |reason: String| ListError::new(file, None, reason);
        match std::fs::metadata(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Ok(metadata) if metadata.len() > LIMIT_BYTES => {
                return Err(unreadable(format!(
                    "has {} bytes, and {LIMIT_BYTES} are the limit",
                    metadata.len()
                )));
            }
            Ok(_) | Err(_) => {}
        }
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        Document::parse(file, &text)
    }

    fn built_in() -> Result<Document, ListError> {
        let file = Path::new(DEFAULT_FILE);
        Document::parse(file, DEFAULT_LIST)?
            .ok_or_else(|| ListError::new(file, None, "is empty".to_owned()))
    }

    fn parse(file: &Path, text: &str) -> Result<Option<Document>, ListError> {
        let root = callboard_yaml::parse(text)
            .map_err(|error| ListError::new(file, error.position(), error.to_string()))?;
        let document = Document {
            file: file.to_owned(),
            root,
        };
        match &document.root.value {
            NodeValue::Null => Ok(None),
            NodeValue::Mapping(_) => Ok(Some(document)),
            _ => Err(document.wrong(
                document.root.at,
                "expected a mapping with `includes` and `plugins`",
            )),
        }
    }

    fn includes(&self) -> Result<Vec<Include<'_>>, ListError> {
        let include = |item: &'_ Node| match &item.value {
            NodeValue::String(_) => Ok(item.at),
            _ => Err(self.wrong(item.at, "each item of `includes` is the path of a file")),
        };
        let items = self.list("includes")?;
        items
            .iter()
            .map(|item| {
                let at = include(item)?;
                let path = item.as_str().unwrap_or_default();
                Ok(Include { path, at })
            })
            .collect()
    }

    fn entries(&self) -> Result<Vec<Entry>, ListError> {
        let items = self.list("plugins")?;
        items.iter().map(|item| self.entry(item)).collect()
    }

    /// The items of a list; none when the key is absent or has no value.
    fn list(&self, key: &str) -> Result<&[Node], ListError> {
        match self.root.get(key) {
            None => Ok(&[]),
            Some(node) => match &node.value {
                NodeValue::Null => Ok(&[]),
                NodeValue::Sequence(items) => Ok(items),
                _ => Err(self.wrong(node.at, &format!("`{key}` is a list"))),
            },
        }
    }

    fn entry(&self, item: &Node) -> Result<Entry, ListError> {
        let package = item.get("package").and_then(Node::as_str).map(str::trim);
        let Some(package) = package.filter(|package| !package.is_empty()) else {
            let at = item.nearest(["package"]);
            return Err(self.wrong(at, "each item of `plugins` names its `package`, a text"));
        };
        let config = match item.get("pluginConfig") {
            None => None,
            Some(node) => match node.to_json() {
                Value::Null => Some(Map::new()),
                Value::Object(config) => Some(config),
                _ => {
                    let at = item.nearest(["pluginConfig"]);
                    let reason = format!("`pluginConfig` of `{package}` is a mapping");
                    return Err(self.wrong(at, &reason));
                }
            },
        };
        Ok(Entry {
            package: package.to_owned(),
            name: canonical_name(package),
            is_enabled: is_enabled(item),
            config,
            place: format!("{}:{}", self.file.display(), item.at.line),
        })
    }

    fn missing_include(&self, include: &Include<'_>) -> ListError {
        let mut error = self.wrong(
            include.at,
            &format!("the included file `{}` is not there", include.path),
        );
        error.help = Some(format!(
            "includes are relative to the working directory; `{DEFAULT_FILE}` is built in"
        ));
        error
    }

    fn wrong(&self, at: Position, reason: &str) -> ListError {
        ListError::new(&self.file, Some(at), reason.to_owned())
    }
}

/// Says whether an entry switches its package on; `None` when it does not say.
///
/// As in the original, only the literal `true` disables, and `enabled` counts for more.
fn is_enabled(item: &Node) -> Option<bool> {
    let is_true = |node: &Node| node.value == NodeValue::Bool(true);
    match (item.get("enabled"), item.get("disabled")) {
        (Some(enabled), _) => Some(is_true(enabled)),
        (None, Some(disabled)) => Some(!is_true(disabled)),
        (None, None) => None,
    }
}

/// The present name of a package that is known, so that a former one means the same.
fn canonical_name(package: &str) -> String {
    let name = name_of(package);
    match known(&name) {
        Some(known) => known.name.to_owned(),
        None => name,
    }
}

/// The entries so far, one of each package.
#[derive(Default)]
struct Merged {
    entries: Vec<(Entry, Layer)>,
    places: HashMap<String, usize>,
    warnings: Vec<String>,
}

/// Who said the last word about an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Included,
    Main,
}

impl Merged {
    /// Adds an entry of an included list, in place of one for the same package.
    fn include(&mut self, entry: Entry) {
        match self.places.get(&entry.name) {
            Some(&at) => {
                let (before, _) = &mut self.entries[at];
                self.warnings.push(twice(before, &entry));
                *before = entry;
            }
            None => self.push(entry, Layer::Included),
        }
    }

    /// Lays an entry of the main list over one for the same package, field by field.
    fn lay_over(&mut self, entry: Entry) {
        let Some(&at) = self.places.get(&entry.name) else {
            return self.push(entry, Layer::Main);
        };
        let (before, layer) = &mut self.entries[at];
        if *layer == Layer::Main {
            self.warnings.push(twice(before, &entry));
        }
        *layer = Layer::Main;
        before.package = entry.package;
        before.place = entry.place;
        before.is_enabled = entry.is_enabled.or(before.is_enabled);
        before.config = entry.config.or(before.config.take());
    }

    fn push(&mut self, entry: Entry, layer: Layer) {
        self.places.insert(entry.name.clone(), self.entries.len());
        self.entries.push((entry, layer));
    }

    fn finish(self) -> Selection {
        let plugin = |(entry, layer): (Entry, Layer)| Plugin {
            package: entry.package,
            name: entry.name,
            is_enabled: entry.is_enabled.unwrap_or(true),
            config: entry.config,
            place: entry.place,
            is_asked_for: layer == Layer::Main,
        };
        Selection {
            plugins: self.entries.into_iter().map(plugin).collect(),
            warnings: self.warnings,
        }
    }
}

fn twice(before: &Entry, after: &Entry) -> String {
    format!(
        "`{}` ({}) and `{}` ({}) are the same plugin; the later entry counts",
        before.package, before.place, after.package, after.place
    )
}

/// Why a list of plugins cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ListError {
    /// The file.
    pub file: PathBuf,
    /// The place in it; absent when it is about the file as a whole.
    pub at: Option<Position>,
    /// What is wrong.
    pub reason: String,
    /// How to mend it, where more is to be said.
    pub help: Option<String>,
}

impl ListError {
    fn new(file: &Path, at: Option<Position>, reason: String) -> ListError {
        ListError {
            file: file.to_owned(),
            at,
            reason,
            help: None,
        }
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(at) = self.at {
            write!(f, ":{}:{}", at.line, at.column)?;
        }
        write!(f, ": {}", self.reason)
    }
}
