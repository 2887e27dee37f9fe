# The sign-in page.
sign-in = Sign in
sign-in-to = Sign in to { $organisation }
sign-in-lead = Services, APIs, templates and the people behind them, on one board.
sign-in-signed-out = You are signed out.
sign-in-session-ended = Your session ended. Sign in to carry on where you were.
sign-in-carry-on = Sign in to carry on where you were.
sign-in-with = Continue with { $provider }
sign-in-single = single sign-on
sign-in-as-guest = Guest
sign-in-development-only = development only
sign-in-guest = Enter as a guest
sign-in-guest-warning = Guest entry is on because { $key } is { $value }. Anyone who can reach this address gets the guest role.
sign-in-no-way = No way to sign in is configured. An administrator adds one below { $key }.
sign-in-trouble = Trouble signing in? Your account must match a User in the catalog.
sign-in-ask = Ask { $contact }.
sign-in-for-administrators = For administrators

# Why nobody is signed in, and what helps.
sign-in-nobody = There is no such way to sign in: { $id }.
sign-in-rejected = { $subject } did not sign you in: { $reason }.
sign-in-rejected-help = Without { $key } only people who are signed in there already get in; set it to { $value }.
sign-in-disproved = The answer of { $provider } could not be believed. Try again.
sign-in-disproved-help = What is wrong with it: { $reason }.
sign-in-over = This sign-in is over: it took too long, was finished already, or began in another browser. Try again.
sign-in-unreachable = { $subject } cannot be reached at the moment. Try again later.
sign-in-unreachable-help = What happened: { $what }: { $cause }.
sign-in-no-secret = Signing in with { $provider } is not set up completely.
sign-in-no-secret-help = Set { $key } to a long random text.
sign-in-no-email = You are known to { $provider }, but it tells no e-mail address of yours, by which you would be found here.
sign-in-unverified-email = You are known to { $provider }, but it says that nobody has verified your e-mail address, by which you would be found here.
sign-in-no-email-help = Have the address verified there, or choose another resolver in { $key }.
sign-in-no-user = You are known to { $provider }, but the catalog has no user for you yet.
sign-in-no-user-help = Add a User to the catalog to which one of these leads, or choose other resolvers in { $key }.
sign-in-several-users = You are known to { $provider }, but the catalog has several users who might be you.
sign-in-several-users-help = Leave one User in the catalog with this value.
sign-in-too-many = Too many sign-ins from your network failed lately. Try again in { $seconds } s.
sign-in-too-many-help = If all people seem to come from one address, name your proxies in { $key }.
sign-in-other = { $subject } does not sign you in: { $reason }.
sign-in-tried = { $resolver }: the claim { $claim } is “{ $value }”, and no single User has it as { $sought }
sign-in-tried-nothing = { $resolver }: the claim { $claim } is not sent

# Sessions.
session-heading = Where you are signed in
session-end-others = End all others
session-browser = Browser
session-provider = Provider
session-since = Since
session-seen = Last seen
session-actions = Actions
session-this = This one
session-end = End
session-end-of = End { $browser }
session-end-this = End { $browser }, this session
session-no-address = unknown address
session-no-browser = Unknown browser
session-browser-on = { $browser } on { $system }
session-some-browser-on = Browser on { $system }
session-note = A session that you end is over everywhere within a second. If you do not know one, end it, and have your password changed where you sign in.

# Those of others.
people-heading = Sessions of a person
people-user = User
people-show = Show
people-hint = A name of namespace default, or a reference such as { $example }
people-nobody = Nobody is signed in as { $user }.
people-end-all = End all
