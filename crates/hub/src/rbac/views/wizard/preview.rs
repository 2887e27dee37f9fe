//! Whom and what a condition reaches: the live catalog, for one person.

use super::reach::Reach;
use crate::app::App;
use crate::auth::ownership_of;
use crate::permission::rule::Rules;
use crate::principal::Principal;
use crate::rbac::owner::Visible;
use crate::rbac::permissions::{POLICY_READ, RESOURCE_TYPE as ROLE};
use crate::rbac::views::condition_words::{self, Words};
use crate::ui::Texts;
use crate::ui::entity::{RefLink, Sight, title_of};
use callboard_catalog::{EntityRef, Query, conditions_filter};
use callboard_policy::{Condition, Criteria};
use smol_str::SmolStr;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How long anybody waits for it.
const PATIENCE: Duration = Duration::from_millis(300);

/// How many resources of each answer are shown.
const SAMPLES: usize = 3;

/// How many people are listed whom it can be asked for; with more than that, they are typed.
pub(super) const MAX_PEOPLE: usize = 50;

/// Of how many members they come.
const MAX_MEMBERS: usize = 200;

/// The resources that are the catalog's.
pub(super) const ENTITY: &str = "catalog-entity";

/// What a condition comes to for one person.
#[derive(Debug)]
pub(super) enum Preview {
    /// So many of all.
    Counted(Counted),
    /// The catalog is too large to be counted in time.
    TooSlow,
    /// Nothing here can list such resources.
    Unknown,
}

/// Numbers and samples.
#[derive(Debug)]
pub(super) struct Counted {
    /// The name of the person.
    pub(super) name: String,
    /// How many meet the condition.
    pub(super) matched: u64,
    /// How many there are, as far as the viewer may read them.
    pub(super) total: u64,
    /// Some that do and some that do not.
    pub(super) samples: Vec<Sample>,
}

/// A resource with the rule that decided about it.
#[derive(Debug)]
pub(super) struct Sample {
    /// What it is called.
    pub(super) label: String,
    /// Its page.
    pub(super) href: Option<String>,
    /// Whether it meets the condition.
    pub(super) holds: bool,
    /// Why.
    pub(super) why: Option<Words>,
}

/// What is asked.
pub(super) struct Question {
    pub(super) plugin: SmolStr,
    pub(super) resource_type: SmolStr,
    pub(super) criteria: Criteria<Condition>,
    /// The person; a user that the viewer may read, or the viewer.
    pub(super) user: SmolStr,
    pub(super) ownership: Vec<SmolStr>,
}

/// Somebody whom a preview can be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) entity_ref: SmolStr,
    pub(super) name: String,
}

/// Whom a preview can be for: those whom the members reach, as far as the viewer may read them.
pub(super) fn people(sight: &Sight, members: &[SmolStr], max_depth: Option<u32>) -> Vec<Person> {
    // More than these are more than one chooses from.
    let members = members.get(..MAX_MEMBERS).unwrap_or(members);
    let reached = Reach::of(sight, members, max_depth).people(sight, MAX_PEOPLE);
    let known = reached.into_iter().filter_map(|entity_ref| {
        let entity = sight.find(&EntityRef::parse(&entity_ref).ok()?)?;
        Some(Person {
            name: title_of(entity).into_owned(),
            entity_ref,
        })
    });
    known.collect()
}

/// A user whom `text` names and the viewer may read; absent for everybody else.
pub(super) fn person(sight: &Sight, text: &str) -> Option<SmolStr> {
    let entity_ref = EntityRef::parse(text.trim()).ok()?;
    let is_user = entity_ref.kind() == "user" && sight.find(&entity_ref).is_some();
    is_user.then(|| entity_ref.as_smol_str().clone())
}

/// In whose name somebody owns things.
pub(super) fn ownership(app: &App, principal: &Principal, user: &str) -> Vec<SmolStr> {
    if let Some(own) = principal.user().filter(|own| own.entity_ref == user) {
        return own.ownership.clone();
    }
    let catalog = app.catalog().snapshot();
    let parsed = EntityRef::parse(user).ok();
    parsed
        .and_then(|user| ownership_of(&catalog, &user, app.auth().groups()))
        .unwrap_or_else(|| vec![user.into()])
}

impl Question {
    /// Counts and samples what `principal` may read.
    pub(super) async fn answer(self, app: &App, principal: &Principal, t: Texts) -> Preview {
        let (app, principal) = (app.clone(), principal.clone());
        let counted = spawn_blocking(move || self.count(&app, &principal, t));
        match tokio::time::timeout(PATIENCE, counted).await {
            Ok(Ok(Some(counted))) => Preview::Counted(counted),
            Ok(Ok(None) | Err(_)) => Preview::Unknown,
            Err(_) => Preview::TooSlow,
        }
    }

    fn count(&self, app: &App, principal: &Principal, t: Texts) -> Option<Counted> {
        let sight = Sight::of(app, principal, t).ok()?;
        let name = EntityRef::parse(&self.user).ok();
        let name = name.map(|user| RefLink::new(&sight, &user).label);
        let counted = match self.resource_type.as_str() {
            ENTITY => self.entities(app, &sight)?,
            ROLE => self.roles(app, principal, &sight)?,
            _ => return None,
        };
        Some(Counted {
            name: name.unwrap_or_default(),
            ..counted
        })
    }

