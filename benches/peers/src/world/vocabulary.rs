//! The names of the organisation, which look as such names do.

use callboard_policy::{Action, Permission};

const FIRST_NAMES: [&str; 10] = [
    "amelie", "bao", "chidi", "dolores", "einar", "farid", "giulia", "hana", "ines", "jakub",
];

const LAST_NAMES: [&str; 8] = [
    "andersson",
    "baptiste",
    "castellanos",
    "dvorak",
    "eriksen",
    "fitzgerald",
    "gonzalez",
    "huang",
];

const TEAMS: [&str; 7] = [
    "payments",
    "search",
    "identity",
    "checkout",
    "observability",
    "data-platform",
    "mobile",
];

const PLUGINS: [&str; 40] = [
    "catalog",
    "scaffolder",
    "kubernetes",
    "topology",
    "tekton",
    "argocd",
    "quay",
    "jenkins",
    "ocm",
    "techdocs",
    "search",
    "orchestrator",
    "lighthouse",
    "sonarqube",
    "dynatrace",
    "nexus",
    "acr",
    "keycloak",
    "gitlab",
    "github",
    "bitbucket",
    "azure-devops",
    "pagerduty",
    "servicenow",
    "jfrog",
    "aap",
    "bulk-import",
    "adoption",
    "feedback",
    "matomo",
    "announcements",
    "todo",
    "tech-radar",
    "cost-insights",
    "playlist",
    "badges",
    "vault",
    "splunk",
    "datadog",
    "sentry",
];

pub fn user(at: usize) -> String {
    let first = FIRST_NAMES[at % FIRST_NAMES.len()];
    let last = LAST_NAMES[at / 10 % LAST_NAMES.len()];
    format!("user:default/{first}.{last}-{at}")
}

pub fn group(at: usize) -> String {
    format!("group:default/{}-team-{at}", TEAMS[at % TEAMS.len()])
}

pub fn role(at: usize) -> String {
    format!("role:default/{}-maintainers-{at}", TEAMS[at % TEAMS.len()])
}

/// Two hundred permissions of forty plugins, three of five with a resource type.
pub fn permissions() -> Vec<Permission> {
    PLUGINS.into_iter().flat_map(of_plugin).collect()
}

fn of_plugin(plugin: &str) -> [Permission; 5] {
    let basic = |verb, action| Permission::basic(format!("{plugin}.entity.{verb}"), action);
    let resource = |action: Action| {
        let name = format!("{plugin}.entity.{}", action.as_str());
        Permission::resource(name, Some(action), format!("{plugin}-entity"))
    };
    [
        resource(Action::Read),
        basic("create", Some(Action::Create)),
        resource(Action::Update),
        resource(Action::Delete),
        basic("execute", None),
    ]
}
