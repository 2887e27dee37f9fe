//! Tests of `callboard rbac export`: where the files go, and that they are not written over.

use crate::program::{Place, stderr, stdout};
use insta::assert_snapshot;

const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/readers
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [update]
conditions: {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
";

/// A place whose hub has run once, so that its policy is stored.
fn place() -> Place {
    let place = Place::new();
    place.write("conditions.yaml", CONDITIONS);
    place.write(
        "app-config.local.yaml",
        "permission: {rbac: {conditionalPoliciesFile: ./conditions.yaml}}\n",
    );
    place.serve().terminate();
    place
}

#[test]
fn policies_go_to_standard_output_and_conditions_where_they_are_told() {
    let place = place();

    let output = place.run(&["rbac", "export", "--conditions", "out.yaml"]);

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_snapshot!(stdout(&output), @r#"
    # role:default/readers
    # source csv-file
    g, group:default/ushers, role:default/readers
    g, user:default/ann, role:default/readers
    p, role:default/readers, catalog-entity, read, allow
    "#);
    let conditions = std::fs::read_to_string(place.path("out.yaml")).unwrap();
    assert_snapshot!(conditions, @r#"
    ---
    result: CONDITIONAL
    roleEntityRef: role:default/readers
    pluginId: catalog
    resourceType: catalog-entity
    permissionMapping:
      - update
    conditions:
      rule: IS_ENTITY_OWNER
      resourceType: catalog-entity
      params:
        claims:
          - $ownerRefs
    "#);
    assert!(stderr(&output).contains("left out: role:default/rbac_admin: "));
}

#[test]
fn conditions_that_go_nowhere_are_told() {
    let output = place().run(&["rbac", "export"]);

    assert!(stdout(&output).contains("g, user:default/ann, role:default/readers"));
    assert!(!stdout(&output).contains("CONDITIONAL"));
    assert!(
        stderr(&output).contains("not written: 1 conditional polic"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_is_exported_has_nothing_to_report() {
    let place = place();
    place.run(&["rbac", "export", "--policies=a.csv", "--conditions=b.yaml"]);

    let output = place.run(&["rbac", "check", "a.csv", "b.yaml"]);

    assert_eq!(stdout(&output), "nothing to report\n");
}

#[test]
fn a_file_that_is_there_is_written_over_only_by_force() {
    let place = place();
    place.write("a.csv", "mine\n");

    let refused = place.run(&["rbac", "export", "--policies", "a.csv"]);
    let kept = std::fs::read_to_string(place.path("a.csv")).unwrap();
    let forced = place.run(&["rbac", "export", "--policies", "a.csv", "--force"]);

    assert_eq!(refused.status.code(), Some(1));
    assert!(
        stderr(&refused).contains("`a.csv` is there already"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(kept, "mine\n");
    assert_eq!(forced.status.code(), Some(0));
    assert!(
        stdout(&forced).starts_with("---\nresult: CONDITIONAL\n"),
        "{}",
        stdout(&forced)
    );
    assert!(
        !std::fs::read_to_string(place.path("a.csv"))
            .unwrap()
            .contains("mine")
    );
}
