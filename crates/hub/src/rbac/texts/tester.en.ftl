# The permission tester.
tester = Permission tester
tester-sub = Ask whether someone may do something, and see each rule that led to the answer. Nothing is changed.
tester-sub-own = Ask whether you may do something. Nothing is changed.
tester-question = Question

# The form reads as a sentence: Can … do … with permission … on …
tester-can = Can
tester-do = do
tester-any-action = its action
tester-with = with permission
tester-on = on
tester-nothing-particular = nothing in particular
tester-test = Test
tester-action-create = create
tester-action-read = read
tester-action-update = update
tester-action-delete = delete
tester-action-use = use

tester-ask-first = Ask something
tester-ask-first-text = Choose a permission. Name an entity for an answer that depends on one.

# The answer. "it" is the entity, or what the permission is about.
tester-yes = Yes, { $person } can { $action ->
    [create] create
    [read] read
    [update] update
    [delete] delete
   *[use] use
} it
tester-no = No, { $person } cannot { $action ->
    [create] create
    [read] read
    [update] update
    [delete] delete
   *[use] use
} it
tester-depends = It depends on what { $person } wants to { $action ->
    [create] create
    [read] read
    [update] update
    [delete] delete
   *[use] use
}
tester-yes-you = Yes, you can
tester-no-you = No, you cannot
tester-depends-you = It depends on what it is about
tester-badge-yes = Yes
tester-badge-no = No
tester-badge-depends = Depends

# Why.
tester-because-row-allows = A rule of { $role } allows it ({ $place }), and no rule denies it.
tester-because-row-denies = A rule of { $role } denies it ({ $place }), and a deny beats every allow.
tester-because-collision = { $role } has several conditions about it, and nobody can tell which is meant.
tester-because-unreadable = Condition { $id } of { $role } cannot be read.
tester-because-unknown-rule = Condition { $id } of { $role } names a rule that no plugin knows, which denies the whole decision.
tester-because-bad-parameters = Condition { $id } of { $role } gives a rule parameters that it does not take, which denies the whole decision.
tester-because-it-depends = Condition { $id } of { $role } decides for each resource.
tester-because-met = Condition { $id } of { $role } matched. No deny applies.
tester-because-not-met = Condition { $id } of { $role } did not match.
tester-because-off = Permissions are not enforced.
tester-because-nobody = Nobody asks.
tester-because-token = The token is for other permissions.
tester-because-super-user = A super user passes every check.
tester-because-allowed = A rule allows it, and no rule denies it.
tester-because-denied = A rule denies it, and a deny beats every allow.
tester-because-nothing = No role grants this. Unless something allows, the answer is no.
tester-because-cycle = The groups form a circle, which takes all roles away.
tester-because-fault = The condition of a role is faulty, which denies.
tester-because-condition-met = A condition matched.
tester-because-no-condition-met = No condition matched.
tester-because-condition = A condition decides for each resource.

# One's own answer.
tester-own-roles = Your roles that took part
tester-own-more = More is shown to those who may read roles.

tester-copy-link = Copy link
tester-copy-curl = Copy as curl

# The trace.
tester-how = How it was decided
tester-who = Who is asking
tester-who-text = { $user } counts as { $n ->
    [one] { $n } reference
   *[other] { $n } references
} when it comes to owning things.
tester-groups = Groups, directly or above:
tester-through = { $group } through { $path }
tester-cycle = These groups form a circle, which takes all roles away: { $path }
tester-unknown-user = The catalog has no such user. Roles that name the user count all the same.
tester-rules = Rules that were considered
tester-no-rules = No rule that you may see is about this permission.
tester-more-rules = { $n ->
    [one] { $n } more rule that did not apply
   *[other] { $n } more rules that did not apply
}
tester-role = Role
tester-permission = Permission
tester-effect = Effect
tester-source = Source
tester-outcome = Outcome
tester-allow = Allow
tester-deny = Deny
tester-conditional = Conditional { $id }
tester-not-held = not a member
tester-held-by-all = held by everybody
tester-held-directly = as a member
tester-held-through = through { $path }
tester-held-by-token = by ownership of { $refs }
tester-held-by-name = named itself
tester-source-configuration = Configuration
tester-source-csv = CSV file
tester-source-yaml = YAML file
tester-source-legacy = Legacy
tester-decided = Decided
tester-overruled-by-deny = Overruled by deny
tester-overruled-by-precedence = Overruled by precedence
tester-other-action = Other action
tester-role-not-held = Role not held

# Conditions.
tester-condition = Condition { $id } of { $role }
tester-unreadable = Its criteria cannot be read.
tester-all-of = All of
tester-any-of = Any of
tester-not = Not
tester-holds = matched
tester-fails = not matched
tester-open = open
tester-which-is = that is { $params }
tester-found = found: { $found }
tester-found-nothing = nothing found
tester-missing = there is no such thing

# How the rules make one answer.
tester-end-allowed = Allowed
tester-end-denied = Denied
tester-end-depends = It depends
tester-conditions-first = Conditions are weighed before plain rules ({ $setting }). Among plain rules those that name the permission come before those for its resource type, and one deny beats every allow.
tester-rows-first = Plain rules are weighed before conditions ({ $setting }). Those that name the permission come before those for its resource type, and one deny beats every allow.
tester-nothing-allows = No role grants this. Unless something allows, the answer is no.
tester-before-roles = This is settled before any role is asked.
tester-decided-at = Decided
tester-revision = revision { $revision } of the policy

# Beside the trace.
tester-changes = What would change it
tester-no-changes = No single change that you may see would.
tester-others = Same question, other people
tester-no-others = Nobody else that you may see.
tester-open-review = Open access review

# Changes that would turn the answer round.
tester-change-remove = Remove { $rows }
tester-change-turn = Turn { $row } into { $turned }
tester-change-add = Add { $row }
tester-change-narrow = Take the permission out of condition { $conditions }
tester-change-precedence = Set { $key } to { $word }
tester-change-super-users = Take { $users } off the super users
tester-change-parent = Take { $group } out from under { $parent }, which ends the circle
tester-change-to-meet = Something that meets { $leaf } of condition { $id }
tester-change-not-to-meet = Something that does not meet { $leaf } of condition { $id }
