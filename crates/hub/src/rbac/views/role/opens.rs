//! What a role opens in the catalog, for one of those who hold it.

use super::{Header, Tab, place};
use crate::app::App;
use crate::auth::ownership_of;
use crate::error::Error;
use crate::permission::InForce;
use crate::rbac::roster::{Roster, is_user};
use crate::rbac::views::address::RolePath;
use crate::rbac::views::plugin_index::PluginIndex;
use crate::rbac::views::readers;
use crate::rbac::views::sight::{Access, RoleSight};
use crate::ui::entity::{RefLink, Sight};
use crate::ui::{Icon, Page, PageRequest, Shell};
use askama::Template;
use axum::extract::{Path, Query};
use callboard_catalog::rules::{RESOURCE_TYPE, conditions_filter};
use callboard_catalog::{EntityRef, Filter, Match, Query as CatalogQuery};
use callboard_policy::{
    Decision, GroupGraph, Membership, PolicyModel, PolicySnapshot, Principal, Settings, Sourced,
    StoredCondition,
};
use serde::Deserialize;
use smol_str::SmolStr;

/// How many entities stand for all that an action reaches.
const SAMPLES: usize = 5;
/// How many people are offered to choose from.
const CHOICES: usize = 100;

#[derive(Template)]
#[template(path = "rbac/templates/role_opens_page.html")]
pub(in crate::rbac::views) struct OpensPage {
    shell: Shell,
    header: Header,
    /// Whom the page is about; absent when nobody holds the role whom the reader may know.
    person: Option<RefLink>,
    /// What was asked for, and is nobody who holds the role.
    stranger: Option<String>,
    choices: Vec<RefLink>,
    /// How many entities the reader may read.
    of_all: u64,
    rows: Vec<Row>,
}

/// An action on entities.
struct Row {
    permission: String,
    reach: Reach,
    samples: Vec<RefLink>,
}

/// How far an action reaches.
enum Reach {
    /// To all entities.
    All,
    /// To those that meet a condition: so many of those that the reader may read.
    Some(u64),
    /// To none.
    None,
}

#[derive(Deserialize)]
pub(in crate::rbac::views) struct Asked {
    #[serde(rename = "as")]
    person: Option<String>,
}

/// `GET /rbac/roles/{kind}/{namespace}/{name}/opens?as=`.
///
/// Permission: `policy.entity.read` for the role; `catalog.entity.read` decides which entities and
/// people it tells of.
pub(in crate::rbac::views) async fn page(
    request: PageRequest,
    Path(path): Path<RolePath>,
    Query(Asked { person }): Query<Asked>,
) -> Result<Page<OpensPage>, Error> {
    request.enter_administration(&readers())?;
    let role = path.role()?;
    let app = &request.app;
    let sight = Sight::of(app, &request.viewer.principal, request.texts())?;
    let roles = RoleSight::of(app, &request.viewer.principal, &sight)?;
    let metadata = roles.role(&role)?;
    let shell = request.shell(place(&sight, &role))?;

    let asked = person
        .as_deref()
        .map(str::trim)
        .filter(|asked| !asked.is_empty());
    let choices = choices(&sight, &roles.roster, &role, metadata.is_default);
    let chosen = match asked {
        Some(asked) => holder(app, &sight, &roles.roster, &role, asked),
        None => choices.first().cloned(),
    };
    let rows = match &chosen {
        Some(person) => rows(app, &sight, &roles.roster, &role, person),
        None => Vec::new(),
    };
    Ok(Page(OpensPage {
        header: Header::of(&shell, &roles, &role, metadata, Tab::Opens),
        shell,
        stranger: asked.filter(|_| chosen.is_none()).map(str::to_owned),
        person: chosen.map(|person| RefLink::new(&sight, &person)),
        choices: choices
            .iter()
            .map(|person| RefLink::new(&sight, person))
            .collect(),
        of_all: sight
            .query(CatalogQuery {
                limit: Some(0),
                ..CatalogQuery::default()
            })
            .total,
        rows,
    }))
}

