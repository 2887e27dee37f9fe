{{/* The bundled database: its names, its accounts, and what the hub is told of it. */}}

{{- define "callboard.postgresql.fullname" -}}
{{- $root := default . .Root -}}
{{- $postgresql := $root.Values.upstream.postgresql -}}
{{- $name := default "postgresql" $postgresql.nameOverride -}}
{{- if $postgresql.fullnameOverride -}}
{{- tpl $postgresql.fullnameOverride $root | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name $root.Release.Name -}}
{{- $root.Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" $root.Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* The accounts as YAML, those of `global.postgresql.auth` first. */}}
{{- define "callboard.postgresql.auth" -}}
{{- $root := default . .Root -}}
{{- $global := default dict (default dict $root.Values.global.postgresql).auth -}}
{{- merge (deepCopy $global) $root.Values.upstream.postgresql.auth | toYaml -}}
{{- end }}

{{- define "callboard.postgresql.secretName" -}}
{{- $root := default . .Root -}}
{{- $auth := include "callboard.postgresql.auth" $root | fromYaml -}}
{{- with $auth.existingSecret -}}
{{- tpl . $root.Postgresql -}}
{{- else -}}
{{- include "callboard.postgresql.fullname" $root -}}
{{- end -}}
{{- end }}

{{- define "callboard.postgresql.adminPasswordKey" -}}
{{- $root := default . .Root -}}
{{- $auth := include "callboard.postgresql.auth" $root | fromYaml -}}
{{- tpl $auth.secretKeys.adminPasswordKey $root.Postgresql -}}
{{- end }}

{{/* Key of the password of `POSTGRES_USER`. */}}
{{- define "callboard.postgresql.userPasswordKey" -}}
{{- $root := default . .Root -}}
{{- $auth := include "callboard.postgresql.auth" $root | fromYaml -}}
{{- if has $auth.username (list "" "postgres") -}}
{{- include "callboard.postgresql.adminPasswordKey" $root -}}
{{- else -}}
{{- tpl $auth.secretKeys.userPasswordKey $root.Postgresql -}}
{{- end -}}
{{- end }}

{{/* What selects the pods of the database; it can never change in a release. */}}
{{- define "callboard.postgresql.selector" -}}
app.kubernetes.io/name: {{ default "postgresql" .Values.upstream.postgresql.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: primary
{{- end }}

{{/* A password in base64: the one that is given, else the one of the Secret in the cluster, else a random one. */}}
{{- define "callboard.kept" -}}
{{- if .given -}}
{{- tpl .given .context | b64enc -}}
{{- else if hasKey .existing .key -}}
{{- get .existing .key -}}
{{- else -}}
{{- randAlphaNum .length | b64enc -}}
{{- end -}}
{{- end }}

{{/* Variables of both families of images: those made by sclorg and the official one. */}}
{{- define "callboard.postgresql.env" -}}
{{- $auth := include "callboard.postgresql.auth" . | fromYaml -}}
- name: PGDATA
  value: {{ .Values.upstream.postgresql.primary.persistence.mountPath }}/userdata
{{- range $variable := list "POSTGRESQL_ADMIN_PASSWORD" "POSTGRES_PASSWORD" }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ include "callboard.postgresql.secretName" $ }}
      key: {{ include "callboard.postgresql.adminPasswordKey" $ }}
{{- end }}
{{- if not (has $auth.username (list "" "postgres")) }}
- name: POSTGRESQL_USER
  value: {{ tpl $auth.username .Postgresql | quote }}
- name: POSTGRESQL_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "callboard.postgresql.secretName" . }}
      key: {{ include "callboard.postgresql.userPasswordKey" . }}
- name: POSTGRESQL_DATABASE
  value: {{ default "backstage" $auth.database | quote }}
{{- end }}
{{- end }}
