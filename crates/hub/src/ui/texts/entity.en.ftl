# What kinds are called: as a heading, one of them, several of them.
entity-kind-heading = { $kind ->
    [component] Components
    [api] APIs
    [system] Systems
    [domain] Domains
    [resource] Resources
    [template] Templates
    [group] Groups
    [user] Users
    [location] Locations
   *[other] { $kind }
}
entity-kind = { $kind ->
    [component] component
    [api] API
    [system] system
    [domain] domain
    [resource] resource
    [template] template
    [group] group
    [user] user
    [location] location
   *[other] { $kind }
}
entity-kinds = { $kind ->
    [component] components
    [api] APIs
    [system] systems
    [domain] domains
    [resource] resources
    [template] templates
    [group] groups
    [user] users
    [location] locations
   *[other] { $kind }
}

# Columns of lists, and terms of the card About.
entity-column-name = Name
entity-column-system = System
entity-column-domain = Domain
entity-column-owner = Owner
entity-column-type = Type
entity-column-lifecycle = Lifecycle
entity-column-tags = Tags
entity-column-created = Created
entity-column-email = Email
entity-column-groups = Groups
entity-column-parent = Parent
entity-column-members = Members
entity-column-target = Target
entity-has-errors = Has errors
entity-is-orphan = Orphan

# What the person may do, and why.
entity-access = Your access here
entity-access-rules = See which rules decided
entity-access-why = { $action }: see which rules decided
entity-allowed = Allowed
entity-allowed-as-owner = Allowed, you own it
entity-allowed-here = Allowed here
entity-depends = Depends
entity-denied = Denied
entity-if-owned = if owned
entity-on-a-condition = on a condition
entity-reason-allowed = A policy allows it
entity-reason-off = Permissions are off, so everybody may
entity-reason-super-user = You are a super user
entity-reason-owner = A policy allows it to owners
entity-reason-met = It meets the condition of a policy
entity-reason-owners-only = A policy allows it to owners only
entity-reason-unmet = It does not meet the condition of a policy
entity-reason-no-grant = No policy allows it
entity-reason-circle = Your groups form a circle, which takes all roles away
entity-reason-faulty = The condition of a policy is faulty, which denies
entity-reason-denied = A policy denies it
entity-action-read = Read
entity-action-read-catalog = Read catalog
entity-action-refresh = Refresh
entity-action-unregister = Unregister
entity-action-register = Register
entity-action-read-parameters = Read parameters
entity-action-read-steps = Read steps
entity-action-manage-templates = Manage templates
entity-action-read-roles = Read roles
entity-action-edit-policies = Edit policies
