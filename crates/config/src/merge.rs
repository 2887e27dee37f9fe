//! Lays one configuration over another.

use crate::span::{Data, Tree};

/// Lays `upper` over `lower`.
///
/// Objects merge deeply; anything else replaces what is below. A `null` in an object
/// removes the key, so that only layers above it can bring the key back; a `null` in an
/// array stays.
pub(crate) fn merge(lower: &mut Tree, upper: Tree) {
    let Tree { origin, data } = upper;
    match (&mut lower.data, data) {
        (Data::Object(below), Data::Object(above)) => {
            for (key, value) in above {
                if matches!(value.data, Data::Null) {
                    below.shift_remove(&key);
                } else if let Some(existing) = below.get_mut(&key) {
                    merge(existing, value);
                } else {
                    below.insert(key, without_nulls(value));
                }
            }
        }
        (below, above) => {
            let replacement = without_nulls(Tree {
                origin: origin.clone(),
                data: above,
            });
            *below = replacement.data;
        }
    }
    // The highest layer that speaks of a value is the one that messages name.
    lower.origin = origin;
}

fn without_nulls(tree: Tree) -> Tree {
    let Tree { origin, data } = tree;
    let data = match data {
        Data::Object(entries) => Data::Object(
            entries
                .into_iter()
                .filter(|(_, value)| !matches!(value.data, Data::Null))
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        other => other,
    };
    Tree { origin, data }
}
