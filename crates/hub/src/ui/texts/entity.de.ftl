# Wie Arten heißen: als Überschrift, eines davon, mehrere davon.
entity-kind-heading = { $kind ->
    [component] Komponenten
    [api] APIs
    [system] Systeme
    [domain] Domänen
    [resource] Ressourcen
    [template] Vorlagen
    [group] Gruppen
    [user] Personen
    [location] Standorte
   *[other] { $kind }
}
entity-kind = { $kind ->
    [component] Komponente
    [api] API
    [system] System
    [domain] Domäne
    [resource] Ressource
    [template] Vorlage
    [group] Gruppe
    [user] Person
    [location] Standort
   *[other] { $kind }
}
entity-kinds = { $kind ->
    [component] Komponenten
    [api] APIs
    [system] Systeme
    [domain] Domänen
    [resource] Ressourcen
    [template] Vorlagen
    [group] Gruppen
    [user] Personen
    [location] Standorte
   *[other] { $kind }
}

# Spalten von Listen und Begriffe der Karte „Über“.
entity-column-name = Name
entity-column-system = System
entity-column-domain = Domäne
entity-column-owner = Zuständig
entity-column-type = Typ
entity-column-lifecycle = Lebenszyklus
entity-column-tags = Tags
entity-column-created = Angelegt
entity-column-email = E-Mail
entity-column-groups = Gruppen
entity-column-parent = Übergeordnet
entity-column-members = Mitglieder
entity-column-target = Ziel
entity-has-errors = Hat Fehler
entity-is-orphan = Verwaist

# Was die Person darf, und warum.
entity-access = Eigener Zugriff hier
entity-access-rules = Ansehen, welche Regeln entschieden haben
entity-access-why = { $action }: ansehen, welche Regeln entschieden haben
entity-allowed = Erlaubt
entity-allowed-as-owner = Erlaubt, da zuständig
entity-allowed-here = Hier erlaubt
entity-depends = Kommt darauf an
entity-denied = Verboten
entity-if-owned = wenn zuständig
entity-on-a-condition = unter einer Bedingung
entity-reason-allowed = Eine Richtlinie erlaubt es
entity-reason-off = Berechtigungen sind ausgeschaltet, alle dürfen es
entity-reason-super-user = Als Superuser erlaubt
entity-reason-owner = Eine Richtlinie erlaubt es den Zuständigen
entity-reason-met = Die Bedingung einer Richtlinie ist erfüllt
entity-reason-owners-only = Eine Richtlinie erlaubt es nur den Zuständigen
entity-reason-unmet = Die Bedingung einer Richtlinie ist nicht erfüllt
entity-reason-no-grant = Keine Richtlinie erlaubt es
entity-reason-circle = Die eigenen Gruppen bilden einen Kreis, das nimmt alle Rollen
entity-reason-faulty = Die Bedingung einer Richtlinie ist fehlerhaft, das verbietet
entity-reason-denied = Eine Richtlinie verbietet es
entity-action-read = Lesen
entity-action-read-catalog = Katalog lesen
entity-action-refresh = Neu einlesen
entity-action-unregister = Abmelden
entity-action-register = Anmelden
entity-action-read-parameters = Parameter lesen
entity-action-read-steps = Schritte lesen
entity-action-manage-templates = Vorlagen verwalten
entity-action-read-roles = Rollen lesen
entity-action-edit-policies = Richtlinien bearbeiten
