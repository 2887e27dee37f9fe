# Die Liste des Katalogs.
catalog-heading = { $organisation }: Katalog
catalog-sub = Alles, was die Firma betreibt, und wer sich darum kümmert.
catalog-apis-sub = Was die Dienste der Firma einander anbieten.
catalog-register = Registrieren
catalog-register-existing = Vorhandenes registrieren
catalog-create = Anlegen
catalog-filter = { $kinds } filtern
catalog-whose = Wessen
catalog-all = Alle
catalog-owned = Eigene
catalog-starred = Markierte
catalog-namespace = Namensraum
catalog-warnings = Warnungen
catalog-apply = Anwenden
catalog-clear = Filter zurücksetzen
catalog-no-match = Kein Treffer
catalog-no-match-text = { $n } { $kinds }, keine Treffer mit diesen Filtern.
catalog-empty = Hier hängt noch nichts
catalog-empty-text = { $kinds } erscheinen hier, sobald ein Fundort des Katalogs sichtbare nennt.
catalog-caption = { $kinds }, { $shown } von { $n }
catalog-pages = Seiten
catalog-range = { $first }–{ $last } von { $n } { $kinds }
catalog-key-move = bewegen
catalog-key-open = öffnen
catalog-key-star = markieren
catalog-key-refresh = neu einlesen
catalog-key-filter = filtern
catalog-rows = Zeilen
catalog-previous = Vorherige Seite
catalog-next = Nächste Seite
catalog-errors-why = Beim letzten Lesen der Quelle traten Fehler auf. Gezeigt wird der letzte gute Stand.
catalog-orphan-why = Kein Fundort nennt den Eintrag mehr, also aktualisiert ihn niemand.
catalog-actions = Aktionen
catalog-actions-for = Aktionen für { $name }
catalog-view-source = Quelle ansehen
catalog-refresh-now = Jetzt neu lesen
catalog-unregister = Abmelden
catalog-copy-reference = Referenz kopieren
catalog-inspect = Eintrag untersuchen
catalog-star = { $name } mit Stern markieren

# Ein Fundort wird registriert.
import-title = Vorhandene Komponente registrieren
import-sub = Eine Datei des Katalogs nennen und sehen, was sie bringt, bevor es zählt.
import-step-url = URL wählen
import-step-review = Prüfen
import-step-result = Ergebnis
import-url = URL
import-hint = Die Adresse einer catalog-info.yaml, wie der Browser sie zeigt, oder eines Repositorys, in dessen Wurzel eine liegt.
import-analyze = Untersuchen
import-analyze-again = Noch einmal untersuchen
import-no-url = Hier fehlt die Adresse einer Datei.
import-bad-url = Das ist keine Adresse im Web. Sie beginnt mit https://
import-unknown-host = Keine Integration ist für { $host } zuständig. Eingerichtet sind: { $hosts }.
import-no-integrations = Es ist keine Integration eingerichtet, also lässt sich keine Adresse lesen.
import-guessed = In der Wurzel des Repositorys gefunden: { $url }
import-is-registered = Dieser Fundort ist schon registriert. Er lässt sich jetzt noch einmal lesen.
import-found = Gefunden
import-standing = Im Katalog
import-new = Neu
import-known = Bekannt, bleibt aktuell
import-taken = Vergeben, kommt von woanders
import-faulty = Fehlerhaft
import-more = { $n ->
    [one] und { $n } weiterer
   *[other] und { $n } weitere
}
import-troubled = { $n ->
    [one] Einer davon ist fehlerhaft und bleibt draußen, bis seine Datei stimmt.
   *[other] { $n } davon sind fehlerhaft und bleiben draußen, bis ihre Dateien stimmen.
}
import-back = Zurück
import-register = Registrieren
import-refresh = Noch einmal lesen
import-nothing = Nichts gefunden
import-nothing-text = Die Datei ist da, nennt aber keinen Eintrag.
import-generated = Eine Datei für den Anfang
import-generated-text = Falls das Repository noch nicht sagt, was es ist: diesen Text als { $file } in seine Wurzel legen, dann noch einmal untersuchen.
import-copy = Text kopieren
import-download = Datei herunterladen
import-propose = Bei { $host } vorschlagen
import-propose-text = Öffnet dort das ausgefüllte Formular; der Pull Request entsteht mit dem eigenen Konto.
import-registered = { $url } ist registriert
import-read-again = { $url } wird noch einmal gelesen
import-result = Registrierter Fundort
import-another = Weiteren registrieren
import-arrived = Jetzt im Katalog
import-waiting = Der Fundort wird gelesen. Seine Einträge erscheinen gleich hier.
import-look-again = Noch einmal nachsehen
import-not-registered = Dort ist nichts registriert
import-not-registered-text = Vielleicht wurde der Fundort inzwischen entfernt.
