# The pages of roles.
rbac-sub = Roles say who may do what. Each role has one source, and only that source can change it.
rbac-all-roles = All roles ({ $n })

# Conditions in words. $is says whether the rule is to hold; $who and $kinds are lists.
rbac-allowed-when = Allowed when { $clause }.
rbac-and = and
rbac-or = or
rbac-clause-always = nothing more is asked
rbac-clause-never = nothing ever meets it
rbac-value = { $value }
rbac-nobody = nobody
rbac-current-user = the person
rbac-owner-refs = the person or one of their groups
rbac-the-entity = the entity
rbac-it = it
rbac-rule-entity-owner = { $it } { $is ->
    [yes] is owned
   *[no] is not owned
  } by { $who }
rbac-rule-entity-kind = { $it } { $is ->
    [yes] is of kind
   *[no] is not of kind
  } { $kinds }
rbac-rule-annotation = { $it } { $is ->
    [yes] has
   *[no] does not have
  } the annotation { $name }
rbac-rule-annotation-value = { $it } { $is ->
    [yes] has
   *[no] does not have
  } the annotation { $name } with the value { $value }
rbac-rule-label = { $it } { $is ->
    [yes] carries
   *[no] does not carry
  } the label { $name }
rbac-rule-label-value = { $it } { $is ->
    [yes] carries
   *[no] does not carry
  } the label { $name } with the value { $value }
rbac-rule-metadata = { $it } { $is ->
    [yes] has
   *[no] does not have
  } { $name } in its metadata
rbac-rule-metadata-value = { $it } { $is ->
    [yes] has
   *[no] does not have
  } { $name } with the value { $value } in its metadata
rbac-rule-spec = { $it } { $is ->
    [yes] has
   *[no] does not have
  } { $name } in its specification
rbac-rule-spec-value = { $it } { $is ->
    [yes] has
   *[no] does not have
  } { $name } with the value { $value } in its specification
rbac-rule-tag = the parameter or step { $is ->
    [yes] has
   *[no] does not have
  } the tag { $tag }
rbac-rule-action = the action { $is ->
    [yes] is
   *[no] is not
  } { $action }
rbac-rule-property = the action { $is ->
    [yes] gets
   *[no] does not get
  } the property { $name }
rbac-rule-property-value = the property { $name } of the action { $is ->
    [yes] is
   *[no] is not
  } { $value }
rbac-rule-task-owner = the task { $is ->
    [yes] was started
   *[no] was not started
  } by { $who }
rbac-rule-role-owner = the role { $is ->
    [yes] is owned
   *[no] is not owned
  } by { $who }
rbac-rule-other = the rule { $rule } { $is ->
    [yes] holds
   *[no] does not hold
  }
rbac-rule-other-with = the rule { $rule } { $is ->
    [yes] holds
   *[no] does not hold
  } for { $params }

# The list of roles.
rbac-create = Create
rbac-cannot-create = Unable to create role.
rbac-cannot-create-text = Users and groups must be in the catalog and readable, and one of your roles needs { $create } and { $read }.
rbac-note = Note
rbac-cannot-create-note = If you have both, a condition restricts them. Ask your administrator.
rbac-file-refused = { $file } is refused; what counted before stays in force.
rbac-file-problems = { $file } has problems.
rbac-at-line = Line { $n }:
rbac-more-problems = ({ $n } more)
rbac-open-files = Open policy files
rbac-all-roles-none = All roles
rbac-roles = Roles
rbac-filter = Filter
rbac-search = Search
rbac-source = Source
rbac-apply = Apply
rbac-clear-filters = Clear filters
rbac-no-records = No records found
rbac-none-with-filters = { $n ->
    [one] { $n } role, not with these filters.
   *[other] { $n } roles, none with these filters.
  }
rbac-nothing-yet = Roles appear here when somebody creates one, or a policy file names one.
rbac-name = Name
rbac-users-and-groups = Users and groups
rbac-accessible-plugins = Accessible plugins
rbac-policies = Policies
rbac-changed = Changed
rbac-actions = Actions
rbac-everybody = All users and groups
rbac-groups = { $n ->
    [one] { $n } group
   *[other] { $n } groups
  }
rbac-users = { $n ->
    [one] { $n } user
   *[other] { $n } users
  }
