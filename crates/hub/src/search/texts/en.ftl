# The palette and the page of results.
search = Search
search-results = { $n ->
    [one] { $n } result
   *[other] { $n } results
} for { $query }
search-field = Search the catalog
search-placeholder = Names, titles, descriptions, owners
search-empty = Nothing pinned here yet
search-empty-text = Type what you look for. Typing errors are forgiven.
search-none = No match
search-none-text = Nothing that you may see has these words.
search-previous = Previous
search-next = Next
search-pages = Pages of results
search-recent = Recently opened
search-catalog = Catalog
search-places = Go to
search-commands = Commands
search-nothing = Nothing found
search-command-theme = Switch theme
search-command-copy = Copy a link to this page
search-command-sign-out = Sign out
search-all = All results for “{ $query }”
