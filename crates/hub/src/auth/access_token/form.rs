//! The form that makes a token, and the list of those that there are.

use super::config::DAY;
use super::service::{MAX_NAME, NewToken};
use super::{AccessToken, Scope};
use crate::app::App;
use crate::error::Error;
use crate::ui::{Moment, Texts, Tone};
use callboard_policy::Permission;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The lives that the form offers, in days.
const LIVES: [u32; 3] = [7, 30, 90];

/// From when on the end of a token is near.
const NEAR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The fields of the form, as they were sent.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::auth) struct TokenFields {
    name: String,
    /// `all`, `read` or `chosen`.
    access: String,
    /// A number of days, or `custom`.
    life: String,
    /// The number of days when it is.
    #[serde(default)]
    days: String,
    #[serde(default)]
    permissions: Vec<SmolStr>,
    #[serde(default)]
    plugins: Vec<SmolStr>,
}

/// The form with what was filled in.
#[derive(Debug, Clone)]
pub(in crate::auth) struct TokenForm {
    /// Where it is sent.
    pub(in crate::auth) action: String,
    pub(in crate::auth) name: String,
    pub(in crate::auth) access: &'static str,
    pub(in crate::auth) lives: Vec<Life>,
    pub(in crate::auth) is_custom: bool,
    pub(in crate::auth) days: String,
    pub(in crate::auth) max_days: u64,
    pub(in crate::auth) permissions: Vec<Choice>,
    pub(in crate::auth) plugins: Vec<Choice>,
    /// Why it was not taken.
    pub(in crate::auth) error: Option<String>,
}

/// A life that the form offers.
#[derive(Debug, Clone)]
pub(in crate::auth) struct Life {
    pub(in crate::auth) days: u32,
    pub(in crate::auth) is_chosen: bool,
}

/// A name that can be ticked.
#[derive(Debug, Clone)]
pub(in crate::auth) struct Choice {
    pub(in crate::auth) name: String,
    pub(in crate::auth) is_chosen: bool,
}

/// A token in the list.
#[derive(Debug, Clone)]
pub(in crate::auth) struct TokenRow {
    pub(in crate::auth) id: SmolStr,
    pub(in crate::auth) name: String,
    pub(in crate::auth) hint: String,
    pub(in crate::auth) scope: String,
    pub(in crate::auth) used: Option<Moment>,
    pub(in crate::auth) used_from: Option<String>,
    pub(in crate::auth) expires: String,
    pub(in crate::auth) expires_at: String,
    /// Plain, or a colour when the end is near or past.
    pub(in crate::auth) tone: Tone,
}

/// A new token's text, which is shown this once.
pub(in crate::auth) struct Shown {
    pub(in crate::auth) name: String,
    pub(in crate::auth) token: callboard_config::Secret<String>,
}

impl TokenFields {
    /// What is asked for.
    ///
    /// # Errors
    ///
    /// 400 for a life that is no number of days, and for chosen permissions of which there are none.
    pub(super) fn to_request(&self) -> Result<NewToken, Error> {
        let days = match self.life.as_str() {
            "custom" => self.days.trim(),
            days => days,
        };
        let days: u32 = days.parse().map_err(|_| {
            Error::Input("expiresInDays: must be a whole number of days".to_owned())
        })?;
        let is_chosen = self.access == "chosen";
        if is_chosen && self.permissions.is_empty() && self.plugins.is_empty() {
            let message = "scope: choose permissions or plugins, or take another access";
            return Err(Error::Input(message.to_owned()));
        }
        let chosen = |names: &[SmolStr]| {
            if is_chosen {
                names.to_vec()
            } else {
                Vec::new()
            }
        };
        Ok(NewToken {
            name: self.name.clone(),
            lifetime: DAY * days,
            scope: Scope {
                read_only: self.access == "read",
                plugins: chosen(&self.plugins),
                permissions: chosen(&self.permissions),
            },
        })
    }
}

impl TokenForm {
    /// The form as it is shown first.
    pub(in crate::auth) fn new(app: &App, action: String) -> TokenForm {
        let plugins = app.plugin_permissions();
        let names: BTreeSet<&str> = plugins
            .iter()
            .flat_map(|plugin| &plugin.permissions)
            .map(Permission::name)
            .collect();
        let max_days = app.access_tokens().max_lifetime().as_secs() / DAY.as_secs();
        let choice = |name: &str| Choice {
            name: name.to_owned(),
            is_chosen: false,
        };
        let lives = LIVES
            .into_iter()
            .filter(|days| u64::from(*days) <= max_days);
        TokenForm {
            action,
            name: String::new(),
            access: "all",
            lives: lives
                .map(|days| Life {
                    days,
                    is_chosen: days == LIVES[1],
                })
                .collect(),
            is_custom: max_days < u64::from(LIVES[1]),
            days: String::new(),
            max_days,
            permissions: names.into_iter().map(choice).collect(),
            plugins: app.plugins().iter().map(|name| choice(name)).collect(),
            error: None,
        }
    }

