# Die Regeldateien.
files = Regeldateien
files-sub = Woher Rollen, Mitglieder und Regeln kommen, ob das Geschriebene gilt, und was eine Änderung bewirken würde.
files-reload = Jetzt neu lesen
files-reloaded = Regeldateien neu gelesen
files-reload-refused = { $n ->
    [one] Eine Regeldatei wurde abgelehnt; es gilt weiter, was vorher galt
   *[other] { $n } Regeldateien wurden abgelehnt; es gilt weiter, was vorher galt
}
files-none = Keine Regeldatei konfiguriert
files-none-text = Mit { $policies } oder { $conditions } stehen Rollen in Dateien.
files-good = In Ordnung
files-in-force = In Kraft
files-refused = Abgelehnt
files-refused-text = Was die Datei jetzt enthält, gilt nicht; es gilt weiter, was vorher galt.
files-problems = { $n ->
    [one] { $n } Problem
   *[other] { $n } Probleme
}
files-path = Pfad
files-read = Zuletzt gelesen
files-since = In Kraft seit
files-follow = Neuladen
files-follow-on = an, Änderungen gelten von selbst
files-follow-off = aus, Änderungen gelten ab dem nächsten Start
files-holds = Enthält
files-rows = { $members ->
    [one] { $members } Mitgliedschaft
   *[other] { $members } Mitgliedschaften
}, { $policies ->
    [one] { $policies } Regel
   *[other] { $policies } Regeln
}
files-documents = { $n ->
    [one] { $n } Bedingung
   *[other] { $n } Bedingungen
}
files-nothing-in-force = nichts, was gilt
files-show = Zeilen zeigen
files-download = Herunterladen
files-partly = Den Inhalt der Dateien sieht, wer alle Rollen lesen darf.
files-findings = Befunde
files-nothing-to-report = { $n ->
    [one] { $n } Zeile
   *[other] { $n } Zeilen
}, nichts zu melden.
files-note = Hinweis
files-warning = Warnung
files-error = Fehler
files-line = Zeile { $n }
files-before = Frühere Zeilen
files-after = Spätere Zeilen
files-unreadable = Die Datei ist nicht lesbar.

# Der Probelauf.
files-try = Probelauf
files-try-text = Eine geänderte { $file } einfügen oder hochladen und sehen, wer was gewinnt und verliert. Nichts wird geschrieben.
files-try-content = Geänderte Datei
files-try-run = Zeigen, was sich ändert
files-upload = Oder eine Datei
files-upload-limit = Höchstens { $megabytes } MB.
files-too-large = Das ist zu groß, um hier ausprobiert zu werden: höchstens { $megabytes } MB werden gelesen. Auf dem Rechner des Hubs liest callboard check Dateien jeder Größe.
files-trial = Was sich ändern würde
files-trial-refused = Diese Datei würde abgelehnt; es gälte weiter, was jetzt gilt.
files-trial-nothing = { $people ->
    [one] Für { $people } Person
   *[other] Für { $people } Personen
} würde sich nichts ändern.
files-trial-sum = Von { $people } Personen { $gaining ->
    [0] gewinnt niemand
    [one] gewinnt { $gaining }
   *[other] gewinnen { $gaining }
}, { $losing ->
    [0] verliert niemand
    [one] verliert { $losing }
   *[other] verlieren { $losing }
} etwas, und unter andere Bedingungen { $differing ->
    [0] kommt niemand
    [one] kommt { $differing }
   *[other] kommen { $differing }
}.
files-permission = Berechtigung
files-gains = Gewinnen
files-loses = Verlieren
files-differs = Andere Bedingungen
files-entities = Entitäten
files-sample = { $person }: { $more } mehr, { $fewer } weniger von { $of }
