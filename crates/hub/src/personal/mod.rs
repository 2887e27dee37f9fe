//! What the hub keeps for each person alone: the entities that they starred ([`star`]), and those
//! that they opened last ([`visit`]).
//!
//! Both are answered from memory. A star is a write like any other, and the hubs on one database
//! follow each other's. A visit is noted in memory and written later, so that no page waits for it.

mod keeper;
mod star;
mod visit;

pub use keeper::Keeper;
pub use star::{Star, Stars};
pub use visit::{Visit, Visits};

use crate::app::App;
use crate::feature::{Feature, Registrar};
use crate::hub::StartError;
use crate::task::Task;

/// The feature.
pub(crate) struct Personal;

impl Feature for Personal {
    fn id(&self) -> &'static str {
        "personal"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        let store = hub.core().store.clone();
        hub.service(Stars::new(store.clone()));
        hub.service(Visits::new(store));
        hub.migrations(star::MIGRATIONS);
        hub.migrations(visit::MIGRATIONS);
        hub.follower("stars", "stars", star::follow);
        hub.task(Task::new("visits", visit::keep));
        hub.on_start(|app| async move {
            app.stars().load().await?;
            let now = app.core().clock.now();
            Ok(app.visits().load(now).await?)
        });
        Ok(())
    }
}

impl App {
    /// What people starred.
    pub fn stars(&self) -> &Stars {
        self.service()
    }

    /// What people opened last.
    pub fn visits(&self) -> &Visits {
        self.service()
    }
}
