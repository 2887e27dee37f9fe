//! The `catalog` section of the configuration.

use super::location::{Location, LocationType, normal};
use super::rules::{LocationRule, Rule, Rules, TargetRule};
use crate::finding::Finding;
use callboard_config::{Config, ConfigError, View};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What may come from anywhere when the configuration says nothing.
const DEFAULT_KINDS: [&str; 3] = ["Component", "API", "Location"];

const DEFAULT_INTERVAL: Duration = Duration::from_secs(100);

/// The least that an interval can be.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// What the catalog takes from the configuration.
#[derive(Debug, Clone)]
pub(super) struct CatalogConfig {
    pub(super) rules: Rules,
    /// Each location once, in the order of the configuration.
    pub(super) locations: Vec<ConfiguredLocation>,
    /// How often what an entity reads is read again.
    pub(super) interval: Interval,
    pub(super) orphans: OrphanStrategy,
    /// Whether locations cannot be registered or removed by request.
    pub(super) is_readonly: bool,
}

/// `catalog.processingInterval`: how long a processed entity rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interval {
    /// For a time between these two, so that not all comes due at once.
    Between(Duration, Duration),
    /// For ever: this hub processes nothing.
    Never,
}

/// `catalog.orphanStrategy`: what becomes of an entity that nobody emits any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrphanStrategy {
    /// It stays, with an annotation that says so.
    Keep,
    /// It goes.
    Delete,
}

/// An item of `catalog.locations`.
#[derive(Debug, Clone)]
pub(super) struct ConfiguredLocation {
    pub(super) location: Location,
    /// The file and line of the item; absent when it does not come from a file.
    pub(super) written: Option<callboard_config::Location>,
}

impl CatalogConfig {
    /// Reads the section; everything is optional.
    pub(super) fn read(config: &Config) -> Result<CatalogConfig, ConfigError> {
        let mut rules = match config.optional_object_list("catalog.rules")? {
            None => vec![Rule::anywhere(&DEFAULT_KINDS)],
            Some(rules) => rules
                .iter()
                .map(|rule| read_rule(config, rule))
                .collect::<Result<_, _>>()?,
        };
        let mut locations: Vec<ConfiguredLocation> = Vec::new();
        for item in config
            .optional_object_list("catalog.locations")?
            .unwrap_or_default()
        {
            let location = read_location(config, &item)?;
            for rule in item.optional_object_list("rules")?.unwrap_or_default() {
                let only_here = LocationRule {
                    location_type: location.location_type.clone(),
                    target: TargetRule::Exact(location.target.clone()),
                };
                let allow = Rule::anywhere(&rule.string_list("allow")?);
                rules.push(Rule {
                    locations: Some(vec![only_here]),
                    ..allow
                });
            }
            if locations.iter().all(|known| known.location != location) {
                locations.push(ConfiguredLocation {
                    location,
                    written: item.located(""),
                });
            }
        }
        Ok(CatalogConfig {
            rules: Rules::new(rules),
            locations,
            interval: read_interval(config)?,
            orphans: read_orphans(config)?,
            is_readonly: config
                .optional_boolean("catalog.readonly")?
                .unwrap_or_default(),
        })
    }
}

impl ConfiguredLocation {
    /// Adds where the location is configured.
    pub(super) fn place(&self, finding: Finding) -> Finding {
        match &self.written {
            Some(written) => finding.at(&written.file, Some(written.line)),
            None => finding,
        }
    }
}

fn read_rule(config: &Config, rule: &View<'_>) -> Result<Rule, ConfigError> {
    let allow = Rule::anywhere(&rule.string_list("allow")?);
    let locations = rule.optional_object_list("locations")?;
    let locations = locations.map(|locations| {
        locations
            .iter()
            .map(|location| read_location_rule(config, location))
            .collect::<Result<Vec<_>, _>>()
    });
    Ok(Rule {
        locations: locations.transpose()?,
        ..allow
    })
}