/// The people to choose from: users that the role names, and users of its groups whom the reader
/// may see.
fn choices(sight: &Sight, roster: &Roster, role: &str, is_everybodys: bool) -> Vec<EntityRef> {
    let members = || roster.members(role).map(|(row, _)| &row.member);
    let named = members()
        .filter(|member| is_user(member))
        .filter_map(|member| EntityRef::parse(member).ok());
    let mut people: Vec<_> = named.take(CHOICES).collect();
    let groups = members().filter(|member| !is_user(member));
    let is_user_kind = Filter::from(Match::one_of("kind", ["user"]));
    let filter = if is_everybodys {
        is_user_kind
    } else {
        let in_group = Filter::from(Match::one_of("relations.memberof", groups));
        Filter::all_of([is_user_kind, in_group])
    };
    let found = sight.query(CatalogQuery {
        filter: Some(filter),
        limit: Some(CHOICES),
        ..CatalogQuery::default()
    });
    people.extend(
        found
            .entities
            .iter()
            .map(|entity| entity.entity_ref().clone()),
    );
    people.sort_unstable();
    people.dedup();
    people.truncate(CHOICES);
    people
}

/// Somebody who holds the role, if the reader may know that: the role names them, or the catalog
/// shows them to the reader.
fn holder(app: &App, sight: &Sight, roster: &Roster, role: &str, asked: &str) -> Option<EntityRef> {
    let person = EntityRef::parse(asked)
        .ok()
        .filter(|one| one.kind() == "user")?;
    let is_named = || {
        roster
            .members(role)
            .any(|(row, _)| row.member == person.as_str())
    };
    if sight.find(&person).is_none() && !is_named() {
        return None;
    }
    let ownership = ownership(app, &person);
    let snapshot = app.permission().snapshot();
    let holds = snapshot
        .roles_of(person.as_str(), &ownership)
        .any(|held| held == role);
    holds.then_some(person)
}

/// As sign-in would find it.
fn ownership(app: &App, person: &EntityRef) -> Vec<SmolStr> {
    let catalog = app.catalog().snapshot();
    let owned = ownership_of(&catalog, person, app.auth().groups());
    owned.unwrap_or_else(|| vec![person.as_smol_str().clone()])
}

/// What the role alone lets a person do with entities, by the engine that decides.
fn rows(app: &App, sight: &Sight, roster: &Roster, role: &str, person: &EntityRef) -> Vec<Row> {
    let ownership = ownership(app, person);
    let asker = Principal::User {
        entity_ref: person.as_str(),
        ownership: &ownership,
    };
    let snapshot = alone(app, roster, role, person);
    let in_force = app.permission().in_force();
    let plugins = PluginIndex::of(app);
    let rows = plugins.on(RESOURCE_TYPE).map(|permission| {
        let decision = snapshot.decide(asker, permission);
        let filter = match &decision {
            Decision::Allow(_) => Some(None),
            Decision::Deny(_) => None,
            Decision::Conditional(conditional) => {
                filter_of(&in_force, conditional, person, &ownership).map(Some)
            }
        };
        let (reach, samples) = match filter {
            None => (Reach::None, Vec::new()),
            Some(filter) => {
                let found = sight.query(CatalogQuery {
                    filter: filter.clone(),
                    limit: Some(SAMPLES),
                    ..CatalogQuery::default()
                });
                let reach = match filter {
                    None => Reach::All,
                    Some(_) => Reach::Some(found.total),
                };
                let samples = found.entities.iter().map(|entity| RefLink::to(entity));
                (reach, samples.collect())
            }
        };
        Row {
            permission: permission.name().to_owned(),
            reach,
            samples,
        }
    });
    rows.collect()
}

/// What a condition asks of entities; `None` when it cannot be evaluated, which denies.
fn filter_of(
    in_force: &InForce,
    conditional: &callboard_policy::Conditional,
    person: &EntityRef,
    ownership: &[SmolStr],
) -> Option<Filter> {
    if in_force.fault(conditional).is_some() {
        return None;
    }
    let criteria = conditional.criteria_for(person.as_str(), ownership);
    conditions_filter(&criteria).ok()
}

/// A policy in which the person holds this role and no other.
fn alone(app: &App, roster: &Roster, role: &str, person: &EntityRef) -> PolicySnapshot {
    let settings = &app.rbac().config().settings;
    let membership = Membership::new(person.as_smol_str().clone(), role);
    let grants = roster.policies(role);
    let conditions = roster.conditions(role);
    let model = PolicyModel {
        settings: Settings {
            enabled: true,
            precedence: settings.precedence,
            ..Settings::default()
        },
        memberships: vec![Sourced::new(
            membership,
            callboard_policy::Source::Rest.into(),
        )],
        grants: grants
            .map(|(row, record)| Sourced::new(row.clone(), record.origin.clone()))
            .collect(),
        conditions: conditions
            .map(|(id, record)| {
                let policy = record.policy.clone();
                Sourced::new(StoredCondition { id, policy }, record.origin.clone())
            })
            .collect(),
        groups: GroupGraph::new(),
    };
    model.compile(0)
}
