# Der Rahmen jeder Seite.
skip-to-content = Zum Inhalt springen
sidebar = Seitenleiste
main-navigation = Hauptmenü
breadcrumb = Pfad
nav-home = Start
nav-catalog = Katalog
nav-apis = APIs
nav-settings = Einstellungen
nav-create-short = Anlegen
nav-administration = Administration
nav-administration-short = Admin
nav-rbac = RBAC
my-groups = Meine Gruppen
theme-to-dark = Zum dunklen Design wechseln
theme-to-light = Zum hellen Design wechseln
account-of = Konto von { $name }
signed-in-as = Angemeldet als { $user }
my-profile = Mein Profil
sign-out = Abmelden
dismiss = Ausblenden
find = Suchen
palette = Suche und Befehle
palette-field = Im Katalog suchen oder einen Befehl eingeben
palette-hint = Suchen, oder > für Befehle
palette-results = Treffer
palette-move = bewegen
palette-open = öffnen
palette-close = schließen
copied = Kopiert
not-copied = Der Browser lässt das Kopieren nicht zu
not-refreshed = Aktualisieren nicht möglich. Noch einmal versuchen
offline = Keine Verbindung. Was hier steht, kann veraltet sein
stale = Die Datenbank antwortet noch nicht.
stale-since = Stand von { $time }. Änderungen sind erst wieder möglich, wenn sie zurück ist.

# Zeiten in der Nähe.
just-now = gerade eben
minutes-ago = vor { $n } Min.
hours-ago = vor { $n } Std.
yesterday = gestern
days-ago = vor { $n } Tagen
day = { $day }. { $month ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sep.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
} { $year }

# Was an der Stelle einer Seite steht.
door-closed = Diese Tür ist zu
door-needs = Diese Seite öffnet sich nur mit { $permission }.
door-refused = Das ist nicht erlaubt.
door-ask = Auskunft gibt { $contact }.
door-why = Berechtigung prüfen
permissions-off = Berechtigungen sind aus
permissions-off-text = Diese Seiten brauchen das RBAC-Backend-Plugin: { $key } in der app-config-Datei auf { $value } setzen.
not-found = Nicht am Brett
not-found-text = Vielleicht ist es umgezogen oder nicht für alle zu sehen.
fault = Etwas hat nachgegeben
fault-text = Die Nummer der Anfrage ist { $id }.
fault-nothing-changed = Nichts wurde geändert.
refused = Das geht nicht
go-home = Zur Startseite
go-to-catalog = Zum Katalog
try-again = Noch einmal versuchen
