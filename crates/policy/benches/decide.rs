//! How long a decision takes, and how long the policy takes to compile.
//!
//! Three organisations: 10, 1 000 and 10 000 roles of 50 lines each. Every figure of a
//! decision is for 10 000 distinct requests in no order; divide by that.

use callboard_policy::{
    Action, ConditionalPolicy, Decision, Effect, EntityRef, Grant, MappedPermission, Membership,
    Origin, Permission, PolicyModel, PolicySnapshot, Principal, Settings, Source, Sourced,
    StoredCondition,
};
use divan::{Bencher, black_box, counter::ItemsCount};
use smol_str::SmolStr;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

const ROLES: [usize; 3] = [10, 1_000, 10_000];
const LINES_PER_ROLE: usize = 50;
const REQUESTS: usize = 10_000;

fn main() {
    divan::main();
}

#[divan::bench(args = ROLES)]
fn decide(bencher: Bencher<'_, '_>, roles: usize) {
    decide_all(bencher, &Organisation::of(roles), Settings::default());
}

/// The references of each token are looked up as well.
#[divan::bench(args = ROLES)]
fn decide_with_ownership_refs(bencher: Bencher<'_, '_>, roles: usize) {
    decide_all(
        bencher,
        &Organisation::of(roles),
        Settings {
            use_ownership_refs: true,
            ..Settings::default()
        },
    );
}

/// A tenth of the roles have a condition for reading the catalog; half of the requests are
/// about that.
#[divan::bench(args = ROLES)]
fn decide_with_conditions(bencher: Bencher<'_, '_>, roles: usize) {
    let mut organisation = Organisation::of(roles);
    organisation.add_conditions();
    decide_all(bencher, &organisation, Settings::default());
}

/// Roles are asked one by one: what is left when the answers are too many to keep.
#[divan::bench(args = ROLES)]
fn decide_without_verdicts(bencher: Bencher<'_, '_>, roles: usize) {
    let organisation = Organisation::of(roles);
    let snapshot = organisation.model(Settings::default()).compile_within(1, 0);
    run(bencher, &snapshot, &organisation.requests());
}

#[divan::bench(args = ROLES, sample_count = 10)]
fn compile(bencher: Bencher<'_, '_>, roles: usize) {
    let model = Organisation::of(roles).model(Settings::default());
    bencher
        .counter(ItemsCount::new(model.grants.len()))
        .bench_local(|| model.compile(1));
}

#[divan::bench(args = ROLES, sample_count = 10)]
fn compile_groups(bencher: Bencher<'_, '_>, roles: usize) {
    let model = Organisation::of(roles).model(Settings::default());
    let snapshot = model.compile(1);
    bencher.bench_local(|| snapshot.with_groups(&model, 2));
}

fn decide_all(bencher: Bencher<'_, '_>, organisation: &Organisation, settings: Settings) {
    // Before the model, as callers exist before a policy is loaded again: made after it, they
    // would lie scattered over the holes that it leaves.
    let requests = organisation.requests();
    let super_users = vec![
        "user:default/root".into(),
        "group:default/platform-administrators".into(),
    ];
    let snapshot = organisation
        .model(Settings {
            super_users,
            ..settings
        })
        .compile(1);
    run(bencher, &snapshot, &requests);
}

fn run(bencher: Bencher<'_, '_>, snapshot: &PolicySnapshot, requests: &[Request]) {
    bencher
        .counter(ItemsCount::new(requests.len()))
        .bench_local(|| {
            for request in requests {
                let Request {
                    user,
                    ownership,
                    permission,
                } = request;
                let principal = Principal::User {
                    entity_ref: user,
                    ownership,
                };
                let _: Decision =
                    black_box(snapshot.decide(black_box(principal), black_box(permission)));
            }
        });
}

struct Request {
    user: String,
    ownership: Vec<SmolStr>,
    permission: Permission,
}

/// A made-up organisation that is the same at every run.
struct Organisation {
    random: Random,
    users: Vec<String>,
    groups: Vec<String>,
    roles: Vec<String>,
    permissions: Vec<Permission>,
    /// The places of each user's groups.
    groups_of: Vec<Vec<usize>>,
    conditions: usize,
}

impl Organisation {
    fn of(roles: usize) -> Self {
        let (users, groups) = match roles {
            10 => (1_000, 50),
            1_000 => (10_000, 2_000),
            _ => (20_000, 5_000),
        };
        let mut random = Random(roles as u64);
        let first = [
            "amelie", "bao", "chidi", "dolores", "einar", "farid", "giulia", "hana", "ines",
            "jakub",
        ];
        let last = [
            "andersson",
            "baptiste",
            "castellanos",
            "dvorak",
            "eriksen",
            "fitzgerald",
            "gonzalez",
            "huang",
        ];
        let teams = [
            "payments",
            "search",
            "identity",
            "checkout",
            "observability",
            "data-platform",
            "mobile",
        ];
        let groups_of = (0..users)
            .map(|_| {
                (0..1 + random.below(3))
                    .map(|_| random.below(groups))
                    .collect()
            })
            .collect();
        let name = |of: &[&str], at: usize| of[at % of.len()].to_owned();
        Self {
            users: (0..users)
                .map(|at| {
                    format!(
                        "user:default/{}.{}-{at}",
                        name(&first, at),
                        name(&last, at / 10)
                    )
                })
                .collect(),
            groups: (0..groups)
                .map(|at| format!("group:default/{}-team-{at}", name(&teams, at)))
                .collect(),
            roles: (0..roles)
                .map(|at| format!("role:default/{}-maintainers-{at}", name(&teams, at)))
                .collect(),
            permissions: permissions(),
            groups_of,
            conditions: 0,
            random,
        }
    }

