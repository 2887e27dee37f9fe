//! Tests of `callboard check`: what it finds, and how it exits.

use crate::program::{POLICIES, Place, stdout};

#[test]
fn good_files_give_nothing_to_report() {
    let place = Place::new();

    let output = place.run(&["check"]);

    assert_eq!(stdout(&output), "nothing to report\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_stray_quote_in_the_policies_is_found_with_file_and_line() {
    let place = Place::new();
    place.write(
        "policies.csv",
        &format!("{POLICIES}p, \"role:default/x\"y, catalog-entity, read, allow\n"),
    );

    let output = place.run(&["check"]);

    assert!(
        stdout(&output).contains("policies.csv:4:1: error: "),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_broken_document_in_the_catalog_fails_the_check_with_file_and_line() {
    let place = Place::new();
    place.write(
        "catalog.yaml",
        "kind: User\nmetadata: [unclosed\n---\nkind: Component\n",
    );

    let output = place.run(&["check"]);

    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains("catalog.yaml:"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_guest_on_a_reachable_address_is_a_warning() {
    let place = Place::new();
    place.write("open.yaml", "backend: {listen: ':7007'}\n");

    let output = place.run(&[
        "check",
        "--config",
        "app-config.yaml",
        "--config",
        "open.yaml",
    ]);

    assert!(stdout(&output).contains("warning: "), "{}", stdout(&output));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_policy_that_the_configuration_refuses_is_found_with_file_and_line() {
    let place = Place::new();
    place.write(
        "more.yaml",
        "permission:\n  rbac:\n    policies-csv-file: ./roles/./missing.csv\n    admin:\n      users:\n        - name: user:default/ann\n        - name: ann\n",
    );
    let check = |place: &Place| {
        stdout(&place.run(&[
            "check",
            "--config",
            "app-config.yaml",
            "--config",
            "more.yaml",
        ]))
    };

    let refused = check(&place);
    place.write(
        "more.yaml",
        "permission:\n  rbac:\n    policies-csv-file: ./roles/./missing.csv\n",
    );
    let missing = check(&place);

    assert!(
        refused.contains("more.yaml:7: error: Invalid admin entity reference 'ann'"),
        "{refused}"
    );
    assert!(
        missing.contains("more.yaml:3: error: `permission.rbac.policies-csv-file` in the configuration: cannot read `")
            && missing.contains("/roles/missing.csv`: No such file")
            && missing.contains("help: correct the path"),
        "{missing}"
    );
}
