//! Entities of the software catalog and the index that answers questions about them.
//!
//! An [`Entity`] is one final entity: its JSON as it is served, with cheap access to the few
//! members that everybody needs. A [`CatalogSnapshot`] holds them all and answers filters,
//! orders, pages, facets and full-text searches from postings in memory. Whatever restricts
//! a caller, his filter and the conditions of his policy alike, becomes one [`Filter`], so
//! that an entity which he may not see is never looked at.
//!
//! On the way into the catalog, [`validate()`] checks an entity as it was written, [`relation`]
//! derives the relations between entities, and [`Stitch`] puts the final form together.
//!
//! ```
//! use callboard_catalog::{CatalogSnapshot, Entity, Filter, OrderField, Query};
//!
//! let entity = |name, kind| {
//!     Entity::parse(format!(r#"{{"kind":"Component","metadata":{{"name":"{name}"}},"spec":{{"type":"{kind}"}}}}"#))
//! };
//! let catalog = CatalogSnapshot::build([entity("stage", "website")?, entity("box-office", "service")?]);
//!
//! let page = catalog.query(&Query {
//!     filter: Filter::parse(&["kind=component,spec.type=service"])?,
//!     order: vec![OrderField::ascending("metadata.name")],
//!     ..Query::default()
//! });
//!
//! assert_eq!(page.total, 1);
//! assert_eq!(page.entities[0].entity_ref().as_str(), "component:default/box-office");
//!
//! // A change makes a new snapshot that shares all it can with the old one.
//! let later = catalog.apply([callboard_catalog::Change::Upsert(entity("foyer", "website")?.into())]);
//! assert_eq!((catalog.len(), later.len()), (2, 3));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod arrange;
mod build;
mod cow_map;
mod cursor;
mod entity;
mod facet;
mod filter;
mod format;
mod ids;
mod index;
mod key_entry;
mod key_index;
mod members;
mod memo;
mod number;
mod order;
mod parameter;
mod posting;
mod predicate;
mod projection;
mod query;
pub mod relation;
pub mod rules;
mod scan;
mod schema;
mod selection;
mod slots;
mod sorted_list;
mod steps;
mod stitch;
mod term;
mod text_search;
mod validate;
mod walk;

pub use callboard_policy::{Condition, Criteria, EntityRef};
pub use cursor::{Cursor, CursorError, OffsetCursor};
pub use entity::{Entity, EntityError, Relation};
pub use facet::{Facet, FacetValue, FacetValues};
pub use filter::{Filter, FilterError, Match, Test};
pub use index::{CatalogSnapshot, Change};
pub use number::EntityNumber;
pub use order::{Direction, OrderError, OrderField};
pub use predicate::PredicateError;
pub use projection::{Fields, FieldsError};
pub use query::{Page, Query};
pub use rules::{Found, RuleError, conditions_filter, conditions_found, conditions_match};
pub use stitch::{StatusError, StatusItem, Stitch, StitchError, StitchSource, check_keys};
pub use term::{Row, RowValue, Rows};
pub use text_search::FullText;
pub use validate::{ErrorName, ValidationCause, ValidationError, validate};
