# Die Token einer Person.
token-personal = Persönliche Zugriffstoken
token-list = Token
token-none = Noch kein Token.
token-copy-now = { $name } jetzt kopieren.
token-copy-why = Hier bleibt nur ein Fingerabdruck, es lässt sich nicht noch einmal zeigen.
token-copy = Kopieren
token-name = Name
token-scope = Umfang
token-used = Zuletzt benutzt
token-expires = Läuft ab
token-actions = Aktionen
token-never = nie
token-used-from = { $when } von { $address }
token-revoke = Widerrufen
token-revoke-of = { $name } widerrufen
token-revoke-warning = Was { $name } benutzt, hört sofort auf zu funktionieren.
token-note = Programme senden ein Token als { $header }. Es darf, was sein Besitzer in dem Moment darf, und nie mehr.
token-none-for-guests = Gäste haben keine Zugriffstoken, denn alle sind derselbe Gast. Mit einem eigenen Konto lassen sich Token für Programme anlegen.

# Was ein Token darf, und wie lange.
token-scope-all = alles
token-scope-read = nur lesen
token-scope-plugins = Plugins { $names }
token-scope-permissions = Berechtigungen { $names }
token-expired = abgelaufen
token-within-hour = binnen einer Stunde
token-in-hours = { $n ->
    [one] in 1 Stunde
   *[other] in { $n } Stunden
}
token-in-days = { $n ->
    [one] in 1 Tag
   *[other] in { $n } Tagen
}

# Das Formular.
token-new = Neues Token
token-name-hint = Was es benutzen wird, etwa release-bot
token-access = Zugriff
token-access-all = Alles, was sein Besitzer darf
token-access-read = Nur lesen
token-access-chosen = Gewählte Berechtigungen und Plugins
token-choices = Berechtigungen und Plugins zur Auswahl
token-permissions = Berechtigungen
token-plugins = Plugins
token-life = Läuft ab in
token-days = { $n ->
    [one] 1 Tag
   *[other] { $n } Tagen
}
token-other-life = Andere
token-other-days = Andere Zahl von Tagen, bis { $max }
token-up-to = bis zu { $max } Tagen
token-wrong-name = Der Name braucht 1 bis { $max } Zeichen in einer Zeile.
token-wrong-life = Ein Token gilt 1 bis { $max } Tage.
token-wrong-scope = Berechtigungen oder Plugins wählen, oder einen anderen Zugriff nehmen.
token-conflict = Ein Token dieses Namens gibt es schon, oder es sind zu viele: erst eines widerrufen.

# Programme, die man zugelassen hat.
token-devices = Zugelassene Programme
token-device = Programm
token-device-from = Von
token-device-since = Zugelassen
token-device-seen = Zuletzt gesehen
token-device-no-address = unbekannt
token-device-end = Beenden
token-device-end-of = Den Zugriff von { $client } beenden

# Dienstkonten.
account-list = Dienstkonten
account-none = Noch kein Dienstkonto. Eines ist für ein Programm, das niemandem gehört, etwa eine Pipeline.
account-name = Name
account-roles = Rollen
account-tokens = Token
account-made-by = Angelegt von
account-no-roles = keine
account-no-rights = keine: Es darf noch nichts
account-about = Über
account-for = Für
account-for-nobody-says = sagt niemand
account-delete = Löschen
account-delete-of = { $name } löschen
account-delete-warning = Seine Token hören sofort auf zu funktionieren.
account-new = Neues Dienstkonto
account-name-hint = Kleinbuchstaben, Ziffern, und - _ . dazwischen. Rollen nennen es { $ref }
account-what = Wofür es ist
account-wrong-name = Der Name besteht aus 1 bis 63 Zeichen von a-z, 0-9, -, _ und ., mit einem Buchstaben oder einer Ziffer an beiden Enden.
account-wrong-description = Wofür es ist, passt in höchstens 500 Zeichen.
account-taken = Ein Dienstkonto dieses Namens gibt es schon.
account-in-roles = Es ist Mitglied von { $roles }. Erst dort herausnehmen.
