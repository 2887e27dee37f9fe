//! The callers: everybody who may knock, each with a token of their own.

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Anonymous,
    BadToken,
    Guest,
    LimitedToken,
    Reader,
    Creator,
    Updater,
    Deleter,
    /// Creates roles; reads, updates and deletes those that she owns.
    Owner,
    Admin,
    SuperUser,
    /// A program with a token of the admin.
    AdminToken,
    /// A program with a token of the admin that only reads.
    ReadingAdminToken,
    /// A program with a token of the admin for the catalog and no other plugin.
    CatalogAdminToken,
    /// A service account that reads roles and makes new ones.
    ServiceAccount,
    Service,
    /// A service that may read roles and nothing else.
    ReadingService,
    /// A service that may use the catalog and no other plugin.
    CatalogService,
    Plugin,
    PluginForGuest,
    PluginForReader,
    PluginForAdmin,
}

/// Every one, in the order of the table.
pub(super) const CALLERS: [Caller; 22] = [
    Caller::Anonymous,
    Caller::BadToken,
    Caller::LimitedToken,
    Caller::Guest,
    Caller::Reader,
    Caller::Creator,
    Caller::Updater,
    Caller::Deleter,
    Caller::Owner,
    Caller::Admin,
    Caller::SuperUser,
    Caller::AdminToken,
    Caller::ReadingAdminToken,
    Caller::CatalogAdminToken,
    Caller::ServiceAccount,
    Caller::Service,
    Caller::ReadingService,
    Caller::CatalogService,
    Caller::Plugin,
    Caller::PluginForGuest,
    Caller::PluginForReader,
    Caller::PluginForAdmin,
];

impl Caller {
    /// As the table calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Caller::Anonymous => "anonymous",
            Caller::BadToken => "bad token",
            Caller::LimitedToken => "token of a cookie",
            Caller::Guest => "guest",
            Caller::Reader => "reader",
            Caller::Creator => "creator",
            Caller::Updater => "updater",
            Caller::Deleter => "deleter",
            Caller::Owner => "owner of `own`",
            Caller::Admin => "admin",
            Caller::SuperUser => "super user",
            Caller::AdminToken => "token of admin",
            Caller::ReadingAdminToken => "reading admin token",
            Caller::CatalogAdminToken => "catalog admin token",
            Caller::ServiceAccount => "service account",
            Caller::Service => "service",
            Caller::ReadingService => "reading service",
            Caller::CatalogService => "catalog service",
            Caller::Plugin => "plugin",
            Caller::PluginForGuest => "plugin for guest",
            Caller::PluginForReader => "plugin for reader",
            Caller::PluginForAdmin => "plugin for admin",
        }
    }

    /// The user who asks, or in whose name a plugin does.
    pub(super) fn user(self) -> Option<&'static str> {
        match self {
            Caller::Guest | Caller::PluginForGuest => Some("user:default/guest"),
            Caller::Reader | Caller::PluginForReader => Some("user:default/reader"),
            Caller::Creator => Some("user:default/creator"),
            Caller::Updater => Some("user:default/updater"),
            Caller::Deleter => Some("user:default/deleter"),
            Caller::Owner => Some("user:default/olga"),
            Caller::Admin
            | Caller::PluginForAdmin
            | Caller::LimitedToken
            | Caller::AdminToken
            | Caller::ReadingAdminToken
            | Caller::CatalogAdminToken => Some("user:default/admin"),
            // Who makes its tokens.
            Caller::SuperUser | Caller::ServiceAccount => Some("user:default/super"),
            Caller::Anonymous
            | Caller::BadToken
            | Caller::Service
            | Caller::ReadingService
            | Caller::CatalogService
            | Caller::Plugin => None,
        }
    }

    /// Whether it is a plugin of another backend.
    pub(super) fn is_plugin(self) -> bool {
        matches!(
            self,
            Caller::Plugin
                | Caller::PluginForGuest
                | Caller::PluginForReader
                | Caller::PluginForAdmin
        )
    }

    /// Whether nobody knows who it is.
    pub(super) fn is_unknown(self) -> bool {
        matches!(self, Caller::Anonymous | Caller::BadToken)
    }
}
