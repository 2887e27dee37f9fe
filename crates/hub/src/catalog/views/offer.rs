//! The ways to add something to the catalog that a page offers.

use crate::app::App;
use crate::catalog::permissions::{ENTITY_CREATE, LOCATION_CREATE};
use crate::principal::Principal;
use crate::scaffolder::{TASK_CREATE, opens_gallery};

/// Which buttons a person has; the others leave no gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offers {
    /// To the gallery of what can be created, where it opens for the person.
    pub(crate) create: bool,
    /// To what templates make.
    pub(crate) run: bool,
    /// To register what is there already.
    pub(crate) register: bool,
}

impl Offers {
    /// What `principal` is offered.
    ///
    /// Permissions: `catalog.entity.create` or `scaffolder.task.create` to create, the first only
    /// with a template to read; `scaffolder.task.create` to run templates; `catalog.entity.create` and
    /// `catalog.location.create` to register, on every page that offers it: the first shows the
    /// button in the original, and without the second all that it leads to is refused.
    pub(crate) fn of(app: &App, principal: &Principal) -> Offers {
        let may = |permission| app.permission().authorize(app, principal, permission, None);
        let may_add = may(&ENTITY_CREATE);
        let run = may(&TASK_CREATE);
        Offers {
            create: run || may_add && opens_gallery(app, principal),
            run,
            register: may_add && may(&LOCATION_CREATE) && !app.catalog().config.is_readonly,
        }
    }
}
