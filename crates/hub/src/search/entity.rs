//! The entities of the catalog as documents, of type `software-catalog`.

use super::source::{Collection, SearchDocument, Source};
use crate::app::App;
use crate::catalog::Readable;
use crate::error::Error;
use crate::principal::Principal;
use crate::ui::entity::{href_of, title_of};
use arc_swap::ArcSwapOption;
use callboard_catalog::{CatalogSnapshot, Entity};
use callboard_search::{Document, DocumentId, Index};
use roaring::RoaringBitmap;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio::sync::watch;

/// The type of the documents.
pub(super) const DOCUMENT_TYPE: &str = "software-catalog";

/// What the wire has for an entity without a type.
const NO_TYPE: &str = "other";

/// The catalog as a source of documents.
#[derive(Default)]
pub(super) struct Entities(ArcSwapOption<IndexedCatalog>);

/// A snapshot of the catalog and the index over it.
///
/// Documents have the numbers of the snapshot, so both belong together: what a caller may read
/// is judged on the entities that were indexed, not on those that have come since.
pub(super) struct IndexedCatalog {
    snapshot: Arc<CatalogSnapshot>,
    index: Index,
}

impl Entities {
    /// The catalog as it was indexed last.
    pub(super) fn indexed(&self) -> Option<Arc<IndexedCatalog>> {
        self.0.load_full()
    }
}

impl Source for Entities {
    fn document_type(&self) -> &'static str {
        DOCUMENT_TYPE
    }

    fn subscribe(&self, app: &App) -> watch::Receiver<u64> {
        app.catalog().subscribe()
    }

    fn refresh(&self, app: &App) {
        let snapshot = app.catalog().snapshot();
        let (before, index) = match self.indexed() {
            Some(indexed) if Arc::ptr_eq(&indexed.snapshot, &snapshot) => return,
            Some(indexed) => (indexed.snapshot.clone(), indexed.index.clone()),
            None => (Arc::default(), Index::default()),
        };
        let changes = snapshot
            .differences(&before)
            .map(|(id, entity)| (id, entity.map(|entity| document(id, entity))));
        let index = index.apply(changes);
        self.0
            .store(Some(Arc::new(IndexedCatalog { snapshot, index })));
    }

    fn collection(&self) -> Option<Arc<dyn Collection>> {
        self.indexed().map(|indexed| indexed as Arc<dyn Collection>)
    }
}

impl IndexedCatalog {
    /// The entity that the index has under a number.
    pub(super) fn entity(&self, id: DocumentId) -> Option<&Arc<Entity>> {
        self.snapshot.get_by_number(id)
    }
}

impl Collection for IndexedCatalog {
    fn index(&self) -> &Index {
        &self.index
    }

    fn readable(&self, app: &App, principal: &Principal) -> Result<Option<RoaringBitmap>, Error> {
        Ok(match app.catalog().readable(app, principal)? {
            Readable::None => Some(RoaringBitmap::new()),
            Readable::All => None,
            Readable::Only(filter) => Some(self.snapshot.numbers(&filter)),
        })
    }

    fn document(&self, id: DocumentId) -> Option<SearchDocument> {
        let entity = self.entity(id)?;
        let facts = Facts::of(entity);
        Some(SearchDocument {
            title: entity.title().unwrap_or_else(|| entity.name()).to_owned(),
            text: facts.text(entity),
            location: href_of(entity.entity_ref()),
            members: facts.members(entity).into(),
        })
    }
}

/// An entity as the index takes it.
fn document(id: DocumentId, entity: &Entity) -> Document<'_> {
    let facts = Facts::of(entity);
    Document {
        id,
        key: entity.entity_ref().as_str().into(),
        // People are looked for by the names that pages show.
        title: title_of(entity),
        name: entity.name().into(),
        text: facts.text(entity).into(),
        facets: facts
            .members(entity)
            .map(|(name, value)| (name, value.into()))
            .into(),
        tags: facts.tags.into_iter().map(Into::into).collect(),
    }
}

/// What search takes from the inside of an entity, read in one pass.
#[derive(Default)]
struct Facts {
    tags: Vec<String>,
    spec_type: String,
    lifecycle: String,
    owner: String,
    display_name: String,
    email: String,
}

