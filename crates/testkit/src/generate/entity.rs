//! What each entity says.

use super::name::{self, name, reference};
use super::random::Random;
use super::{Kind, World};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// How many different tags there are.
const TAGS: usize = 300;

/// An entity by its place among those of its kind.
pub(super) fn written(world: &World, kind: Kind, index: usize) -> Value {
    let mut random = Random::of(kind as u64, index);
    let metadata = metadata(&mut random, kind, index);
    let random = &mut random;
    let (kind, spec) = match kind {
        Kind::Domain => ("Domain", domain(world, random)),
        Kind::System => ("System", system(world, random)),
        Kind::Group => ("Group", group(random, index)),
        Kind::User => ("User", user(world, random, index)),
        Kind::Resource => ("Resource", resource(world, random)),
        Kind::Api => ("API", api(world, random, index)),
        Kind::Component => ("Component", component(world, random)),
    };
    json!({
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
    })
}

fn metadata(random: &mut Random, kind: Kind, index: usize) -> Value {
    let name = name(kind, index);
    let mut metadata = Map::new();
    metadata.insert("name".into(), name.clone().into());
    match name::namespace(kind, index) {
        "default" => {}
        other => {
            metadata.insert("namespace".into(), other.into());
        }
    }
    if random.chance(60) {
        metadata.insert("title".into(), name::title(random).into());
    }
    let words = 12 + random.below(24);
    metadata.insert("description".into(), name::sentence(random, words).into());
    metadata.insert("annotations".into(), annotations(random, kind, &name));
    if random.chance(40) {
        let tier = random.pick(&["1", "2", "3"]);
        let labels = json!({"example.com/tier": tier, "example.com/unit": format!("unit-{}", random.below(40))});
        metadata.insert("labels".into(), labels);
    }
    let mut tags: Vec<String> = (0..random.below(6))
        .map(|_| format!("tag-{}", random.skewed(TAGS)))
        .collect();
    tags.sort();
    tags.dedup();
    if !tags.is_empty() {
        metadata.insert("tags".into(), tags.into());
    }
    if random.chance(50) {
        metadata.insert(
            "links".into(),
            json!([
                {"url": format!("https://boards.example.com/d/{name}"), "title": "Dashboard", "icon": "dashboard"},
                {"url": format!("https://docs.example.com/{name}/runbook"), "title": "Runbook", "icon": "docs"},
            ]),
        );
    }
    metadata.into()
}

fn annotations(random: &mut Random, kind: Kind, name: &str) -> Value {
    let unit = random.below(500);
    let source = format!("https://git.example.com/unit-{unit}/{name}");
    match kind {
        Kind::Domain | Kind::System | Kind::Group | Kind::User => json!({
            "example.com/directory-id": format!("{:08x}-{unit:04x}", random.below(1 << 32)),
            "backstage.io/view-url": format!("https://directory.example.com/{name}"),
        }),
        Kind::Resource | Kind::Api | Kind::Component => json!({
            "backstage.io/source-location": format!("url:{source}/tree/main/"),
            "backstage.io/techdocs-ref": "dir:.",
            "github.com/project-slug": format!("unit-{unit}/{name}"),
            "sonarqube.org/project-key": format!("unit-{unit}_{name}"),
            "pagerduty.com/service-id": format!("P{:07X}", random.below(1 << 28)),
            "backstage.io/kubernetes-id": name,
        }),
    }
}

fn owner(world: &World, random: &mut Random) -> String {
    reference(Kind::Group, random.skewed(world.count(Kind::Group)))
}

/// Up to `most` of one kind, without duplicates.
fn some(world: &World, random: &mut Random, kind: Kind, most: usize) -> Vec<String> {
    let mut some: Vec<String> = (0..random.below(most + 1))
        .map(|_| reference(kind, random.skewed(world.count(kind))))
        .collect();
    some.sort();
    some.dedup();
    some
}

fn lifecycle(random: &mut Random) -> &'static str {
    match random.below(100) {
        0..65 => "production",
        65..90 => "experimental",
        _ => "deprecated",
    }
}

fn system_of(world: &World, random: &mut Random) -> String {
    reference(Kind::System, random.skewed(world.count(Kind::System)))
}

fn domain(world: &World, random: &mut Random) -> Value {
    json!({"owner": owner(world, random), "type": random.pick(&["business", "platform"])})
}

fn system(world: &World, random: &mut Random) -> Value {
    let domain = reference(Kind::Domain, random.skewed(world.count(Kind::Domain)));
    json!({"owner": owner(world, random), "domain": domain, "type": random.pick(&["product", "feature-set"])})
}

/// A group, eight below each other one.
fn group(random: &mut Random, index: usize) -> Value {
    let kind = match index {
        0..=8 => "business-unit",
        9..=72 => "department",
        _ => "team",
    };
    let name = name(Kind::Group, index);
    let mut group = json!({
        "type": kind,
        "profile": {"displayName": format!("{} {index}", name::title(random)), "email": format!("{name}@example.com")},
        "children": [],
    });
    if let Some(above) = index.checked_sub(1) {
        group["parent"] = reference(Kind::Group, above / 8).into();
    }
    group
}

fn user(world: &World, random: &mut Random, index: usize) -> Value {
    let mut groups: Vec<String> = (0..1 + random.skewed(3))
        .map(|_| reference(Kind::Group, random.below(world.count(Kind::Group))))
        .collect();
    groups.sort();
    groups.dedup();
    json!({
        "profile": {
            "displayName": format!("User {index}"),
            "email": format!("{}@example.com", name(Kind::User, index)),
            "picture": format!("https://directory.example.com/pictures/{index}.png"),
        },
        "memberOf": groups,
    })
}

fn resource(world: &World, random: &mut Random) -> Value {
    json!({
        "type": random.pick(&["database", "queue", "s3-bucket", "cache", "cluster"]),
        "lifecycle": lifecycle(random),
        "owner": owner(world, random),
        "system": system_of(world, random),
        "dependsOn": some(world, random, Kind::Resource, 1),
    })
}

fn api(world: &World, random: &mut Random, index: usize) -> Value {
    json!({
        "type": random.pick(&["openapi", "openapi", "openapi", "asyncapi", "graphql", "grpc"]),
        "lifecycle": lifecycle(random),
        "owner": owner(world, random),
        "system": system_of(world, random),
        "definition": definition(random, index),
    })
}

/// The beginning of a description of an API, several lines.
fn definition(random: &mut Random, index: usize) -> String {
    let mut text = format!(
        "openapi: 3.1.0\ninfo:\n  title: {}\n  version: 1.{index}.0\npaths:\n",
        name::title(random)
    );
    for path in 0..2 + random.below(4) {
        // Writing to a string cannot fail.
        let _infallible = writeln!(
            text,
            "  /v1/{}/{path}:\n    get:\n      summary: {}",
            random.below(100),
            name::text(random, 6)
        );
    }
    text
}

fn component(world: &World, random: &mut Random) -> Value {
    let mut needed = some(world, random, Kind::Resource, 2);
    needed.extend(some(world, random, Kind::Component, 1));
    json!({
        "type": random.pick(&["service", "service", "service", "website", "library", "documentation", "job", "pipeline"]),
        "lifecycle": lifecycle(random),
        "owner": owner(world, random),
        "system": system_of(world, random),
        "providesApis": some(world, random, Kind::Api, 1),
        "consumesApis": some(world, random, Kind::Api, 3),
        "dependsOn": needed,
    })
}
