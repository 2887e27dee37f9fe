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
