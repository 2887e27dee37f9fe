//! The permissions that guard other people's access to the hub.

use super::PLUGIN;
use crate::app::App;
use crate::error::Error;
use crate::feature::PluginPermissions;
use crate::principal::{Principal, UserPrincipal};
use callboard_policy::{Decision, Permission, ReasonKind};
use std::sync::{Arc, LazyLock};

/// Seeing and ending the sessions of other people.
pub(crate) static SESSION_MANAGE: LazyLock<Permission> =
    LazyLock::new(|| Permission::basic("callboard.session.manage", None));
/// Managing service accounts and their tokens.
pub(crate) static SERVICE_ACCOUNT_MANAGE: LazyLock<Permission> =
    LazyLock::new(|| Permission::basic("callboard.service-account.manage", None));

/// Everything that the plugin declares.
pub(super) fn declared() -> PluginPermissions {
    let permissions = [&SESSION_MANAGE, &SERVICE_ACCOUNT_MANAGE];
    PluginPermissions {
        plugin: PLUGIN,
        permissions: permissions
            .into_iter()
            .map(|permission| Permission::clone(permission))
            .collect(),
        rules: Vec::new(),
        resource_types: Vec::new(),
    }
}

/// The user who calls, if they have `permission`, one of this plugin.
///
/// Unlike everything else these permissions are for people alone, and nobody has them while
/// `permission.enabled` is off: a hub without roles has no administrators.
///
/// # Errors
///
/// 401 without credentials, 403 for a program, an access token, and a person who does not have it.
pub(crate) fn require<'a>(
    app: &App,
    principal: &'a Principal,
    permission: &Permission,
) -> Result<&'a Arc<UserPrincipal>, Error> {
    let user = principal.require_person()?;
    match decide(app, principal, permission) {
        Answer::Allowed => Ok(user),
        Answer::Denied => Err(Error::NotAllowed(format!(
            "This needs the permission '{}'",
            permission.name()
        ))),
        Answer::Off => Err(Error::NotAllowed(format!(
            "Nobody has the permission '{}' while 'permission.enabled' is off",
            permission.name()
        ))),
    }
}

/// Whether the caller has `permission`, as [`require`] says; pages ask to know what to show.
pub(crate) fn has(app: &App, principal: &Principal, permission: &Permission) -> bool {
    let is_allowed = || matches!(decide(app, principal, permission), Answer::Allowed);
    principal.user().is_some() && is_allowed()
}

enum Answer {
    Allowed,
    Denied,
    /// Permissions are not enforced.
    Off,
}

fn decide(app: &App, principal: &Principal, permission: &Permission) -> Answer {
    let policy = app.permission();
    match policy.decide(&policy.in_force(), principal, permission) {
        Decision::Allow(reason) if reason.kind() == ReasonKind::PermissionsDisabled => Answer::Off,
        Decision::Allow(_) => Answer::Allowed,
        Decision::Deny(_) | Decision::Conditional(_) => Answer::Denied,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hub;
    use crate::auth::test::{ManualClock, hub};
    use crate::principal::ServicePrincipal;
    use serde_json::{Value, json};
    use smol_str::SmolStr;

    async fn with(permission: Value) -> Hub {
        hub(&ManualClock::default(), json!({"permission": permission})).await
    }

    fn user(name: &'static str) -> Principal {
        let user = UserPrincipal::new(SmolStr::new_static(name), vec![name.into()]);
        Principal::User(Arc::new(user))
    }

    fn message(hub: &Hub, principal: &Principal) -> Option<String> {
        let refused = require(hub.app(), principal, &SESSION_MANAGE).err();
        assert_eq!(
            refused.is_none(),
            has(hub.app(), principal, &SESSION_MANAGE)
        );
        refused.map(|error| error.to_string())
    }

    #[tokio::test]
    async fn only_people_who_were_given_it_have_it() {
        let hub = with(json!({"enabled": true, "rbac": {"admin": {
            "superUsers": [{"name": "user:default/warden"}],
        }}}))
        .await;
        let program = Principal::Service(Arc::new(ServicePrincipal {
            subject: "external:ci".into(),
            restrictions: None,
        }));

        assert_eq!(message(&hub, &user("user:default/warden")), None);
        assert_eq!(
            message(&hub, &user("user:default/alice")).as_deref(),
            Some("This needs the permission 'callboard.session.manage'")
        );
        assert_eq!(
            message(&hub, &program).as_deref(),
            Some("This endpoint does not allow 'service' credentials")
        );
        assert_eq!(
            message(&hub, &Principal::None).as_deref(),
            Some("Missing credentials")
        );
    }

    #[tokio::test]
    async fn nobody_has_it_while_permissions_are_off() {
        let hub = with(json!({"enabled": false})).await;

        assert_eq!(
            message(&hub, &user("user:default/warden")).as_deref(),
            Some(
                "Nobody has the permission 'callboard.session.manage' while 'permission.enabled' \
                 is off"
            )
        );
    }
}