    /// Why the fields were not taken, in words.
    fn refusal(&self, t: &Texts, error: &Error) -> String {
        let text = match field_of(error) {
            Some("name") => t.say("token-wrong-name").with("max", MAX_NAME),
            Some("expiresInDays") => t.say("token-wrong-life").with("max", self.max_days),
            Some(_) => t.say("token-wrong-scope"),
            None => t.say("token-conflict"),
        };
        text.to_string()
    }

    /// The form with what somebody filled in, and why it was not taken.
    pub(in crate::auth) fn again(
        self,
        t: &Texts,
        fields: &TokenFields,
        error: &Error,
    ) -> TokenForm {
        let tick = |choices: Vec<Choice>, ticked: &[SmolStr]| {
            let tick = |choice: Choice| Choice {
                is_chosen: ticked.contains(&SmolStr::from(&choice.name)),
                ..choice
            };
            choices.into_iter().map(tick).collect()
        };
        let error = self.refusal(t, error);
        let life = |life: Life| Life {
            is_chosen: fields.life == life.days.to_string(),
            ..life
        };
        TokenForm {
            name: fields.name.clone(),
            access: match fields.access.as_str() {
                "read" => "read",
                "chosen" => "chosen",
                _ => "all",
            },
            lives: self.lives.into_iter().map(life).collect(),
            is_custom: fields.life == "custom",
            days: fields.days.clone(),
            permissions: tick(self.permissions, &fields.permissions),
            plugins: tick(self.plugins, &fields.plugins),
            error: Some(error),
            ..self
        }
    }
}

/// The field that an error is about, as programs call it; absent when it is about none.
pub(super) fn field_of(error: &Error) -> Option<&str> {
    match error {
        Error::Input(message) => message.split_once(": ").map(|(field, _)| field),
        _ => None,
    }
}

impl TokenRow {
    /// A token as it stands at `now`.
    pub(in crate::auth) fn new(t: &Texts, token: &Arc<AccessToken>, now: Timestamp) -> TokenRow {
        let last = token.usage.last();
        let left = token.expires_at.duration_since(now);
        TokenRow {
            id: token.id.clone(),
            name: token.name.clone(),
            hint: token.hint.clone(),
            scope: token.scope.words(t),
            used: last.as_ref().map(|last| Moment::new(t, last.at, now)),
            used_from: last.and_then(|last| last.from),
            expires: ends(t, left),
            expires_at: token.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            tone: if left <= SignedDuration::ZERO {
                Tone::No
            } else if left <= NEAR {
                Tone::If
            } else {
                Tone::Plain
            },
        }
    }
}

/// When something ends, as seen from now.
fn ends(t: &Texts, left: SignedDuration) -> String {
    let left = Duration::try_from(left).unwrap_or_default();
    let text = match (left.as_secs() / DAY.as_secs(), left.as_secs() / 3600) {
        (0, 0) if left.is_zero() => t.say("token-expired"),
        (0, 0) => t.say("token-within-hour"),
        (0, hours) => t.say("token-in-hours").with("n", hours),
        (days, _) => t.say("token-in-days").with("n", days),
    };
    text.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Dictionary, Language};

    fn texts() -> Texts {
        let english = include_str!("texts/en.ftl");
        Dictionary::new(&[(Language::English, english)]).texts(Language::English)
    }

    #[test]
    fn the_end_of_a_token_is_told_in_days_then_hours() {
        for (seconds, expected) in [
            (30 * 86_400, "in 30 days"),
            (86_400 + 5, "in 1 day"),
            (86_399, "in 23 hours"),
            (3_700, "in 1 hour"),
            (60, "within the hour"),
            (0, "expired"),
            (-5, "expired"),
        ] {
            assert_eq!(ends(&texts(), SignedDuration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn chosen_access_without_a_choice_is_not_everything() {
        let fields = |access: &str| TokenFields {
            name: "ci".to_owned(),
            access: access.to_owned(),
            life: "30".to_owned(),
            days: String::new(),
            permissions: Vec::new(),
            plugins: Vec::new(),
        };

        assert!(fields("chosen").to_request().is_err());
        assert_eq!(fields("all").to_request().unwrap().scope, Scope::default());
        assert!(fields("read").to_request().unwrap().scope.read_only);
    }
}
