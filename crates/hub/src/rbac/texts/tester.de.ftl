# Der Berechtigungstest.
tester = Berechtigungstest
tester-sub = Fragen, ob jemand etwas darf, und jede Regel sehen, die zur Antwort führt. Nichts wird geändert.
tester-sub-own = Fragen, ob man selbst etwas darf. Nichts wird geändert.
tester-question = Frage

# Das Formular liest sich als Satz.
tester-can = Darf
tester-do = die Aktion
tester-any-action = ihre eigene
tester-with = mit der Berechtigung
tester-on = an
tester-nothing-particular = nichts Bestimmtes
tester-test = Testen
tester-action-create = anlegen
tester-action-read = lesen
tester-action-update = ändern
tester-action-delete = löschen
tester-action-use = benutzen

tester-ask-first = Erst die Frage
tester-ask-first-text = Eine Berechtigung wählen. Hängt die Antwort von einer Entität ab, auch diese nennen.

# Die Antwort.
tester-yes = Ja, { $person } darf das { $action ->
    [create] anlegen
    [read] lesen
    [update] ändern
    [delete] löschen
   *[use] benutzen
}
tester-no = Nein, { $person } darf das nicht { $action ->
    [create] anlegen
    [read] lesen
    [update] ändern
    [delete] löschen
   *[use] benutzen
}
tester-depends = Es kommt darauf an, was { $person } { $action ->
    [create] anlegen
    [read] lesen
    [update] ändern
    [delete] löschen
   *[use] benutzen
} will
tester-yes-you = Ja, das ist erlaubt
tester-no-you = Nein, das ist nicht erlaubt
tester-depends-you = Es kommt darauf an, worum es geht
tester-badge-yes = Ja
tester-badge-no = Nein
tester-badge-depends = Kommt darauf an

# Warum.
tester-because-row-allows = Eine Regel von { $role } erlaubt es ({ $place }), und keine verbietet es.
tester-because-row-denies = Eine Regel von { $role } verbietet es ({ $place }), und ein Verbot schlägt jede Erlaubnis.
tester-because-collision = { $role } hat mehrere Bedingungen dazu, und niemand kann sagen, welche gemeint ist.
tester-because-unreadable = Bedingung { $id } von { $role } ist nicht lesbar.
tester-because-unknown-rule = Bedingung { $id } von { $role } nennt eine Regel, die kein Plugin kennt. Das verbietet die ganze Entscheidung.
tester-because-bad-parameters = Bedingung { $id } von { $role } gibt einer Regel Parameter, die sie nicht annimmt. Das verbietet die ganze Entscheidung.
tester-because-it-depends = Bedingung { $id } von { $role } entscheidet für jede Ressource einzeln.
tester-because-met = Bedingung { $id } von { $role } ist erfüllt. Kein Verbot greift.
tester-because-not-met = Bedingung { $id } von { $role } ist nicht erfüllt.
tester-because-off = Berechtigungen werden nicht durchgesetzt.
tester-because-nobody = Niemand fragt.
tester-because-token = Das Token gilt für andere Berechtigungen.
tester-because-super-user = Superuser bestehen jede Prüfung.
tester-because-allowed = Eine Regel erlaubt es, und keine verbietet es.
tester-because-denied = Eine Regel verbietet es, und ein Verbot schlägt jede Erlaubnis.
tester-because-nothing = Keine Rolle gewährt das. Solange nichts es erlaubt, ist die Antwort nein.
tester-because-cycle = Die Gruppen bilden einen Kreis, und das nimmt alle Rollen weg.
tester-because-fault = Die Bedingung einer Rolle ist fehlerhaft, und das verbietet.
tester-because-condition-met = Eine Bedingung ist erfüllt.
tester-because-no-condition-met = Keine Bedingung ist erfüllt.
tester-because-condition = Eine Bedingung entscheidet für jede Ressource einzeln.

# Die eigene Antwort.
tester-own-roles = Eigene Rollen, die mitentschieden haben
tester-own-more = Mehr sieht, wer Rollen lesen darf.

tester-copy-link = Link kopieren
tester-copy-curl = Als curl kopieren

