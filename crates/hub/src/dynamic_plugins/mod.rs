//! What the installation asked for in `dynamic-plugins.yaml`.
//!
//! The features are built in: an entry switches one, and tells of what is not there. The list
//! comes in the layer of configuration that `callboard install-dynamic-plugins` writes.

mod api;
mod menu;
mod views;

use crate::app::{App, Core};
use crate::feature::{Api, ApiAccess, Feature, Registrar};
use crate::finding::Finding;
use crate::hub::StartError;
use callboard_config::{Config, ConfigError};
use callboard_plugins::{Known, Outcome, Support, known, name_of};
use std::collections::BTreeMap;

/// The id of the plugin whose part this plays.
const PLUGIN: &str = "dynamic-plugins-info";
/// Where the installer leaves the list.
const KEY: &str = "callboard.plugins";
/// What the packages that run in browsers bring to the configuration.
const FRONTENDS: &str = "dynamicPlugins.frontend";

/// The feature.
pub(crate) struct DynamicPluginsFeature;

impl Feature for DynamicPluginsFeature {
    fn id(&self) -> &'static str {
        "dynamic-plugins"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let plugins = DynamicPlugins::from_config(&hub.core().config)?;
        hub.api(Api {
            plugin: PLUGIN,
            router: api::router(),
            access: ApiAccess::Credentials { except: &[] },
            openapi: vec![api::OPENAPI],
        });
        views::register(hub, !plugins.listed.is_empty());
        hub.service(plugins);
        hub.check(findings);
        hub.on_start(|app| async move {
            for finding in findings(app.core()) {
                finding.log("dynamic-plugins");
            }
            Ok(())
        });
        Ok(())
    }
}

impl App {
    /// What the installation asked for in `dynamic-plugins.yaml`.
    pub(crate) fn dynamic_plugins(&self) -> &DynamicPlugins {
        self.service()
    }

    /// Whether there are pages of the administration: permissions are on, and the installation
    /// does not switch the pages off.
    pub fn has_administration(&self) -> bool {
        self.permission().is_enabled()
            && self
                .dynamic_plugins()
                .is_on(callboard_plugins::Feature::RbacPages)
    }
}

/// The packages that the installation lists, in order.
pub(crate) struct DynamicPlugins {
    listed: Vec<Listed>,
    /// The words for menu items, by the path that they lead to.
    menu: BTreeMap<String, String>,
}

/// A package that the installation lists.
struct Listed {
    package: String,
    name: String,
    known: Option<&'static Known>,
    is_enabled: bool,
    /// Whether the installation's own list names it, and not only one that it includes.
    is_asked_for: bool,
    /// Where in the configuration it stands.
    path: String,
}

impl DynamicPlugins {
    fn from_config(config: &Config) -> Result<DynamicPlugins, ConfigError> {
        let entries = config.optional_object_list(KEY)?.unwrap_or_default();
        let listed = entries.iter().enumerate().map(|(at, entry)| {
            let package = entry.string("package")?;
            let name = name_of(&package);
            Ok(Listed {
                known: known(&name),
                is_enabled: entry.optional_boolean("enabled")?.unwrap_or(true),
                is_asked_for: entry.optional_boolean("asked")?.unwrap_or(true),
                path: format!("{KEY}[{at}].package"),
                package,
                name,
            })
        });
        Ok(DynamicPlugins {
            listed: listed.collect::<Result<_, ConfigError>>()?,
            menu: menu::words(&config.json(FRONTENDS).unwrap_or_default()),
        })
    }

    /// What the menu calls the page at `path`, if the configuration of its plugin says so.
    pub(crate) fn menu_item(&self, path: &str) -> Option<&str> {
        self.menu.get(path).map(String::as_str)
    }

    /// Whether a feature is on: unless the list switches it off. The last entry counts.
    fn is_on(&self, feature: callboard_plugins::Feature) -> bool {
        let switch = Support::Switch(feature);
        self.listed
            .iter()
            .rev()
            .find(|listed| listed.known.is_some_and(|known| known.support == switch))
            .is_none_or(|listed| listed.is_enabled)
    }
}

impl Listed {
    fn outcome(&self) -> Outcome {
        Outcome::of(self.known, self.is_enabled)
    }

    /// What the log says of it at start; nothing of what is as it should be, nor of what only an
    /// included list asks for.
    fn finding(&self, config: &Config) -> Option<Finding> {
        let package = &self.package;
        let (message, help) = match self.outcome() {
            Outcome::Native | Outcome::Disabled => return None,
            Outcome::NotBuiltIn => (
                format!("the plugin `{package}` is not built in yet; its configuration is kept"),
                "switch it off with `disabled: true` until it is",
            ),
            Outcome::Unknown => (
                format!("the plugin `{package}` is not available natively"),
                "serve its backend from a Node.js backend beside the hub, and name that in \
                 `callboard.sidecars`; pages of foreign plugins cannot be shown",
            ),
        };
        let finding = if self.is_asked_for {
            Finding::warning(message)
        } else {
            Finding::note(message)
        };
        let finding = finding.help(help);
        Some(match config.located(&self.path) {
            Some(place) => finding.at(place.file, Some(place.line)),
            None => finding,
        })
    }
}

fn findings(core: &Core) -> Vec<Finding> {
    // A list that cannot be read stops the start, and is reported there.
    let Ok(plugins) = DynamicPlugins::from_config(&core.config) else {
        return Vec::new();
    };
    let listed = plugins.listed.iter();
    listed
        .filter_map(|listed| listed.finding(&core.config))
        .collect()
}
