# The wizard in which roles are created and edited.
wizard-create = Create role
wizard-edit = Edit role
wizard-steps = Steps
wizard-step-words = Name and description
wizard-step-policies = Permission policies
wizard-members = Users and groups
wizard-words-new = Enter name and description of role
wizard-words-edit = Edit name and description of role
wizard-members-new = Add users and groups
wizard-members-edit = Edit users and groups
wizard-policies-new = Add permission policies
wizard-policies-edit = Edit permission policies
wizard-review-new = Review and create
wizard-review-edit = Review and save
wizard-next = Next
wizard-back = Back
wizard-reset = Reset
wizard-do-create = Create
wizard-do-save = Save
wizard-cancel = Cancel
wizard-discard = Discard
wizard-exit-new = Exit role creation?
wizard-exit-edit = Exit role editing?
wizard-exit-text = What you entered is thrown away.
wizard-kept = Draft saved { $when }
wizard-created = Role { $role } created successfully
wizard-updated = Role { $role } updated successfully
wizard-error = Error: { $message }
wizard-not-allowed = You may not do this.

# Step 1.
wizard-name = Name
wizard-name-hint = Enter name of the role. It becomes
wizard-name-empty = Name is required
wizard-name-shape = Up to 63 letters and digits, with - _ or . between them
wizard-name-taken = There is a role of this name
wizard-rename = This renames { $old }. { $members ->
    [one] One member
   *[other] { $members } members
  }, { $policies ->
    [one] one policy
   *[other] { $policies } policies
  } and { $conditions ->
    [one] one condition
   *[other] { $conditions } conditions
  } move along; policy files and programs that name the old role do not.
wizard-description = Description
wizard-description-hint = What the role is for
wizard-owner = Owner
wizard-owner-hint = A user or group who may edit this role, such as group:default/platform. Left empty, it is you.
wizard-owner-bad = This is no reference of a user or group

# Step 2.
wizard-select-members = Select users and groups
wizard-members-hint = Type a name and choose. Chosen ones appear in the table below.
wizard-add = Add
wizard-add-one = Add { $name }
wizard-found = Found users and groups
wizard-found-none = No users and groups found.
wizard-no-member = No member selected
wizard-nobody = No users and groups selected
wizard-members-empty = Selected users and groups appear here.
wizard-summary = { $groups ->
    [0] { $users ->
        [0] No members
        [one] { $users } user
       *[other] { $users } users
      }
    [one] { $groups } group{ $users ->
        [0] { "" }
        [one] , { $users } user
       *[other] , { $users } users
      }
   *[other] { $groups } groups{ $users ->
        [0] { "" }
        [one] , { $users } user
       *[other] , { $users } users
      }
  }
wizard-reach = Reach: { $n ->
    [one] { $n } person
   *[other] { $n } people
  }
wizard-size = { $members ->
    [one] { $members } member
   *[other] { $members } members
  }{ $parents ->
    [0] { "" }
    [one] , { $parents } parent group
   *[other] , { $parents } parent groups
  }{ $children ->
    [0] { "" }
    [one] , { $children } child group
   *[other] , { $children } child groups
  }
wizard-filter = Filter members
wizard-no-member-matches = No member has this in its name.
wizard-more-members = { $n ->
    [one] And one more.
   *[other] And { $n } more.
  }
wizard-remove-member = Remove member
wizard-remove-one = Remove { $name }
wizard-user-kind = User
wizard-group-kind = Group
wizard-col-name = Name
wizard-col-type = Type
wizard-col-members = Members
wizard-col-actions = Actions

# Step 3.
wizard-rows = { $rows ->
    [one] { $rows } row
   *[other] { $rows } rows
  }, { $policies ->
    [one] { $policies } policy
   *[other] { $policies } policies
  }
wizard-policies-hint = By default users may do nothing. Add a row, choose a plugin and a permission, and tick what to grant.
wizard-no-policy = Add a permission policy
wizard-col-plugin = Plugin
wizard-col-permission = Permission
wizard-col-policy = Policy
wizard-col-policies = Policies
wizard-col-effect = Effect
wizard-col-access = Access
wizard-col-conditional = Conditional
wizard-row-plugin = Plugin, row { $n }
wizard-row-permission = Permission, row { $n }
wizard-row-actions = Actions for row { $n }
wizard-row-effect = Effect, row { $n }
wizard-row = Row { $n }
wizard-remove = Remove
wizard-remove-row = Remove row { $n }
wizard-row-locked = Set by { $source }; change it there
wizard-row-empty = Choose a plugin and a permission
wizard-row-no-action = Tick at least one action
wizard-row-same = Row { $n } says the same
wizard-row-overlaps = Row { $n } has another condition for this
wizard-row-contradicts = Row { $n } allows this; the deny wins
wizard-row-unused = No plugin declares this permission, so the row has no effect
wizard-select-plugin = Select a plugin
wizard-select-permission = Select a permission
wizard-types = Resource types
wizard-permissions = Permissions
wizard-broad = all { $type } permissions with these actions
wizard-choose = Apply
wizard-allow = Allow
wizard-deny = Deny
wizard-always = Always
wizard-configure = Configure access
wizard-configure-rules = Configure access: { $n ->
    [one] { $n } rule
   *[other] { $n } rules
  }
