//! Where a role or a row came from, as a badge.

use crate::ui::{Icon, Texts};

/// The source as a word with its icon, and the place in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceBadge {
    pub(super) icon: Icon,
    pub(super) word: String,
    /// Such as `rbac-policies.csv:12`; absent when no file holds it.
    pub(super) place: Option<String>,
}

impl SourceBadge {
    /// The badge of a source by its name on the wire.
    pub(super) fn new(
        t: &Texts,
        source: &str,
        file: Option<&str>,
        line: Option<u32>,
    ) -> SourceBadge {
        let (icon, word) = match source {
            "configuration" => (
                Icon::SlidersHorizontal,
                t.say("tester-source-configuration").to_string(),
            ),
            "rest" => (Icon::Braces, "REST".to_owned()),
            "csv-file" => {
                let is_yaml =
                    file.is_some_and(|file| file.ends_with(".yaml") || file.ends_with(".yml"));
                let name = if is_yaml {
                    "tester-source-yaml"
                } else {
                    "tester-source-csv"
                };
                (Icon::FileText, t.say(name).to_string())
            }
            "legacy" => (Icon::History, t.say("tester-source-legacy").to_string()),
            provider => (Icon::Plug, provider.to_owned()),
        };
        let name = file.map(|file| file.rsplit('/').next().unwrap_or(file));
        SourceBadge {
            icon,
            word,
            place: name.map(|name| match line {
                Some(line) => format!("{name}:{line}"),
                None => name.to_owned(),
            }),
        }
    }
}
