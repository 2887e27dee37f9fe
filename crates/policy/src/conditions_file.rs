//! The file of conditional policies: YAML documents, one policy each.

use callboard_yaml::{Node, Position, YamlError};
use serde_json::Value;
use smol_str::SmolStr;

use crate::{
    ConditionLimits, ConditionalPolicy, Criteria, FileDiagnostic, Lint, Severity,
    diagnostic::span_of,
};

/// How large a file of conditional policies may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionsFileLimits {
    /// The size of the file in bytes.
    pub max_bytes: usize,
    /// The number of documents in it.
    pub max_documents: usize,
    /// The size of each policy's criteria.
    pub conditions: ConditionLimits,
}

impl Default for ConditionsFileLimits {
    fn default() -> Self {
        Self {
            max_bytes: 1_048_576,
            max_documents: 256,
            conditions: ConditionLimits::default(),
        }
    }
}

/// A file of conditional policies, all of them valid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConditionsFile {
    /// The policies, in order.
    pub policies: Vec<WrittenCondition>,
    /// What is odd in the file though it counts.
    pub warnings: Vec<FileDiagnostic>,
}

/// A conditional policy and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenCondition {
    /// The policy.
    pub policy: ConditionalPolicy,
    /// The number of its document, counted from 1 without the empty ones.
    pub document: u32,
    /// The line where it begins, counted from 1.
    pub line: u32,
}

/// A file of conditional policies of which nothing counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .faults.first().map_or("the file is not valid", |fault| fault.message.as_str()))]
pub struct ConditionsFileError {
    /// Every fault that was found, with at least one error.
    pub faults: Vec<FileDiagnostic>,
}

impl ConditionsFile {
    /// Reads a file of conditional policies.
    ///
    /// A policy that names no resource type takes it from its rules when they agree, with a
    /// warning.
    ///
    /// # Errors
    ///
    /// [`ConditionsFileError`] when the file is too large, is no YAML, or has one document
    /// that is no valid policy: a file counts as a whole or not at all.
    ///
    /// # Source
    ///
    /// Mirrors the community RBAC backend but for the resource type.
    pub fn parse(text: &str, limits: &ConditionsFileLimits) -> Result<Self, ConditionsFileError> {
        if text.len() > limits.max_bytes {
            let most = limits.max_bytes;
            return Err(whole_file(format!(
                "conditional policies file exceeds maximum size of {most} bytes"
            )));
        }
        let documents = callboard_yaml::parse_documents(text);
        if documents.len() > limits.max_documents {
            let most = limits.max_documents;
            return Err(whole_file(format!(
                "conditional policies file exceeds maximum of {most} YAML documents"
            )));
        }
        let mut reading = Reading {
            text,
            limits: &limits.conditions,
            file: Self::default(),
            faults: Vec::new(),
        };
        for (number, document) in (1..).zip(documents) {
            match document {
                Ok(node) => reading.take(&node, number),
                Err(error) => reading.take_error(&error, number),
            }
        }
        if reading.faults.is_empty() {
            return Ok(reading.file);
        }
        Err(ConditionsFileError {
            faults: [reading.faults, reading.file.warnings].concat(),
        })
    }

    /// Leaves out the policies of roles that the policy file did not create, with warnings.
    pub fn retain_roles(&mut self, text: &str, is_from_policy_file: impl Fn(&str) -> bool) {
        let (kept, skipped) = self
            .policies
            .drain(..)
            .partition(|written: &WrittenCondition| is_from_policy_file(&written.policy.role));
        self.policies = kept;
        for WrittenCondition {
            policy,
            document,
            line,
        } in skipped
        {
            self.warnings.push(FileDiagnostic {
                lint: Lint::ConditionNoRole,
                severity: Severity::Warning,
                message: format!(
                    "skip to add condition for role '{}'. The role either does not exist or was not created from \
                     a CSV file.",
                    policy.role
                ),
                help: Some("give the role a member in the policy file"),
                line: Some(line),
                document: Some(document),
                span: span_of(text, line, 1),
            });
        }
    }
}

fn whole_file(message: String) -> ConditionsFileError {
    let fault = FileDiagnostic {
        lint: Lint::ConditionLimit,
        severity: Severity::Error,
        message,
        help: None,
        line: None,
        document: None,
        span: 0..0,
    };
    ConditionsFileError {
        faults: vec![fault],
    }
}

/// A file being read.
struct Reading<'a> {
    text: &'a str,
    limits: &'a ConditionLimits,
    file: ConditionsFile,
    faults: Vec<FileDiagnostic>,
}

