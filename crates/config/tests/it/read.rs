//! Typed reads beyond the vectors.

use std::path::PathBuf;
use std::time::Duration;

use callboard_config::{Config, Environment, Location};
use serde_json::json;

use crate::fixture::{Folder, load};

#[test]
fn extra_certificates_are_those_of_the_variable() {
    let folder = Folder::with([("app-config.yaml", "a: 1")]);
    let with = |value: &str| {
        let mut options = folder.options(&[]);
        options.environment = Environment::from_pairs([("NODE_EXTRA_CA_CERTS", value)]);
        let config = Config::load(&options).unwrap();
        config.extra_certificates().map(PathBuf::from)
    };

    assert_eq!(with("/etc/ca.pem"), Some(PathBuf::from("/etc/ca.pem")));
    assert_eq!(with("ca.pem"), Some(folder.path("ca.pem")));
    assert_eq!(with(""), None);
    assert_eq!(Config::from_value(json!({})).extra_certificates(), None);
}

#[test]
fn errors_of_a_view_give_whole_paths() {
    let config = load("auth: {providers: {oidc: {production: {clientId: 7}}}}").unwrap();
    let provider = config.at("auth.providers.oidc").unwrap();

    let wrong = provider.string("production.clientId").unwrap_err();
    let missing = provider.string("production.metadataUrl").unwrap_err();

    assert_eq!(
        wrong.to_string(),
        "Invalid type in config for key 'auth.providers.oidc.production.clientId' in \
         'app-config.yaml', got number, wanted string"
    );
    assert_eq!(
        missing.to_string(),
        "Missing required config value at 'auth.providers.oidc.production.metadataUrl' in \
         'app-config.yaml'"
    );
}

#[test]
fn a_path_through_a_scalar_is_an_error_and_nothing_is_there() {
    let config = load("a: text").unwrap();

    let error = config.optional_string("a.b").unwrap_err();

    assert_eq!(
        error.to_string(),
        "Invalid type in config for key 'a' in 'app-config.yaml', got string, wanted object"
    );
    assert!(!config.has("a.b"));
}

#[test]
fn an_empty_text_is_no_text() {
    let error = load("a: ''").unwrap().optional_string("a").unwrap_err();

    assert!(
        error
            .to_string()
            .ends_with("got empty-string, wanted string"),
        "{error}"
    );
}

#[test]
fn a_malformed_path_is_an_error() {
    let config = load("a: {b: 1}").unwrap();

    for path in ["a..b", "a.0", ".a", "a.b-"] {
        let error = config.optional_number(path).unwrap_err();

        assert_eq!(error.to_string(), format!("Invalid config key '{path}'"));
    }
}

#[test]
fn durations_are_read_in_each_form() {
    let config = load(
        "object: {hours: 1, minutes: '30'}\niso: PT30M\nwords: 30 minutes\nshort: 1h\ndays: P1DT1S\n",
    )
    .unwrap();

    let minutes = |count: u64| Some(Duration::from_secs(count * 60));
    assert_eq!(config.optional_duration("object").unwrap(), minutes(90));
    assert_eq!(config.optional_duration("iso").unwrap(), minutes(30));
    assert_eq!(config.optional_duration("words").unwrap(), minutes(30));
    assert_eq!(config.optional_duration("short").unwrap(), minutes(60));
    assert_eq!(
        config.duration("days").unwrap(),
        Duration::from_secs(86_401)
    );
    assert_eq!(config.optional_duration("absent").unwrap(), None);
}

#[test]
fn what_is_no_duration_is_an_error_with_advice() {
    for text in ["soon", "{}", "{fortnights: 1}", "-1 hour", "true"] {
        let error = load(&format!("a: {text}"))
            .unwrap()
            .duration("a")
            .unwrap_err();

        assert_eq!(
            error.to_string(),
            "Unable to convert config value for key 'a' in 'app-config.yaml' to a duration"
        );
        assert!(error.help_text().is_some());
    }
}

#[test]
fn keys_with_dots_and_slashes_are_reached_by_entry() {
    let config = load("proxy: {endpoints: {/api/v1.0: {target: t}}, gone: null}").unwrap();
    let endpoints = config.at("proxy.endpoints").unwrap();

    assert_eq!(endpoints.keys(), ["/api/v1.0"]);
    assert_eq!(endpoints.entry("/api/v1.0").string("target").unwrap(), "t");
    assert_eq!(config.at("proxy").unwrap().keys(), ["endpoints"]);
}

