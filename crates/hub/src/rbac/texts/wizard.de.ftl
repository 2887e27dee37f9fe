# Der Assistent, in dem Rollen angelegt und bearbeitet werden.
wizard-create = Rolle anlegen
wizard-edit = Rolle bearbeiten
wizard-steps = Schritte
wizard-step-words = Name und Beschreibung
wizard-step-policies = Berechtigungsrichtlinien
wizard-members = Benutzer und Gruppen
wizard-words-new = Name und Beschreibung der Rolle eingeben
wizard-words-edit = Name und Beschreibung der Rolle bearbeiten
wizard-members-new = Benutzer und Gruppen hinzufügen
wizard-members-edit = Benutzer und Gruppen bearbeiten
wizard-policies-new = Berechtigungsrichtlinien hinzufügen
wizard-policies-edit = Berechtigungsrichtlinien bearbeiten
wizard-review-new = Prüfen und anlegen
wizard-review-edit = Prüfen und speichern
wizard-next = Weiter
wizard-back = Zurück
wizard-reset = Zurücksetzen
wizard-do-create = Anlegen
wizard-do-save = Speichern
wizard-cancel = Abbrechen
wizard-discard = Verwerfen
wizard-exit-new = Anlegen der Rolle abbrechen?
wizard-exit-edit = Bearbeiten der Rolle abbrechen?
wizard-exit-text = Die Eingaben werden verworfen.
wizard-kept = Entwurf gespeichert { $when }
wizard-created = Rolle { $role } angelegt
wizard-updated = Rolle { $role } gespeichert
wizard-error = Fehler: { $message }
wizard-not-allowed = Das ist nicht erlaubt.

# Schritt 1.
wizard-name = Name
wizard-name-hint = Name der Rolle. Daraus wird
wizard-name-empty = Ein Name ist nötig
wizard-name-shape = Bis zu 63 Buchstaben und Ziffern, dazwischen - _ oder .
wizard-name-taken = Eine Rolle dieses Namens gibt es schon
wizard-rename = Damit wird { $old } umbenannt. { $members ->
    [one] Ein Mitglied
   *[other] { $members } Mitglieder
  }, { $policies ->
    [one] eine Richtlinie
   *[other] { $policies } Richtlinien
  } und { $conditions ->
    [one] eine Bedingung
   *[other] { $conditions } Bedingungen
  } ziehen mit um; Richtliniendateien und Programme, die den alten Namen nennen, nicht.
wizard-description = Beschreibung
wizard-description-hint = Wofür die Rolle da ist
wizard-owner = Eigentümer
wizard-owner-hint = Benutzer oder Gruppe, die diese Rolle bearbeiten darf, etwa group:default/platform. Bleibt das Feld leer, ist es, wer die Rolle anlegt.
wizard-owner-bad = Das ist keine Referenz eines Benutzers oder einer Gruppe

# Schritt 2.
wizard-select-members = Benutzer und Gruppen wählen
wizard-members-hint = Namen eingeben und wählen. Gewählte erscheinen unten in der Tabelle.
wizard-add = Hinzufügen
wizard-add-one = { $name } hinzufügen
wizard-found = Gefundene Benutzer und Gruppen
wizard-found-none = Keine Benutzer und Gruppen gefunden.
wizard-no-member = Kein Mitglied gewählt
wizard-nobody = Keine Benutzer und Gruppen gewählt
wizard-members-empty = Gewählte Benutzer und Gruppen erscheinen hier.
wizard-summary = { $groups ->
    [0] { $users ->
        [0] Keine Mitglieder
        [one] { $users } Benutzer
       *[other] { $users } Benutzer
      }
    [one] { $groups } Gruppe{ $users ->
        [0] { "" }
        [one] , { $users } Benutzer
       *[other] , { $users } Benutzer
      }
   *[other] { $groups } Gruppen{ $users ->
        [0] { "" }
        [one] , { $users } Benutzer
       *[other] , { $users } Benutzer
      }
  }
wizard-reach = Reichweite: { $n ->
    [one] { $n } Person
   *[other] { $n } Personen
  }
wizard-size = { $members ->
    [one] { $members } Mitglied
   *[other] { $members } Mitglieder
  }{ $parents ->
    [0] { "" }
    [one] , { $parents } übergeordnete Gruppe
   *[other] , { $parents } übergeordnete Gruppen
  }{ $children ->
    [0] { "" }
    [one] , { $children } Untergruppe
   *[other] , { $children } Untergruppen
  }
wizard-filter = Mitglieder filtern
wizard-no-member-matches = Kein Mitglied heißt so.
wizard-more-members = { $n ->
    [one] Und ein weiteres.
   *[other] Und { $n } weitere.
  }
