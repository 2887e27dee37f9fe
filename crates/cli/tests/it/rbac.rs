//! Tests of `callboard rbac`: what an administrator is told at the machine.

use crate::program::{Place, stderr, stdout};

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/readers
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [update, delete]
conditions:
  allOf:
    - {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
    - not: {rule: HAS_SPEC, resourceType: catalog-entity, params: {key: lifecycle, value: production}}
";

/// A place with a conditional policy.
fn place() -> Place {
    let place = Place::new();
    place.write("conditions.yaml", CONDITIONS);
    place.write(
        "conditions-config.yaml",
        "permission: {rbac: {conditionalPoliciesFile: ./conditions.yaml}}\n",
    );
    place
}

const QUESTION: [&str; 10] = [
    "--config=app-config.yaml",
    "--config=conditions-config.yaml",
    "rbac",
    "explain",
    "--user",
    "user:default/ann",
    "--permission",
    "catalog.entity.delete",
    "--resource",
    "component:till",
];

#[test]
fn an_answer_reads_like_a_page() {
    let place = place();

    let output = place.run(&QUESTION);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let expected = "\
DENY  user:default/ann may not use catalog.entity.delete on component:till
      The resource does not meet condition 1 of `role:default/readers` (./conditions.yaml:2).

Who
  user     user:default/ann
  owns as  user:default/ann
           group:default/ushers
  is in    group:default/ushers

Roles
  role:default/readers  as a member                   ./policies.csv:2
  role:default/readers  through group:default/ushers  ./policies.csv:3

Considered
  decided  role:default/readers  catalog-entity, delete  condition 1  ./conditions.yaml:2
  and 3 rows for other actions; `--format json` has all of them

Condition 1 of role:default/readers
  ✗ all of
    ✓ IS_ENTITY_OWNER claims = user:default/ann | group:default/ushers [stored: claims = $ownerRefs] — found: group:default/ushers
    ✗ not
      ✓ HAS_SPEC key = lifecycle, value = production — found: production

What would change it
  - a resource that does not meet `HAS_SPEC(key = lifecycle, value = production)` of condition 1
";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn the_same_is_printed_for_programs_while_the_hub_runs() {
    let place = place();
    let hub = place.serve();

    let output = place.run(&[&QUESTION[..], &["--format", "json"]].concat());
    hub.terminate();

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["result"], "DENY");
    assert_eq!(answer["view"], "full");
    assert_eq!(answer["conditions"][0]["tree"]["allOf"][0]["holds"], true);
}

#[test]
fn nothing_is_written_by_asking() {
    let place = place();
    place.run(&QUESTION);

    let output = place.run(&[&QUESTION[..], &["--format", "json"]].concat());

    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["revision"], 0);
}

#[test]
fn a_question_that_cannot_be_understood_is_refused_with_help() {
    let place = place();

    let output = place.run(&[
        "rbac",
        "explain",
        "--user",
        "user:default/ann",
        "--permission",
        "catalog.entity.raed",
    ]);

    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = stderr(&output);
    assert!(text.contains("`catalog.entity.read`"), "{text}");
}
