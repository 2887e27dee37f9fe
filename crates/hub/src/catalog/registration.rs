//! What a caller changes: registered locations, and single entities.

use super::access::Readable;
use super::commit;
use super::emitted::Emitted;
use super::ledger::Ledger;
use super::location::{Location, LocationType, RegisteredLocation};
use super::permissions;
use super::provider::REGISTERED;
use super::record::Source;
use super::service::Catalog;
use crate::app::App;
use crate::audit::Operation;
use crate::error::Error;
use crate::principal::Principal;
use callboard_catalog::EntityRef;
use callboard_policy::Permission;
use serde_json::{Value, json};
use std::collections::{HashSet, VecDeque};
use url::Url;

/// What becomes of a registration whose location is registered already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnConflict {
    /// It is refused.
    Reject,
    /// The location is read again as soon as possible.
    Refresh,
}

impl Catalog {
    /// Registers a location, to be read as soon as possible; the event is ended.
    ///
    /// Permission: `catalog.location.create`.
    ///
    /// # Errors
    ///
    /// 403 without the permission or in readonly mode, 400 for what cannot be registered, 409 for
    /// what is registered already.
    pub(super) async fn register_location(
        app: &App,
        principal: &Principal,
        operation: Operation,
        location: Location,
        on_conflict: OnConflict,
    ) -> Result<RegisteredLocation, Error> {
        let operation = check_registration(app, principal, operation, &location).await?;
        let id = commit::new_uid(app.core().clock.now()).to_string();
        commit::commit_for(app, operation, move |ledger| {
            let known = registered_at(ledger, &location).cloned();
            let registered = match (known, on_conflict) {
                (Some(_), OnConflict::Reject) => return Err(already_exists(&location)),
                (Some(known), OnConflict::Refresh) => {
                    ledger.refresh(&location.entity_ref());
                    known
                }
                (None, OnConflict::Reject | OnConflict::Refresh) => {
                    add_location(ledger, &location, id)
                }
            };
            let meta = json!({"location": registered});
            Ok((registered, meta))
        })
        .await
    }

    /// Has a registered location lead elsewhere, under the same identifier; what came from the old
    /// place alone goes. The event is ended.
    ///
    /// Permission: `catalog.location.create`, as in the original.
    ///
    /// # Errors
    ///
    /// As [`Catalog::register_location`], and 404 when there is no such location.
    pub(super) async fn move_location(
        app: &App,
        principal: &Principal,
        operation: Operation,
        id: String,
        location: Location,
    ) -> Result<RegisteredLocation, Error> {
        let operation = check_registration(app, principal, operation, &location).await?;
        commit::commit_for(app, operation, move |ledger| {
            if registered_at(ledger, &location).is_some_and(|known| known.id != id) {
                return Err(already_exists(&location));
            }
            let known = ledger.next.registered.iter().find(|known| known.id == id);
            let moved = match known.cloned() {
                None => return Err(not_registered(&id)),
                Some(known) if known.to_location() == location => known,
                Some(_) => {
                    take_location(ledger, &id)?;
                    add_location(ledger, &location, id)
                }
            };
            let meta = json!({"location": moved});
            Ok((moved, meta))
        })
        .await
    }

    /// Removes a registered location with all that comes from it alone; the event is ended.
    ///
    /// Permission: `catalog.location.delete`.
    ///
    /// # Errors
    ///
    /// 403 without the permission, whether there is such a location or not, or in readonly mode;
    /// 404 when there is none.
    pub(super) async fn remove_location(
        app: &App,
        principal: &Principal,
        operation: Operation,
        id: String,
    ) -> Result<(), Error> {
        let allowed = check_writable(app)
            .and_then(|()| authorize(app, principal, &permissions::LOCATION_DELETE));
        operation.or_refuse(app, allowed).await?;
        commit::commit_for(app, operation, move |ledger| {
            let gone = take_location(ledger, &id)?;
            Ok(((), json!({"location": gone})))
        })
        .await
    }

    /// Removes an entity; one that is still emitted comes back when its parent is processed. The
    /// event is ended.
    ///
    /// Permission: `catalog.entity.delete`, with conditions on the entity.
    ///
    /// # Errors
    ///
    /// 403 without the permission, or when the entity does not meet its conditions or is not there.
    pub(super) async fn remove_entity(
        app: &App,
        principal: &Principal,
        operation: Operation,
        uid: String,
    ) -> Result<(), Error> {
        let state = app.catalog().state();
        let known = state.snapshot.get_by_uid(&uid);
        let allowed = match Readable::under(app, principal, &permissions::ENTITY_DELETE) {
            Err(error) => Err(error),
            Ok(Readable::All) => Ok(()),
            Ok(Readable::None) => Err(Error::forbidden()),
            Ok(Readable::Only(filter)) => known
                .filter(|known| state.snapshot.matches(known.entity_ref().as_str(), &filter))
                .map(drop)
                .ok_or_else(Error::forbidden),
        };
        operation.or_refuse(app, allowed).await?;
        commit::commit_for(app, operation, move |ledger| {
            let found = ledger
                .next
                .records
                .iter()
                .find(|(_, record)| record.uid.to_string() == uid)
                .map(|(entity_ref, _)| entity_ref.clone());
            let mut meta = json!({});
            if let Some(entity_ref) = found {
                ledger.remove(&entity_ref);
                meta["entityRef"] = json!(entity_ref);
            }
            Ok(((), meta))
        })
        .await
    }

