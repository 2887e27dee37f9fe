# Der Kopf jeder Seite eines Eintrags.
entity-source = Quelle
entity-more-actions = Weitere Aktionen
entity-refresh-now = Jetzt neu einlesen
entity-not-this-one = Diesen nicht.
entity-not-this-one-who = Diesen nicht. Wer darf das?
entity-copy-reference = Referenz kopieren
entity-inspect = Eintrag untersuchen
entity-edit-source = Quelle bearbeiten
entity-who-can-change = Wer darf das ändern?
entity-unregister = Abmelden
entity-pages = Eintrag
entity-tab-overview = Überblick
entity-tab-api = API
entity-tab-definition = Definition
entity-tab-dependencies = Abhängigkeiten
entity-tab-diagram = Diagramm
entity-tab-history = Verlauf
entity-tab-inspect = Untersuchen
entity-no-such-page = { $name } hat keine solche Seite.
entity-to-overview = Zum Überblick

# Abmelden.
entity-unregister-question = { $name } abmelden?
entity-unregister-location = Der Standort { $target } geht, und mit ihm alles, was nur von dort kommt:
entity-unregister-held = Dies kommt von { $place } und wurde nicht hier angemeldet. Dort muss es heraus. Wird nur dieser Eintrag entfernt, kommt er beim nächsten Einlesen wieder.
entity-unregister-orphan = Nichts nennt diesen Eintrag mehr. Einmal gelöscht, bleibt er weg.
entity-unregister-alone = Nur dieser Eintrag wird entfernt. Nennt ihn noch etwas, kommt er beim nächsten Einlesen wieder.
entity-unregister-entity = Eintrag abmelden
entity-remove-entry = Nur diesen Eintrag entfernen
entity-delete = Löschen
entity-keep = Behalten
entity-and-more = und { $n } weitere
entity-unregistered = { $name } ist abgemeldet.
entity-refresh-scheduled = { $name } wird neu eingelesen. Das dauert meist weniger als eine Minute.

# Was in Ordnung gebracht werden will.
entity-error = Die Verarbeitung ist gescheitert.
entity-warning = Etwas daran braucht Aufmerksamkeit.
entity-error-advice = Zu sehen ist die letzte gute Fassung. Nach einer Korrektur der Quelle wird sie von selbst neu eingelesen.
entity-orphan = Dieser Eintrag ist verwaist: kein Standort nennt ihn mehr.
entity-orphan-advice = Wieder in einem Standort nennen oder abmelden.
entity-dangling = { $more ->
    [0] Verknüpft, aber nicht im Katalog: { $names }.
   *[other] Verknüpft, aber nicht im Katalog: { $names } und { $more } weitere.
}
entity-dangling-advice = Vielleicht ist der Name falsch geschrieben oder noch nicht angemeldet.
entity-stuck = Hängt fest
entity-stuck-waiting = Noch nicht verarbeitet.

# Der Überblick.
entity-about = Über
entity-refresh = Neu einlesen
entity-fact-part-of = Teil von
entity-fact-namespace = Namensraum
entity-fact-source = Quelle
entity-fact-links = Links
entity-labels-annotations = Labels und Annotationen
entity-labels = Labels
entity-annotations = Annotationen
entity-owns = Zuständig für
entity-roles-held = Rollen
entity-held-directly = als Mitglied
entity-held-through = über
entity-held-by-everybody = für alle
entity-held-by-token = durch Zuständigkeit von
entity-held-hidden = eine Gruppe, die hier nicht zu sehen ist
entity-held-none = Hat keine Rolle.
entity-held-none-seen = Keine der Rollen, die hier gelesen werden dürfen.
entity-held-super-user = Superuser: alles ist erlaubt, was immer Rollen sagen.
entity-held-review = Alles, was das erlaubt
entity-held-test = Eine Berechtigung prüfen
entity-people = { $n ->
    [one] { $n } Person
   *[other] { $n } Personen
}

