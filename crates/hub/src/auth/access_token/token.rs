//! A token as the hub keeps it in memory.

use super::scope::Scope;
use super::store::TokenRow;
use super::usage::Usage;
use crate::app::App;
use crate::auth::external::Digest;
use crate::auth::ownership::ownership_of;
use crate::auth::service_account;
use crate::auth::store::time;
use crate::error::Error;
use crate::principal::UserPrincipal;
use arc_swap::ArcSwapOption;
use callboard_catalog::CatalogSnapshot;
use callboard_policy::EntityRef;
use jiff::Timestamp;
use smol_str::SmolStr;
use std::fmt;
use std::sync::{Arc, Weak};

/// A token that a person or a service account calls with.
pub(crate) struct AccessToken {
    /// Its id, by which it is managed; says nothing about its text.
    pub(crate) id: SmolStr,
    pub(super) digest: Digest,
    /// As whom it acts.
    pub(crate) owner: EntityRef,
    /// Whether the catalog knew the owner when it was made.
    pub(super) is_owner_known: bool,
    /// What its owner calls it.
    pub(crate) name: String,
    /// How it begins.
    pub(crate) hint: String,
    /// What it is narrowed to.
    pub(crate) scope: Scope,
    /// Who made it.
    pub(crate) created_by: String,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// From then on it is worth nothing.
    pub(crate) expires_at: Timestamp,
    /// When and from where it was last used.
    pub(crate) usage: Usage,
    /// Its caller by the catalog of the moment.
    resolved: ArcSwapOption<Resolved>,
}

/// Who calls with a token, as a state of the catalog has it.
struct Resolved {
    /// Never upgraded: it only keeps the address from being used again.
    catalog: Weak<CatalogSnapshot>,
    user: Arc<UserPrincipal>,
}

/// As whom a token acts, and whether it may exist without an entity.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) entity_ref: EntityRef,
    /// Whether the catalog knows them.
    pub(super) is_known: bool,
}

impl Owner {
    /// A person, or a service account.
    pub(super) fn new(app: &App, entity_ref: EntityRef) -> Owner {
        let is_known = app.catalog().snapshot().get(entity_ref.as_str()).is_some();
        Owner {
            entity_ref,
            is_known,
        }
    }
}

impl AccessToken {
    /// A token as it is stored; `None` for a row that cannot be read.
    pub(super) fn from_row(row: TokenRow) -> Option<AccessToken> {
        Some(AccessToken {
            id: row.id.into(),
            digest: Digest::try_from(row.secret_hash).ok()?,
            owner: EntityRef::parse(&row.owner_ref).ok()?,
            is_owner_known: row.is_owner_known,
            name: row.name,
            hint: row.hint,
            scope: serde_json::from_value(row.scope).ok()?,
            created_by: row.created_by,
            created_at: time(row.created_at),
            expires_at: time(row.expires_at),
            usage: Usage::new(row.last_used_at, row.last_used_from),
            resolved: ArcSwapOption::empty(),
        })
    }

    /// The token as it is stored.
    pub(super) fn to_row(&self) -> TokenRow {
        TokenRow {
            id: self.id.to_string(),
            secret_hash: self.digest.to_vec(),
            owner_ref: self.owner.to_string(),
            is_owner_known: self.is_owner_known,
            name: self.name.clone(),
            hint: self.hint.clone(),
            scope: serde_json::json!(self.scope),
            created_by: self.created_by.clone(),
            created_at: self.created_at.as_millisecond(),
            expires_at: self.expires_at.as_millisecond(),
            last_used_at: None,
            last_used_from: None,
        }
    }

    /// Who calls with it now: its owner, with what they own in the catalog of this moment.
    ///
    /// # Errors
    ///
    /// 401 when the catalog knew the owner and does not any more.
    pub(super) fn caller(&self, app: &App) -> Result<Arc<UserPrincipal>, Error> {
        let catalog = app.catalog().snapshot();
        if let Some(resolved) = &*self.resolved.load()
            && std::ptr::eq(resolved.catalog.as_ptr(), Arc::as_ptr(&catalog))
        {
            return Ok(resolved.user.clone());
        }
        let own = self.owner.as_smol_str();
        let ownership = if service_account::is_one(&self.owner) {
            vec![own.clone()]
        } else {
            match ownership_of(&catalog, &self.owner, app.auth().groups()) {
                Some(ownership) => ownership,
                None if self.is_owner_known => {
                    return Err(Error::Authentication(
                        "The owner of this token is not in the catalog any more".to_owned(),
                    ));
                }
                None => vec![own.clone()],
            }
        };
        let user = Arc::new(UserPrincipal {
            restrictions: self.scope.restrictions().map(Arc::new),
            access_token: Some(self.id.clone()),
            ..UserPrincipal::new(own.clone(), ownership)
        });
        self.resolved.store(Some(Arc::new(Resolved {
            catalog: Arc::downgrade(&catalog),
            user: user.clone(),
        })));
        Ok(user)
    }
}

impl fmt::Debug for AccessToken {
    /// Leaves out the digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("id", &self.id)
            .field("owner", &self.owner)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
