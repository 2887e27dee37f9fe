# Wie Arten heißen, und wie ein Satz sie zählt.
kind-all = Alle Arten
kind-all-counted = { $n ->
    [one] Entität
   *[other] Entitäten
}
kind-component = Komponenten
kind-component-counted = { $n ->
    [one] Komponente
   *[other] Komponenten
}
kind-api = APIs
kind-api-counted = { $n ->
    [one] API
   *[other] APIs
}
kind-system = Systeme
kind-system-counted = { $n ->
    [one] System
   *[other] Systeme
}
kind-domain = Domänen
kind-domain-counted = { $n ->
    [one] Domäne
   *[other] Domänen
}
kind-resource = Ressourcen
kind-resource-counted = { $n ->
    [one] Ressource
   *[other] Ressourcen
}
kind-template = Vorlagen
kind-template-counted = { $n ->
    [one] Vorlage
   *[other] Vorlagen
}
kind-group = Gruppen
kind-group-counted = { $n ->
    [one] Gruppe
   *[other] Gruppen
}
kind-user = Personen
kind-user-counted = { $n ->
    [one] Person
   *[other] Personen
}
kind-location = Fundorte
kind-location-counted = { $n ->
    [one] Fundort
   *[other] Fundorte
}

# Die Spalten von Listen.
column-name = Name
column-kind = Art
column-system = System
column-domain = Domäne
column-owner = Zuständig
column-type = Typ
column-lifecycle = Lebensphase
column-tags = Schlagwörter
column-created = Angelegt
column-email = E-Mail
column-groups = Gruppen
column-parent = Übergeordnet
column-members = Mitglieder
column-target = Ziel
column-consumers = Nutzer

# Eine Zeile einer Liste.
row-actions = Aktionen
row-actions-for = Aktionen für { $name }
row-has-errors = Fehlerhaft
row-has-errors-why = Beim letzten Lesen der Quelle traten Fehler auf. Gezeigt wird der letzte gute Stand.
row-orphan = Verwaist
row-orphan-why = Kein Fundort nennt den Eintrag mehr, also aktualisiert ihn niemand.
row-view-source = Quelle ansehen
row-copy-reference = Referenz kopieren
row-inspect = Eintrag untersuchen
star-entity = { $name } mit Stern markieren
