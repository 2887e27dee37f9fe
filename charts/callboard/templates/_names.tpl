{{/*
Names and labels.

Values of users are evaluated with the values of `upstream` or of `upstream.postgresql` in
`.Values`; such a context keeps the chart's own in `.Root`, and every helper begins from there.
*/}}

{{/*
Puts the contexts that values are evaluated in on the root: `.Upstream` and `.Postgresql`. The host
is evaluated before them, as templates of other values read it.
*/}}
{{- define "callboard.contexts" -}}
{{- if not (hasKey . "Upstream") -}}
{{- $_ := set .Values.global "host" (tpl (default "" .Values.global.host) .) -}}
{{- $shared := dict "Root" . "Release" .Release "Chart" .Chart "Capabilities" .Capabilities "Template" .Template "Files" .Files -}}
{{- $upstream := set (deepCopy .Values.upstream) "global" .Values.global -}}
{{- $postgresql := set (deepCopy .Values.upstream.postgresql) "global" .Values.global -}}
{{- $_ := set . "Upstream" (merge (dict "Values" $upstream) $shared) -}}
{{- $_ := set . "Postgresql" (merge (dict "Values" $postgresql) $shared) -}}
{{- end -}}
{{- end }}

{{/* A value as YAML, each text and key in it evaluated as a template: `dict "value" … "context" …`. */}}
{{- define "callboard.render" -}}
{{- if kindIs "string" .value -}}
{{- tpl .value .context -}}
{{- else if contains "{{" (toJson .value) -}}
{{- $holder := dict -}}
{{- include "callboard.evaluate" (dict "value" .value "context" .context "holder" $holder) -}}
{{- toYaml $holder.value -}}
{{- else -}}
{{- toYaml .value -}}
{{- end -}}
{{- end }}

{{/* Puts the evaluated value into the holder: text by text, as YAML folds lines in the middle of a template. */}}
{{- define "callboard.evaluate" -}}
{{- $result := .value -}}
{{- if kindIs "map" .value -}}
{{- $result = dict -}}
{{- range $key, $value := .value -}}
{{- $holder := dict -}}
{{- include "callboard.evaluate" (dict "value" $value "context" $.context "holder" $holder) -}}
{{- $_ := set $result (tpl $key $.context) $holder.value -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- $result = list -}}
{{- range .value -}}
{{- $holder := dict -}}
{{- include "callboard.evaluate" (dict "value" . "context" $.context "holder" $holder) -}}
{{- $result = append $result $holder.value -}}
{{- end -}}
{{- else if kindIs "string" .value -}}
{{- $result = tpl .value .context -}}
{{- end -}}
{{- $_ := set .holder "value" $result -}}
{{- end }}

{{- define "callboard.name" -}}
{{- $root := default . .Root -}}
{{- coalesce $root.Values.upstream.nameOverride $root.Values.nameOverride "developer-hub" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "callboard.fullname" -}}
{{- $root := default . .Root -}}
{{- $name := include "callboard.name" $root -}}
{{- if $root.Values.upstream.fullnameOverride -}}
{{- tpl $root.Values.upstream.fullnameOverride $root | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name $root.Release.Name -}}
{{- $root.Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" $root.Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "callboard.hostname" -}}
{{- $root := default . .Root -}}
{{- $global := $root.Values.global -}}
{{- if $global.host -}}
{{- $global.host -}}
{{- else if $global.clusterRouterBase -}}
{{- printf "%s-%s.%s" (include "callboard.fullname" $root) $root.Release.Namespace (tpl $global.clusterRouterBase $root) -}}
{{- else -}}
{{- fail "Unable to generate hostname: set global.host, such as hub.example.com, or global.clusterRouterBase" -}}
{{- end -}}
{{- end }}

{{/* What selects the pods of the hub; it can never change in a release. */}}
{{- define "callboard.selector" -}}
app.kubernetes.io/name: {{ include "callboard.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: backstage
{{- end }}

{{/*
Metadata of an object: `dict "root" … "name" … "selector" <define of another selector>
"labels" <map> "annotations" <map>`.
*/}}
{{- define "callboard.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include (default "callboard.selector" .selector) .root | nindent 2 }}
  {{- include "callboard.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- include "callboard.render" (dict "value" . "context" $.root.Upstream) | nindent 2 }}
  {{- end }}
{{- $common := include "callboard.render" (dict "value" .root.Values.upstream.commonAnnotations "context" .root.Upstream) | fromYaml -}}
{{- $own := include "callboard.render" (dict "value" (default dict .annotations) "context" .root.Upstream) | fromYaml -}}
{{- with merge $own $common }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Labels that change with the chart, and those of the user; pods have the user's only. */}}
{{- define "callboard.labels" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with include "callboard.labels.common" . }}
{{ . }}
{{- end }}
{{- end }}

{{- define "callboard.labels.common" -}}
{{- with .Values.upstream.commonLabels }}{{ include "callboard.render" (dict "value" . "context" $.Upstream) }}{{ end -}}
{{- end }}

{{/* Full name of an image: `dict "root" … "image" … "tag" <when it has none>`. */}}
{{- define "callboard.image.of" -}}
{{- $registry := coalesce .root.Values.global.imageRegistry .image.registry -}}
{{- $name := tpl (required "an image needs its repository" .image.repository) .root.Upstream -}}
{{- with $registry }}{{ $name = printf "%s/%s" (tpl . $.root.Upstream) $name }}{{ end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (tpl (.image.tag | default .tag | toString) .root.Upstream) -}}
{{- end -}}
{{- end }}

{{- define "callboard.image" -}}
{{- $root := default . .Root -}}
{{- include "callboard.image.of" (dict "root" $root "image" $root.Values.upstream.backstage.image "tag" $root.Chart.AppVersion) -}}
{{- end }}

{{/* `imagePullSecrets:` or nothing: `dict "root" … "names" <list>`. */}}
{{- define "callboard.pullSecrets" -}}
{{- $names := list -}}
{{- range concat (default list .root.Values.global.imagePullSecrets) (default list .names) -}}
{{- $name := kindIs "map" . | ternary . (dict "name" .) -}}
{{- $names = append $names (tpl $name.name $.root.Upstream) -}}
{{- end -}}
{{- with uniq $names -}}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end -}}
{{- end }}

{{- define "callboard.serviceAccountName" -}}
{{- $account := .Values.upstream.serviceAccount -}}
{{- $created := $account.create | ternary (include "callboard.fullname" .) "" -}}
{{- tpl (default $created $account.name) .Upstream -}}
{{- end }}

{{/* Name and key of the Secret with `BACKEND_SECRET`. */}}
{{- define "callboard.backendSecretName" -}}
{{- $root := default . .Root -}}
{{- with $root.Values.global.auth.backend.existingSecret -}}
{{- tpl . $root -}}
{{- else -}}
{{- printf "%s-auth" $root.Release.Name -}}
{{- end -}}
{{- end }}
