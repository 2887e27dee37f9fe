# The page of plugins that the installation asks for.
plugins-tab = Plugins
plugins-sub = What { $file } asks for, and what the hub has of it.
plugins-package = Package
plugins-state = State
plugins-built-in = Built in
plugins-not-yet = Not built in yet
    .advice = Its configuration is kept. Switch it off until the hub has it.
plugins-unknown = Not available
    .advice = Its backend can be served by a Node.js backend beside the hub, named in { $key }; its pages cannot be shown here.
plugins-off = Switched off
