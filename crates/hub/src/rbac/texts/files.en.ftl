# The policy files.
files = Policy files
files-sub = Where roles, members and policies come from, whether what is written there counts, and what a change would do.
files-reload = Reload now
files-reloaded = Policy files read again
files-reload-refused = { $n ->
    [one] A policy file was refused; what counted before stays in force
   *[other] { $n } policy files were refused; what counted before stays in force
}
files-none = No policy file is configured
files-none-text = Set { $policies } or { $conditions } to keep roles in files.
files-good = Good
files-in-force = In force
files-refused = Refused
files-refused-text = What the file holds now does not count; what counted before stays in force.
files-problems = { $n ->
    [one] { $n } problem
   *[other] { $n } problems
}
files-path = Path
files-read = Last read
files-since = In force since
files-follow = Reload
files-follow-on = on, changes count by themselves
files-follow-off = off, changes count at the next start
files-holds = Holds
files-rows = { $members ->
    [one] { $members } membership
   *[other] { $members } memberships
}, { $policies ->
    [one] { $policies } policy
   *[other] { $policies } policies
}
files-documents = { $n ->
    [one] { $n } condition
   *[other] { $n } conditions
}
files-nothing-in-force = nothing that counts
files-show = Show lines
files-download = Download
files-partly = What stands in the files is shown to those who may read every role.
files-findings = Diagnostics
files-nothing-to-report = { $n ->
    [one] { $n } line
   *[other] { $n } lines
}, nothing to report.
files-note = Note
files-warning = Warning
files-error = Error
files-line = Line { $n }
files-before = Earlier lines
files-after = Later lines
files-unreadable = The file cannot be read.

# The dry run.
files-try = Dry run
files-try-text = Paste or upload a changed { $file } and see who would gain and lose what. Nothing is written.
files-try-content = Changed file
files-try-run = Show what would change
files-upload = Or a file
files-upload-limit = At most { $megabytes } MB.
files-too-large = That is too large to be tried out here: at most { $megabytes } MB are read. On the machine of the hub, callboard check reads files of any size.
files-trial = What would change
files-trial-refused = The hub would refuse this file; what counts now would stay in force.
files-trial-nothing = { $people ->
    [one] For { $people } person
   *[other] For { $people } people
} nothing would change.
files-trial-sum = Of { $people } people { $gaining ->
    [0] nobody gains
    [one] { $gaining } gains
   *[other] { $gaining } gain
}, { $losing ->
    [0] nobody loses
    [one] { $losing } loses
   *[other] { $losing } lose
} something, and { $differing ->
    [0] nobody comes
    [one] { $differing } comes
   *[other] { $differing } come
} under other conditions.
files-permission = Permission
files-gains = Gain
files-loses = Lose
files-differs = Other conditions
files-entities = Entities
files-sample = { $person }: { $more } more, { $fewer } fewer of { $of }
