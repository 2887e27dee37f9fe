//! Dense ids for strings.

use hashbrown::HashMap;
use smol_str::SmolStr;

/// A table of strings, each with the id of its place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interner {
    ids: HashMap<SmolStr, u32>,
    names: Vec<SmolStr>,
}

impl Interner {
    /// The id of a string, which it gets when it is new.
    pub(crate) fn intern(&mut self, name: &SmolStr) -> u32 {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.names.len() as u32;
        self.names.push(name.clone());
        self.ids.insert(name.clone(), id);
        id
    }

    /// The id of a string that the table has.
    pub(crate) fn id(&self, name: &str) -> Option<u32> {
        self.ids.get(name).copied()
    }

    /// The string of an id that this table gave.
    pub(crate) fn name(&self, id: u32) -> &SmolStr {
        &self.names[id as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}
