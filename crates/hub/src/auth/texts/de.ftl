# Die Anmeldeseite.
sign-in = Anmelden
sign-in-to = Anmelden bei { $organisation }
sign-in-lead = Dienste, APIs, Vorlagen und die Menschen dahinter, an einem Brett.
sign-in-signed-out = Abgemeldet.
sign-in-session-ended = Die Sitzung ist zu Ende. Nach der Anmeldung geht es an derselben Stelle weiter.
sign-in-carry-on = Nach der Anmeldung geht es an derselben Stelle weiter.
sign-in-with = Weiter mit { $provider }
sign-in-single = Single Sign-on
sign-in-as-guest = Gast
sign-in-development-only = nur in der Entwicklung
sign-in-guest = Als Gast eintreten
sign-in-guest-warning = Gäste sind zugelassen, weil { $key } auf { $value } steht. Wer diese Adresse erreicht, bekommt die Rolle des Gastes.
sign-in-no-way = Kein Anmeldedienst ist eingerichtet. Die Administration trägt einen unter { $key } ein.
sign-in-trouble = Die Anmeldung klappt nicht? Zum Konto muss ein User im Katalog gehören.
sign-in-ask = Hilfe gibt es bei { $contact }.
sign-in-for-administrators = Für die Administration

# Warum niemand angemeldet ist, und was hilft.
sign-in-nobody = Diesen Anmeldedienst gibt es nicht: { $id }.
sign-in-rejected = { $subject } hat die Anmeldung abgelehnt: { $reason }.
sign-in-rejected-help = Ohne { $key } kommt nur herein, wer dort schon angemeldet ist; der Wert { $value } ändert das.
sign-in-disproved = Die Antwort von { $provider } ist nicht glaubwürdig. Ein neuer Versuch kann helfen.
sign-in-disproved-help = Was daran nicht stimmt: { $reason }.
sign-in-over = Diese Anmeldung ist vorbei: Sie hat zu lange gedauert, war schon fertig oder begann in einem anderen Browser. Ein neuer Versuch kann helfen.
sign-in-unreachable = { $subject } ist gerade nicht zu erreichen. Später noch einmal versuchen.
sign-in-unreachable-help = Was geschah: { $what }: { $cause }.
sign-in-no-secret = Die Anmeldung mit { $provider } ist nicht fertig eingerichtet.
sign-in-no-secret-help = { $key } braucht einen langen zufälligen Text.
sign-in-no-email = Das Konto ist { $provider } bekannt, aber ohne E-Mail-Adresse, über die es hier zu finden wäre.
sign-in-unverified-email = Das Konto ist { $provider } bekannt, aber niemand hat seine E-Mail-Adresse bestätigt, über die es hier zu finden wäre.
sign-in-no-email-help = Die Adresse dort bestätigen lassen oder einen anderen Resolver in { $key } wählen.
sign-in-no-user = Das Konto ist { $provider } bekannt, aber im Katalog gibt es noch keinen User dazu.
sign-in-no-user-help = Dem Katalog einen User hinzufügen, zu dem einer von diesen führt, oder andere Resolver in { $key } wählen.
sign-in-several-users = Das Konto ist { $provider } bekannt, aber im Katalog passen mehrere User dazu.
sign-in-several-users-help = Nur einem User im Katalog diesen Wert lassen.
sign-in-too-many = Aus diesem Netz sind zuletzt zu viele Anmeldungen gescheitert. In { $seconds } s noch einmal versuchen.
sign-in-too-many-help = Wenn alle von einer Adresse zu kommen scheinen, gehören die Proxys in { $key }.
sign-in-other = { $subject } meldet niemanden an: { $reason }.
sign-in-tried = { $resolver }: Der Claim { $claim } ist „{ $value }“, und kein einzelner User hat ihn als { $sought }
sign-in-tried-nothing = { $resolver }: Der Claim { $claim } wird nicht gesendet

# Sitzungen.
session-heading = Hier angemeldet
session-end-others = Alle anderen beenden
session-browser = Browser
session-provider = Anmeldedienst
session-since = Seit
session-seen = Zuletzt gesehen
session-actions = Aktionen
session-this = Diese
session-end = Beenden
session-end-of = { $browser } beenden
session-end-this = { $browser } beenden, diese Sitzung
session-no-address = unbekannte Adresse
session-no-browser = Unbekannter Browser
session-browser-on = { $browser } auf { $system }
session-some-browser-on = Browser auf { $system }
session-note = Eine beendete Sitzung ist binnen einer Sekunde überall vorbei. Eine unbekannte Sitzung beenden und das Passwort beim Anmeldedienst ändern.

# Die von anderen.
people-heading = Sitzungen einer Person
people-user = User
people-show = Anzeigen
people-hint = Ein Name aus dem Namensraum default oder eine Referenz wie { $example }
people-nobody = Niemand ist als { $user } angemeldet.
people-end-all = Alle beenden
