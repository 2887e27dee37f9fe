//! Joining what plugins bring to the configuration.

use crate::list::Plugin;
use serde_json::map::Entry;
use serde_json::{Map, Value};

/// A value that two plugins set differently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Config key '{key}' defined differently for 2 dynamic plugins")]
pub struct Conflict {
    /// The key with the one above it, as the original names it.
    pub key: String,
    /// The package whose value does not fit those before it.
    pub package: String,
    /// Where it stands, as `file:line`.
    pub place: String,
}

/// Lays the configuration of every plugin that is switched on over `config`, in order.
///
/// Mappings join; anything else must be equal where two plugins set it.
///
/// # Errors
///
/// [`Conflict`] where it is not.
pub(crate) fn join<'a>(
    config: &mut Map<String, Value>,
    plugins: impl IntoIterator<Item = &'a Plugin>,
) -> Result<(), Conflict> {
    for plugin in plugins.into_iter().filter(|plugin| plugin.is_enabled) {
        let Some(own) = &plugin.config else { continue };
        lay_over(config, own, "").map_err(|key| Conflict {
            key,
            package: plugin.package.clone(),
            place: plugin.place.clone(),
        })?;
    }
    Ok(())
}

fn lay_over(
    below: &mut Map<String, Value>,
    above: &Map<String, Value>,
    parent: &str,
) -> Result<(), String> {
    for (key, value) in above {
        match below.entry(key.as_str()) {
            Entry::Vacant(vacant) => {
                vacant.insert(value.clone());
            }
            Entry::Occupied(mut occupied) => match (occupied.get_mut(), value) {
                (Value::Object(below), Value::Object(above)) => {
                    lay_over(below, above, &format!("{key}."))?;
                }
                (below, above) if below == above => {}
                _ => return Err(format!("{parent}{key}")),
            },
        }
    }
    Ok(())
}
