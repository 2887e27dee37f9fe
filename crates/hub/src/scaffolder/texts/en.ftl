# The gallery of templates.
nav-create = Self-service
create-sub = Start from something the house already trusts. Each template says what it leaves behind.
create-import = Import an existing Git repository
create-not-yet = Running a template is not built in yet. Read here what each one would make, and whom to ask.
create-search = Search templates
create-category = Category
create-all = All
create-tags = Tags
create-apply = Apply
create-clear = Clear filters
create-heading = Templates
create-open = Open
create-open-named = Open { $name }
create-no-access = No access
create-no-access-why = You lack { $permission }.
create-empty = Nothing pinned here yet
create-empty-text = Templates appear here when a location of the catalog names some that you may see.
create-no-match = No match
create-no-match-text = { $n ->
    [one] { $n } template, not with these filters.
   *[other] { $n } templates, none with these filters.
}
create-pages = Pages
create-previous = Previous page
create-next = Next page
create-range = { $first }–{ $last } of { $n }
