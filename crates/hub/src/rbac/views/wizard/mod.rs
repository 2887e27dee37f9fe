//! The wizard in which roles are created and edited, with the builder of conditions.

mod difference;
mod draft;
mod tree;
