//! The search index: which documents have the words that somebody types, the best ones first.
//!
//! An [`Index`] never changes; [`Index::apply`] makes the next one, which shares with it whatever
//! the changes leave alone. It knows nothing of where documents come from and who may read them:
//! whoever asks says which documents may be found at all, and nothing else has any influence on
//! totals, order or pages.
//!
//! A document is found when each word of the query is like one of its words: the same, the
//! beginning of it, or a typo away ([`Term`]). It stands the higher the more closely they match
//! and the more prominent the field is ([`Field`]). There are no statistics over all documents
//! in the ranking, as they would tell about documents that the caller may not read.
//!
//! ```
//! use callboard_search::{Document, Index, Query};
//!
//! let document = |id, name: &'static str, text: &'static str| Document {
//!     id,
//!     key: name.into(),
//!     name: name.into(),
//!     text: text.into(),
//!     ..Document::default()
//! };
//! let index = Index::build([
//!     document(1, "box-office", "Sells tickets"),
//!     document(2, "ticket-wallet", "Passes and gate scans"),
//! ]);
//!
//! let found = index.search(&Query::new("tickte"), None);
//!
//! assert_eq!(found.total, 2);
//! assert_eq!(found.hits[0].id, 2, "a name counts more than a text");
//! ```

mod dictionary;
mod document;
mod edit;
mod highlight;
mod index;
mod issue;
mod parameter;
mod query;
mod request;
mod segment;
mod term;
mod texts;
mod trie;
mod word;

pub use document::{Document, DocumentId, Field};
pub use highlight::highlight;
pub use index::Index;
pub use query::{Found, Hit, Query};
pub use request::{Limits, PageCursor, Request, RequestError};
pub use term::{Likeness, Term};
pub use word::{Word, fold, words};