#[test]
fn values_are_located_in_the_file_that_holds_them() {
    let folder = Folder::with([
        (
            "a.yaml",
            "app:\n  title: A\nlist:\n  - $include: inc.yaml\n",
        ),
        ("b.yaml", "app: {baseUrl: u}\n"),
        ("inc.yaml", "# one\nx: 1\n"),
    ]);

    let config = Config::load(&folder.options(&["a.yaml", "b.yaml"])).unwrap();

    let at = |name: &str, line, column| {
        Some(Location {
            file: folder.path(name),
            line,
            column,
        })
    };
    assert_eq!(config.located("app.title"), at("a.yaml", 2, 10));
    assert_eq!(config.located("app.baseUrl"), at("b.yaml", 1, 16));
    assert_eq!(config.located("list[0].x"), at("inc.yaml", 2, 4));
    assert_eq!(config.located("nothing"), None);
    assert_eq!(
        config.files(),
        [
            folder.path("a.yaml"),
            folder.path("b.yaml"),
            folder.path("inc.yaml")
        ]
    );
    assert_eq!(
        config.resolve_path("./catalog/../x.yaml").as_os_str(),
        folder.path("x.yaml").as_os_str()
    );
}

#[test]
fn includes_without_end_are_an_error() {
    let folder = Folder::with([
        ("app-config.yaml", "a: {$include: loop.yaml}\n"),
        ("loop.yaml", "$include: loop.yaml\n"),
    ]);

    let error = Config::load(&folder.options(&[])).unwrap_err();

    assert!(
        error
            .to_string()
            .ends_with("more than 32 includes within one another"),
        "{error}"
    );
}

#[test]
fn an_included_scalar_and_a_json_file_are_substituted() {
    let folder = Folder::with([
        ("app-config.yaml", "a: {$include: 'inc.json#b'}\n"),
        ("inc.json", "{\"b\": \"${VARIABLE}\"}"),
    ]);

    let config = Config::load(&folder.options(&[])).unwrap();

    assert_eq!(config.to_json(), json!({"a": "from variable"}));
}

#[test]
fn what_is_not_beside_the_file_is_looked_for_in_the_working_directory() {
    let folder = Folder::with([
        (
            "chart/app-config.yaml",
            "a: {$file: a.txt}\nb: {$file: ./b.txt}\nc: {$include: c.yaml}\n",
        ),
        ("chart/a.txt", "beside"),
        ("a.txt", "not this one"),
        ("b.txt", "below"),
        ("c.yaml", "$file: d/e.txt"),
        ("d/e.txt", "nested"),
    ]);

    let config = Config::load(&folder.options(&["chart/app-config.yaml"])).unwrap();

    assert_eq!(
        config.to_json(),
        json!({"a": "beside", "b": "below", "c": "nested"})
    );
    for name in ["b.txt", "chart/b.txt", "chart/c.yaml"] {
        assert!(config.files().contains(&folder.path(name)), "{name}");
    }
    let missing = Folder::with([("chart/app-config.yaml", "a: {$file: a.txt}")]);
    let error = Config::load(&missing.options(&["chart/app-config.yaml"])).unwrap_err();
    assert!(
        error.to_string().contains("failed to read file a.txt"),
        "{error}"
    );
}

#[test]
fn a_url_is_refused() {
    let folder = Folder::with([]);

    let error = Config::load(&folder.options(&["https://example.com/a.yaml"])).unwrap_err();

    assert_eq!(
        error.to_string(),
        "Config argument \"https://example.com/a.yaml\" looks like a URL but remote \
         configuration is not enabled. Enable it by passing the `remote` option"
    );
    assert!(
        !folder
            .options(&["a.yaml"])
            .args
            .contains(&PathBuf::from("https://example.com"))
    );
}

#[test]
fn a_null_variable_is_refused() {
    let folder = Folder::with([("app-config.yaml", "a: 1\n")]);
    let mut options = folder.options(&[]);
    options.environment = Environment::from_pairs([("APP_CONFIG_a", "null")]);

    let error = Config::load(&options).unwrap_err();

    assert_eq!(
        error.to_string(),
        "Failed to parse JSON-serialized config value for key 'a', Error: value may not be null"
    );
    assert_eq!(
        error.help_text(),
        Some("it is set by the variable `APP_CONFIG_a`")
    );
}