    /// Has an entity and the nearest location above it processed as soon as possible; the event is
    /// ended.
    ///
    /// Permission: `catalog.entity.refresh` on the entity.
    ///
    /// # Errors
    ///
    /// 403 without the permission, 404 when there is no such entity.
    pub(super) async fn refresh(
        app: &App,
        principal: &Principal,
        operation: Operation,
        entity_ref: EntityRef,
    ) -> Result<(), Error> {
        let may_refresh = app.permission().authorize(
            app,
            principal,
            &permissions::ENTITY_REFRESH,
            Some(entity_ref.as_str()),
        );
        let allowed = may_refresh.then_some(()).ok_or_else(Error::forbidden);
        operation.or_refuse(app, allowed).await?;
        commit::commit_for(app, operation, move |ledger| {
            if ledger.next.record(&entity_ref).is_none() {
                return Err(Error::NotFound(format!("Entity {entity_ref} not found")));
            }
            if let Some(location) = nearest_location(ledger, &entity_ref) {
                ledger.refresh(&location);
            }
            ledger.refresh(&entity_ref);
            Ok(((), json!({})))
        })
        .await
    }
}

/// Begins what makes a location a registered one: everything that has to hold beforehand does,
/// or the event is ended.
async fn check_registration(
    app: &App,
    principal: &Principal,
    operation: Operation,
    location: &Location,
) -> Result<Operation, Error> {
    let allowed = check_writable(app)
        .and_then(|()| authorize(app, principal, &permissions::LOCATION_CREATE))
        .and_then(|()| check_registrable(location));
    operation.or_refuse(app, allowed).await?;
    Ok(operation)
}

fn registered_at<'a>(
    ledger: &'a Ledger<'_>,
    location: &Location,
) -> Option<&'a RegisteredLocation> {
    let mut registered = ledger.next.registered.iter();
    registered.find(|known| known.to_location() == *location)
}

fn already_exists(location: &Location) -> Error {
    Error::Conflict(format!("Location {location} already exists"))
}

fn not_registered(id: &str) -> Error {
    Error::NotFound(format!("Found no location with ID {id}"))
}

/// Takes a registered location out, with all that comes from it alone.
fn take_location(ledger: &mut Ledger<'_>, id: &str) -> Result<RegisteredLocation, Error> {
    let mut registered = ledger.next.registered.to_vec();
    let index = registered.iter().position(|location| location.id == id);
    let gone = registered.remove(index.ok_or_else(|| not_registered(id))?);
    ledger.next.registered = registered.into();
    ledger.prune(
        &Source::Provider(REGISTERED.into()),
        &[gone.to_location().entity_ref()],
    );
    Ok(gone)
}

/// Adds a location that is not registered.
fn add_location(ledger: &mut Ledger<'_>, location: &Location, id: String) -> RegisteredLocation {
    let mut registered = ledger.next.registered.to_vec();
    let new = RegisteredLocation {
        id,
        target: location.target.clone(),
        location_type: location.location_type.as_str().to_owned(),
    };
    registered.push(new.clone());
    registered.sort_by(|one, other| {
        (&one.location_type, &one.target).cmp(&(&other.location_type, &other.target))
    });
    ledger.next.registered = registered.into();
    let root = Emitted::root(location);
    ledger.emit(&Source::Provider(REGISTERED.into()), &root, || {
        super::emitted::Form::of(&root.value())
    });
    new
}

/// The Location above an entity that the fewest others stand between.
fn nearest_location(ledger: &Ledger<'_>, entity_ref: &EntityRef) -> Option<EntityRef> {
    let mut seen = HashSet::from([entity_ref.clone()]);
    let mut ahead = VecDeque::from([entity_ref.clone()]);
    while let Some(entity_ref) = ahead.pop_front() {
        for parent in ledger.next.record(&entity_ref)?.parents() {
            if parent.kind() == "location" {
                return Some(parent.clone());
            }
            if seen.insert(parent.clone()) {
                ahead.push_back(parent.clone());
            }
        }
    }
    None
}

/// Whether the caller has a permission that is about nothing in particular.
pub(super) fn authorize(
    app: &App,
    principal: &Principal,
    permission: &Permission,
) -> Result<(), Error> {
    match app.permission().authorize(app, principal, permission, None) {
        true => Ok(()),
        false => Err(Error::forbidden()),
    }
}

fn check_writable(app: &App) -> Result<(), Error> {
    match app.catalog().config.is_readonly {
        true => Err(Error::NotAllowed(
            "This operation not allowed in readonly mode".to_owned(),
        )),
        false => Ok(()),
    }
}

/// Whether a location is one that may be registered by request.
pub(super) fn check_registrable(location: &Location) -> Result<(), Error> {
    if location.location_type != LocationType::Url {
        return Err(Error::Input(
            r#"Registered locations must be of an allowed type ["url"]"#.to_owned(),
        ));
    }
    let target = &location.target;
    let is_http = Url::parse(target).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    match is_http && !target.contains(char::is_control) {
        true => Ok(()),
        false => Err(Error::Input(format!(
            "the target of a location is a URL of http or https, not `{target}`"
        ))),
    }
}

/// The body of a registration as the event tells it.
pub(super) fn location_meta(location: &Location) -> Value {
    json!({"type": location.location_type.as_str(), "target": location.target})
}