# Die Spur.
tester-how = So wurde entschieden
tester-who = Wer fragt
tester-who-text = { $user } zählt beim Besitz als { $n ->
    [one] { $n } Referenz
   *[other] { $n } Referenzen
}.
tester-groups = Gruppen, unmittelbar oder darüber:
tester-through = { $group } über { $path }
tester-cycle = Diese Gruppen bilden einen Kreis, und das nimmt alle Rollen weg: { $path }
tester-unknown-user = Der Katalog kennt diesen Benutzer nicht. Rollen, die ihn nennen, zählen trotzdem.
tester-rules = Berücksichtigte Regeln
tester-no-rules = Keine sichtbare Regel handelt von dieser Berechtigung.
tester-more-rules = { $n ->
    [one] { $n } weitere Regel, die nicht zutraf
   *[other] { $n } weitere Regeln, die nicht zutrafen
}
tester-role = Rolle
tester-permission = Berechtigung
tester-effect = Wirkung
tester-source = Quelle
tester-outcome = Ergebnis
tester-allow = Erlaubt
tester-deny = Verboten
tester-conditional = Bedingung { $id }
tester-not-held = kein Mitglied
tester-held-by-all = haben alle
tester-held-directly = als Mitglied
tester-held-through = über { $path }
tester-held-by-token = durch Besitz von { $refs }
tester-held-by-name = selbst genannt
tester-source-configuration = Konfiguration
tester-source-csv = CSV-Datei
tester-source-yaml = YAML-Datei
tester-source-legacy = Altbestand
tester-decided = Entschied
tester-overruled-by-deny = Durch Verbot überstimmt
tester-overruled-by-precedence = Durch Vorrang überstimmt
tester-other-action = Andere Aktion
tester-role-not-held = Rolle fehlt

# Bedingungen.
tester-condition = Bedingung { $id } von { $role }
tester-unreadable = Ihre Kriterien sind nicht lesbar.
tester-all-of = Alle von
tester-any-of = Eine von
tester-not = Nicht
tester-holds = erfüllt
tester-fails = nicht erfüllt
tester-open = offen
tester-which-is = das heißt { $params }
tester-found = gefunden: { $found }
tester-found-nothing = nichts gefunden
tester-missing = gibt es nicht

# Wie aus Regeln eine Antwort wird.
tester-end-allowed = Erlaubt
tester-end-denied = Verboten
tester-end-depends = Kommt darauf an
tester-conditions-first = Bedingungen zählen vor einfachen Regeln ({ $setting }). Unter den einfachen kommen die mit dem Namen der Berechtigung vor denen für ihren Ressourcentyp, und ein Verbot schlägt jede Erlaubnis.
tester-rows-first = Einfache Regeln zählen vor Bedingungen ({ $setting }). Die mit dem Namen der Berechtigung kommen vor denen für ihren Ressourcentyp, und ein Verbot schlägt jede Erlaubnis.
tester-nothing-allows = Keine Rolle gewährt das. Solange nichts es erlaubt, ist die Antwort nein.
tester-before-roles = Das steht fest, bevor eine Rolle gefragt wird.
tester-decided-at = Entschieden
tester-revision = Stand { $revision } der Regeln

# Neben der Spur.
tester-changes = Was es ändern würde
tester-no-changes = Keine einzelne sichtbare Änderung.
tester-others = Dieselbe Frage für andere
tester-no-others = Niemand sonst, der sichtbar ist.
tester-open-review = Zugriffsübersicht öffnen

# Änderungen, die die Antwort umkehren.
tester-change-remove = { $rows } entfernen
tester-change-turn = { $row } in { $turned } ändern
tester-change-add = { $row } hinzufügen
tester-change-narrow = Die Berechtigung aus Bedingung { $conditions } nehmen
tester-change-precedence = { $key } auf { $word } setzen
tester-change-super-users = { $users } von der Liste der Superuser nehmen
tester-change-parent = { $group } nicht mehr unter { $parent } stellen, was den Kreis auflöst
tester-change-to-meet = Etwas, das { $leaf } von Bedingung { $id } erfüllt
tester-change-not-to-meet = Etwas, das { $leaf } von Bedingung { $id } nicht erfüllt