impl Reading<'_> {
    fn take(&mut self, node: &Node, document: u32) {
        let mut body = node.to_json();
        if let Some(resource_type) = missing_resource_type(&body) {
            let message =
                format!("'resourceType' is missing and taken from the rules: '{resource_type}'");
            let warning = self.fault(Lint::ConditionResourceType, message, node.at, document);
            self.file.warnings.push(warning);
            body["resourceType"] = resource_type.as_str().into();
        }
        match ConditionalPolicy::from_json(&body, self.limits) {
            Ok(policy) => {
                self.warn_of_foreign_rules(&policy, node, document);
                self.file.policies.push(WrittenCondition {
                    policy,
                    document,
                    line: node.at.line,
                });
            }
            Err(error) => {
                let fault = self.fault(
                    Lint::ConditionInvalid,
                    error.to_string(),
                    node.nearest(error.path()),
                    document,
                );
                self.faults.push(fault);
            }
        }
    }

    fn take_error(&mut self, error: &YamlError, document: u32) {
        let at = error.position().unwrap_or(Position { line: 1, column: 1 });
        let fault = self.fault(Lint::ConditionYaml, error.to_string(), at, document);
        self.faults.push(fault);
    }

    /// Warns of rules for another type of resource, which no plugin will find.
    fn warn_of_foreign_rules(&mut self, policy: &ConditionalPolicy, node: &Node, document: u32) {
        let Ok(criteria) = Criteria::from_json(&policy.conditions) else {
            return;
        };
        for leaf in criteria
            .leaves()
            .filter(|leaf| leaf.resource_type != policy.resource_type)
        {
            let message = format!(
                "rule '{}' is for resource type '{}', but the condition is for '{}'",
                leaf.rule, leaf.resource_type, policy.resource_type
            );
            let warning = self.fault(
                Lint::ConditionForeignRule,
                message,
                node.nearest(["conditions"]),
                document,
            );
            self.file.warnings.push(warning);
        }
    }

    fn fault(&self, lint: Lint, message: String, at: Position, document: u32) -> FileDiagnostic {
        FileDiagnostic {
            lint,
            severity: lint.file_severity(),
            message,
            help: None,
            line: Some(at.line),
            document: Some(document),
            span: span_of(self.text, at.line, at.column),
        }
    }
}

/// The resource type that all rules of a policy have, when the policy itself names none.
fn missing_resource_type(body: &Value) -> Option<SmolStr> {
    if !body.is_object()
        || body
            .get("resourceType")
            .is_some_and(|value| !value.is_null())
    {
        return None;
    }
    let criteria = Criteria::from_json(body.get("conditions")?).ok()?;
    let mut types = criteria.leaves().map(|leaf| &leaf.resource_type);
    let first = types.next()?;
    types.all(|other| other == first).then(|| first.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "\
result: CONDITIONAL
roleEntityRef: role:default/readers
pluginId: catalog
resourceType: catalog-entity
permissionMapping:
  - read
conditions:
  rule: IS_ENTITY_KIND
  resourceType: catalog-entity
  params:
    kinds: [API]
";

    fn parse(text: &str) -> Result<ConditionsFile, ConditionsFileError> {
        ConditionsFile::parse(text, &ConditionsFileLimits::default())
    }

    #[test]
    fn every_document_is_a_policy_and_empty_ones_are_skipped() {
        let file = parse(&format!("---\n---\n{POLICY}---\n{POLICY}")).unwrap();

        let places: Vec<_> = file
            .policies
            .iter()
            .map(|written| (written.document, written.line))
            .collect();
        assert_eq!(places, [(1, 3), (2, 15)]);
        assert_eq!(file.warnings, []);
    }

    #[test]
    fn one_bad_document_spoils_the_file_and_says_where() {
        let text = format!(
            "{POLICY}---\n{}",
            POLICY.replace("  rule: IS_ENTITY_KIND\n", "")
        );

        let error = parse(&text).unwrap_err();

        assert_eq!(
            error.to_string(),
            "'rule' must be specified in the roleCondition.conditions.condition"
        );
        assert_eq!(
            (error.faults[0].document, error.faults[0].line),
            (Some(2), Some(19))
        );
        assert_eq!(&text[error.faults[0].span.clone()], "conditions:");
    }

    #[test]
    fn a_missing_resource_type_is_taken_from_rules_that_agree() {
        let without = POLICY.replacen("resourceType: catalog-entity\n", "", 1);

        let file = parse(&without).unwrap();

        assert_eq!(file.policies[0].policy.resource_type, "catalog-entity");
        assert_eq!(file.warnings.len(), 1);
        let apart = without.replace(
            "conditions:\n  rule: IS_ENTITY_KIND\n  resourceType: catalog-entity\n  params:\n    kinds: [API]\n",
            "conditions:\n  anyOf:\n  - {rule: A, resourceType: a}\n  - {rule: B, resourceType: b}\n",
        );
        assert_eq!(
            parse(&apart).unwrap_err().to_string(),
            "'resourceType' must be specified in the role condition"
        );
    }

    #[test]
    fn limits_are_those_of_the_whole_file() {
        let limits = ConditionsFileLimits {
            max_bytes: 10,
            ..ConditionsFileLimits::default()
        };
        let error = ConditionsFile::parse(POLICY, &limits).unwrap_err();
        assert_eq!(
            error.to_string(),
            "conditional policies file exceeds maximum size of 10 bytes"
        );

        let limits = ConditionsFileLimits {
            max_documents: 1,
            ..ConditionsFileLimits::default()
        };
        let error = ConditionsFile::parse(&format!("{POLICY}---\n{POLICY}"), &limits).unwrap_err();
        assert_eq!(
            error.to_string(),
            "conditional policies file exceeds maximum of 1 YAML documents"
        );
    }

    #[test]
    fn broken_yaml_is_an_error_with_a_line() {
        let error = parse("result: [\n").unwrap_err();

        assert!(error.faults[0].line.is_some(), "{error:?}");
    }

    #[test]
    fn policies_of_other_roles_are_skipped_with_a_warning() {
        let mut file = parse(POLICY).unwrap();

        file.retain_roles(POLICY, |role| role == "role:default/others");

        assert_eq!(file.policies, []);
        assert_eq!(
            file.warnings[0].message,
            "skip to add condition for role 'role:default/readers'. The role either does not exist or was not \
             created from a CSV file."
        );
    }
}
