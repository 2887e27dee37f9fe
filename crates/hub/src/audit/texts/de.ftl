# Das Audit-Log.
audit = Audit-Log
audit-sub = Wer etwas geändert hat oder abgewiesen wurde. Die Zeilen sind aufeinander versiegelt und kommen nur hinzu.
audit-verify = Kette prüfen
audit-good = { $n ->
    [one] { $n } Zeile, wie sie geschrieben wurde.
   *[other] Alle { $n } Zeilen sind, wie sie geschrieben wurden.
}
audit-bad = Das Log ist nicht, wie es geschrieben wurde:
audit-export = JSON Lines exportieren
audit-head = Die neueste Zeile:
audit-copy-head = Nummer und Hash kopieren
audit-filter = Ereignisse filtern
audit-actor = Wer
audit-about = Rolle oder Wörter darin
audit-event = Ereignis
audit-all-events = Alle Ereignisse
audit-outcome = Ausgang
audit-all-outcomes = Jeder Ausgang
audit-done = Getan
audit-failed = Abgewiesen oder gescheitert
audit-from = Von
audit-to = bis
audit-apply = Anwenden
audit-clear = Filter aufheben
audit-follow = Mitlesen
audit-stop = Nicht mehr mitlesen
audit-empty = Keine Ereignisse in diesem Zeitraum
audit-empty-text = Hier stehen Änderungen, Abweisungen, Anmeldungen, Tokens und Exporte. Lesen und Entscheiden stehen im Log des Hubs.
audit-subject = Worum es geht
audit-source = Quelle
audit-time = Zeit
audit-number = Nr. { $n }
audit-pages = Seiten
audit-newest = Neueste
audit-older = Ältere
audit-about-it = Im Überblick
audit-request = Anfrage
audit-changes = Was sich geändert hat
audit-record = Voller Eintrag
audit-copy-record = Eintrag kopieren
audit-seal = Siegel
audit-sealed = Wie geschrieben
audit-edited = Nicht wie geschrieben
audit-other-key = Der Schlüssel ist hier nicht bekannt
audit-key = Schlüssel
audit-hash = Hash
audit-previous-hash = Hash der Zeile davor
