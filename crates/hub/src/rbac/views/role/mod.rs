//! `/rbac/roles/…`: one role, what it opens, and how it came to be.

mod condition;
pub(super) mod download;
pub(super) mod history;
mod member;
pub(super) mod opens;
mod policy;

use super::address::{self, RolePath};
use super::plugin_index::PluginIndex;
use super::sight::{Access, RoleSight};
use super::words::{self, SourceBadge};
use super::{file_address, lock_words, readers, tab_of};
use crate::error::Error;
use crate::rbac::state::RoleMetadata;
use crate::ui::entity::{RefLink, Sight};
use crate::ui::{Icon, Markdown, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use callboard_catalog::EntityRef;
use callboard_policy::Source;
use condition::ConditionCard;
use member::{MemberQuery, Members};
use policy::{PolicyRow, When};

/// A page of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Overview,
    Opens,
    History,
}

/// What stands above every page of a role.
struct Header {
    t: Texts,
    tab: Tab,
    role: String,
    /// The beginning of it, in plain words.
    description: Option<String>,
    source: SourceBadge,
    /// Why nobody can change it here.
    lock: Option<String>,
    /// The line that makes the role, if a policy file does and the person may look.
    files: Option<String>,
    /// Where a new role begins with its policies, if the person may create roles.
    copy: Option<String>,
    update: Access,
    delete: Access,
    overview: String,
    edit: String,
    delete_href: String,
    /// The permission tester, if it opens for the person.
    tester: Option<&'static str>,
}

/// What is known about a role; `None` where nobody said.
struct About {
    description: Option<Markdown>,
    source: String,
    owner: Option<RefLink>,
    created: Option<String>,
    modified_by: Option<String>,
    modified: Option<String>,
}

#[derive(Template)]
#[template(path = "rbac/templates/role_page.html")]
struct RolePage {
    shell: Shell,
    header: Header,
    about: About,
    members: Members,
    /// Conditional rows and allowed actions.
    policy_count: usize,
    policies: Vec<PolicyRow>,
    conditions: Vec<ConditionCard>,
    changes: Vec<history::Entry>,
}

#[derive(Template)]
#[template(path = "rbac/templates/role_members.html")]
struct MembersFragment {
    header: Header,
    members: Members,
}

/// `GET /rbac/roles/{kind}/{namespace}/{name}`.
///
/// Permission: `policy.entity.read` for the role; without it the role is as good as missing.
pub(super) async fn overview(
    request: PageRequest,
    Path(path): Path<RolePath>,
    wants: Wants,
) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let role = path.role()?;
    let app = &request.app;
    let sight = Sight::of(app, &request.viewer.principal, request.texts())?;
    let roles = RoleSight::of(app, &request.viewer.principal, &sight)?;
    let metadata = roles.role(&role)?;
    let shell = request.shell(place(&sight, &role))?;
    let header = Header::of(&shell, &roles, &role, metadata, Tab::Overview);
    let query = MemberQuery::parse(request.visit().uri.query().unwrap_or_default());
    let members = Members::of(&sight, &roles, &role, metadata, query);
    if wants == Wants::Fragment {
        let address = members.here.clone();
        return Ok(request.at(&address, Page(MembersFragment { header, members })));
    }
    let plugins = PluginIndex::of(app);
    let policies = policy::rows(&sight.t, &roles, &plugins, &role, metadata);
    let changes = history::last(&request, &sight.t, &roles, (&role, metadata)).await?;
    let in_force = app.permission().in_force();
    let conditions = roles.roster.conditions(&role);
    Ok(Page(RolePage {
        about: About::of(&sight, metadata),
        members,
        policy_count: policy::count(&policies),
        conditions: conditions
            .map(|(id, record)| {
                let covered = plugins.covered(&record.policy).next();
                ConditionCard::of(&sight.t, &in_force, id, record, covered)
            })
            .collect(),
        policies,
        changes,
        header,
        shell,
    })
    .into_response())
}

fn place(sight: &Sight, role: &str) -> Place {
    let name = role.rsplit('/').next().unwrap_or(role);
    Place {
        title: format!("{role} · RBAC"),
        ..Place::below(super::crumbs(&sight.t), name)
    }
}

impl Header {
    fn of(
        shell: &Shell,
        roles: &RoleSight,
        role: &str,
        metadata: &RoleMetadata,
        tab: Tab,
    ) -> Header {
        let lock = roles.lock(role, metadata);
        let overview = address::overview(role);
        Header {
            description: metadata.description.as_deref().and_then(Markdown::lead),
            source: SourceBadge::of(&shell.t, &metadata.source),
            files: tab_of(shell, address::FILES)
                .and(lock.as_ref())
                .and_then(file_address),
            copy: roles.may_create().then(|| address::copy(role)),
            lock: lock.map(|lock| lock_words(&shell.t, metadata, &lock)),
            update: roles.update(metadata),
            delete: roles.delete(metadata),
            edit: address::edit(role),
            delete_href: address::delete(role),
            tester: tab_of(shell, address::TESTER),
            overview,
            role: role.to_owned(),
            t: shell.t.clone(),
            tab,
        }
    }

    /// The form that edits it, at its second step or a later one.
    fn edit_at(&self, step: u8) -> String {
        format!("{}?activeStep={step}", self.edit)
    }
}

impl About {
    fn of(sight: &Sight, metadata: &RoleMetadata) -> About {
        let t = &sight.t;
        let source = match &metadata.source {
            Source::Rest => t.say("rbac-source-rest-long").to_string(),
            other => SourceBadge::of(t, other).label,
        };
        let owner = text(metadata.owner.as_deref());
        let owner = owner.map(|owner| match EntityRef::parse(&owner) {
            Ok(owner) => RefLink::new(sight, &owner),
            Err(_) => RefLink {
                label: owner.clone(),
                href: None,
                entity_ref: owner,
                tile: crate::ui::Look::of("", None).tile,
                avatar: None,
            },
        });
        let description = text(metadata.description.as_deref());
        About {
            description: description.map(|source| Markdown::new(&source)),
            source,
            owner,
            created: metadata.created_at.map(|at| words::full_time(t, at)),
            modified_by: text(metadata.modified_by.as_deref()),
            modified: metadata.modified_at.map(|at| words::full_time(t, at)),
        }
    }
}

/// A text that says something.
fn text(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.map(str::to_owned)
}
