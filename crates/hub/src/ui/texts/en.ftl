# The shell around every page.
skip-to-content = Skip to content
sidebar = Sidebar
main-navigation = Main
breadcrumb = Breadcrumb
nav-home = Home
nav-catalog = Catalog
nav-apis = APIs
nav-settings = Settings
nav-create-short = Create
nav-administration = Administration
nav-administration-short = Admin
nav-rbac = RBAC
my-groups = My groups
theme-to-dark = Switch to the dark theme
theme-to-light = Switch to the light theme
account-of = Account of { $name }
signed-in-as = Signed in as { $user }
my-profile = My profile
sign-out = Sign out
dismiss = Dismiss
find = Search
palette = Search and commands
palette-field = Search the catalog, or type a command
palette-hint = Search, or type > for commands
palette-results = Results
palette-move = move
palette-open = open
palette-close = close
copied = Copied
not-copied = The browser does not let us copy
not-refreshed = Could not refresh. Try again
offline = You are offline. What is here may be out of date
stale = Still waiting on the database.
stale-since = Showing what we had at { $time }. Changes are refused until it is back.

# Times near the present.
just-now = just now
minutes-ago = { $n } min ago
hours-ago = { $n } h ago
yesterday = yesterday
days-ago = { $n } days ago
day = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
} { $year }

# What stands in the place of a page.
door-closed = This door is closed to you
door-needs = You need { $permission } to open this page.
door-refused = You may not do this.
door-ask = Ask { $contact }.
door-why = Check a permission
permissions-off = Permissions are off
permissions-off-text = Enable the RBAC backend plugin to use this feature: set { $key } to { $value } in the app-config file.
not-found = Not on the board
not-found-text = It may have moved, or you may not be allowed to see it.
fault = Something gave way
fault-text = The request id is { $id }.
fault-nothing-changed = Nothing was changed.
refused = That cannot be done
go-home = Go home
go-to-catalog = Go to catalog
try-again = Try again