wizard-remove-member = Mitglied entfernen
wizard-remove-one = { $name } entfernen
wizard-user-kind = Benutzer
wizard-group-kind = Gruppe
wizard-col-name = Name
wizard-col-type = Art
wizard-col-members = Mitglieder
wizard-col-actions = Aktionen

# Schritt 3.
wizard-rows = { $rows ->
    [one] { $rows } Zeile
   *[other] { $rows } Zeilen
  }, { $policies ->
    [one] { $policies } Richtlinie
   *[other] { $policies } Richtlinien
  }
wizard-policies-hint = Zunächst ist nichts erlaubt. Zeile hinzufügen, Plugin und Berechtigung wählen und ankreuzen, was erlaubt sein soll.
wizard-no-policy = Eine Berechtigungsrichtlinie hinzufügen
wizard-col-plugin = Plugin
wizard-col-permission = Berechtigung
wizard-col-policy = Richtlinie
wizard-col-policies = Richtlinien
wizard-col-effect = Wirkung
wizard-col-access = Zugriff
wizard-col-conditional = Bedingung
wizard-row-plugin = Plugin, Zeile { $n }
wizard-row-permission = Berechtigung, Zeile { $n }
wizard-row-actions = Aktionen der Zeile { $n }
wizard-row-effect = Wirkung, Zeile { $n }
wizard-row = Zeile { $n }
wizard-remove = Entfernen
wizard-remove-row = Zeile { $n } entfernen
wizard-row-locked = Von { $source } gesetzt; dort zu ändern
wizard-row-empty = Plugin und Berechtigung wählen
wizard-row-no-action = Mindestens eine Aktion ankreuzen
wizard-row-same = Zeile { $n } sagt dasselbe
wizard-row-overlaps = Zeile { $n } hat dafür eine andere Bedingung
wizard-row-contradicts = Zeile { $n } erlaubt das; das Verbot gewinnt
wizard-row-unused = Kein Plugin kennt diese Berechtigung, die Zeile bewirkt nichts
wizard-select-plugin = Plugin wählen
wizard-select-permission = Berechtigung wählen
wizard-types = Ressourcentypen
wizard-permissions = Berechtigungen
wizard-broad = alle Berechtigungen für { $type } mit diesen Aktionen
wizard-choose = Anwenden
wizard-allow = Erlauben
wizard-deny = Verbieten
wizard-always = Immer
wizard-configure = Zugriff einrichten
wizard-configure-rules = Zugriff einrichten: { $n ->
    [one] { $n } Regel
   *[other] { $n } Regeln
  }
wizard-rules = { $n ->
    [one] { $n } Regel
   *[other] { $n } Regeln
  }
wizard-copy-from = Aus einer Rolle kopieren
wizard-copy-policies = Berechtigungsrichtlinien kopieren von
wizard-copy-do = Kopieren
wizard-copy-hint = Zeilen, die schon da sind, bleiben, wie sie sind.
wizard-no-role = Diese Rolle gibt es nicht, oder sie ist nicht lesbar.
wizard-add-row = Berechtigungsrichtlinie hinzufügen

