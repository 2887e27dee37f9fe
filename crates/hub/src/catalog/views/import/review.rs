//! What an address would bring into the catalog.

use super::descriptor::Descriptor;
use super::target::Target;
use crate::audit::{Operation, Requester};
use crate::catalog::dry_run::{self, Found};
use crate::catalog::permissions::PLUGIN;
use crate::catalog::registration::location_meta;
use crate::catalog::state::State;
use crate::catalog::{Location, LocationType};
use crate::error::Error;
use crate::ui::entity::{CellValue, RefLink, Sight};
use crate::ui::{Look, PageRequest, Tile, Tone};
use callboard_catalog::EntityRef;
use callboard_policy::DEFAULT_NAMESPACE;
use serde_json::{Value, json};

/// How many entities are listed; the others are counted.
const MAX_ROWS: usize = 200;

/// What an address leads to.
pub(super) struct Review {
    /// The address that would be registered.
    pub(super) target: String,
    /// Whether the file was looked for in the root of a repository.
    pub(super) is_guessed: bool,
    /// Whether the location is registered already.
    pub(super) is_registered: bool,
    pub(super) rows: Vec<ReviewRow>,
    /// How many entities there are beyond the rows.
    pub(super) more: usize,
    /// How many of all have problems.
    pub(super) troubled: usize,
    /// What is wrong with the location itself.
    pub(super) problems: Vec<String>,
    /// A file for a repository that has none.
    pub(super) descriptor: Option<Descriptor>,
}

/// An entity that would come.
pub(super) struct ReviewRow {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) tile: Tile,
    pub(super) owner: CellValue,
    pub(super) standing: Standing,
    pub(super) problems: Vec<String>,
}

/// How an entity stands to what the catalog has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is none of that reference.
    New,
    /// There is one, from the same place.
    Known,
    /// There is one from elsewhere, which keeps the reference.
    Taken,
    /// It has problems.
    Faulty,
}

impl Standing {
    /// The name of the text on its badge.
    pub(super) fn label(self) -> &'static str {
        match self {
            Standing::New => "import-new",
            Standing::Known => "import-known",
            Standing::Taken => "import-taken",
            Standing::Faulty => "import-faulty",
        }
    }

    /// The tone of its badge.
    pub(super) fn tone(self) -> Tone {
        match self {
            Standing::New => Tone::Ok,
            Standing::Known => Tone::Plain,
            Standing::Taken => Tone::If,
            Standing::Faulty => Tone::No,
        }
    }
}

impl Review {
    /// Reads what is there, and keeps nothing of it.
    pub(super) async fn of(
        asked: &PageRequest,
        requester: Requester,
        target: Target,
    ) -> Result<Review, Error> {
        let app = &asked.app;
        let location = Location::url(&target.url);
        let meta = json!({
            "actionType": "create",
            "location": location_meta(&location),
            "isDryRun": true,
        });
        let operation = Operation::look(requester, PLUGIN, "location-mutate", meta);
        let found = match dry_run::survey(app, &location).await {
            Ok(found) => {
                operation.succeed(json!({}));
                found
            }
            Err(error) => {
                operation.fail(&error);
                return Err(error);
            }
        };
        let sight = Sight::of(app, &asked.viewer.principal, asked.texts())?;
        let state = app.catalog().state();
        let root = location.entity_ref();
        let (of_location, entities): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|found| found.entity_ref == root);
        let problems: Vec<_> = of_location
            .into_iter()
            .flat_map(|found| found.problems)
            .collect();
        let is_empty = entities.is_empty();
        let row = |found: &Found| ReviewRow::of(&sight, &state, found);
        let descriptor = (is_empty && app.reader().repository(&target.url).is_some())
            .then(|| Descriptor::of(asked, &target));
        Ok(Review {
            is_guessed: target.is_guessed,
            is_registered: app.catalog().is_registered(&location),
            rows: entities.iter().take(MAX_ROWS).map(row).collect(),
            more: entities.len().saturating_sub(MAX_ROWS),
            troubled: entities
                .iter()
                .filter(|found| !found.problems.is_empty())
                .count(),
            problems,
            descriptor: descriptor.flatten(),
            target: target.url.into(),
        })
    }

    /// Whether there is anything to register.
    pub(super) fn is_worth_it(&self) -> bool {
        !self.rows.is_empty()
    }
}

impl ReviewRow {
    fn of(sight: &Sight, state: &State, found: &Found) -> ReviewRow {
        let entity_ref = &found.entity_ref;
        let text = |pointer: &str| found.value.pointer(pointer).and_then(Value::as_str);
        let owner = text("/spec/owner").and_then(|owner| {
            EntityRef::parse_with(owner, Some("group"), entity_ref.namespace()).ok()
        });
        let owner = match owner {
            Some(owner) => CellValue::Who(vec![RefLink::new(sight, &owner)]),
            None => CellValue::Nothing,
        };
        let name = match entity_ref.namespace() {
            DEFAULT_NAMESPACE => entity_ref.name().to_owned(),
            namespace => format!("{namespace}/{}", entity_ref.name()),
        };
        ReviewRow {
            name: text("/metadata/name").map_or(name, str::to_owned),
            kind: text("/kind").unwrap_or(entity_ref.kind()).to_owned(),
            tile: Look::of(entity_ref.kind(), text("/spec/type")).tile,
            owner,
            standing: standing(sight, state, found),
            problems: found.problems.clone(),
        }
    }
}

/// How something found stands to the catalog, as far as the person sees that.
fn standing(sight: &Sight, state: &State, found: &Found) -> Standing {
    if !found.problems.is_empty() {
        return Standing::Faulty;
    }
    // What is hidden looks as if it were not there.
    if sight.find(&found.entity_ref).is_none() {
        return Standing::New;
    }
    let record = state.record(&found.entity_ref);
    let holder = record.and_then(|record| record.location_key.as_ref());
    match holder {
        Some(holder) if found.location_key.as_ref() != Some(holder) => Standing::Taken,
        Some(_) | None => Standing::Known,
    }
}

/// The location that an address stands for.
pub(super) fn location_at(url: &str) -> Location {
    Location {
        location_type: LocationType::Url,
        target: url.to_owned(),
    }
}
