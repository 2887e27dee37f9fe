{{/* Values that cannot work, each with what to do. */}}
{{- define "callboard.refusals" -}}
{{- if (default dict .Values.orchestrator).enabled -}}
{{- fail "orchestrator.enabled: the orchestrator is not part of Callboard; set it to false" -}}
{{- end -}}
{{- $upstream := .Values.upstream -}}
{{- if and $upstream.postgresql.enabled (ne $upstream.postgresql.architecture "standalone") -}}
{{- fail "upstream.postgresql.architecture: the bundled database has one instance; set upstream.postgresql.enabled=false and name a replicated one" -}}
{{- end -}}
{{- if and $upstream.httpRoute.enabled (not $upstream.httpRoute.parentRefs) -}}
{{- fail "upstream.httpRoute.parentRefs names the gateways that the HTTPRoute belongs to; give at least one" -}}
{{- end -}}
{{- if le (int $upstream.backstage.terminationGracePeriodSeconds) (int $upstream.backstage.drainSeconds) -}}
{{- fail "upstream.backstage.terminationGracePeriodSeconds: a pod needs drainSeconds, and some 30 seconds more for what it has begun" -}}
{{- end -}}
{{- if include "callboard.isSeveral" . -}}
{{- if include "callboard.isSqlite" . -}}
{{- fail "several replicas need PostgreSQL, and upstream.backstage.appConfig.backend.database.client names SQLite; set upstream.backstage.replicas=1, or take the database with upstream.postgresql.enabled=true" -}}
{{- end -}}
{{- if not (or $upstream.postgresql.enabled (include "callboard.namesDatabase" .)) -}}
{{- fail "several replicas need PostgreSQL; set upstream.postgresql.enabled=true, or name an external one with POSTGRES_HOST in upstream.backstage.extraEnvVars, extraEnvVarsSecrets or extraEnvVarsCM" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Whether there is a place that can name an external database; empty where not. */}}
{{- define "callboard.namesDatabase" -}}
{{- $backstage := .Values.upstream.backstage -}}
{{- $config := include "callboard.appConfig" . | fromYaml -}}
{{- $connection := dig "backend" "database" "connection" dict $config -}}
{{- $host := kindIs "map" $connection | ternary (get (kindIs "map" $connection | ternary $connection dict) "host") $connection -}}
{{- $names := list -}}
{{- range $backstage.extraEnvVars }}{{ $names = append $names .name }}{{ end -}}
{{- if or $host $backstage.extraEnvVarsSecrets $backstage.extraEnvVarsCM $backstage.extraAppConfig (has "POSTGRES_HOST" $names) -}}
true
{{- end -}}
{{- end }}
