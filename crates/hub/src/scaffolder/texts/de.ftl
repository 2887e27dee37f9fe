# Die Galerie der Vorlagen.
nav-create = Selbstbedienung
create-sub = Mit etwas anfangen, das sich im Haus bewährt hat. Jede Vorlage sagt, was sie hinterlässt.
create-import = Vorhandenes Git-Repository importieren
create-not-yet = Vorlagen lassen sich noch nicht ausführen. Hier steht, was jede anlegen würde und wer zuständig ist.
create-search = Vorlagen suchen
create-category = Kategorie
create-all = Alle
create-tags = Schlagwörter
create-apply = Anwenden
create-clear = Filter zurücksetzen
create-heading = Vorlagen
create-open = Öffnen
create-open-named = { $name } öffnen
create-no-access = Kein Zugang
create-no-access-why = Dafür fehlt { $permission }.
create-empty = Hier hängt noch nichts
create-empty-text = Vorlagen erscheinen hier, sobald ein Fundort des Katalogs sichtbare nennt.
create-no-match = Kein Treffer
create-no-match-text = { $n ->
    [one] { $n } Vorlage, aber nicht mit diesen Filtern.
   *[other] { $n } Vorlagen, keine mit diesen Filtern.
}
create-pages = Seiten
create-previous = Vorherige Seite
create-next = Nächste Seite
create-range = { $first }–{ $last } von { $n }