    fn add_conditions(&mut self) {
        self.conditions = self.roles.len() / 10;
        let reads = self.permissions.len();
        let read =
            Permission::resource("catalog.entity.read", Some(Action::Read), "catalog-entity");
        self.permissions.extend(std::iter::repeat_n(read, reads));
    }

    fn model(&self, settings: Settings) -> PolicyModel {
        let mut random = Random(7);
        let mut model = PolicyModel {
            settings,
            ..PolicyModel::default()
        };
        let reference = |text: &str| EntityRef::parse(text).expect("made to be a reference");
        for (user, groups) in self.users.iter().zip(&self.groups_of) {
            for group in groups {
                model
                    .groups
                    .add_member(reference(user), reference(&self.groups[*group]));
            }
        }
        // A tree of groups, four below each.
        for (at, group) in self.groups.iter().enumerate().skip(1) {
            model
                .groups
                .add_parent(reference(group), reference(&self.groups[(at - 1) / 4]));
        }
        for (at, role) in self.roles.iter().enumerate() {
            let group = &self.groups[(at * 7) % self.groups.len()];
            let user = &self.users[(at * 13) % self.users.len()];
            for member in [group, user] {
                model.memberships.push(Sourced::new(
                    Membership::new(member, role),
                    Source::CsvFile.into(),
                ));
            }
        }
        let file: std::sync::Arc<str> = "rbac-policies.csv".into();
        for (at, role) in self.roles.iter().enumerate() {
            for line in 0..LINES_PER_ROLE {
                let permission = &self.permissions[random.below(self.permissions.len())];
                let object = permission
                    .resource_type()
                    .filter(|_| line % 2 == 0)
                    .unwrap_or(permission.name());
                let effect = if random.below(20) == 0 {
                    Effect::Deny
                } else {
                    Effect::Allow
                };
                let line = Some((at * LINES_PER_ROLE + line + 1) as u32);
                let origin = Origin {
                    source: Source::CsvFile,
                    file: Some(file.clone()),
                    line,
                };
                model.grants.push(Sourced::new(
                    Grant::new(role, object, permission.action(), effect),
                    origin,
                ));
            }
        }
        for (role, id) in self.roles.iter().step_by(10).take(self.conditions).zip(1..) {
            let policy = ConditionalPolicy {
                role: role.into(),
                plugin_id: "catalog".into(),
                resource_type: "catalog-entity".into(),
                mapping: vec![MappedPermission::Action(Action::Read)],
                conditions: serde_json::json!({
                    "rule": "IS_ENTITY_OWNER", "resourceType": "catalog-entity", "params": { "claims": ["$ownerRefs"] },
                }),
            };
            model.conditions.push(Sourced::new(
                StoredCondition { id, policy },
                Source::CsvFile.into(),
            ));
        }
        model
    }

    /// Requests of all users in turn and of some whom nobody knows, shuffled.
    fn requests(&self) -> Vec<Request> {
        let mut random = Random(self.random.0);
        let mut requests: Vec<_> = (0..REQUESTS)
            .map(|at| {
                let user = at % self.users.len();
                let groups = self.groups_of[user]
                    .iter()
                    .map(|group| self.groups[*group].as_str());
                let name = if at % 50 == 0 {
                    format!("{}-left", self.users[user])
                } else {
                    self.users[user].clone()
                };
                Request {
                    ownership: [name.as_str()]
                        .into_iter()
                        .chain(groups)
                        .map(SmolStr::new)
                        .collect(),
                    user: name,
                    permission: self.permissions[random.below(self.permissions.len())].clone(),
                }
            })
            .collect();
        for at in (1..requests.len()).rev() {
            requests.swap(at, random.below(at + 1));
        }
        requests
    }
}

/// About two hundred permissions of forty plugins.
fn permissions() -> Vec<Permission> {
    let plugins = [
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
    let actions = [
        (Some(Action::Read), "read"),
        (Some(Action::Create), "create"),
        (Some(Action::Update), "update"),
        (Some(Action::Delete), "delete"),
        (None, "execute"),
    ];
    let of_plugin = |plugin: &str| {
        actions.map(|(action, verb)| match action {
            Some(Action::Create) | None => {
                Permission::basic(format!("{plugin}.entity.{verb}"), action)
            }
            Some(_) => Permission::resource(
                format!("{plugin}.entity.{verb}"),
                action,
                format!("{plugin}-entity"),
            ),
        })
    };
    plugins.into_iter().flat_map(of_plugin).collect()
}

/// A small generator of numbers, enough to scatter requests.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}
