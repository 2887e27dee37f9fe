# Die Seiten der Rollen.
rbac-sub = Rollen sagen, wer was darf. Jede Rolle hat eine Quelle, und nur diese Quelle kann sie ändern.
rbac-all-roles = Alle Rollen ({ $n })

# Bedingungen in Worten. $is sagt, ob die Regel gelten soll; $who und $kinds sind Aufzählungen.
rbac-allowed-when = Erlaubt, wenn { $clause }.
rbac-and = und
rbac-or = oder
rbac-clause-always = nichts weiter verlangt wird
rbac-clause-never = das Unmögliche gilt
rbac-value = { $value }
rbac-nobody = niemandem
rbac-current-user = der Person
rbac-owner-refs = der Person oder einer ihrer Gruppen
rbac-the-entity = die Entität
rbac-it = sie
rbac-rule-entity-owner = { $it } { $who } { $is ->
    [yes] gehört
   *[no] nicht gehört
  }
rbac-rule-entity-kind = { $it } { $is ->
    [yes] von der Art { $kinds }
   *[no] nicht von der Art { $kinds }
  } ist
rbac-rule-annotation = { $it } die Annotation { $name } { $is ->
    [yes] hat
   *[no] nicht hat
  }
rbac-rule-annotation-value = { $it } die Annotation { $name } { $is ->
    [yes] mit dem Wert
   *[no] nicht mit dem Wert
  } { $value } hat
rbac-rule-label = { $it } das Label { $name } { $is ->
    [yes] trägt
   *[no] nicht trägt
  }
rbac-rule-label-value = { $it } das Label { $name } { $is ->
    [yes] mit dem Wert
   *[no] nicht mit dem Wert
  } { $value } trägt
rbac-rule-metadata = { $it } { $name } in den Metadaten { $is ->
    [yes] hat
   *[no] nicht hat
  }
rbac-rule-metadata-value = { $it } { $name } in den Metadaten { $is ->
    [yes] mit dem Wert
   *[no] nicht mit dem Wert
  } { $value } hat
rbac-rule-spec = { $it } { $name } in der Spezifikation { $is ->
    [yes] hat
   *[no] nicht hat
  }
rbac-rule-spec-value = { $it } { $name } in der Spezifikation { $is ->
    [yes] mit dem Wert
   *[no] nicht mit dem Wert
  } { $value } hat
rbac-rule-tag = der Parameter oder Schritt das Tag { $tag } { $is ->
    [yes] hat
   *[no] nicht hat
  }
rbac-rule-action = die Aktion { $is ->
    [yes] { $action } ist
   *[no] nicht { $action } ist
  }
rbac-rule-property = die Aktion die Eigenschaft { $name } { $is ->
    [yes] bekommt
   *[no] nicht bekommt
  }
rbac-rule-property-value = die Eigenschaft { $name } der Aktion { $is ->
    [yes] { $value } ist
   *[no] nicht { $value } ist
  }
rbac-rule-task-owner = die Aufgabe { $is ->
    [yes] von { $who } gestartet wurde
   *[no] nicht von { $who } gestartet wurde
  }
rbac-rule-role-owner = die Rolle { $who } { $is ->
    [yes] gehört
   *[no] nicht gehört
  }
rbac-rule-other = die Regel { $rule } { $is ->
    [yes] gilt
   *[no] nicht gilt
  }
rbac-rule-other-with = die Regel { $rule } für { $params } { $is ->
    [yes] gilt
   *[no] nicht gilt
  }

# Die Liste der Rollen.
rbac-create = Erstellen
rbac-cannot-create = Rolle kann nicht erstellt werden.
rbac-cannot-create-text = Im Katalog müssen lesbare Benutzer und Gruppen stehen, und nötig ist eine Rolle mit { $create } und { $read }.
rbac-note = Hinweis
rbac-cannot-create-note = Ist beides da, schränkt eine Bedingung es ein. Die Administration weiß mehr.
rbac-file-refused = { $file } wird abgelehnt; was vorher galt, gilt weiter.
rbac-file-problems = { $file } hat Mängel.
rbac-at-line = Zeile { $n }:
rbac-more-problems = ({ $n ->
    [one] noch einer
   *[other] noch { $n }
  })
