//! Tests of the search index from outside.

mod index;
mod ranking;
