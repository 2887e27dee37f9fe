# The tokens of a person.
token-personal = Personal access tokens
token-list = Tokens
token-none = No token yet.
token-copy-now = Copy { $name } now.
token-copy-why = We keep only a fingerprint, so it cannot be shown again.
token-copy = Copy
token-name = Name
token-scope = Scope
token-used = Last used
token-expires = Expires
token-actions = Actions
token-never = never
token-used-from = { $when } from { $address }
token-revoke = Revoke
token-revoke-of = Revoke { $name }
token-revoke-warning = Whatever uses { $name } stops working at once.
token-note = Programs send a token as { $header }. It may do what you may at that moment, and never more.
token-none-for-guests = Guests have no access tokens, since everybody is the same guest. Sign in as yourself to make tokens for your programs.

# What a token may do, and for how long.
token-scope-all = everything
token-scope-read = read only
token-scope-plugins = plugins { $names }
token-scope-permissions = permissions { $names }
token-expired = expired
token-within-hour = within the hour
token-in-hours = { $n ->
    [one] in 1 hour
   *[other] in { $n } hours
}
token-in-days = { $n ->
    [one] in 1 day
   *[other] in { $n } days
}

# The form.
token-new = New token
token-name-hint = What will use it, such as release-bot
token-access = Access
token-access-all = Everything that its owner may do
token-access-read = Read only
token-access-chosen = Chosen permissions and plugins
token-choices = Permissions and plugins to choose from
token-permissions = Permissions
token-plugins = Plugins
token-life = Expires in
token-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}
token-other-life = Other
token-other-days = Other number of days, up to { $max }
token-up-to = up to { $max } days
token-wrong-name = The name must have 1 to { $max } characters, on one line.
token-wrong-life = A token lives for 1 to { $max } days.
token-wrong-scope = Choose permissions or plugins, or take another access.
token-conflict = There is a token of this name already, or there are too many: revoke one first.

# Programs that one let in.
token-devices = Programs that you let in
token-device = Program
token-device-from = From
token-device-since = Let in
token-device-seen = Last seen
token-device-no-address = unknown
token-device-end = End
token-device-end-of = End the access of { $client }

# Service accounts.
account-list = Service accounts
account-none = No service account yet. One is for a program that is nobody's in particular, such as a pipeline.
account-name = Name
account-roles = Roles
account-tokens = Tokens
account-made-by = Made by
account-no-roles = none
account-no-rights = none: it may do nothing yet
account-about = About
account-for = For
account-for-nobody-says = nobody says
account-delete = Delete
account-delete-of = Delete { $name }
account-delete-warning = Its tokens stop working at once.
account-new = New service account
account-name-hint = Lower-case letters, digits, and - _ . between them. Roles name it { $ref }
account-what = What it is for
account-wrong-name = The name must be 1 to 63 of a-z, 0-9, -, _ and ., with a letter or a digit at both ends.
account-wrong-description = What it is for must have at most 500 characters.
account-taken = There is a service account of this name already.
account-in-roles = It is a member of { $roles }. Take it out first.
