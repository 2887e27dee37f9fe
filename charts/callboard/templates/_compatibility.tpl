{{/* Names that values files of the original include. */}}

{{- define "rhdh.hostname" -}}{{ include "callboard.hostname" . }}{{- end }}
{{- define "rhdh.backend-secret-name" -}}{{ include "callboard.backendSecretName" . }}{{- end }}
{{- define "rhdh.postgresql.secretName" -}}{{ include "callboard.postgresql.secretName" . }}{{- end }}
{{- define "rhdh.postgresql.adminPasswordKey" -}}{{ include "callboard.postgresql.adminPasswordKey" . }}{{- end }}
{{- define "janus-idp.hostname" -}}{{ include "callboard.hostname" . }}{{- end }}
{{- define "janus-idp.backend-secret-name" -}}{{ include "callboard.backendSecretName" . }}{{- end }}
{{- define "janus-idp.postgresql.secretName" -}}{{ include "callboard.postgresql.secretName" . }}{{- end }}
{{- define "backstage.image" -}}{{ include "callboard.image" . }}{{- end }}
{{- define "postgresql.v1.secretName" -}}{{ include "callboard.postgresql.secretName" . }}{{- end }}
{{- define "common.tplvalues.render" -}}{{ include "callboard.render" . }}{{- end }}

{{/* In the context of the database, it is the database that has the full name. */}}
{{- define "common.names.fullname" -}}
{{- $root := default . .Root -}}
{{- if and .Root (hasKey .Values "primary") -}}
{{- include "callboard.postgresql.fullname" $root -}}
{{- else -}}
{{- include "callboard.fullname" $root -}}
{{- end -}}
{{- end }}