# Der Baukasten für Bedingungen.
wizard-view = Ansicht
wizard-view-rules = Regeln
wizard-close = Baukasten schließen
wizard-criteria = Kriterien
wizard-operator = Verknüpfung
wizard-condition = Bedingung
wizard-all-of = Alle
wizard-any-of = Eine
wizard-not = Nicht
wizard-all-of-hint = alle müssen zutreffen
wizard-any-of-hint = eine genügt
wizard-not-hint = darf nicht zutreffen
wizard-rule = Regel
wizard-group = Gruppe
wizard-add-rule = Regel hinzufügen
wizard-add-group = Verschachtelte Bedingung hinzufügen: Gruppe
wizard-remove-group = Verschachtelte Bedingung entfernen
wizard-remove-rule = Regel { $rule } entfernen
wizard-remove-item = { $item } entfernen
wizard-remove-all = Alle entfernen
wizard-select-rule = Regel wählen
wizard-params = Parameter
wizard-add-item = Wert hinzufügen
wizard-rule-unchosen = Regel wählen
wizard-rule-unknown = Das Plugin kennt keine Regel { $rule }; die Bedingung verbietet
wizard-param-missing = „{ $name }“ fehlt
wizard-param-misfit = „{ $name }“ hat nicht die verlangte Form.
wizard-group-empty = Regel hinzufügen oder diese Gruppe entfernen.
wizard-alias-owner-refs = { $alias } steht für die angemeldete Person und ihre Gruppen.
wizard-alias-current-user = { $alias } steht für die angemeldete Person.
wizard-owner-refs = die angemeldete Person und ihre Gruppen
wizard-current-user = die angemeldete Person
wizard-unfinished = Die Bedingung ist noch nicht fertig.
wizard-not-finished = Nicht fertig
wizard-condition-unfinished = Die Bedingung ist noch nicht fertig. Sie lässt sich vervollständigen oder entfernen.
wizard-edit-full = Nicht fasst nur eine Regel oder Gruppe.
wizard-edit-deep = Tiefer lassen sich Bedingungen nicht verschachteln.
wizard-edit-place = Dorthin lässt sie sich nicht verschieben.
wizard-edit-several = Die Bedingung hat mehrere Regeln. Zuerst die anderen entfernen.
wizard-json = Bedingung als JSON
wizard-line = Zeile { $line }: { $text }
wizard-preview = Vorschau
wizard-valid = Gültig
wizard-copy = JSON kopieren
wizard-who = Was sie erreicht
wizard-preview-as = Vorschau für
wizard-counted = { $matched } von { $total } Entitäten für { $name }
wizard-counted-roles = { $matched } von { $total } Rollen für { $name }
wizard-met = Trifft zu:
wizard-unmet = Trifft nicht zu:
wizard-too-slow = Der Katalog ist zu groß, um das sofort zu zählen.
wizard-no-preview = Solche Ressourcen lassen sich hier nicht auflisten.

# Schritt 4.
wizard-review-words = Name, Beschreibung und Eigentümer der Rolle
wizard-review-policies = Berechtigungsrichtlinien ({ $n })
wizard-unchanged = Nichts hat sich geändert.
wizard-changes = Was sich ändert
wizard-comes = Kommt hinzu:
wizard-goes = Entfällt:
wizard-change-name = Die Rolle heißt { $role }
wizard-change-description = Die Beschreibung lautet „{ $text }“
wizard-change-owner = Eigentümer ist { $owner }
wizard-change-joined = { $member } wird Mitglied
wizard-change-left = { $member } ist nicht länger Mitglied
wizard-change-granted = { $effect }: { $action } { $permission }
wizard-change-revoked = Nicht länger { $effect }: { $action } { $permission }
wizard-change-added = Neue Bedingung mit { $rules ->
    [one] einer Regel
   *[other] { $rules } Regeln
  } für { $permissions }
wizard-change-changed = Andere Bedingung, mit { $rules ->
    [one] einer Regel
   *[other] { $rules } Regeln
  }, für { $permissions }
wizard-change-removed = Die Bedingung mit { $rules ->
    [one] einer Regel
   *[other] { $rules } Regeln
  } für { $permissions } entfällt
wizard-gain = { $people ->
    [one] { $people } Person gewinnt
   *[other] { $people } Personen gewinnen
  } { $permission }{ $extent }.
wizard-loss = { $people ->
    [one] { $people } Person verliert
   *[other] { $people } Personen verlieren
  } { $permission }{ $extent }.
wizard-extent = { " " }für { $n ->
    [one] { $n } Entität
   *[other] { $n } Entitäten
  }
wizard-extent-up-to = { " " }für bis zu { $n ->
    [one] { $n } Entität
   *[other] { $n } Entitäten
  }
wizard-no-gain = Niemand gewinnt etwas.
wizard-no-loss = Niemand verliert etwas.
wizard-partial = Es sind noch mehr Personen; dies sind die ersten 500.

# Zwei zugleich.
wizard-conflict = Die Rolle wurde inzwischen geändert
wizard-conflict-by = { $who } hat inzwischen eine andere Fassung gespeichert. Von den eigenen Eingaben ist nichts verloren.
wizard-conflict-somebody = Inzwischen wurde eine andere Fassung gespeichert. Von den eigenen Eingaben ist nichts verloren.
wizard-conflict-gone = Die Rolle wurde inzwischen gelöscht. Von den eigenen Eingaben ist nichts verloren: die Rolle lässt sich neu anlegen.
wizard-theirs = Inzwischen gespeichert
wizard-mine = Eigene Änderungen
wizard-rebase = Eigene darüberlegen
wizard-drop = Eigene verwerfen

# Rollen anderer Quellen.
wizard-back-to-role = Rolle öffnen
wizard-copy-role = Als neue Rolle kopieren
wizard-copy-over = Dies ist ein Entwurf, der noch nicht gespeichert ist. Mit dem Kopieren von { $role } geht er verloren.
wizard-copy-anyway = Kopieren und verwerfen
