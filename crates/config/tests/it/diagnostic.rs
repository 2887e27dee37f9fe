//! Errors show the line to mend, and no secret.

use callboard_config::{Config, ConfigError};
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::fixture::{Folder, load};

fn rendered(error: &ConfigError) -> String {
    let mut out = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_links(false)
        .render_report(&mut out, error)
        .expect("a report");
    out
}

#[test]
fn a_wrong_type_underlines_the_value() {
    let error = load("app:\n  # the page title\n  title: 7\n")
        .unwrap()
        .string("app.title")
        .unwrap_err();

    let report = rendered(&error);

    assert_eq!(
        error.location().map(|at| (at.line, at.column)),
        Some((3, 10))
    );
    assert!(report.contains("app-config.yaml:3:10"), "{report}");
    assert!(report.contains("  title: 7"), "{report}");
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let folder = Folder::with([("app-config.yaml", "a: 1\nb: [1\n")]);

    let error = Config::load(&folder.options(&[])).unwrap_err();

    let file = folder.path("app-config.yaml");
    assert_eq!(
        error.to_string(),
        format!(
            "Failed to read config file at \"{}\", unclosed bracket '['",
            file.display()
        )
    );
    assert_eq!(error.location().unwrap().line, 2);
    assert!(rendered(&error).contains("app-config.yaml:2:4"));
}

#[test]
fn a_report_hides_secrets_near_the_mistake() {
    let error = load("auth:\n  clientSecret: hush\n  list: 7\n").unwrap();
    let error = error.string_list("auth.list").unwrap_err();

    let report = rendered(&error);

    assert!(report.contains("clientSecret: ****"), "{report}");
    assert!(!report.contains("hush"), "{report}");
}

#[test]
fn an_error_of_a_feature_points_at_the_nearest_value() {
    let config = load("backend:\n  listen: {port: 1}\n").unwrap();

    let error = config.error("backend.listen.host", "this hub has no such address");

    assert_eq!(
        error.location().map(|at| (at.line, at.column)),
        Some((2, 11))
    );
}

#[test]
fn a_missing_file_says_what_to_do() {
    let folder = Folder::with([]);

    let error = Config::load(&folder.options(&[])).unwrap_err();

    let file = folder.path("app-config.yaml");
    assert_eq!(
        error.to_string(),
        format!("Config file \"{}\" does not exist", file.display())
    );
    assert!(error.help_text().unwrap().contains("--config"));
}
