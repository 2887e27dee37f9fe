# Die Seite der Plugins, die die Installation verlangt.
plugins-tab = Plugins
plugins-sub = Was { $file } verlangt und was der Hub davon hat.
plugins-package = Paket
plugins-state = Zustand
plugins-built-in = Eingebaut
plugins-not-yet = Noch nicht eingebaut
    .advice = Die Konfiguration bleibt erhalten. Bis der Hub es kann, lässt es sich abschalten.
plugins-unknown = Nicht verfügbar
    .advice = Ein Node.js-Backend neben dem Hub kann es anbieten, wenn { $key } es nennt; Seiten fremder Plugins lassen sich hier nicht zeigen.
plugins-off = Abgeschaltet
