# Die Seite der Plugins, die die Installation verlangt.
plugins-tab = Plugins
plugins-sub = Was { $file } verlangt und was der Hub davon hat.
plugins-package = Paket
plugins-state = Zustand
plugins-built-in = eingebaut
plugins-not-yet = noch nicht eingebaut
    .advice = Die Konfiguration bleibt erhalten. Bis der Hub es kann, lässt es sich abschalten.
plugins-unknown = nicht verfügbar
    .advice = Ein Node.js-Backend neben dem Hub kann es anbieten, wenn { $key } es nennt; Seiten fremder Plugins lassen sich hier nicht zeigen.
plugins-off = abgeschaltet
