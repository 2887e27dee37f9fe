//! Roles and writers that the tests of changes share.

use super::super::owner::Visible;
use super::super::state::{RoleMetadata, State};
use super::Writer;
use crate::error::Error;
use callboard_policy::{Criteria, Source};
use jiff::Timestamp;

pub(super) const ANN: &str = "user:default/ann";

/// Roles of Ann and of Bob, and one of every other source.
pub(super) fn state() -> State {
    let mut state = State::default();
    let roles = [
        ("ann", Source::Rest, Some(ANN)),
        ("bob", Source::Rest, Some("user:default/bob")),
        ("old", Source::Legacy, None),
        ("file", Source::CsvFile, None),
        ("admin", Source::Configuration, None),
        ("everyone", Source::Configuration, None),
    ];
    for (name, source, owner) in roles {
        let metadata = RoleMetadata {
            owner: owner.map(str::to_owned),
            is_default: name == "everyone",
            ..RoleMetadata::new(source, ANN, Timestamp::UNIX_EPOCH)
        };
        state.roles.insert(role(name), metadata);
    }
    state
}

pub(super) fn role<T: From<String>>(name: &str) -> T {
    format!("role:default/{name}").into()
}

/// Ann with an unconditional right.
pub(super) fn anywhere() -> Writer {
    writer(Visible::All)
}

/// Ann with a right that is limited to roles of her own.
pub(super) fn owner() -> Writer {
    writer(Visible::Owned(Criteria::Leaf(vec![ANN.to_owned()])))
}

/// Ann who may create, and update nothing.
pub(super) fn creator() -> Writer {
    writer(Visible::Nothing)
}

fn writer(roles: Visible) -> Writer {
    Writer {
        user: ANN.into(),
        now: Timestamp::UNIX_EPOCH,
        roles,
    }
}

/// What a refusal says, with its status; nothing was changed by it.
pub(super) fn refused<T>(
    state: &State,
    change: impl FnOnce(&mut State) -> Result<T, Error>,
) -> String {
    let mut after = state.clone();
    let error = change(&mut after).err().expect("the change is refused");
    assert_eq!(after, *state, "a refused change changed something");
    let (status, _) = error.wire();
    format!("{} {error}", status.as_u16()).trim_end().to_owned()
}
