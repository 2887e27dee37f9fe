//! Every page of the hub, and what is asked for in its place.

/// A page, by its route, with requests for it.
pub(crate) struct PageRoute {
    /// With the names of its parameters.
    pub(crate) path: &'static str,
    /// What is asked for.
    pub(super) examples: &'static [&'static str],
}

const fn page(path: &'static str, examples: &'static [&'static str]) -> PageRoute {
    PageRoute { path, examples }
}

/// Every route that answers with a page.
pub(crate) const PAGES: &[PageRoute] = &[
    page("/", &["/"]),
    page("/sign-in/failed", &["/sign-in/failed"]),
    page("/sign-in/{provider}", &["/sign-in/nobody"]),
    page(
        "/catalog",
        &[
            "/catalog",
            "/catalog?filters[kind]=user",
            "/catalog?filters[text]=nothing-is-called-so",
        ],
    ),
    page("/api-docs", &["/api-docs"]),
    page(
        "/catalog/{namespace}/{kind}/{name}",
        &[
            "/catalog/default/component/seat-map",
            "/catalog/default/component/vault",
            "/catalog/default/api/seating",
            "/catalog/default/group/crew",
            "/catalog/default/user/carl",
        ],
    ),
    page(
        "/catalog/{namespace}/{kind}/{name}/api",
        &["/catalog/default/component/seat-map/api"],
    ),
    page(
        "/catalog/{namespace}/{kind}/{name}/definition",
        &["/catalog/default/api/seating/definition"],
    ),
    page(
        "/catalog/{namespace}/{kind}/{name}/dependencies",
        &["/catalog/default/component/seat-map/dependencies"],
    ),
    page(
        "/catalog/{namespace}/{kind}/{name}/history",
        &["/catalog/default/component/seat-map/history"],
    ),
    page(
        "/catalog/{namespace}/{kind}/{name}/inspect",
        &["/catalog/default/component/seat-map/inspect"],
    ),
    page(
        "/catalog/{namespace}/{kind}/{name}/related",
        &["/catalog/default/group/crew/related?relation=ownerOf"],
    ),
    page(
        "/catalog/{namespace}/{kind}/{name}/system",
        &["/catalog/default/system/ticketing/system"],
    ),
    page(
        "/catalog/{namespace}/{kind}/{name}/{tab}",
        &["/catalog/default/component/seat-map/nowhere"],
    ),
    page(
        "/catalog-graph",
        &["/catalog-graph?rootEntityRefs[]=component:default/seat-map"],
    ),
    page("/catalog-import", &["/catalog-import"]),
    page(
        "/catalog-import/result",
        &["/catalog-import/result?url=https%3A%2F%2Fnowhere.example%2F"],
    ),
    page("/create", &["/create"]),
    page("/search", &["/search?query=seat"]),
    page("/device", &["/device"]),
    page("/settings", &["/settings"]),
    page("/settings/auth-providers", &["/settings/auth-providers"]),
    page("/settings/sessions", &["/settings/sessions"]),
    page(
        "/settings/people",
        &["/settings/people?user=user:default/carl"],
    ),
    page("/settings/tokens", &["/settings/tokens"]),
    page(
        "/settings/service-accounts",
        &["/settings/service-accounts"],
    ),
    page(
        "/settings/service-accounts/{name}",
        &["/settings/service-accounts/releases"],
    ),
    page("/settings/shortcuts", &["/settings/shortcuts"]),
    page(
        "/rbac",
        &["/rbac", "/rbac?filters[text]=nothing-is-called-so"],
    ),
    page(
        "/rbac/roles/{kind}/{namespace}/{name}",
        &[
            "/rbac/roles/role/default/stage",
            "/rbac/roles/role/default/workshop",
            "/rbac/roles/role/default/editors",
            "/rbac/roles/role/default/everybody",
            "/rbac/roles/role/default/rbac_admin",
            "/rbac/roles/role/default/absent",
        ],
    ),
    page(
        "/rbac/roles/{kind}/{namespace}/{name}/opens",
        &["/rbac/roles/role/default/workshop/opens"],
    ),
    page(
        "/rbac/roles/{kind}/{namespace}/{name}/history",
        &["/rbac/roles/role/default/workshop/history"],
    ),
    page(
        "/rbac/roles/{kind}/{namespace}/{name}/delete",
        &[
            "/rbac/roles/role/default/workshop/delete",
            "/rbac/roles/role/default/editors/delete",
        ],
    ),
    page("/rbac/role/new", &["/rbac/role/new"]),
    page(
        "/rbac/role/{kind}/{namespace}/{name}",
        &[
            "/rbac/role/role/default/workshop",
            "/rbac/role/role/default/workshop?activeStep=1",
            "/rbac/role/role/default/workshop?activeStep=2",
            "/rbac/role/role/default/editors",
        ],
    ),
    page(
        "/rbac/test",
        &[
            "/rbac/test",
            "/rbac/test?permission=catalog.entity.delete&resource=component:default/seat-map",
        ],
    ),
    page("/rbac/review", &["/rbac/review"]),
    page("/rbac/files", &["/rbac/files"]),
    page("/rbac/audit", &["/rbac/audit"]),
    page("/rbac/audit/{number}", &["/rbac/audit/1"]),
    page("/rbac/users", &["/rbac/users"]),
];

/// A path at which there is nothing.
pub(super) const NOWHERE: &str = "/nowhere";

/// What can be asked for and is no page: parts of one that scripts ask for, and files.
pub(super) const NO_PAGES: &[&str] = &[
    "/catalog-import/check?url=x",
    "/catalog-import/catalog-info.yaml?url=https%3A%2F%2Fgithub.com%2Fexample%2Ftill",
    "/rbac/audit.jsonl",
    "/rbac/files/download?file=policies-csv-file",
    "/rbac/members?q=c",
    "/rbac/suggestions?list=kinds",
    "/rbac/review.csv",
    "/rbac/roles/role/default/workshop/export/csv",
    "/rbac/test/people?user=c",
    "/rbac/test/permissions?permission=c",
    "/rbac/test/resources?resource=c",
    "/rbac/users.csv",
    "/search/palette?q=c",
];

/// Whether `path`, with or without a query, is one of the route.
pub(crate) fn is_of(route: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (wanted, found) = (route.split('/'), path.split('/'));
    wanted.clone().count() == found.clone().count()
        && wanted
            .zip(found)
            .all(|(wanted, found)| is_parameter(wanted, found))
}

fn is_parameter(wanted: &str, found: &str) -> bool {
    match wanted.split_once('{') {
        None => wanted == found,
        Some((before, _)) => found.len() > before.len() && found.starts_with(before),
    }
}
