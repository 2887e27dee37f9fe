//! The pages about roles.

mod source;
mod tester;

use crate::feature::Registrar;

/// Declares the pages, their tabs and their words.
pub(super) fn register(hub: &mut Registrar) {
    tester::register(hub);
}