rbac-open-files = Richtliniendateien öffnen
rbac-all-roles-none = Alle Rollen
rbac-roles = Rollen
rbac-filter = Filtern
rbac-search = Suchen
rbac-source = Quelle
rbac-apply = Anwenden
rbac-clear-filters = Filter zurücksetzen
rbac-no-records = Keine Einträge gefunden
rbac-none-with-filters = { $n ->
    [one] { $n } Rolle, nicht mit diesen Filtern.
   *[other] { $n } Rollen, keine mit diesen Filtern.
  }
rbac-nothing-yet = Rollen erscheinen hier, sobald jemand eine erstellt oder eine Richtliniendatei eine nennt.
rbac-name = Name
rbac-users-and-groups = Benutzer und Gruppen
rbac-accessible-plugins = Zugängliche Plugins
rbac-policies = Richtlinien
rbac-changed = Geändert
rbac-actions = Aktionen
rbac-everybody = Alle Benutzer und Gruppen
rbac-groups = { $n ->
    [one] { $n } Gruppe
   *[other] { $n } Gruppen
  }
rbac-users = { $n ->
    [one] { $n } Benutzer
   *[other] { $n } Benutzer
  }
rbac-no-members = Keine Mitglieder
rbac-effects = { $allow } erlaubt, { $deny } verweigert, { $conditional } bedingt
rbac-source-configuration = Konfiguration
rbac-source-rest = REST
rbac-source-rest-long = REST-API oder diese Seite
rbac-source-csv = CSV-Datei
rbac-source-legacy = Altbestand
rbac-in-file = in der Datei
rbac-at-start = beim Start
rbac-why-locked = Warum { $role } hier nicht geändert werden kann
rbac-locked-default = Die Standardrolle ist schreibgeschützt. Sie steht in der Konfiguration unter permission.rbac.defaultPermissions.
rbac-locked-configuration = Steht in der Konfiguration unter { $key } und wird dort geändert.
rbac-locked-provider = Kommt vom Provider { $provider } und wird dort geändert.
rbac-locked-line = Steht in { $file }, Zeile { $line }; eine Änderung dort wird von selbst übernommen.
rbac-locked-file = Steht in { $file }; eine Änderung dort wird von selbst übernommen.
rbac-open-file = Richtliniendatei öffnen
rbac-look-at = Rolle ansehen
rbac-update = Bearbeiten
rbac-delete = Löschen
rbac-may-not-update = Keine Berechtigung zum Bearbeiten
rbac-may-not-delete = Rolle kann nicht gelöscht werden
rbac-pages = Seiten
rbac-rows = Zeilen
rbac-totals = { $roles ->
    [one] { $roles } Rolle
   *[other] { $roles } Rollen
  }, { $policies ->
    [one] { $policies } Richtlinie
   *[other] { $policies } Richtlinien
  }, { $conditions ->
    [one] { $conditions } Bedingung
   *[other] { $conditions } Bedingungen
  }
rbac-key-move = bewegen
rbac-key-open = öffnen
rbac-key-edit = bearbeiten
rbac-key-delete = löschen
rbac-download-users = Benutzerliste herunterladen
    .label = Benutzerliste herunterladen, als CSV exportieren
rbac-first-page = Erste Seite
rbac-previous-page = Vorige Seite
rbac-next-page = Nächste Seite
rbac-last-page = Letzte Seite

# Eine Rolle löschen.
rbac-delete-this = Diese Rolle löschen?
rbac-delete-text = { $role } wird endgültig gelöscht. Damit { $n ->
    [one] geht { $n } Berechtigungsrichtlinie
   *[other] gehen { $n } Berechtigungsrichtlinien
  } sofort verloren, für: { $members }. Das Audit-Protokoll behält eine Kopie.
