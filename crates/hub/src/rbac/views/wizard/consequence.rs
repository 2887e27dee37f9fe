//! What people gain and lose by a draft, as the policy would decide with it in force.

use super::content::Content;
use super::draft::Draft;
use super::preview::{ENTITY, ownership};
use super::reach::Reach;
use super::save;
use crate::app::App;
use crate::principal::Principal;
use crate::rbac::load;
use crate::ui::Texts;
use crate::ui::entity::Sight;
use callboard_catalog::{Criteria, Filter, conditions_filter};
use callboard_policy::{Condition, Decision, Permission, PolicySnapshot, Principal as Asker};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use tokio::task::spawn_blocking;

/// How many people are asked about.
const MAX_PEOPLE: usize = 500;

/// What people gain and lose.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Consequence {
    /// What some may do then and not now.
    pub(super) gains: Vec<Shift>,
    /// What some may do now and not then.
    pub(super) losses: Vec<Shift>,
    /// Whether there are more people than were asked about.
    pub(super) is_partial: bool,
}

/// A permission that people gain or lose.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shift {
    /// Its name.
    pub(super) permission: SmolStr,
    /// How many people.
    pub(super) people: usize,
    /// On how many entities at most; absent where it is not about entities.
    pub(super) entities: Option<u64>,
    /// Whether it is as many for each of them.
    pub(super) is_even: bool,
}

/// What a draft would do; absent when it could not be stored.
///
/// It counts people and entities that `principal` may read.
pub(super) async fn of(
    app: &App,
    principal: &Principal,
    draft: &Draft,
    t: Texts,
) -> Option<Consequence> {
    let (app, principal, draft) = (app.clone(), principal.clone(), draft.clone());
    let work = move || weigh(&app, &principal, &draft, t);
    spawn_blocking(work).await.ok().flatten()
}

fn weigh(app: &App, principal: &Principal, draft: &Draft, t: Texts) -> Option<Consequence> {
    let sight = Sight::of(app, principal, t).ok()?;
    let (before, in_force) = app.rbac().in_force(app);
    let state = save::try_out(app, principal, draft, &app.rbac().state()).ok()?;
    let settings = &app.rbac().config().settings;
    let after = load::model(settings, &state, before.groups).compile(0);
    let draft_content = draft.content();
    let mut members = draft_content.members.clone();
    members.extend(draft.base.iter().flat_map(|base| base.members.clone()));
    let reach = Reach::of(&sight, &members, settings.max_depth);
    let people = reach.people(&sight, MAX_PEOPLE + 1);
    let contents = [Some(&draft_content), draft.base.as_ref()];
    let scales = Scales {
        sight: &sight,
        before: in_force.snapshot(),
        after: &after,
    };
    let mut consequence = Consequence {
        is_partial: people.len() > MAX_PEOPLE,
        ..Consequence::default()
    };
    let (mut gains, mut losses) = (Tally::default(), Tally::default());
    let permissions = permissions(app, contents.into_iter().flatten());
    let mut known = HashMap::new();
    for user in people.iter().take(MAX_PEOPLE) {
        let ownership = ownership(app, principal, user);
        for permission in &permissions {
            let (gained, lost) = scales.weigh(user, &ownership, permission, &mut known);
            gains.add(permission, gained);
            losses.add(permission, lost);
        }
    }
    consequence.gains = gains.into_shifts();
    consequence.losses = losses.into_shifts();
    Some(consequence)
}

/// The declared permissions that a role says something about.
fn permissions<'a>(app: &App, contents: impl Iterator<Item = &'a Content>) -> Vec<Permission> {
    let contents: Vec<_> = contents.collect();
    let is_about = |permission: &Permission| {
        contents.iter().any(|content| {
            let is_granted = content.grants.iter().any(|grant| {
                let name = grant.permission.as_str();
                grant.action == permission.action()
                    && (name == permission.name() || Some(name) == permission.resource_type())
            });
            let is_conditional = content.conditions.iter().any(|one| {
                Some(one.resource_type.as_str()) == permission.resource_type()
                    && one.mapping.iter().any(|entry| {
                        let name = entry.name.as_deref();
                        entry.action == permission.action()
                            && name.is_none_or(|name| name == permission.name())
                    })
            });
            is_granted || is_conditional
        })
    };
    let plugins = app.plugin_permissions().iter();
    let declared = plugins.flat_map(|plugin| &plugin.permissions);
    declared.filter(|one| is_about(one)).cloned().collect()
}

