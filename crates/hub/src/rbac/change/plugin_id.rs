//! Plugin ids that administrators add to those of the configuration and of this hub.

use super::super::state::State;
use super::super::write::Changed;
use crate::error::Error;
use indexmap::IndexSet;
use serde_json::json;
use std::collections::HashSet;

/// How many ids a request may name.
const MAX_IDS: usize = 100;

/// How long an id may be, in UTF-16 units as the original counts.
const MAX_LENGTH: usize = 64;

/// A list of ids that can be used.
#[derive(Debug, Clone)]
pub(crate) struct PluginIds(Vec<String>);

/// Every id, those that cannot be removed first.
pub(crate) type AllIds = IndexSet<String>;

impl PluginIds {
    /// Checks the ids that somebody wrote.
    ///
    /// # Errors
    ///
    /// 400 for none or too many of them, and for one that is empty, too long or named twice.
    pub(crate) fn new(ids: Vec<String>) -> Result<PluginIds, Error> {
        if ids.is_empty() {
            return refused("'ids' must contain at least one plugin ID".to_owned());
        }
        if ids.len() > MAX_IDS {
            return refused(format!("'ids' can include at most {MAX_IDS} plugin IDs"));
        }
        let mut seen = HashSet::new();
        for id in &ids {
            if id.is_empty() || id.encode_utf16().count() > MAX_LENGTH {
                return refused(format!(
                    "plugin ID '{id}' must be between 1 and {MAX_LENGTH} characters"
                ));
            }
            if !seen.insert(id) {
                return refused(format!("'ids' contains duplicate plugin ID '{id}'"));
            }
        }
        Ok(PluginIds(ids))
    }

    /// Those of the ids that are as wanted, as the JSON that messages show.
    fn listed(&self, is_wanted: impl Fn(&String) -> bool) -> Option<String> {
        let wanted: Vec<_> = self.0.iter().filter(|id| is_wanted(id)).collect();
        (!wanted.is_empty()).then(|| json!(wanted).to_string())
    }
}

/// Adds ids, and gives all that there are; `fixed` are those that nobody adds.
///
/// # Errors
///
/// 409 when one of them is known.
pub(crate) fn add_plugin_ids(
    state: &mut State,
    fixed: &IndexSet<String>,
    ids: &PluginIds,
) -> Result<Changed<AllIds>, Error> {
    let known = |id: &String| fixed.contains(id) || state.plugin_ids.contains(id);
    if let Some(known) = ids.listed(known) {
        return Err(Error::Conflict(format!(
            "Plugin IDs {known} already exist in the system. Please use a different set of plugin ids."
        )));
    }
    for id in &ids.0 {
        // In the order in which they are loaded.
        state.plugin_ids.insert_sorted(id.clone());
    }
    Ok(changed(state, fixed, ids))
}

/// Removes ids, and gives all that remain; `fixed` are those that nobody removes.
///
/// # Errors
///
/// 403 when one of them is fixed, 404 when one is unknown.
pub(crate) fn remove_plugin_ids(
    state: &mut State,
    fixed: &IndexSet<String>,
    ids: &PluginIds,
) -> Result<Changed<AllIds>, Error> {
    if ids.0.iter().any(|id| fixed.contains(id)) {
        return Err(Error::NotAllowed(format!(
            "Plugin IDs {} can be removed only with help of configuration.",
            json!(ids.0)
        )));
    }
    if let Some(unknown) = ids.listed(|id| !state.plugin_ids.contains(id)) {
        return Err(Error::NotFound(format!(
            "Plugin IDs {unknown} were not found."
        )));
    }
    state.plugin_ids.retain(|id| !ids.0.contains(id));
    Ok(changed(state, fixed, ids))
}

fn changed(state: &State, fixed: &IndexSet<String>, ids: &PluginIds) -> Changed<AllIds> {
    let all = fixed.iter().chain(&state.plugin_ids);
    Changed {
        answer: all.cloned().collect(),
        meta: json!({"ids": ids.0}),
    }
}

fn refused(message: String) -> Result<PluginIds, Error> {
    Err(Error::Input(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn fixed() -> IndexSet<String> {
        ids(&["catalog"]).into_iter().collect()
    }

    fn message<T>(answer: Result<T, Error>) -> String {
        answer.err().expect("it is refused").to_string()
    }

    #[test]
    fn ids_are_added_and_removed() {
        let mut state = State::default();
        let new = PluginIds::new(ids(&["tekton", "argocd"])).unwrap();

        let all = add_plugin_ids(&mut state, &fixed(), &new).unwrap().answer;
        assert_eq!(Vec::from_iter(all), ["catalog", "argocd", "tekton"]);

        let one = PluginIds::new(ids(&["argocd"])).unwrap();
        let rest = remove_plugin_ids(&mut state, &fixed(), &one)
            .unwrap()
            .answer;
        assert_eq!(Vec::from_iter(rest), ["catalog", "tekton"]);
    }

    #[test]
    fn known_fixed_and_unknown_ids_are_refused() {
        let mut state = State::default();
        state.plugin_ids.insert("tekton".to_owned());
        let before = state.clone();
        let new = PluginIds::new(ids(&["tekton", "catalog", "quay"])).unwrap();
        let unknown = PluginIds::new(ids(&["tekton", "quay"])).unwrap();

        assert_eq!(
            message(add_plugin_ids(&mut state, &fixed(), &new)),
            r#"Plugin IDs ["tekton","catalog"] already exist in the system. Please use a different set of plugin ids."#
        );
        assert_eq!(
            message(remove_plugin_ids(&mut state, &fixed(), &new)),
            r#"Plugin IDs ["tekton","catalog","quay"] can be removed only with help of configuration."#
        );
        assert_eq!(
            message(remove_plugin_ids(&mut state, &fixed(), &unknown)),
            r#"Plugin IDs ["quay"] were not found."#
        );
        assert_eq!(state, before);
    }

    #[test]
    fn the_list_is_neither_empty_nor_long_nor_repetitive() {
        let many = (0..101).map(|n| format!("p{n}")).collect();
        let long = "ä".repeat(65);

        assert_eq!(
            message(PluginIds::new(Vec::new())),
            "'ids' must contain at least one plugin ID"
        );
        assert_eq!(
            message(PluginIds::new(many)),
            "'ids' can include at most 100 plugin IDs"
        );
        assert_eq!(
            message(PluginIds::new(vec![String::new()])),
            "plugin ID '' must be between 1 and 64 characters"
        );
        assert_eq!(
            message(PluginIds::new(vec![long.clone()])),
            format!("plugin ID '{long}' must be between 1 and 64 characters")
        );
        assert_eq!(
            message(PluginIds::new(ids(&["a", "b", "a"]))),
            "'ids' contains duplicate plugin ID 'a'"
        );
        assert!(PluginIds::new(vec!["ä".repeat(64)]).is_ok());
    }
}