rbac-delete-last = Das ist die letzte eigene Rolle, mit der sich Richtlinien bearbeiten lassen. Ohne sie lässt sich das nicht selbst rückgängig machen.
rbac-role-name = Name der Rolle
rbac-type-name = Zur Bestätigung den Namen der Rolle eingeben
rbac-delete-mismatch = Der Name stimmt nicht. Gefragt ist die ganze Referenz, etwa role:default/name.
rbac-cannot-delete = Die Rolle kann nicht gelöscht werden. { $reason }
rbac-deleted = Rolle { $role } gelöscht
rbac-cancel = Abbrechen
rbac-close = Schließen
rbac-delete-the-role = Diese Rolle löschen

# Eine Rolle.
rbac-edit = Bearbeiten
rbac-permission-policies = Berechtigungsrichtlinien ({ $n })
rbac-edit-policies = Berechtigungsrichtlinien bearbeiten
rbac-no-policies = Wer sie hat, darf dadurch noch nichts.
rbac-plugin = Plugin
rbac-permission = Berechtigung
rbac-when = Wann
rbac-broad = Jede Berechtigung für { $type } mit dieser Aktion
rbac-deny = { $action } verweigert
rbac-from = aus { $place }
rbac-rules = { $n ->
    [one] { $n } Regel
   *[other] { $n } Regeln
  }
rbac-always = immer
rbac-condition = Bedingung { $id }
rbac-actions-on = { $actions } für { $type }
rbac-test-it = Prüfen
rbac-condition-fault = { $cause }. Diese Bedingung verweigert.
rbac-condition-tree = Die Bedingung als Baum
rbac-all-of = Alle davon
rbac-any-of = Eine davon
rbac-not = Nicht
rbac-copy = Kopieren
rbac-about = Über
rbac-description = Beschreibung
rbac-owner = Eigentümer
rbac-created = Erstellt
rbac-modified-by = Geändert von
rbac-last-modified = Zuletzt geändert
rbac-members = Benutzer und Gruppen ({ $summary })
rbac-refresh = Aktualisieren
rbac-edit-members = Benutzer und Gruppen bearbeiten
rbac-everybody-text = Alle, die sich anmelden, haben diese Rolle.
rbac-nobody-holds = Niemand hat diese Rolle.
rbac-search-members = Benutzer und Gruppen suchen
rbac-no-member-matches = { $n ->
    [one] { $n } Mitglied, nicht mit diesem Namen.
   *[other] { $n } Mitglieder, keines mit diesem Namen.
  }
rbac-type = Typ
rbac-member-count = Mitglieder
rbac-user = Benutzer
rbac-group = Gruppe
rbac-reach = { $n ->
    [one] Erreicht { $n } Person
   *[other] Erreicht { $n } Personen
  }

# Die anderen Seiten einer Rolle.
rbac-role = Rolle
rbac-overview = Übersicht
rbac-what-it-opens = Was sie öffnet
rbac-history = Verlauf
rbac-export = Exportieren
rbac-export-csv = Richtlinien als CSV
rbac-export-yaml = Bedingungen als YAML
rbac-export-rest = Anfragen an die REST-API
rbac-last-changes = Letzte Änderungen
rbac-whole-history = Ganzer Verlauf
rbac-no-history = Noch nichts aufgezeichnet
rbac-no-history-text = Änderungen dieser Rolle erscheinen ab jetzt hier.
rbac-role-created = Rolle erstellt
rbac-role-changed = Rolle geändert
rbac-role-deleted = Rolle oder Mitglieder entfernt
rbac-policies-added = Richtlinien hinzugefügt
rbac-policies-changed = Richtlinien geändert
rbac-policies-removed = Richtlinien entfernt
rbac-condition-added = Bedingung hinzugefügt
rbac-condition-changed = Bedingung geändert
rbac-condition-removed = Bedingung entfernt
rbac-as-member = Als Mitglied
rbac-show = Anzeigen
rbac-not-a-holder = { $person } hat diese Rolle nicht.
rbac-for-person = für { $person }
rbac-reaches = Reicht für
rbac-such-as = Zum Beispiel
rbac-all-entities = jede Entität
rbac-some-entities = { $n } von { $all } Entitäten
rbac-no-entities = keine Entität
rbac-opens-note = Durch diese Rolle allein, unter den lesbaren Entitäten.
