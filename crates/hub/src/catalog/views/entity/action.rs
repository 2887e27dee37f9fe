//! What the person may do with an entity, as the page offers it.

use crate::catalog::leaving::Leaving;
use crate::catalog::permissions::{ENTITY_DELETE, ENTITY_REFRESH, LOCATION_DELETE};
use crate::catalog::views::request::EntityRequest;
use crate::permission::Access;
use crate::ui::entity::{Judge, Offer, RefLink};
use callboard_policy::Permission;

/// How many entities that leave with a location are named.
const MAX_NAMED: usize = 12;

/// What the person may do with an entity.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Actions {
    pub(in crate::catalog::views) refresh: Offer,
    pub(in crate::catalog::views) unregister: Offer,
    /// What unregistering would do; present when it may be done.
    pub(in crate::catalog::views) removal: Option<Removal>,
    /// Where the tester says who may change it; absent where there is no tester.
    pub(in crate::catalog::views) tester: Option<String>,
}

/// What unregistering an entity would do.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct Removal {
    /// The location that goes, as it was registered.
    pub(in crate::catalog::views) location: Option<LeavingLocation>,
    /// Whether nothing names the entity any more, so that it stays gone.
    pub(in crate::catalog::views) is_orphan: bool,
    /// Where it comes from, when that cannot be removed by request.
    pub(in crate::catalog::views) held_by: Option<String>,
}

/// A registered location with what came from it.
#[derive(Debug, Clone)]
pub(in crate::catalog::views) struct LeavingLocation {
    pub(in crate::catalog::views) target: String,
    /// The first of the entities that go with it, as far as the person may read them.
    pub(in crate::catalog::views) named: Vec<RefLink>,
    /// How many more of them there are.
    pub(in crate::catalog::views) more: usize,
}

impl Actions {
    pub(super) fn new(request: &EntityRequest) -> Actions {
        let judge = Judge::new(request.app(), &request.page.viewer.principal);
        let unregister = offer(request, &judge, &ENTITY_DELETE);
        Actions {
            refresh: offer(request, &judge, &ENTITY_REFRESH),
            removal: (unregister == Offer::Allowed).then(|| Removal::of(request)),
            unregister,
            tester: judge.tester(&ENTITY_DELETE, Some(request.entity.entity_ref())),
        }
    }
}

/// How an action that needs `permission` is offered.
fn offer(request: &EntityRequest, judge: &Judge<'_>, permission: &Permission) -> Offer {
    let (app, principal) = (request.app(), &request.page.viewer.principal);
    let entity_ref = request.entity.entity_ref();
    match app
        .permission()
        .authorize_conditional(principal, permission)
    {
        Access::Allow => Offer::Allowed,
        Access::Deny => Offer::Never,
        Access::Conditional(_) => {
            let is_met =
                app.permission()
                    .authorize(app, principal, permission, Some(entity_ref.as_str()));
            match is_met {
                true => Offer::Allowed,
                false => Offer::NotThisOne {
                    tester: judge.tester(permission, Some(entity_ref)),
                },
            }
        }
    }
}

impl Removal {
    /// What would happen; the location goes only for those who may remove it.
    fn of(request: &EntityRequest) -> Removal {
        let (app, principal) = (request.app(), &request.page.viewer.principal);
        let entity = &request.entity;
        let is_orphan = request.is_orphan();
        let may_remove = !app.catalog().config.is_readonly
            && app
                .permission()
                .authorize(app, principal, &LOCATION_DELETE, None);
        let leaving = app.catalog().leaving_with(entity.entity_ref());
        let (location, held_by) = match leaving {
            Some(leaving) if may_remove && !is_orphan => {
                (Some(LeavingLocation::of(request, &leaving)), None)
            }
            _ => {
                let origin = app.catalog().origin_of(entity.entity_ref());
                (None, origin.filter(|_| !is_orphan).map(|at| at.target))
            }
        };
        Removal {
            location,
            is_orphan,
            held_by,
        }
    }
}

impl LeavingLocation {
    fn of(request: &EntityRequest, leaving: &Leaving) -> LeavingLocation {
        let sight = &request.sight;
        let mut named: Vec<RefLink> = leaving
            .entities
            .iter()
            .filter_map(|entity_ref| sight.find(entity_ref))
            .map(RefLink::to)
            .collect();
        let more = named.len().saturating_sub(MAX_NAMED);
        named.truncate(MAX_NAMED);
        LeavingLocation {
            target: leaving.location.target.clone(),
            named,
            more,
        }
    }
}
