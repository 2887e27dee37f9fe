//! The form that changes how pages look.

use crate::auth::{CsrfForm, local_path};
use crate::settings::preference;
use crate::ui::{Density, Keys, Language, PageRequest, Preferences, Side, Theme, see_other};
use axum::http::header;
use axum::response::Response;
use serde::Deserialize;

/// What is to change; what is absent stays.
#[derive(Deserialize)]
pub(super) struct AppearanceForm {
    theme: Option<Theme>,
    density: Option<Density>,
    /// A tag, or `browser` for whatever that speaks.
    language: Option<String>,
    /// Which switches the form has: one that is off is not sent.
    switches: Option<Switches>,
    pinned: Option<String>,
    keys: Option<String>,
    /// The page that it was sent from.
    back: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Switches {
    /// That of the sidebar and that of the keys.
    All,
    /// That of the keys.
    Keys,
}

impl AppearanceForm {
    fn applied_to(&self, before: Preferences) -> Preferences {
        let language = match self.language.as_deref() {
            None => before.language,
            Some(tag) => Language::with_tag(tag),
        };
        let side = match (self.switches, &self.pinned) {
            (Some(Switches::Keys) | None, _) => before.side,
            (Some(Switches::All), Some(_)) => Side::Pinned,
            (Some(Switches::All), None) => Side::Folded,
        };
        let keys = match (self.switches, &self.keys) {
            (None, _) => before.keys,
            (Some(_), Some(_)) => Keys::On,
            (Some(_), None) => Keys::Off,
        };
        Preferences {
            theme: self.theme.unwrap_or(before.theme),
            language,
            density: self.density.unwrap_or(before.density),
            side,
            keys,
        }
    }
}

/// `POST /settings/appearance` and `/settings/theme`: keeps what was chosen, and goes back.
///
/// For people who are signed in, about themselves: no permission is needed.
pub(super) async fn set(
    request: PageRequest,
    CsrfForm(form): CsrfForm<AppearanceForm>,
) -> Response {
    let PageRequest { app, viewer, .. } = &request;
    let chosen = form.applied_to(Preferences::of(request.headers()));
    preference::keep(app, &viewer.user.entity_ref, &chosen).await;
    let back = form.back.as_deref().and_then(local_path);
    let mut response = see_other(back.unwrap_or("/settings"));
    for cookie in chosen.set_cookies(&app.core().base_url) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn form(fields: Value) -> AppearanceForm {
        serde_json::from_value(fields).unwrap()
    }

    #[test]
    fn what_is_absent_stays_and_a_switch_that_is_absent_is_off() {
        let before = Preferences {
            theme: Theme::Dark,
            language: Some(Language::German),
            ..Preferences::default()
        };

        let roomy = form(json!({"density": "roomy"})).applied_to(before);
        let all =
            form(json!({"switches": "all", "keys": "on", "language": "browser"})).applied_to(roomy);
        let keys = form(json!({"switches": "keys"})).applied_to(all);

        assert_eq!(
            roomy,
            Preferences {
                density: Density::Roomy,
                ..before
            }
        );
        assert_eq!(
            (all.side, all.keys, all.language),
            (Side::Folded, Keys::On, None)
        );
        assert_eq!((keys.side, keys.keys), (Side::Folded, Keys::Off));
        assert_eq!(keys.theme, Theme::Dark);
    }
}