impl Facts {
    fn of(entity: &Entity) -> Facts {
        // Entities are valid; whatever a kind of somebody's own has elsewhere counts for nothing.
        let parts: Parts<'_> = serde_json::from_str(entity.json()).unwrap_or_default();
        let spec: Spec<'_> = read(parts.spec).unwrap_or_default();
        let profile: Profile<'_> = read(spec.profile).unwrap_or_default();
        let spec_type = text(spec.spec_type);
        Facts {
            tags: parts
                .metadata
                .and_then(|metadata| read(metadata.tags))
                .unwrap_or_default(),
            spec_type: if spec_type.is_empty() {
                NO_TYPE.to_owned()
            } else {
                spec_type
            },
            lifecycle: text(spec.lifecycle),
            owner: text(spec.owner),
            display_name: text(profile.display_name),
            email: text(profile.email),
        }
    }

    /// What a query can be narrowed by, in the order in which the original has it.
    fn members(&self, entity: &Entity) -> [(&'static str, String); 6] {
        [
            ("componentType", self.spec_type.clone()),
            ("type", self.spec_type.clone()),
            ("namespace", entity.namespace().to_owned()),
            ("kind", entity.kind().to_owned()),
            ("lifecycle", self.lifecycle.clone()),
            ("owner", self.owner.clone()),
        ]
    }

    /// The description; for people and groups also their names and addresses.
    fn text(&self, entity: &Entity) -> String {
        let profile: &[&str] = match entity.entity_ref().kind() {
            "user" => &[&self.display_name, &self.email],
            "group" => &[&self.display_name],
            _ => &[],
        };
        let description = entity.description().unwrap_or_default();
        let parts = [description].into_iter().chain(profile.iter().copied());
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        parts.join(" : ")
    }
}

#[derive(Default, Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    spec: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    tags: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Spec<'a> {
    #[serde(borrow, rename = "type")]
    spec_type: Option<&'a RawValue>,
    #[serde(borrow)]
    lifecycle: Option<&'a RawValue>,
    #[serde(borrow)]
    owner: Option<&'a RawValue>,
    #[serde(borrow)]
    profile: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    #[serde(borrow)]
    display_name: Option<&'a RawValue>,
    #[serde(borrow)]
    email: Option<&'a RawValue>,
}

/// A member, when it is there and has the form of a `T`.
fn read<'a, T: Deserialize<'a>>(member: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(member?.get()).ok()
}

/// A member as text; empty when it is absent or neither text nor a number nor a truth value.
fn text(member: Option<&RawValue>) -> String {
    match read(member) {
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(truth)) => truth.to_string(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(json: &str) -> Entity {
        Entity::parse(json).unwrap()
    }

    #[test]
    fn people_are_found_by_all_their_names() {
        let user = entity(
            r#"{"kind":"User","metadata":{"name":"mara","description":"Stage"},
                "spec":{"profile":{"displayName":"Mara Lindqvist","email":"mara@example.com"}}}"#,
        );

        let document = document(7, &user);

        assert_eq!((document.id, &*document.key), (7, "user:default/mara"));
        assert_eq!(
            (&*document.title, &*document.name),
            ("Mara Lindqvist", "mara")
        );
        assert_eq!(document.text, "Stage : Mara Lindqvist : mara@example.com");
    }

    #[test]
    fn what_has_an_odd_form_counts_for_nothing() {
        for (spec, expected) in [
            (r#"{"type":7,"owner":["a"],"profile":"x"}"#, ["7", "", ""]),
            (
                r#"{"type":null,"lifecycle":true,"owner":"a\"b"}"#,
                ["other", "true", "a\"b"],
            ),
            (r#""text""#, ["other", "", ""]),
            ("null", ["other", "", ""]),
        ] {
            let json =
                format!(r#"{{"kind":"Odd","metadata":{{"name":"x","tags":{{}}}},"spec":{spec}}}"#);

            let facts = Facts::of(&entity(&json));

            assert_eq!(
                [&*facts.spec_type, &facts.lifecycle, &facts.owner],
                expected,
                "{spec}"
            );
            assert!(facts.tags.is_empty());
        }
    }
}