wizard-rules = { $n ->
    [one] { $n } rule
   *[other] { $n } rules
  }
wizard-copy-from = Copy from a role
wizard-copy-policies = Copy the permission policies of
wizard-copy-do = Copy
wizard-copy-hint = Rows that are here already stay as they are.
wizard-no-role = There is no such role, or you may not read it.
wizard-add-row = Add permission policy

# The builder of conditions.
wizard-view = Builder view
wizard-view-rules = Rules
wizard-close = Close the builder
wizard-criteria = Criteria
wizard-operator = Operator
wizard-condition = Condition
wizard-all-of = All of
wizard-any-of = Any of
wizard-not = Not
wizard-all-of-hint = every one must match
wizard-any-of-hint = one is enough
wizard-not-hint = must not match
wizard-rule = Rule
wizard-group = Group
wizard-add-rule = Add rule
wizard-add-group = Add nested condition: Group
wizard-remove-group = Remove nested condition
wizard-remove-rule = Remove rule { $rule }
wizard-remove-item = Remove { $item }
wizard-remove-all = Remove all
wizard-select-rule = Select a rule
wizard-params = Parameters
wizard-add-item = Add a value
wizard-rule-unchosen = Select a rule
wizard-rule-unknown = The plugin has no rule { $rule }; the condition denies
wizard-param-missing = must have required property '{ $name }'
wizard-param-misfit = Error in the { $name } field.
wizard-group-empty = Add a rule, or remove this group.
wizard-alias-owner-refs = { $alias } becomes the signed-in person and their groups.
wizard-alias-current-user = { $alias } becomes the signed-in person.
wizard-owner-refs = the signed-in person and their groups
wizard-current-user = the signed-in person
wizard-unfinished = The condition is not finished.
wizard-not-finished = Not finished
wizard-condition-unfinished = The condition is not finished. Complete it, or remove it.
wizard-edit-full = Not has room for one rule or group.
wizard-edit-deep = Conditions cannot be nested deeper.
wizard-edit-place = It cannot go there.
wizard-edit-several = The condition has several rules. Remove the others first.
wizard-json = Condition as JSON
wizard-line = Line { $line }: { $text }
wizard-preview = Preview
wizard-valid = Valid
wizard-copy = Copy JSON
wizard-who = Who it reaches
wizard-preview-as = Preview as
wizard-counted = { $matched } of { $total } entities for { $name }
wizard-counted-roles = { $matched } of { $total } roles for { $name }
wizard-met = Matched:
wizard-unmet = Not matched:
wizard-too-slow = The catalog is too large to count this at once.
wizard-no-preview = Nothing here can list these resources.

# Step 4.
wizard-review-words = Name, description, and owner of role
wizard-review-policies = Permission policies ({ $n })
wizard-unchanged = Nothing has changed.
wizard-changes = What changes
wizard-comes = Comes:
wizard-goes = Goes:
wizard-change-name = The role is called { $role }
wizard-change-description = The description reads “{ $text }”
wizard-change-owner = The owner is { $owner }
wizard-change-joined = { $member } becomes a member
wizard-change-left = { $member } is no longer a member
wizard-change-granted = { $effect }: { $action } { $permission }
wizard-change-revoked = No longer { $effect }: { $action } { $permission }
wizard-change-added = New condition with { $rules ->
    [one] one rule
   *[other] { $rules } rules
  } for { $permissions }
wizard-change-changed = Other condition, with { $rules ->
    [one] one rule
   *[other] { $rules } rules
  }, for { $permissions }
wizard-change-removed = The condition with { $rules ->
    [one] one rule
   *[other] { $rules } rules
  } for { $permissions } goes
wizard-gain = { $people ->
    [one] { $people } person gains
   *[other] { $people } people gain
  } { $permission }{ $extent }.
wizard-loss = { $people ->
    [one] { $people } person loses
   *[other] { $people } people lose
  } { $permission }{ $extent }.
wizard-extent = { " " }on { $n ->
    [one] { $n } entity
   *[other] { $n } entities
  }
wizard-extent-up-to = { " " }on up to { $n ->
    [one] { $n } entity
   *[other] { $n } entities
  }
wizard-no-gain = Nobody gains anything.
wizard-no-loss = Nobody loses anything.
wizard-partial = There are more people; these are the first 500.

# Two editors at once.
wizard-conflict = The role was changed meanwhile
wizard-conflict-by = { $who } stored another version while you were editing. Nothing of yours is lost.
wizard-conflict-somebody = Somebody stored another version while you were editing. Nothing of yours is lost.
wizard-conflict-gone = The role was deleted while you were editing. Nothing of yours is lost: you can create it anew.
wizard-theirs = Stored meanwhile
wizard-mine = Your changes
wizard-rebase = Put mine on top
wizard-drop = Drop mine

# Roles of other sources.
wizard-back-to-role = Open the role
wizard-copy-role = Copy as a new role
wizard-copy-over = This is a draft that is not stored yet. Copying { $role } throws it away.
wizard-copy-anyway = Copy and throw it away
