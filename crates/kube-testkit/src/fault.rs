//! What goes wrong on purpose.

use std::time::Duration;

use crate::call::{Call, Verb};
use crate::error::ApiError;

/// Something that goes wrong with some requests.
///
/// ```
/// # use callboard_kube_testkit::{Fault, Verb};
/// # use std::time::Duration;
/// let busy = Fault::status(503, "ServiceUnavailable").verb(Verb::Patch).resource("deployments").times(2);
/// let slow = Fault::delay(Duration::from_millis(50));
/// let unsure = Fault::lost_answer().verb(Verb::Create).every(3);
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    effect: Effect,
    verb: Option<Verb>,
    resource: Option<String>,
    name: Option<String>,
    user: Option<String>,
    every: u32,
    left: Option<u32>,
    seen: u32,
}

#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Refuse(ApiError),
    Delay(Duration),
    LoseAnswer,
    LoseRequest,
}

impl Fault {
    const fn new(effect: Effect) -> Self {
        Self {
            effect,
            verb: None,
            resource: None,
            name: None,
            user: None,
            every: 1,
            left: None,
            seen: 0,
        }
    }

    /// Requests are refused with this status and reason, and nothing is done.
    pub fn status(code: u16, reason: &str) -> Self {
        let message = "refused on purpose";
        Self::new(Effect::Refuse(ApiError::new(code, reason, message)))
    }

    /// Requests wait before they are done.
    pub const fn delay(time: Duration) -> Self {
        Self::new(Effect::Delay(time))
    }

    /// Requests are done, but the connection breaks before the answer is there.
    pub const fn lost_answer() -> Self {
        Self::new(Effect::LoseAnswer)
    }

    /// The connection breaks, and nothing is done.
    pub const fn lost_request() -> Self {
        Self::new(Effect::LoseRequest)
    }

    /// Only requests of this verb.
    #[must_use]
    pub const fn verb(mut self, verb: Verb) -> Self {
        self.verb = Some(verb);
        self
    }

    /// Only requests for this resource, such as `deployments` or `backstages/status`.
    #[must_use]
    pub fn resource(mut self, resource: &str) -> Self {
        self.resource = Some(resource.to_owned());
        self
    }

    /// Only requests for the object of this name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Only requests of this user.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// Only each `count`th of these requests; of none, if that is zero.
    #[must_use]
    pub const fn every(mut self, count: u32) -> Self {
        self.every = count;
        self
    }

    /// No more than this many times.
    #[must_use]
    pub const fn times(mut self, count: u32) -> Self {
        self.left = Some(count);
        self
    }

    fn concerns(&self, call: &Call) -> bool {
        let resource = if call.subresource.is_empty() {
            call.resource.clone()
        } else {
            format!("{}/{}", call.resource, call.subresource)
        };
        self.verb.is_none_or(|verb| verb == call.verb)
            && self
                .resource
                .as_ref()
                .is_none_or(|wanted| *wanted == resource)
            && self.name.as_ref().is_none_or(|wanted| *wanted == call.name)
            && self.user.as_ref().is_none_or(|wanted| *wanted == call.user)
    }

    /// What happens to this request; counts it.
    pub(crate) fn strike(&mut self, call: &Call) -> Option<Effect> {
        if self.left == Some(0) || !self.concerns(call) {
            return None;
        }
        self.seen += 1;
        if self.every == 0 || !self.seen.is_multiple_of(self.every) {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(self.effect.clone())
    }
}
