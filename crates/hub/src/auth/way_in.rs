//! How people sign in here, as pages call it.

use super::guest;
use super::service::Auth;
use crate::ui::Texts;

/// One way to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayIn {
    /// The id of the provider, a key of `auth.providers`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The environment of the provider's configuration; absent for guests.
    pub environment: Option<String>,
}

impl Auth {
    /// Every way to sign in that the sign-in page offers, in its order.
    pub fn ways_in(&self, t: &Texts) -> Vec<WayIn> {
        let doors = self.doors().into_iter().map(|door| WayIn {
            name: provider_name(t, door.title.as_deref()),
            id: door.provider,
            environment: Some(self.config.environment.clone()),
        });
        let guest = self.guest().map(|_| WayIn {
            id: guest::PROVIDER.to_owned(),
            name: t.say("sign-in-as-guest").to_string(),
            environment: None,
        });
        doors.chain(guest).collect()
    }

    /// What people call a provider; its id when it is not offered any more.
    pub fn name_of_provider(&self, t: &Texts, id: &str) -> String {
        let ways = self.ways_in(t).into_iter();
        let name = ways.filter(|way| way.id == id).map(|way| way.name).next();
        name.unwrap_or_else(|| id.to_owned())
    }
}

/// What people call the provider of a title; one without has a name in every language.
pub fn provider_name(t: &Texts, title: Option<&str>) -> String {
    title.map_or_else(|| t.say("sign-in-single").to_string(), str::to_owned)
}
