# The tabs.
settings = Settings
settings-general = General
settings-providers = Authentication providers
settings-sessions = Sessions
settings-tokens = Access tokens
settings-accounts = Service accounts
settings-people = People
settings-shortcuts = Shortcuts

# Who one is.
settings-profile = Profile
settings-view-in-catalog = View in catalog
settings-signed-in-with = Signed in with { $provider }
settings-identity = Identity
settings-user-entity = User Entity
settings-ownership-entities = Ownership Entities
settings-roles = Roles
settings-no-roles = none

# How pages look.
settings-appearance = Appearance
settings-theme = Theme
settings-theme-hint = System follows your device
settings-light = Light
settings-dark = Dark
settings-system = System
settings-density = Density
settings-density-hint = Compact fits about a third more rows
settings-compact = Compact
settings-roomy = Roomy
settings-side = Pin sidebar
settings-side-hint = Off folds it to icons until you hover
settings-keys = Single-key shortcuts
settings-keys-hint = j, k, o, s, g then a letter
settings-language = Language
settings-language-of-browser = As the browser
settings-save = Save

# What this hub is.
settings-hub = This hub
settings-copy-build = Copy build information
settings-build = { $version }, { $platform }
settings-address = Address
settings-speaks = Speaks
settings-sign-in = Sign-in
settings-permissions = Permissions
settings-enforced = Enforced
settings-not-enforced = Off, everybody may do everything

# Who signs people in.
settings-this-session = This session
settings-connected = Connected
settings-not-connected = Not connected
settings-sign-in-with = Sign in with { $provider }
settings-providers-note = Connected means that one of your browsers is signed in with it. Signing in with another one ends the session of this browser.

# The keys.
shortcut-keys = Keys
shortcut-does = Does
shortcut-where = Where
shortcut-palette = Search and commands
shortcut-home = Home
shortcut-catalog = Catalog
shortcut-apis = APIs
shortcut-roles = Roles
shortcut-tester = Permission tester
shortcut-settings = Settings
shortcut-theme = Switch theme
shortcut-create = Create
shortcut-sheet = This sheet
shortcut-rows = Next row, previous row
shortcut-open = Open the row
shortcut-filter = Go to the filter
shortcut-star = Star the row
shortcut-refresh = Refresh the row or the entity
shortcut-edit = Edit, delete
shortcut-tabs = Previous tab, next tab
shortcut-anywhere = anywhere
shortcut-in-lists = lists
shortcut-in-catalog = catalog
shortcut-in-roles = roles
shortcut-in-tabs = pages with tabs
shortcut-close = Close
shortcut-settings-page = Turn single keys off
shortcut-ctrl = Ctrl
shortcut-enter = Enter
shortcut-note = Single keys do nothing inside fields and dialogs. With Ctrl they always work.
