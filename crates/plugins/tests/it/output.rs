//! The layer of configuration that is written.

use super::Desk;
use insta::assert_snapshot;
use std::fs;

#[test]
fn the_configuration_of_what_is_on_is_joined() {
    let desk = Desk::new(
        "plugins:
  - package: ./one
    pluginConfig: {app: {title: Hub, list: [1]}, proxy: {url: '${URL}'}}
  - package: ./off
    disabled: true
    pluginConfig: {app: {title: Other}}
  - package: ./two
    pluginConfig: {app: {list: [1], more: true}}
",
    );

    desk.install().unwrap();

    assert_snapshot!(desk.output(), @r#"
    dynamicPlugins:
      rootDirectory: dynamic-plugins-root
    app:
      title: Hub
      list:
        - 1
      more: true
    proxy:
      url: "${URL}"
    callboard:
      plugins:
        - package: "./one"
          enabled: true
          asked: true
        - package: "./off"
          enabled: false
          asked: true
        - package: "./two"
          enabled: true
          asked: true
    "#);
}

#[test]
fn two_plugins_cannot_set_one_key_differently() {
    let desk = Desk::new(
        "plugins:
  - {package: ./one, pluginConfig: {a: {b: {c: 1}}}}
  - {package: ./two, pluginConfig: {a: {b: {c: 2}}}}
",
    );

    assert_snapshot!(desk.fault(), @r#"
    Config key 'b.c' defined differently for 2 dynamic plugins
      help: `./two` (dynamic-plugins.yaml:3) is the second; give both the same value, or switch one off
    "#);
}

#[test]
fn what_was_there_stays_when_a_list_cannot_be_used() {
    let desk = Desk::new("plugins: [{package: ./one}]");
    desk.install().unwrap();
    let before = desk.output();
    let list = desk.folder.path().join("dynamic-plugins.yaml");
    fs::write(list, "plugins: 7").unwrap();

    desk.install().unwrap_err();

    assert_eq!(desk.output(), before);
}

#[test]
fn an_empty_or_missing_list_gives_an_empty_file() {
    for list in ["", "# nothing\n", "plugins: []\n"] {
        let desk = Desk::new(list);
        desk.install().unwrap();
        assert_eq!(desk.output(), "", "{list:?}");
    }
    let desk = Desk::new("");
    fs::remove_file(desk.folder.path().join("dynamic-plugins.yaml")).unwrap();
    desk.install().unwrap();
    assert_eq!(desk.output(), "");
}
