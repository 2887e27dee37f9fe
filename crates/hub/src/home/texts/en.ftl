# The home page.
home-hello = Hello, { $name }
home-sub = { $n ->
    [0] Nothing of yours needs a look.
    [one] One thing of yours needs a look.
   *[other] { $n } things of yours need a look.
}
home-sub-board = What the company runs, who looks after it, and what you may do.
home-import = Import a repository
home-open-in-catalog = Open in catalog
home-owned = Owned by your groups
home-newest = Newest on the board
home-all = All { $n }
home-nothing-starred = The star in a row of the catalog pins it here.
home-recent = Recently opened
home-most-starred = Most starred
home-stars = { $n ->
    [one] { $n } star
   *[other] { $n } stars
}
home-access = Your access
home-no-role = You hold no role.
home-holding = You hold
home-check = Check a permission

# Its numbers.
home-components-owned = Components you own
home-in-production = { $n } in production
home-apis-provided = APIs you provide
home-consumers = { $n ->
    [one] { $n } consumer
   *[other] { $n } consumers
}
home-warnings = Catalog warnings
home-all-well = all is well
home-errors = { $n } with errors
home-orphans = { $n ->
    [one] { $n } orphan
   *[other] { $n } orphans
}
home-errors-and-orphans = { $errors } with errors, { $orphans ->
    [one] { $orphans } orphan
   *[other] { $orphans } orphans
}
home-of-types = { $n ->
    [one] of { $n } type
   *[other] of { $n } types
}
home-in-domains = { $n ->
    [one] in { $n } domain
   *[other] in { $n } domains
}
home-people = People
home-in-groups = { $n ->
    [one] in { $n } group
   *[other] in { $n } groups
}
home-roles = Roles you hold
home-ask-for-a-role = ask for one
home-components = Components
home-apis = APIs
home-systems = Systems
home-templates = Templates