    /// The criteria with the aliases replaced for the person.
    fn resolved(&self) -> Criteria<Condition> {
        let (user, ownership) = (&self.user, &self.ownership);
        self.criteria
            .clone()
            .map(&mut |condition: Condition| condition.resolve(user, ownership))
    }

    fn entities(&self, app: &App, sight: &Sight) -> Option<Counted> {
        let criteria = self.resolved();
        let page = |criteria: &Criteria<Condition>| {
            let filter = conditions_filter(criteria).ok()?;
            Some(sight.query(Query {
                filter: Some(filter),
                limit: Some(SAMPLES),
                ..Query::default()
            }))
        };
        let (met, unmet) = (page(&criteria)?, page(&Criteria::not(criteria.clone()))?);
        let sample = |entity: &callboard_catalog::Entity, holds| {
            let link = RefLink::to(entity);
            Sample {
                why: self.why(app, sight, &criteria, &link.entity_ref),
                label: link.label,
                href: link.href,
                holds,
            }
        };
        let yes = met.entities.iter().map(|entity| sample(entity, true));
        let no = unmet.entities.iter().map(|entity| sample(entity, false));
        Some(Counted {
            name: String::new(),
            matched: met.total,
            total: met.total + unmet.total,
            samples: yes.chain(no).collect(),
        })
    }

    fn roles(&self, app: &App, principal: &Principal, sight: &Sight) -> Option<Counted> {
        let visible = Visible::of(app, principal, &POLICY_READ).ok()?;
        let rules = Rules::of(app, &self.plugin, &self.resource_type);
        let evaluator = rules.evaluator()?;
        let criteria = self.resolved();
        let state = app.rbac().state();
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (role, metadata) in &state.roles {
            if visible.includes(metadata) {
                let met = evaluator.meets(app, role, &criteria).ok()?;
                if met { &mut yes } else { &mut no }.push(role.clone());
            }
        }
        let (matched, total) = (yes.len() as u64, (yes.len() + no.len()) as u64);
        let sample = |role: SmolStr, holds| Sample {
            why: self.why(app, sight, &criteria, &role),
            label: role.to_string(),
            href: Some(crate::rbac::views::address::overview(&role)),
            holds,
        };
        let yes = yes.into_iter().take(SAMPLES).map(|role| sample(role, true));
        let no = no.into_iter().take(SAMPLES).map(|role| sample(role, false));
        Some(Counted {
            name: String::new(),
            matched,
            total,
            samples: yes.chain(no).collect(),
        })
    }

    /// The rule that decided about a resource, in words.
    fn why(
        &self,
        app: &App,
        sight: &Sight,
        resolved: &Criteria<Condition>,
        resource_ref: &str,
    ) -> Option<Words> {
        let rules = Rules::of(app, &self.plugin, &self.resource_type);
        let leaves: Vec<_> = resolved.leaves().collect();
        let examined = rules.evaluator()?.examine(app, resource_ref, &leaves);
        let examined = examined.ok()??;
        let mut holds = examined.iter().map(|one| one.holds);
        let tree = self
            .criteria
            .clone()
            .map(&mut |leaf| (leaf, holds.next().unwrap_or_default()));
        let (leaf, holds) = deciding(&tree)?;
        let leaf = Criteria::Leaf(leaf.clone());
        let told = if *holds { leaf } else { Criteria::not(leaf) };
        Some(condition_words::clause(&sight.t, &told))
    }
}

/// The leaf that makes a tree what it is: the first that settles it, or the last where all count.
fn deciding<L>(tree: &Criteria<(L, bool)>) -> Option<&(L, bool)> {
    let holds = |member: &Criteria<(L, bool)>| member.evaluate(&mut |(_, holds)| *holds);
    match tree {
        Criteria::Leaf(leaf) => Some(leaf),
        Criteria::Not(member) => deciding(member),
        Criteria::AllOf(members) => {
            let settling = members.iter().find(|member| !holds(member));
            deciding(settling.or(members.last())?)
        }
        Criteria::AnyOf(members) => {
            let settling = members.iter().find(|member| holds(member));
            deciding(settling.or(members.last())?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaf_that_settles_it_decides() {
        let leaf = |name, holds| Criteria::Leaf((name, holds));
        let name = |tree: &Criteria<(&'static str, bool)>| deciding(tree).map(|leaf| leaf.0);

        let all = Criteria::AllOf(vec![leaf("a", true), leaf("b", false), leaf("c", false)]);
        assert_eq!(name(&all), Some("b"));
        let any = Criteria::AnyOf(vec![leaf("a", false), Criteria::not(leaf("b", false))]);
        assert_eq!(name(&any), Some("b"));
        let none = Criteria::AnyOf(vec![leaf("a", false), leaf("b", false)]);
        assert_eq!(name(&none), Some("b"));
        assert_eq!(name(&Criteria::AllOf(Vec::new())), None);
    }
}