fn read_location_rule(config: &Config, rule: &View<'_>) -> Result<LocationRule, ConfigError> {
    let location_type = LocationType::from(&*rule.string("type")?);
    let target = match (
        rule.optional_string("exact")?,
        rule.optional_string("pattern")?,
    ) {
        (Some(_), Some(_)) => {
            let message = "A catalog rule location cannot have both exact and pattern values";
            return Err(rule.error("", message));
        }
        (Some(exact), None) => TargetRule::Exact(resolve(config, &location_type, exact)),
        (None, Some(pattern)) => TargetRule::pattern(&pattern)
            .map_err(|error| rule.error("pattern", format!("not a glob: {}", error.kind())))?,
        (None, None) => TargetRule::Any,
    };
    Ok(LocationRule {
        location_type,
        target,
    })
}

fn read_location(config: &Config, item: &View<'_>) -> Result<Location, ConfigError> {
    let location_type = LocationType::from(&*item.string("type")?);
    let target = resolve(config, &location_type, item.string("target")?);
    Ok(Location {
        location_type,
        target,
    })
}

/// Files are relative to the working directory.
fn resolve(config: &Config, location_type: &LocationType, target: String) -> String {
    match location_type {
        LocationType::File => absolute(&config.resolve_path(target))
            .to_string_lossy()
            .into_owned(),
        LocationType::Url | LocationType::Other(_) => target,
    }
}

fn absolute(path: &Path) -> PathBuf {
    // It fails only for an empty path, or in a working directory that is gone.
    normal(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// A duration, from which to half as much again, or `false`.
fn read_interval(config: &Config) -> Result<Interval, ConfigError> {
    const KEY: &str = "catalog.processingInterval";
    if config.json(KEY) == Some(false.into()) {
        return Ok(Interval::Never);
    }
    let shortest = config.optional_duration(KEY)?.unwrap_or(DEFAULT_INTERVAL);
    let shortest = shortest.max(SHORTEST_INTERVAL);
    Ok(Interval::Between(shortest, shortest.mul_f64(1.5)))
}

fn read_orphans(config: &Config) -> Result<OrphanStrategy, ConfigError> {
    const KEY: &str = "catalog.orphanStrategy";
    match config.optional_string(KEY)?.as_deref() {
        None | Some("delete") => Ok(OrphanStrategy::Delete),
        Some("keep") => Ok(OrphanStrategy::Keep),
        Some(other) => {
            let message = format!("unknown orphan strategy `{other}`, expected `keep` or `delete`");
            Err(config.error(KEY, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(catalog: &Value) -> Result<CatalogConfig, ConfigError> {
        CatalogConfig::read(&Config::from_value(json!({"catalog": catalog})))
    }

    #[test]
    fn without_rules_only_harmless_kinds_are_allowed() {
        let config = read(&json!({})).unwrap();
        let origin = Location::parse("url:https://example.com").unwrap();

        let allowed = ["Component", "API", "Location", "Group", "User", "Template"]
            .map(|kind| config.rules.allow(kind, &origin));

        assert_eq!(allowed, [true, true, true, false, false, false]);
    }

    #[test]
    fn rules_of_a_location_are_bound_to_it() {
        let config = read(&json!({"rules": [], "locations": [
            {"type": "file", "target": "/a.yaml", "rules": [{"allow": ["Group"]}]},
            {"type": "file", "target": "/b.yaml"},
            {"type": "file", "target": "/b.yaml"},
        ]}))
        .unwrap();

        let [a, b] = &config.locations[..] else {
            panic!("two locations")
        };
        assert!(config.rules.allow("group", &a.location));
        assert!(!config.rules.allow("group", &b.location));
    }

    #[test]
    fn a_rule_cannot_be_exact_and_a_pattern() {
        let rule =
            json!({"allow": ["API"], "locations": [{"type": "url", "exact": "a", "pattern": "b"}]});

        let error = read(&json!({"rules": [rule]})).unwrap_err().to_string();

        assert!(
            error.contains("A catalog rule location cannot have both exact and pattern values"),
            "{error}"
        );
    }

    #[test]
    fn processing_may_be_off_or_a_duration() {
        assert!(read(&json!({"processingInterval": false, "orphanStrategy": "keep"})).is_ok());
        assert!(read(&json!({"processingInterval": {"minutes": 3}})).is_ok());
        assert!(read(&json!({"processingInterval": "often"})).is_err());
    }
}
