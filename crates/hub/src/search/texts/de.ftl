# Die Palette und die Seite der Treffer.
search = Suche
search-results = { $n ->
    [one] { $n } Treffer
   *[other] { $n } Treffer
} für { $query }
search-field = Im Katalog suchen
search-placeholder = Namen, Titel, Beschreibungen, Besitzer
search-empty = Hier hängt noch nichts
search-empty-text = Suchwort eingeben. Tippfehler werden verziehen.
search-none = Kein Treffer
search-none-text = Nichts Sichtbares enthält diese Wörter.
search-previous = Zurück
search-next = Weiter
search-pages = Seiten der Treffer
search-recent = Zuletzt geöffnet
search-catalog = Katalog
search-places = Gehe zu
search-commands = Befehle
search-nothing = Nichts gefunden
search-command-theme = Design wechseln
search-command-copy = Link zu dieser Seite kopieren
search-command-sign-out = Abmelden
search-all = Alle Treffer für „{ $query }“
