//! Which kinds of entities may come from which locations.

use super::location::{Location, LocationType};
use globset::{GlobBuilder, GlobMatcher};

/// The allow list: an entity must match one of its rules.
#[derive(Debug, Clone)]
pub(super) struct Rules(Vec<Rule>);

/// Kinds, and the origins that they may come from.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Kinds in lower case.
    pub(super) allow: Vec<String>,
    /// Absent means from anywhere.
    pub(super) locations: Option<Vec<LocationRule>>,
}

/// A description of origins.
#[derive(Debug, Clone)]
pub(super) struct LocationRule {
    pub(super) location_type: LocationType,
    pub(super) target: TargetRule,
}

/// Which targets of a type are meant.
#[derive(Debug, Clone)]
pub(super) enum TargetRule {
    /// Every one.
    Any,
    /// This one.
    Exact(String),
    /// Those that a glob matches, without regard to case and dots.
    Pattern(GlobMatcher),
}

impl Rules {
    pub(super) fn new(rules: Vec<Rule>) -> Rules {
        Rules(rules)
    }

    /// Whether an entity of `kind` may come from `origin`, the configured location above it.
    pub(super) fn allow(&self, kind: &str, origin: &Location) -> bool {
        let kind = kind.to_lowercase();
        self.0
            .iter()
            .any(|rule| rule.allow.contains(&kind) && rule.covers(origin))
    }
}

impl Rule {
    /// Kinds that may come from anywhere.
    pub(super) fn anywhere<K: AsRef<str>>(kinds: &[K]) -> Rule {
        Rule {
            allow: kinds
                .iter()
                .map(|kind| kind.as_ref().to_lowercase())
                .collect(),
            locations: None,
        }
    }

    fn covers(&self, origin: &Location) -> bool {
        self.locations
            .as_ref()
            .is_none_or(|locations| locations.iter().any(|location| location.covers(origin)))
    }
}

impl LocationRule {
    fn covers(&self, origin: &Location) -> bool {
        self.location_type == origin.location_type
            && match &self.target {
                TargetRule::Any => true,
                TargetRule::Exact(target) => *target == origin.target,
                TargetRule::Pattern(pattern) => pattern.is_match(&origin.target),
            }
    }
}

impl TargetRule {
    /// Reads a glob.
    pub(super) fn pattern(pattern: &str) -> Result<TargetRule, globset::Error> {
        let glob = GlobBuilder::new(pattern)
            .case_insensitive(true)
            .literal_separator(true)
            .build()?;
        Ok(TargetRule::Pattern(glob.compile_matcher()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Location {
        Location::parse(text).unwrap()
    }

    fn rule(kind: &str, location_type: LocationType, target: TargetRule) -> Rule {
        Rule {
            locations: Some(vec![LocationRule {
                location_type,
                target,
            }]),
            ..Rule::anywhere(&[kind])
        }
    }

    #[test]
    fn kinds_are_compared_without_case() {
        let rules = Rules::new(vec![Rule::anywhere(&["Component"])]);

        assert!(rules.allow("cOMPONENT", &origin("file:/a")));
        assert!(!rules.allow("Group", &origin("file:/a")));
    }

    #[test]
    fn a_rule_with_locations_covers_only_them() {
        let pattern = TargetRule::pattern("**/Templates/*.yaml").unwrap();
        let rules = Rules::new(vec![
            rule(
                "Group",
                LocationType::File,
                TargetRule::Exact("/org.yaml".to_owned()),
            ),
            rule("Template", LocationType::File, pattern),
            rule("User", LocationType::Url, TargetRule::Any),
        ]);

        assert!(rules.allow("Group", &origin("file:/org.yaml")));
        assert!(!rules.allow("Group", &origin("file:/org.yml")));
        assert!(!rules.allow("Group", &origin("url:/org.yaml")));
        assert!(rules.allow("Template", &origin("file:/a/.b/templates/all.yaml")));
        assert!(!rules.allow("Template", &origin("file:/a/templates/deep/all.yaml")));
        assert!(rules.allow("User", &origin("url:https://example.com/x")));
    }
}
