//! `/rbac`: the list of roles.

use super::sight::RoleSight;
use super::{address, readers};
use crate::error::Error;
use crate::ui::{Icon, Page, PageRequest, Place, Shell};
use askama::Template;

#[derive(Template)]
#[template(path = "rbac/templates/role_list_page.html")]
pub(super) struct RoleListPage {
    shell: Shell,
    rows: Vec<Row>,
}

/// A role in the list.
struct Row {
    role: String,
    href: String,
}

/// `GET /rbac`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn page(request: PageRequest) -> Result<Page<RoleListPage>, Error> {
    request.enter_administration(&readers())?;
    let sight = RoleSight::of(&request.app, &request.viewer.principal)?;
    let rows = sight.roles().map(|(role, _)| Row {
        role: role.to_string(),
        href: address::overview(role),
    });
    Ok(Page(RoleListPage {
        rows: rows.collect(),
        shell: request.shell(Place::top("RBAC"))?,
    }))
}
