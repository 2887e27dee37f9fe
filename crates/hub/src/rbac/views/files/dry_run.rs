//! What a changed file would do, as the page tells it.

use super::source::Remark;
use crate::error::Error;
use crate::permission::Access;
use crate::rbac::source::SourceKind;
use crate::rbac::trial::{self, Change, Turn};
use crate::ui::PageRequest;
use crate::ui::entity::{RefLink, Sight};
use callboard_catalog::{Filter, Match, OrderField, Query, conditions_filter};
use callboard_policy::{Criteria, EntityRef, Permission};
use std::collections::BTreeSet;
use tokio::task::spawn_blocking;

/// How many people are named of those whom a change is about.
const NAMED: usize = 4;

/// What came of trying a file out.
pub(super) struct DryRun {
    pub(super) remarks: Vec<Remark>,
    pub(super) is_refused: bool,
    /// How many people gain something.
    pub(super) gaining: usize,
    /// How many people lose something.
    pub(super) losing: usize,
    /// How many people are under other conditions.
    pub(super) differing: usize,
    /// How many people were asked about.
    pub(super) people: usize,
    pub(super) rows: Vec<ChangeRow>,
}

/// One permission about which something changes.
pub(super) struct ChangeRow {
    pub(super) permission: String,
    pub(super) gains: Crowd,
    pub(super) loses: Crowd,
    pub(super) differs: Crowd,
    /// What it comes to for one of them; absent when it is not about entities.
    pub(super) sample: Option<Sample>,
}

/// Some people, of whom a few are named.
pub(super) struct Crowd {
    pub(super) count: usize,
    pub(super) names: Vec<RefLink>,
}

/// How many entities somebody reaches more and fewer.
pub(super) struct Sample {
    pub(super) person: String,
    pub(super) more: u64,
    pub(super) fewer: u64,
    pub(super) of: u64,
}

impl DryRun {
    /// Tries `text` out for everybody whom the reader may see, and whom policies name.
    pub(super) async fn of(
        request: &PageRequest,
        kind: SourceKind,
        text: String,
    ) -> Result<DryRun, Error> {
        let app = request.app.clone();
        let principal = request.viewer.principal.clone();
        let t = request.texts();
        let run = spawn_blocking(move || {
            let sight = Sight::of(&app, &principal, t)?;
            let people = people(&sight, app.rbac().state().memberships.keys());
            let tried = trial::try_out(&app, kind, text, &people);
            Ok(DryRun::new(&sight, kind, people.len(), &tried))
        });
        run.await.map_err(Error::internal)?
    }

    fn new(sight: &Sight, kind: SourceKind, people: usize, tried: &trial::Trial) -> DryRun {
        let count = |turns: fn(&Change) -> &Vec<Turn>| {
            let all = tried.changes.iter().flat_map(turns);
            all.map(|turn| &turn.user).collect::<BTreeSet<_>>().len()
        };
        let errors = tried.findings.iter();
        DryRun {
            remarks: errors.map(|finding| Remark::new(kind, finding)).collect(),
            is_refused: tried.is_refused,
            gaining: count(|change| &change.gains),
            losing: count(|change| &change.loses),
            differing: count(|change| &change.differs),
            people,
            rows: tried
                .changes
                .iter()
                .map(|change| row(sight, change))
                .collect(),
        }
    }

    pub(super) fn changes_nothing(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Users whom the reader may see, and users whom roles name, who may well be missing from the
/// catalog.
fn people<'a>(
    sight: &Sight,
    memberships: impl Iterator<Item = &'a callboard_policy::Membership>,
) -> Vec<EntityRef> {
    let page = sight.query(Query {
        filter: Some(Filter::from(Match::one_of("kind", ["user"]))),
        order: vec![OrderField::ascending("metadata.name")],
        ..Query::default()
    });
    let known = page
        .entities
        .iter()
        .map(|entity| entity.entity_ref().clone());
    let named = memberships.filter_map(|row| EntityRef::parse(&row.member).ok());
    let named = named.filter(|member| member.kind() == "user");
    let mut people: Vec<_> = known.chain(named).collect();
    people.sort_unstable();
    people.dedup();
    people
}

fn row(sight: &Sight, change: &Change) -> ChangeRow {
    let all = [&change.gains, &change.loses, &change.differs];
    let first = all.into_iter().flatten().next();
    ChangeRow {
        permission: change.permission.name().to_owned(),
        gains: crowd(sight, &change.gains),
        loses: crowd(sight, &change.loses),
        differs: crowd(sight, &change.differs),
        sample: first.and_then(|turn| sample(sight, &change.permission, turn)),
    }
}

fn crowd(sight: &Sight, turns: &[Turn]) -> Crowd {
    let named = turns.iter().take(NAMED);
    let names = named.filter_map(|turn| EntityRef::parse(&turn.user).ok());
    Crowd {
        count: turns.len(),
        names: names.map(|user| RefLink::new(sight, &user)).collect(),
    }
}

/// Counts entities that the reader may see, so that nobody finds out how many others there are.
fn sample(sight: &Sight, permission: &Permission, turn: &Turn) -> Option<Sample> {
    let among = match permission.resource_type()? {
        "catalog-entity" => Filter::from(Match::exists("kind")),
        "scaffolder-template" => Filter::from(Match::one_of("kind", ["template"])),
        _ => return None,
    };
    let [before, after] = [&turn.before, &turn.after].map(filter);
    let (before, after) = (before?, after?);
    let only = |one: &Filter, other: &Filter| {
        let not = Filter(Criteria::not(other.0.clone()));
        sight.count(Filter::all_of([among.clone(), one.clone(), not]))
    };
    let user = EntityRef::parse(&turn.user).ok()?;
    Some(Sample {
        person: RefLink::new(sight, &user).label,
        more: only(&after, &before),
        fewer: only(&before, &after),
        of: sight.count(among.clone()),
    })
}

/// What an access lets through; absent when its conditions cannot be evaluated on entities.
fn filter(access: &Access) -> Option<Filter> {
    match access {
        Access::Allow => Some(Filter::from(Match::exists("kind"))),
        Access::Deny => Some(Filter(Criteria::not(Criteria::Leaf(Match::exists("kind"))))),
        Access::Conditional(restriction) => conditions_filter(restriction.criteria()).ok(),
    }
}
