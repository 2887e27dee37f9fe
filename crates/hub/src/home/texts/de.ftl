# Die Startseite.
home-hello = Hallo, { $name }
home-sub = { $n ->
    [0] Bei den eigenen Einträgen ist alles in Ordnung.
    [one] Ein eigener Eintrag braucht einen Blick.
   *[other] { $n } eigene Einträge brauchen einen Blick.
}
home-sub-board = Was die Firma betreibt, wer sich darum kümmert und was hier erlaubt ist.
home-import = Repository importieren
home-open-in-catalog = Im Katalog öffnen
home-owned = Von den eigenen Gruppen
home-newest = Neu am Brett
home-all = Alle { $n }
home-nothing-starred = Der Stern in einer Zeile des Katalogs heftet sie hier an.
home-recent = Zuletzt geöffnet
home-most-starred = Am häufigsten markiert
home-stars = { $n ->
    [one] { $n } Stern
   *[other] { $n } Sterne
}
home-access = Eigener Zugang
home-no-role = Noch keine Rolle.
home-holding = Eigene Rollen:
home-check = Eine Berechtigung prüfen

# Eigene Zahlen.
home-components-owned = Eigene Komponenten
home-in-production = { $n } in Produktion
home-apis-provided = Angebotene APIs
home-consumers = { $n ->
    [one] { $n } Nutzer
   *[other] { $n } Nutzer
}
home-warnings = Katalogwarnungen
home-all-well = alles in Ordnung
home-errors = { $n } mit Fehlern
home-orphans = { $n ->
    [one] { $n } verwaist
   *[other] { $n } verwaist
}
home-errors-and-orphans = { $errors } mit Fehlern, { $orphans ->
    [one] { $orphans } verwaist
   *[other] { $orphans } verwaist
}
home-of-types = { $n ->
    [one] von { $n } Typ
   *[other] von { $n } Typen
}
home-in-domains = { $n ->
    [one] in { $n } Domäne
   *[other] in { $n } Domänen
}
home-people = Personen
home-in-groups = { $n ->
    [one] in { $n } Gruppe
   *[other] in { $n } Gruppen
}
home-roles = Eigene Rollen
home-ask-for-a-role = eine erbitten
home-components = Komponenten
home-apis = APIs
home-systems = Systeme
home-templates = Vorlagen
