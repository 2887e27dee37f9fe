//! Tests of `callboard rbac check`: how findings are written, and how it exits.

use crate::program::{POLICIES, Place, stderr, stdout};
use insta::assert_snapshot;
use serde_json::Value;

const FAULTY: &str = "\
g, user:default/ann, role:default/readers
p, role:default/readers, catalog-entity, Read, allow
p, role:default/reader, catalog.entty.read, read, allow
";

const CONDITIONS: &str = "\
result: CONDITIONAL
roleEntityRef: role:default/readers
pluginId: catalog
resourceType: catalog-entity
permissionMapping:
  - read
conditions:
  rule: IS_ENTITY_ONWER
  resourceType: catalog-entity
  params:
    claims: [$ownerRefs]
";

fn faulty() -> Place {
    let place = Place::empty();
    place.write("roles.csv", FAULTY);
    place.write("conditions.yaml", CONDITIONS);
    place
}

#[test]
fn text_has_a_line_for_each_finding() {
    let output = faulty().run(&["rbac", "check", "conditions.yaml", "roles.csv"]);

    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(stdout(&output), @r#"
    conditions.yaml:1:1: error: Permission rule 'IS_ENTITY_ONWER' does not exist for resource type 'catalog-entity'; every decision that the condition takes part in is a denial [condition/unknown-rule]
      help: did you mean `IS_ENTITY_OWNER`?
    roles.csv:2:42: error: Failed to validate policy from file roles.csv. Cause: 'policy' has invalid value: 'Read'. It should be one of: create, read, update, delete, use [policy/action]
      help: did you mean `read`?
    roles.csv:3:4: warning: `role:default/reader` has no member, so this row gives nothing [role/no-member]
      help: did you mean `role:default/readers`?
    roles.csv:3:25: warning: no plugin of this hub has a permission or resource type `catalog.entty.read` [policy/unknown-permission]
      help: did you mean `catalog.entity.read`?
    note: without a configuration neither the users and groups of the catalog are known, nor the default role, the administrators, further plugins and `policyDecisionPrecedence` [check/incomplete]
    2 errors, 2 warnings, 1 note
    "#);
}

#[test]
fn json_is_a_list_of_objects() {
    let output = faulty().run(&[
        "rbac",
        "check",
        "--format=json",
        "roles.csv",
        "conditions.yaml",
    ]);

    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(format!("{:#}", findings[1]), @r#"
    {
      "id": "policy/action",
      "severity": "error",
      "file": "roles.csv",
      "line": 2,
      "column": 42,
      "message": "Failed to validate policy from file roles.csv. Cause: 'policy' has invalid value: 'Read'. It should be one of: create, read, update, delete, use",
      "help": "did you mean `read`?"
    }
    "#);
}

#[test]
fn sarif_has_the_shape_that_its_standard_asks_for() {
    let output = faulty().run(&[
        "rbac",
        "check",
        "--format=sarif",
        "roles.csv",
        "conditions.yaml",
    ]);

    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let [run] = &log["runs"].as_array().unwrap()[..] else {
        panic!("{log:#}")
    };
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(run["tool"]["driver"]["name"], "callboard");
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string());
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(["note", "warning", "error"].contains(&level), "{rule}");
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 5);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].is_string());
        for location in result["locations"].as_array().into_iter().flatten() {
            let place = &location["physicalLocation"];
            assert!(place["artifactLocation"]["uri"].is_string(), "{result}");
            assert!(place["region"]["startLine"].as_u64() > Some(0), "{result}");
            assert!(
                place["region"]["startColumn"].as_u64() > Some(0),
                "{result}"
            );
        }
    }
    assert_snapshot!(format!("{:#}", results[0]), @r#"
    {
      "ruleId": "condition/unknown-rule",
      "ruleIndex": 36,
      "level": "error",
      "message": {
        "text": "Permission rule 'IS_ENTITY_ONWER' does not exist for resource type 'catalog-entity'; every decision that the condition takes part in is a denial\nhelp: did you mean `IS_ENTITY_OWNER`?"
      },
      "locations": [
        {
          "physicalLocation": {
            "artifactLocation": {
              "uri": "conditions.yaml"
            },
            "region": {
              "startLine": 1,
              "startColumn": 1
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn warnings_fail_only_when_they_are_denied() {
    let place = Place::new();
    place.write(
        "more.csv",
        &format!("{POLICIES}g, user:default/an, role:default/readers\n"),
    );

    let output = place.run(&["rbac", "check", "more.csv"]);
    let denied = place.run(&["rbac", "check", "more.csv", "--deny-warnings"]);

    assert_eq!(output.status.code(), Some(0));
    assert_snapshot!(stdout(&output), @r#"
    more.csv:4:4: warning: the catalog does not know `user:default/an` [member/unknown]
    0 errors, 1 warning
    "#);
    assert_eq!(denied.status.code(), Some(1));
    assert_eq!(denied.stdout, output.stdout);
}

#[test]
fn the_files_of_the_configuration_are_checked_when_none_is_named() {
    let output = Place::new().run(&["rbac", "check"]);

    assert_eq!(output.status.code(), Some(0));
    assert_snapshot!(stdout(&output), @"nothing to report");
}

#[test]
fn files_are_told_apart_by_what_is_in_them() {
    let place = Place::empty();
    place.write("one.txt", CONDITIONS);
    place.write("two.txt", FAULTY);

    let output = place.run(&["rbac", "check", "one.txt", "two.txt"]);

    assert!(
        stdout(&output).contains("two.txt:2:42: error: "),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("one.txt:1:1: error: "),
        "{}",
        stdout(&output)
    );
}

#[test]
fn what_cannot_be_checked_is_refused_with_two() {
    let place = faulty();
    place.write("other.csv", "");

    for (arguments, reason) in [
        (&["rbac", "check"][..], "neither files nor a configuration"),
        (&["rbac", "check", "missing.csv"], "missing.csv"),
        (
            &["rbac", "check", "roles.csv", "other.csv"],
            "both files of policies",
        ),
        (&["rbac", "check", "a", "b", "c"], "unexpected value"),
        (
            &["rbac", "check", "--config=no.yaml", "roles.csv"],
            "no.yaml",
        ),
    ] {
        let output = place.run(arguments);

        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    }
}
