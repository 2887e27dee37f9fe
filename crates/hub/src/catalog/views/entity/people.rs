//! The owner of an entity with its people.

use crate::catalog::views::relation::RelationType;
use crate::ui::entity::{RefLink, Sight, targets_of};
use callboard_catalog::Entity;

/// How many people a card names.
const MAX_PEOPLE: usize = 8;

/// The owner, with its people.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct PeopleCard {
    pub(in crate::catalog::views) group: RefLink,
    pub(in crate::catalog::views) people: Vec<RefLink>,
    pub(in crate::catalog::views) count: u64,
    pub(in crate::catalog::views) part_of: Vec<RefLink>,
}

impl PeopleCard {
    /// The group that owns `entity`; `None` when there is none that the person may see.
    pub(super) fn of(sight: &Sight, entity: &Entity) -> Option<PeopleCard> {
        let relations = entity.relations();
        let owner = relations
            .iter()
            .find(|found| found.relation_type == "ownedBy")?;
        let group = sight.find(&owner.target)?;
        if group.entity_ref().kind() != "group" {
            return None;
        }
        let members = RelationType::named("hasMember")?;
        let page = members.targets(sight, group.entity_ref(), None, 0, MAX_PEOPLE);
        Some(PeopleCard {
            group: RefLink::to(group),
            people: page
                .entities
                .iter()
                .map(|person| RefLink::to(person))
                .collect(),
            count: page.total,
            part_of: targets_of(sight, group, "childOf"),
        })
    }
}