rbac-no-members = No members
rbac-effects = { $allow } allow, { $deny } deny, { $conditional } conditional
rbac-source-configuration = Configuration
rbac-source-rest = REST
rbac-source-rest-long = REST API or this page
rbac-source-csv = CSV file
rbac-source-legacy = Legacy
rbac-in-file = in file
rbac-at-start = at start-up
rbac-why-locked = Why { $role } cannot be changed here
rbac-locked-default = Default role is read-only. It is set in the configuration, under permission.rbac.defaultPermissions.
rbac-locked-configuration = Set in the configuration, under { $key }; edit it there.
rbac-locked-provider = Managed by the provider { $provider }; edit it there.
rbac-locked-line = Set in { $file }, line { $line }; edit it there and it reloads by itself.
rbac-locked-file = Set in { $file }; edit it there and it reloads by itself.
rbac-open-file = Open the policy file
rbac-look-at = Look at the role
rbac-update = Update
rbac-delete = Delete
rbac-may-not-update = Unauthorized to edit
rbac-may-not-delete = Role cannot be deleted
rbac-pages = Pages
rbac-rows = Rows
rbac-totals = { $roles ->
    [one] { $roles } role
   *[other] { $roles } roles
  }, { $policies ->
    [one] { $policies } policy
   *[other] { $policies } policies
  }, { $conditions ->
    [one] { $conditions } condition
   *[other] { $conditions } conditions
  }
rbac-key-move = move
rbac-key-open = open
rbac-key-edit = edit
rbac-key-delete = delete
rbac-download-users = Download User List
    .label = Download User List, Export CSV
rbac-first-page = First Page
rbac-previous-page = Previous Page
rbac-next-page = Next Page
rbac-last-page = Last Page

# Deleting a role.
rbac-delete-this = Delete this role?
rbac-delete-text = { $role } goes for good: { $members } { $n ->
    [one] loses { $n } permission policy
   *[other] lose { $n } permission policies
  } at once. The audit log keeps a copy.
rbac-delete-last = This is the last role that lets you edit policies. Without it you cannot undo this yourself.
rbac-role-name = Role name
rbac-type-name = Type the name of the role to confirm
rbac-delete-mismatch = The name does not match. Type the whole reference, such as role:default/name.
rbac-cannot-delete = Unable to delete the role. { $reason }
rbac-deleted = Role { $role } deleted successfully
rbac-cancel = Cancel
rbac-close = Close
rbac-delete-the-role = Delete this role

# A role.
rbac-edit = Edit
rbac-permission-policies = Permission policies ({ $n })
rbac-edit-policies = Edit permission policies
rbac-no-policies = Holding it changes nothing yet.
rbac-plugin = Plugin
rbac-permission = Permission
rbac-when = When
rbac-broad = Every { $type } permission with this action
rbac-deny = Deny { $action }
rbac-from = from { $place }
rbac-rules = { $n ->
    [one] { $n } rule
   *[other] { $n } rules
  }
rbac-always = always
rbac-condition = Condition { $id }
rbac-actions-on = { $actions } on { $type }
rbac-test-it = Test it
rbac-condition-fault = { $cause }. This condition denies.
rbac-condition-tree = The condition as a tree
rbac-all-of = All of
rbac-any-of = Any of
rbac-not = Not
rbac-copy = Copy
rbac-about = About
rbac-description = Description
rbac-owner = Owner
rbac-created = Created
rbac-modified-by = Modified By
rbac-last-modified = Last Modified
rbac-members = Users and groups ({ $summary })
rbac-refresh = Refresh
rbac-edit-members = Edit users and groups
rbac-everybody-text = Everybody who signs in holds this role.
rbac-nobody-holds = Nobody holds this role.
rbac-search-members = Search users and groups
rbac-no-member-matches = { $n ->
    [one] { $n } member, not with this name.
   *[other] { $n } members, none with this name.
  }
rbac-type = Type
rbac-member-count = Members
rbac-user = User
rbac-group = Group
rbac-reach = { $n ->
    [one] Reaches { $n } person
   *[other] Reaches { $n } people
  }

# The other pages of a role.
rbac-role = Role
rbac-overview = Overview
rbac-what-it-opens = What it opens
rbac-history = History
rbac-export = Export
rbac-export-csv = Policies as CSV
rbac-export-yaml = Conditions as YAML
rbac-export-rest = Requests for the REST API
rbac-last-changes = Last changes
rbac-whole-history = Whole history
rbac-no-history = Nothing recorded yet
rbac-no-history-text = Changes of this role appear here from now on.
rbac-role-created = Role created
rbac-role-changed = Role changed
rbac-role-deleted = Role or members removed
rbac-policies-added = Policies added
rbac-policies-changed = Policies changed
rbac-policies-removed = Policies removed
rbac-condition-added = Condition added
rbac-condition-changed = Condition changed
rbac-condition-removed = Condition removed
rbac-as-member = As member
rbac-show = Show
rbac-not-a-holder = { $person } does not hold this role.
rbac-for-person = for { $person }
rbac-reaches = Reaches
rbac-such-as = Such as
rbac-all-entities = every entity
rbac-some-entities = { $n } of { $all } entities
rbac-no-entities = no entity
rbac-opens-note = By this role alone, among the entities that you may read.
