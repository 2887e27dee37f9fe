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
