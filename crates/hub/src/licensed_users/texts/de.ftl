# Die Seite der Personen, die sich angemeldet haben.
users-tab = Benutzer
users-sub = { $n ->
    [one] { $n } Person hat sich hier angemeldet.
   *[other] { $n } Personen haben sich hier angemeldet.
  }
users-download = Benutzerliste herunterladen
    .label = Benutzerliste herunterladen, als CSV exportieren
users-by-day = Anmeldungen je Tag
users-sign-ins = { $n ->
    [one] { $n } Anmeldung
   *[other] { $n } Anmeldungen
  }
users-chart = Balken für jeden der letzten { $days } Tage: { $n ->
    [one] { $n } Anmeldung
   *[other] { $n } Anmeldungen
  }
users-as-table = Als Tabelle
users-day = Tag
users-count = Anmeldungen
users-all = Alle Benutzer ({ $n })
users-none = Bisher hat sich sonst niemand angemeldet.
users-entity = Benutzer-Entität
users-name = Anzeigename
users-email = E-Mail
users-last = Letzte Anmeldung
users-pages = Seiten
users-previous = Vorige Seite
users-next = Nächste Seite
