//! `accessRestrictions` of an external caller, read from the configuration.

use callboard_config::{ConfigError, View};
use callboard_policy::{AccessRestrictions, Action};
use smol_str::SmolStr;

/// The keys of one item.
const KEYS: [&str; 3] = ["plugin", "permission", "permissionAttribute"];

/// The actions that a restriction may name.
const ACTIONS: [Action; 4] = [Action::Create, Action::Read, Action::Update, Action::Delete];

/// Reads the restrictions of an entry of `backend.auth.externalAccess`, by plugin in their order.
///
/// An empty list restricts nothing, as in the original.
///
/// # Errors
///
/// [`ConfigError`] with the original's text for an unknown key, a plugin that comes twice, and
/// an action that is none.
pub(super) fn read(entry: &View<'_>) -> Result<Vec<(SmolStr, AccessRestrictions)>, ConfigError> {
    let mut restrictions: Vec<(SmolStr, AccessRestrictions)> = Vec::new();
    for item in entry
        .optional_object_list("accessRestrictions")?
        .unwrap_or_default()
    {
        if let Some(key) = item.keys().into_iter().find(|key| !KEYS.contains(key)) {
            let message = format!(
                "Invalid key '{key}' in 'accessRestrictions' config, expected one of {}",
                quoted(KEYS),
            );
            return Err(item.entry(key).error("", message));
        }
        let plugin = SmolStr::from(item.string("plugin")?);
        if restrictions.iter().any(|(declared, _)| *declared == plugin) {
            let message = format!(
                "Attempted to declare 'accessRestrictions' twice for plugin '{plugin}', which is not permitted",
            );
            return Err(item.error("plugin", message));
        }
        let permission_names = words(&item, "permission")?;
        let actions = actions(&item)?;
        restrictions.push((
            plugin,
            AccessRestrictions {
                permission_names,
                actions,
            },
        ));
    }
    Ok(restrictions)
}

fn actions(item: &View<'_>) -> Result<Option<Vec<Action>>, ConfigError> {
    let Some(attribute) = item.optional_object("permissionAttribute")? else {
        return Ok(None);
    };
    if let Some(key) = attribute.keys().into_iter().find(|key| *key != "action") {
        let message =
            format!("Invalid key '{key}' in 'permissionAttribute' config, expected 'action'");
        return Err(attribute.entry(key).error("", message));
    }
    let Some(words) = words(&attribute, "action")? else {
        return Ok(None);
    };
    let action = |word: &SmolStr| {
        ACTIONS.into_iter().find(|action| action.as_str() == word).ok_or_else(|| {
            let valid = quoted(ACTIONS.map(Action::as_str));
            let message =
                format!("Invalid value '{word}' at 'action' in 'permissionAttributes' config, valid values are {valid}");
            attribute.error("action", message)
        })
    };
    words.iter().map(action).collect::<Result<_, _>>().map(Some)
}

/// A text, or a list of them, each split at commas and spaces; `None` when nothing is left.
pub(super) fn words(view: &View<'_>, key: &str) -> Result<Option<Vec<SmolStr>>, ConfigError> {
    if !view.has(key) {
        return Ok(None);
    }
    let texts = match view.json(key) {
        Some(serde_json::Value::Array(_)) => view.string_list(key)?,
        _ => vec![view.string(key)?],
    };
    let mut words: Vec<SmolStr> = Vec::new();
    for word in texts
        .iter()
        .flat_map(|text| text.split([' ', ',']))
        .filter(|word| !word.is_empty())
    {
        if !words.iter().any(|known| known == word) {
            words.push(word.into());
        }
    }
    Ok((!words.is_empty()).then_some(words))
}

fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("'{word}'")).collect();
    words.join(", ")
}