/// How much of something is gained or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Nothing,
    /// So many entities.
    Entities(u64),
    /// What has no number.
    Something,
}

/// The policy as it is and as it would be.
struct Scales<'a> {
    sight: &'a Sight,
    before: &'a PolicySnapshot,
    after: &'a PolicySnapshot,
}

/// What somebody may do with the resources of a permission.
#[derive(Debug, Clone, PartialEq)]
enum Right {
    None,
    All,
    Some(Criteria<Condition>),
}

impl Scales<'_> {
    /// What one person gains and loses of one permission.
    fn weigh(
        &self,
        user: &SmolStr,
        ownership: &[SmolStr],
        permission: &Permission,
        known: &mut HashMap<String, (Amount, Amount)>,
    ) -> (Amount, Amount) {
        let right = |policy: &PolicySnapshot| {
            let asker = Asker::User {
                entity_ref: user,
                ownership,
            };
            match policy.decide(asker, permission) {
                Decision::Allow(_) => Right::All,
                Decision::Deny(_) => Right::None,
                Decision::Conditional(one) => Right::Some(one.criteria_for(user, ownership)),
            }
        };
        let (before, after) = (right(self.before), right(self.after));
        if before == after {
            return (Amount::Nothing, Amount::Nothing);
        }
        if permission.resource_type() != Some(ENTITY) {
            return match (&before, &after) {
                (Right::None, _) | (_, Right::All) => (Amount::Something, Amount::Nothing),
                (_, Right::None) | (Right::All, _) => (Amount::Nothing, Amount::Something),
                (Right::Some(_), Right::Some(_)) => (Amount::Something, Amount::Something),
            };
        }
        let key = format!("{before:?} {after:?}");
        *known
            .entry(key)
            .or_insert_with(|| (self.count(&after, &before), self.count(&before, &after)))
    }

    /// How many entities `one` gives that `other` does not.
    fn count(&self, one: &Right, other: &Right) -> Amount {
        let criteria = |right: &Right| match right {
            Right::None => Some(Criteria::AnyOf(Vec::new())),
            Right::All => Some(Criteria::AllOf(Vec::new())),
            Right::Some(criteria) => conditions_filter(criteria).ok().map(|filter| filter.0),
        };
        // What cannot be evaluated gives nothing.
        let nothing = || Criteria::AnyOf(Vec::new());
        let one = criteria(one).unwrap_or_else(nothing);
        let other = criteria(other).unwrap_or_else(nothing);
        let both = Criteria::AllOf(vec![one, Criteria::not(other)]);
        match self.sight.count(Filter(both)) {
            0 => Amount::Nothing,
            count => Amount::Entities(count),
        }
    }
}

/// What people gain, or lose, permission by permission.
#[derive(Default)]
struct Tally(BTreeMap<SmolStr, Shift>);

impl Tally {
    fn add(&mut self, permission: &Permission, amount: Amount) {
        let entities = match amount {
            Amount::Nothing => return,
            Amount::Entities(count) => Some(count),
            Amount::Something => None,
        };
        let name = SmolStr::new(permission.name());
        let shift = self.0.entry(name.clone()).or_insert(Shift {
            permission: name,
            people: 0,
            entities,
            is_even: true,
        });
        shift.people += 1;
        shift.is_even &= shift.entities == entities;
        shift.entities = shift.entities.max(entities);
    }

    fn into_shifts(self) -> Vec<Shift> {
        self.0.into_values().collect()
    }
}
