//! How an entity is drawn on any page: its name, its row, its mention, what one may do with it.
//!
//! Every part is made from a [`Sight`], so that no page shows more than its reader may see.

mod access;
mod column;
mod kind;
mod name;
mod offer;
mod related;
mod row;
mod sight;
mod star;

pub use access::{AccessRow, Judge, Verdict};
pub use column::{Cell, CellValue, Column, tags, targets_of, targets_of_kind};
pub use kind::{ALL_KINDS, KindWords};
pub use name::{RefLink, href_of, label_of, title_of};
pub use offer::Offer;
pub use related::Related;
pub use row::{EntityRow, Fault, Problem, is_web, source_of};
pub use sight::Sight;
pub use star::StarButton;
