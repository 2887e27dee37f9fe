//! The same question for other people.

use super::ask::Asked;
use super::trace::Verdict;
use crate::error::Error;
use crate::rbac::explain::{ExplainRequest, verdicts};
use crate::ui::PageRequest;
use crate::ui::entity::{RefLink, Sight, targets_of};
use callboard_catalog::{Filter, Match, OrderField, Query};
use callboard_policy::EntityRef;

/// How many are shown.
const MOST: usize = 6;

/// Somebody else, and the answer.
pub(super) struct Other {
    pub(super) person: RefLink,
    /// The same question about them.
    pub(super) href: String,
    pub(super) verdict: Verdict,
}

/// People that the reader may see: first those of the groups of the person who was asked about.
pub(super) fn others(
    request: &PageRequest,
    sight: &Sight,
    asked: &Asked,
    question: &ExplainRequest,
) -> Result<Vec<Other>, Error> {
    let own = question.user.as_deref().unwrap_or_default();
    let user = EntityRef::parse(own).ok();
    let groups = user.and_then(|user| Some(targets_of(sight, sight.find(&user)?, "memberOf")));
    let groups = groups.into_iter().flatten().map(|group| group.entity_ref);
    let groups: Vec<_> = groups.collect();
    let mut people: Vec<EntityRef> = Vec::new();
    let beside = (!groups.is_empty()).then(|| Match::one_of("relations.memberof", groups));
    for filter in [beside, Some(Match::exists("metadata.name"))]
        .into_iter()
        .flatten()
    {
        let page = sight.query(Query {
            filter: Some(Filter::all_of(
                [Match::one_of("kind", ["user"]), filter].map(Filter::from),
            )),
            order: vec![OrderField::ascending("metadata.name")],
            // The one who was asked about may be among them, and so may those found before.
            limit: Some(2 * MOST),
            ..Query::default()
        });
        for entity in &page.entities {
            let user = entity.entity_ref();
            if people.len() < MOST && user.as_str() != own && !people.contains(user) {
                people.push(user.clone());
            }
        }
    }
    let principal = &request.viewer.principal;
    let answers = verdicts(&request.app, principal, question, &people)?;
    let other = |(user, answer): (&EntityRef, callboard_policy::Answer)| Other {
        person: RefLink::new(sight, user),
        href: asked.about(user.as_str()),
        verdict: Verdict(answer),
    };
    Ok(people.iter().zip(answers).map(other).collect())
}