# Tabellen von Beziehungen; $kinds sind Wörter wie Komponenten.
entity-owned-by = Zuständige { $kinds }
entity-part-of = Teil von: { $kinds }
entity-child-of = Übergeordnete { $kinds }
entity-member-of = Mitglied in: { $kinds }
entity-consumes-api = Genutzte { $kinds }
entity-api-provided-by = Angeboten von: { $kinds }
entity-dependency-of = Abhängige { $kinds }
entity-provides-api = Angebotene { $kinds }
entity-depends-on = Hängt ab von: { $kinds }
entity-api-consumed-by = Genutzt von: { $kinds }
entity-has-part = Darin: { $kinds }
entity-parent-of = Untergeordnete { $kinds }
entity-has-member = Mitglieder ({ $kinds })
entity-owner-of = Zuständig für: { $kinds }
entity-emits = Von hier eingelesen
entity-show-all = Alle { $n } zeigen
entity-nothing-pinned = Noch nichts angepinnt
entity-no-apis = Hier erscheinen sichtbare APIs, die die Komponente anbietet oder nutzt.
entity-no-dependencies = Hier erscheinen Komponenten und Ressourcen, sobald eine von der anderen abhängt.
entity-no-parts = Hier erscheint ein Bild, sobald etwas Sichtbares dazugehört.
entity-turn-pages = Seiten
entity-rows = { $first }–{ $last } von { $n }
entity-previous-page = Vorige Seite
entity-next-page = Nächste Seite

# Bilder von Beziehungen.
entity-relations = Beziehungen
entity-hierarchy = Hierarchie
entity-depth = Tiefe
entity-hops = { $n ->
    [one] { $n } Schritt
   *[other] { $n } Schritte
}
entity-open-graph = Ganzen Graphen öffnen
entity-graph-of = Beziehungen von { $name }
entity-diagram-outline = Das Diagramm jedes Systems zeigt seine APIs und Ressourcen und wie seine Teile zusammenarbeiten.
entity-graph-rest = { $n } weitere ({ $relation }) von { $name }
entity-graph-not-drawn = Nicht gezeichnet:
entity-graph-title = Kataloggraph
entity-graph-sub = Was zusammengehört, und wie.
entity-graph-choose = Wählen, was gezeichnet wird
entity-graph-add = Eintrag über seine Referenz hinzufügen
entity-graph-without = { $name } weglassen
entity-graph-kinds = Arten
entity-graph-apply = Anwenden
entity-graph-empty = Nichts gewählt
entity-graph-empty-text = Ein Graph beginnt bei einem Eintrag. Einen öffnen und seinen ganzen Graphen wählen, oder oben eine Referenz eingeben.
entity-line-owned-by = betreut von
entity-line-part-of = Teil von
entity-line-child-of = unter
entity-line-member-of = Mitglied in
entity-line-consumes-api = nutzt
entity-line-api-provided-by = angeboten von
entity-line-dependency-of = gebraucht von
entity-line-provides-api = bietet an
entity-line-depends-on = braucht
entity-line-api-consumed-by = genutzt von
entity-line-has-part = enthält
entity-line-parent-of = über
entity-line-has-member = hat Mitglied
entity-line-owner-of = betreut

# Definitionen von APIs.
entity-reference = Referenz
entity-raw = Quelltext
entity-format = Format
entity-download = Herunterladen
entity-copy-text = Text kopieren
entity-text-cut = Nur der Anfang ist zu sehen.
entity-no-definition = Diese API hat keine Definition.
entity-definition-broken = Diese Definition ist nicht lesbar.
entity-definition-line = Zeile { $line }:
entity-operations = { $n ->
    [one] { $n } Operation
   *[other] { $n } Operationen
}
entity-untagged = Andere Operationen
entity-show-operation = Diese Operation zeigen
entity-required = erforderlich
entity-deprecated = veraltet
entity-parameters = Parameter
entity-parameter-place = In
entity-parameter-description = Beschreibung
entity-request-body = Anfrage
entity-responses = Antworten
entity-example = Beispiel
entity-channels = { $n ->
    [one] { $n } Kanal
   *[other] { $n } Kanäle
}
entity-messages = Nachrichten
entity-message-headers = Kopf
entity-message-payload = Inhalt
entity-graphql-root = Einstiege
entity-graphql-object = Typen
entity-graphql-input = Eingaben
entity-graphql-interface = Schnittstellen
entity-graphql-union = Vereinigungen
entity-graphql-enum = Aufzählungen
entity-graphql-scalar = Skalare
entity-graphql-directive = Direktiven
entity-graphql-extends = erweitert

# Verlauf.
entity-no-errors = Daran ist nichts falsch.
entity-origins = Woher es kommt
entity-read-from = Gelesen aus { $place }
entity-reading-unchanged = { $n ->
    [one] Unverändert
   *[other] Unverändert, { $n }-mal
}
entity-reading-read = { $n ->
   *[other] Eingelesen
}
entity-reading-failed = { $n ->
    [one] Gescheitert
   *[other] Gescheitert, { $n }-mal
}
entity-interval = Wird alle { $least } bis { $most } Sekunden neu eingelesen.
entity-interval-never = Dieser Hub liest nichts neu ein.
entity-since-start = Die Zeiten sind die dieses Hubs seit seinem Start.
