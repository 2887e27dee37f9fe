//! What wants to be put right about an entity, with the way out.

use crate::catalog::views::request::EntityRequest;
use crate::ui::Tone;
use crate::ui::entity::Sight;
use callboard_catalog::Entity;
use serde_json::Value;
use std::collections::BTreeSet;

/// How many lost names are told.
const MAX_NAMED: usize = 3;

/// Something about the entity that wants to be put right.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Warning {
    pub(in crate::catalog::views) tone: Tone,
    pub(in crate::catalog::views) fact: String,
    /// The way out.
    pub(in crate::catalog::views) advice: String,
}

/// Everything that wants to be put right about the entity of a request.
pub(super) fn warnings(request: &EntityRequest) -> Vec<Warning> {
    let (sight, entity) = (&request.sight, &request.entity);
    let t = &sight.t;
    let items = request
        .said
        .pointer("/status/items")
        .and_then(Value::as_array);
    let errors = items.into_iter().flatten().filter_map(|item| {
        let (tone, fallback) = match item.get("level").and_then(Value::as_str)? {
            "error" => (Tone::No, "entity-error"),
            "warning" => (Tone::If, "entity-warning"),
            _ => return None,
        };
        let message = item.get("message").and_then(Value::as_str);
        Some(Warning {
            tone,
            fact: message.map_or_else(|| t.say(fallback).to_string(), str::to_owned),
            advice: t.say("entity-error-advice").to_string(),
        })
    });
    let orphan = request.is_orphan().then(|| Warning {
        tone: Tone::If,
        fact: t.say("entity-orphan").to_string(),
        advice: t.say("entity-orphan-advice").to_string(),
    });
    errors
        .chain(orphan)
        .chain(dangling(sight, entity))
        .collect()
}

/// Relations that lead to nothing. Only whoever sees everything is told: to others a hidden
/// entity must look like one that is not there.
fn dangling(sight: &Sight, entity: &Entity) -> Option<Warning> {
    if !sight.is_whole() {
        return None;
    }
    let relations = entity.relations().into_iter();
    let lost: BTreeSet<String> = relations
        .filter(|found| sight.find(&found.target).is_none())
        .map(|found| found.target.to_string())
        .collect();
    if lost.is_empty() {
        return None;
    }
    let named: Vec<&str> = lost.iter().take(MAX_NAMED).map(String::as_str).collect();
    let t = &sight.t;
    let fact = t
        .say("entity-dangling")
        .with("names", named.join(", "))
        .with("more", lost.len() - named.len());
    Some(Warning {
        tone: Tone::If,
        fact: fact.to_string(),
        advice: t.say("entity-dangling-advice").to_string(),
    })
}
