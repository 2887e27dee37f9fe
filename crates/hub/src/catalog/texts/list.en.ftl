# The list of the catalog.
catalog-heading = { $organisation } catalog
catalog-sub = Everything the company runs, and who looks after it.
catalog-apis-sub = What the company's services offer each other.
catalog-register = Register
catalog-register-existing = Register existing
catalog-create = Create
catalog-filter = Filter { $kinds }
catalog-whose = Whose
catalog-all = All
catalog-owned = Owned
catalog-starred = Starred
catalog-namespace = Namespace
catalog-warnings = Warnings
catalog-apply = Apply
catalog-clear = Clear filters
catalog-no-match = No match
catalog-no-match-text = { $n } { $kinds }, none with these filters.
catalog-empty = Nothing pinned here yet
catalog-empty-text = { $kinds } appear here when a location of the catalog names some that you may see.
catalog-caption = { $kinds }, { $shown } of { $n }
catalog-pages = Pages
catalog-range = { $first }–{ $last } of { $n } { $kinds }
catalog-key-move = move
catalog-key-open = open
catalog-key-star = star
catalog-key-refresh = refresh
catalog-key-filter = filter
catalog-rows = Rows
catalog-previous = Previous page
catalog-next = Next page
catalog-errors-why = The last reading of its source found errors. The entity shows what was good before.
catalog-orphan-why = No location names it any more, so nobody updates it.
catalog-actions = Actions
catalog-actions-for = Actions for { $name }
catalog-view-source = View source
catalog-refresh-now = Refresh now
catalog-unregister = Unregister
catalog-copy-reference = Copy entity reference
catalog-inspect = Inspect entity
catalog-star = Star { $name }

# A location is registered.
import-title = Register an existing component
import-sub = Name a file of the catalog, and see what it brings before it counts.
import-step-url = Select URL
import-step-review = Review
import-step-result = Result
import-url = URL
import-hint = The address of a catalog-info.yaml as the browser shows it, or of a repository that has one in its root.
import-analyze = Analyze
import-analyze-again = Analyze again
import-no-url = Give the address of a file.
import-bad-url = This is no address of the web. It begins with https://
import-unknown-host = No integration handles { $host }. Configured hosts: { $hosts }.
import-no-integrations = No integration is configured, so no address can be read.
import-guessed = Found in the root of the repository: { $url }
import-is-registered = This location is registered already. It can be read again now.
import-found = Found
import-standing = In the catalog
import-new = New
import-known = Known, stays up to date
import-taken = Taken, comes from elsewhere
import-faulty = Faulty
import-more = { $n ->
    [one] and { $n } more
   *[other] and { $n } more
}
import-troubled = { $n ->
    [one] One of them has problems and stays out until its file is mended.
   *[other] { $n } of them have problems and stay out until their files are mended.
}
import-back = Back
import-register = Register
import-refresh = Read again
import-nothing = Nothing found
import-nothing-text = The file is there, but names no entity.
import-generated = A file to begin with
import-generated-text = If the repository does not say what it is yet, add this as { $file } to its root, then analyze again.
import-copy = Copy the text
import-download = Download the file
import-propose = Propose it at { $host }
import-propose-text = Opens the form there, filled in; a pull request is made with your own account.
import-registered = Registered { $url }
import-read-again = Reading { $url } again
import-result = Registered location
import-another = Register another
import-arrived = In the catalog now
import-waiting = Reading the location. Its entities appear here in a moment.
import-look-again = Look again
import-not-registered = Nothing is registered there
import-not-registered-text = The location may have been removed since.
