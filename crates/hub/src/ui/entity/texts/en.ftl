# What kinds are called, and how they are counted in a sentence.
kind-all = All kinds
kind-all-counted = { $n ->
    [one] entity
   *[other] entities
}
kind-component = Components
kind-component-counted = { $n ->
    [one] component
   *[other] components
}
kind-api = APIs
kind-api-counted = { $n ->
    [one] API
   *[other] APIs
}
kind-system = Systems
kind-system-counted = { $n ->
    [one] system
   *[other] systems
}
kind-domain = Domains
kind-domain-counted = { $n ->
    [one] domain
   *[other] domains
}
kind-resource = Resources
kind-resource-counted = { $n ->
    [one] resource
   *[other] resources
}
kind-template = Templates
kind-template-counted = { $n ->
    [one] template
   *[other] templates
}
kind-group = Groups
kind-group-counted = { $n ->
    [one] group
   *[other] groups
}
kind-user = Users
kind-user-counted = { $n ->
    [one] user
   *[other] users
}
kind-location = Locations
kind-location-counted = { $n ->
    [one] location
   *[other] locations
}

# The columns of lists.
column-name = Name
column-kind = Kind
column-system = System
column-domain = Domain
column-owner = Owner
column-type = Type
column-lifecycle = Lifecycle
column-tags = Tags
column-created = Created
column-email = Email
column-groups = Groups
column-parent = Parent
column-members = Members
column-target = Target
column-consumers = Consumers

# A row of a list.
row-actions = Actions
row-actions-for = Actions for { $name }
row-has-errors = Has errors
row-has-errors-why = The last reading of its source found errors. The entity shows what was good before.
row-orphan = Orphan
row-orphan-why = No location names it any more, so nobody updates it.
row-view-source = View source
row-copy-reference = Copy entity reference
row-inspect = Inspect entity
star-entity = Star { $name }
