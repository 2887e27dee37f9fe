# The audit log.
audit = Audit log
audit-sub = Who changed something, or was refused it. Rows are sealed one over the other and only ever added.
audit-verify = Verify the chain
audit-good = { $n ->
    [one] { $n } row, as it was written.
   *[other] All { $n } rows are as they were written.
}
audit-bad = The log is not as it was written:
audit-export = Export JSON Lines
audit-head = The newest row:
audit-copy-head = Copy number and hash
audit-filter = Filter events
audit-actor = Actor
audit-about = Role or words in it
audit-event = Event
audit-all-events = All events
audit-outcome = Outcome
audit-all-outcomes = All outcomes
audit-done = Done
audit-failed = Refused or failed
audit-from = From
audit-to = to
audit-apply = Apply
audit-clear = Clear filters
audit-follow = Follow
audit-stop = Stop following
audit-empty = No events in this period
audit-empty-text = Changes, refusals, sign-ins, tokens and exports appear here. Reads and decisions are in the log of the hub.
audit-subject = About
audit-source = Source
audit-time = Time
audit-number = No. { $n }
audit-pages = Pages
audit-newest = Newest
audit-older = Older
audit-about-it = About
audit-request = Request
audit-changes = What changed
audit-record = Full record
audit-copy-record = Copy the record
audit-seal = Seal
audit-sealed = As it was written
audit-edited = Not as it was written
audit-other-key = Its key is not known here
audit-key = Key
audit-hash = Hash
audit-previous-hash = Hash of the row before
