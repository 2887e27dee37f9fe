# The head of every page of an entity.
entity-source = Source
entity-more-actions = More actions
entity-refresh-now = Refresh now
entity-not-this-one = Not this one.
entity-not-this-one-who = Not this one. Who can do this?
entity-copy-reference = Copy entity reference
entity-inspect = Inspect entity
entity-edit-source = Edit the source
entity-who-can-change = Who can change this?
entity-unregister = Unregister
entity-pages = Entity
entity-tab-overview = Overview
entity-tab-api = API
entity-tab-definition = Definition
entity-tab-dependencies = Dependencies
entity-tab-diagram = Diagram
entity-tab-history = History
entity-tab-inspect = Inspect
entity-no-such-page = { $name } has no such page.
entity-to-overview = Go to the overview

# Unregistering.
entity-unregister-question = Unregister { $name }?
entity-unregister-location = The location { $target } goes, and with it everything that comes from it alone:
entity-unregister-held = This comes from { $place }, which was not registered here. Take it out there. If only this entry is removed, it returns with the next reading.
entity-unregister-orphan = Nothing names this entity any more. Once deleted, it stays gone.
entity-unregister-alone = Only this entry is removed. If something still names it, it returns with the next reading.
entity-unregister-entity = Unregister entity
entity-remove-entry = Remove only this entry
entity-delete = Delete
entity-keep = Keep it
entity-and-more = and { $n } more
entity-unregistered = { $name } is unregistered.
entity-refresh-scheduled = { $name } is being refreshed. This usually takes under a minute.

# What wants to be put right.
entity-error = It could not be processed.
entity-warning = Something about it wants attention.
entity-error-advice = What is shown is the last version that was good. Correct the source and it refreshes by itself.
entity-orphan = This is an orphan: no location names it any more.
entity-orphan-advice = Name it in a location again, or unregister it.
entity-dangling = { $more ->
    [0] Related, but not in the catalog: { $names }.
   *[other] Related, but not in the catalog: { $names } and { $more } more.
}
entity-dangling-advice = It may be misspelt, or not registered yet.
entity-stuck = Stuck
entity-stuck-waiting = Not processed yet.

# The overview.
entity-about = About
entity-refresh = Refresh
entity-fact-part-of = Part of
entity-fact-namespace = Namespace
entity-fact-source = Source
entity-fact-links = Links
entity-labels-annotations = Labels and annotations
entity-labels = Labels
entity-annotations = Annotations
entity-owns = Ownership
entity-roles-held = Roles held
entity-held-directly = as a member
entity-held-through = through
entity-held-by-everybody = held by everybody
entity-held-by-token = by ownership of
entity-held-hidden = a group that you may not see
entity-held-none = Holds no role.
entity-held-none-seen = None of the roles that you may read.
entity-held-super-user = Super user: everything is allowed, whatever roles say.
entity-held-review = All that this allows
entity-held-test = Check a permission
entity-people = { $n ->
    [one] { $n } person
   *[other] { $n } people
}

# Tables of relations; $kinds are words such as components.
entity-owned-by = Owned by { $kinds }
entity-part-of = Part of { $kinds }
entity-child-of = Child of { $kinds }
entity-member-of = Member of { $kinds }
entity-consumes-api = Consumed { $kinds }
entity-api-provided-by = Provided by { $kinds }
entity-dependency-of = Depended on by { $kinds }
entity-provides-api = Provided { $kinds }
entity-depends-on = Depends on { $kinds }
entity-api-consumed-by = Consumed by { $kinds }
entity-has-part = Has { $kinds }
entity-parent-of = Child { $kinds }
entity-has-member = Members ({ $kinds })
entity-owner-of = Owns { $kinds }
entity-emits = Read from here
entity-show-all = Show all { $n }
entity-nothing-pinned = Nothing pinned here yet
entity-no-apis = APIs appear here when the component provides or consumes some that you may see.
entity-no-dependencies = Components and resources appear here when one of them depends on the other.
entity-no-parts = A picture appears here when something that you may see is part of this.
entity-turn-pages = Pages
entity-rows = { $first }–{ $last } of { $n }
entity-previous-page = Previous page
entity-next-page = Next page

# Pictures of relations.
entity-relations = Relations
entity-hierarchy = Hierarchy
entity-depth = Depth
entity-hops = { $n ->
    [one] { $n } hop
   *[other] { $n } hops
}
entity-open-graph = Open the full graph
entity-graph-of = Relations of { $name }
entity-diagram-outline = The diagram of each system shows its APIs and resources, and how its parts work together.
entity-graph-rest = { $n } more { $relation } of { $name }
entity-graph-not-drawn = Not drawn:
entity-graph-title = Catalog graph
entity-graph-sub = What belongs together, and how.
entity-graph-choose = Choose what is drawn
entity-graph-add = Add an entity by its reference
entity-graph-without = Leave { $name } out
entity-graph-kinds = Kinds
entity-graph-apply = Apply
entity-graph-empty = Nothing chosen
entity-graph-empty-text = A graph starts from an entity. Open one and choose its full graph, or type a reference above.
entity-line-owned-by = owned by
entity-line-part-of = part of
entity-line-child-of = child of
entity-line-member-of = member of
entity-line-consumes-api = consumes
entity-line-api-provided-by = provided by
entity-line-dependency-of = dependency of
entity-line-provides-api = provides
entity-line-depends-on = depends on
entity-line-api-consumed-by = consumed by
entity-line-has-part = has part
entity-line-parent-of = parent of
entity-line-has-member = has member
entity-line-owner-of = owns

# Definitions of APIs.
entity-reference = Reference
entity-raw = Raw
entity-format = Format
entity-download = Download
entity-copy-text = Copy the text
entity-text-cut = Only the beginning is shown.
entity-no-definition = This API has no definition.
entity-definition-broken = This definition cannot be read.
entity-definition-line = Line { $line }:
entity-operations = { $n ->
    [one] { $n } operation
   *[other] { $n } operations
}
entity-untagged = Other operations
entity-show-operation = Show this operation
entity-required = required
entity-deprecated = deprecated
entity-parameters = Parameters
entity-parameter-place = In
entity-parameter-description = Description
entity-request-body = Request body
entity-responses = Responses
entity-example = Example
entity-channels = { $n ->
    [one] { $n } channel
   *[other] { $n } channels
}
entity-messages = Messages
entity-message-headers = Headers
entity-message-payload = Payload
entity-graphql-root = Entries
entity-graphql-object = Types
entity-graphql-input = Inputs
entity-graphql-interface = Interfaces
entity-graphql-union = Unions
entity-graphql-enum = Enumerations
entity-graphql-scalar = Scalars
entity-graphql-directive = Directives
entity-graphql-extends = extends

# History.
entity-no-errors = Nothing is wrong with it.
entity-origins = Where it comes from
entity-read-from = Read from { $place }
entity-reading-unchanged = { $n ->
    [one] Unchanged
   *[other] Unchanged, { $n } times
}
entity-reading-read = { $n ->
   *[other] Read
}
entity-reading-failed = { $n ->
    [one] Failed
   *[other] Failed, { $n } times
}
entity-interval = Read again every { $least } to { $most } seconds.
entity-interval-never = This hub reads nothing again.
entity-since-start = Times are those of this hub since it started.
