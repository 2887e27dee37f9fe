# Die Reiter.
settings = Einstellungen
settings-general = Allgemein
settings-providers = Anmeldedienste
settings-sessions = Sitzungen
settings-tokens = Zugriffstoken
settings-accounts = Dienstkonten
settings-people = Personen
settings-shortcuts = Tastenkürzel

# Wer man ist.
settings-profile = Profil
settings-view-in-catalog = Im Katalog ansehen
settings-signed-in-with = Angemeldet mit { $provider }
settings-identity = Identität
settings-user-entity = Benutzer-Entität
settings-ownership-entities = Eigentümer-Entitäten
settings-roles = Rollen
settings-no-roles = keine

# Wie Seiten aussehen.
settings-appearance = Darstellung
settings-theme = Design
settings-theme-hint = System folgt dem Gerät
settings-light = Hell
settings-dark = Dunkel
settings-system = System
settings-density = Zeilenabstand
settings-density-hint = Kompakt zeigt etwa ein Drittel mehr Zeilen
settings-compact = Kompakt
settings-roomy = Luftig
settings-side = Seitenleiste anheften
settings-side-hint = Sonst schrumpft sie auf Symbole, bis der Zeiger darauf steht
settings-keys = Kürzel mit einer Taste
settings-keys-hint = j, k, o, s, g und dann ein Buchstabe
settings-language = Sprache
settings-language-of-browser = Wie im Browser
settings-save = Speichern

# Was dieser Hub ist.
settings-hub = Dieser Hub
settings-copy-build = Angaben zur Version kopieren
settings-build = { $version }, { $platform }
settings-address = Adresse
settings-speaks = Spricht
settings-sign-in = Anmeldung
settings-permissions = Berechtigungen
settings-enforced = In Kraft
settings-not-enforced = Aus, alle dürfen alles

# Wer Personen anmeldet.
settings-this-session = Diese Sitzung
settings-connected = Verbunden
settings-not-connected = Nicht verbunden
settings-sign-in-with = Anmelden mit { $provider }
settings-providers-note = Verbunden heißt, dass einer der eigenen Browser damit angemeldet ist. Die Anmeldung mit einem anderen Dienst beendet die Sitzung dieses Browsers.

# Die Tasten.
shortcut-keys = Tasten
shortcut-does = Wirkung
shortcut-where = Wo
shortcut-palette = Suche und Befehle
shortcut-home = Start
shortcut-catalog = Katalog
shortcut-apis = APIs
shortcut-roles = Rollen
shortcut-tester = Berechtigungstest
shortcut-settings = Einstellungen
shortcut-theme = Design wechseln
shortcut-create = Anlegen
shortcut-sheet = Diese Übersicht
shortcut-rows = Nächste Zeile, vorige Zeile
shortcut-open = Zeile öffnen
shortcut-filter = Zum Filter
shortcut-star = Zeile merken
shortcut-refresh = Zeile oder Eintrag neu einlesen
shortcut-edit = Bearbeiten, löschen
shortcut-tabs = Voriger Reiter, nächster Reiter
shortcut-anywhere = überall
shortcut-in-lists = Listen
shortcut-in-catalog = Katalog
shortcut-in-roles = Rollen
shortcut-in-tabs = Seiten mit Reitern
shortcut-close = Schließen
shortcut-settings-page = Einzelne Tasten abschalten
shortcut-ctrl = Strg
shortcut-enter = Eingabe
shortcut-note = Einzelne Tasten wirken nicht in Feldern und Dialogen. Mit Strg wirken sie immer.
