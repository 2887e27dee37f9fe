{{/*
What the pod of the hub is made of. Lists of the user stand beside ours and never replace them;
where both have an entry of one name, the user's is taken.
*/}}

{{/* Where the files of configuration and of plugins are. Users mount their own at the working directory. */}}
{{- define "callboard.configFolder" -}}/opt/callboard/config{{- end }}
{{- define "callboard.pluginFolder" -}}/opt/callboard/dynamic-plugins-root{{- end }}

{{/* Two lists as one, by `key`: `dict "ours" … "theirs" … "key" …`; gives YAML. */}}
{{- define "callboard.joined" -}}
{{- $key := .key -}}
{{- $taken := list -}}
{{- range .theirs }}{{ $taken = append $taken (get . $key) }}{{ end -}}
{{- $joined := list -}}
{{- range .ours }}{{ if not (has (get . $key) $taken) }}{{ $joined = append $joined . }}{{ end }}{{ end -}}
{{- with concat $joined .theirs }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* A list of the user as YAML, evaluated. */}}
{{- define "callboard.list" -}}
{{- with .value }}{{ include "callboard.render" (dict "value" . "context" $.context) }}{{ end -}}
{{- end }}

{{/* The chart's own file of configuration. */}}
{{- define "callboard.appConfig" -}}
{{- with .Values.upstream.backstage.appConfig -}}
{{- include "callboard.render" (dict "value" . "context" $.Upstream) -}}
{{- end -}}
{{- end }}

{{- define "callboard.dynamicPlugins" -}}
{{- include "callboard.render" (dict "value" .Values.global.dynamic "context" .) -}}
{{- end }}

{{/* Whether there may be more than one pod; empty where not. */}}
{{- define "callboard.isSeveral" -}}
{{- $backstage := .Values.upstream.backstage -}}
{{- if $backstage.autoscaling.enabled -}}
{{- if gt (int $backstage.autoscaling.maxReplicas) 1 }}true{{ end -}}
{{- else if gt (int $backstage.replicas) 1 -}}
true
{{- end -}}
{{- end }}

{{/* Whether the chart's own configuration asks for SQLite; empty where not. */}}
{{- define "callboard.isSqlite" -}}
{{- $config := include "callboard.appConfig" . | fromYaml -}}
{{- $client := dig "backend" "database" "client" "" $config -}}
{{- if has $client (list "better-sqlite3" "sqlite3") }}true{{ end -}}
{{- end }}

{{/*
Arguments: files of plugins first, then the user's, the chart's last. A user may name the file of
plugins where the original has it, below the working directory.
*/}}
{{- define "callboard.args" -}}
{{- $plugins := printf "%s/app-config.dynamic-plugins.yaml" (include "callboard.pluginFolder" .) -}}
{{- $below := printf "%s/" (.Values.upstream.backstage.installDir | trimSuffix "/") -}}
{{- $theirs := list -}}
{{- range include "callboard.list" (dict "value" .Values.upstream.backstage.args "context" .Upstream) | fromYamlArray -}}
{{- $relative := toString . | trimPrefix $below | trimPrefix "./" -}}
{{- $theirs = append $theirs (eq $relative "dynamic-plugins-root/app-config.dynamic-plugins.yaml" | ternary $plugins (toString .)) -}}
{{- end -}}
{{- $args := has $plugins $theirs | ternary $theirs (concat (list "--config" $plugins) $theirs) -}}
{{- range .Values.upstream.backstage.extraAppConfig -}}
{{- $args = concat $args (list "--config" (printf "%s/%s" (include "callboard.configFolder" $) (tpl .filename $.Upstream))) -}}
{{- end -}}
{{- if include "callboard.appConfig" . -}}
{{- $args = concat $args (list "--config" (printf "%s/app-config-from-configmap.yaml" (include "callboard.configFolder" .))) -}}
{{- end -}}
{{- toYaml $args -}}
{{- end }}

{{/* Ports of the hub's container. */}}
{{- define "callboard.ports" -}}
{{- $ours := include "callboard.ports.ours" . | fromYamlArray -}}
{{- $theirs := include "callboard.list" (dict "value" .Values.upstream.backstage.extraPorts "context" .Upstream) | fromYamlArray -}}
{{- include "callboard.joined" (dict "ours" $ours "theirs" $theirs "key" "name") -}}
{{- end }}

{{- define "callboard.ports.ours" -}}
- name: backend
  containerPort: {{ int .Values.upstream.backstage.containerPorts.backend }}
  protocol: TCP
- name: http-metrics
  containerPort: 9464
  protocol: TCP
{{- end }}

{{/* Variables of the hub's container. */}}
{{- define "callboard.env" -}}
{{- $ours := include "callboard.env.ours" . | fromYamlArray -}}
{{- $theirs := include "callboard.list" (dict "value" .Values.upstream.backstage.extraEnvVars "context" .Upstream) | fromYamlArray -}}
{{- include "callboard.joined" (dict "ours" $ours "theirs" $theirs "key" "name") -}}
{{- end }}

{{- define "callboard.env.ours" -}}
- name: APP_CONFIG_backend_listen_port
  value: {{ .Values.upstream.backstage.containerPorts.backend | quote }}
{{- with include "callboard.drain" . }}
- name: APP_CONFIG_callboard_shutdownDelay
  value: {{ . }}
{{- end }}
{{- if .Values.global.auth.backend.enabled }}
- name: BACKEND_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ include "callboard.backendSecretName" . }}
      key: backend-secret
{{- end }}
{{- if .Values.upstream.postgresql.enabled }}
- name: POSTGRES_HOST
  value: {{ include "callboard.postgresql.fullname" . }}
- name: POSTGRES_PORT
  value: "5432"
- name: POSTGRES_USER
  value: {{ (include "callboard.postgresql.auth" . | fromYaml).username | default "postgres" | quote }}
- name: POSTGRES_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "callboard.postgresql.secretName" . }}
      key: {{ include "callboard.postgresql.userPasswordKey" . }}
- name: POSTGRESQL_ADMIN_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "callboard.postgresql.secretName" . }}
      key: {{ include "callboard.postgresql.adminPasswordKey" . }}
{{- end }}
{{- end }}

{{/*
For how long the hub serves on once it is told to stop; empty where its files say that. No hook is
needed for it, so every version of Kubernetes does, and who asks for readiness sees that it goes.
*/}}
{{- define "callboard.drain" -}}
{{- $seconds := int .Values.upstream.backstage.drainSeconds -}}
{{- $config := include "callboard.appConfig" . | fromYaml -}}
{{- if and (gt $seconds 0) (not (dig "callboard" "shutdownDelay" "" $config)) -}}
{{- printf "PT%dS" $seconds -}}
{{- end -}}
{{- end }}

{{- define "callboard.envFrom" -}}
{{- range .Values.upstream.backstage.extraEnvVarsCM }}
- configMapRef:
    name: {{ tpl . $.Upstream }}
{{- end }}
{{- range .Values.upstream.backstage.extraEnvVarsSecrets }}
- secretRef:
    name: {{ tpl . $.Upstream }}
{{- end }}
{{- end }}

{{/* Mounts of the hub's container. */}}
{{- define "callboard.volumeMounts" -}}
{{- $installDir := .Values.upstream.backstage.installDir | trimSuffix "/" -}}
{{- $asked := include "callboard.list" (dict "value" .Values.upstream.backstage.extraVolumeMounts "context" .Upstream) | fromYamlArray -}}
{{- $covered := false -}}
{{- range $asked }}{{ if eq (trimSuffix "/" .mountPath) $installDir }}{{ $covered = true }}{{ end }}{{ end -}}
{{- /* Nothing can be mounted below a ConfigMap, and what the original keeps there we keep elsewhere. */ -}}
{{- $theirs := list -}}
{{- range $asked -}}
{{- if not (and $covered (has .name (list "dynamic-plugins-root" "extensions-catalog")) (hasPrefix (printf "%s/" $installDir) .mountPath)) -}}
{{- $theirs = append $theirs . -}}
{{- end -}}
{{- end -}}
{{- $ours := include "callboard.volumeMounts.ours" . | fromYamlArray -}}
{{- include "callboard.joined" (dict "ours" $ours "theirs" $theirs "key" "mountPath") -}}
{{- end }}

{{- define "callboard.volumeMounts.ours" -}}
- name: dynamic-plugins-root
  mountPath: {{ include "callboard.pluginFolder" . }}
{{- if or .Values.upstream.backstage.extraAppConfig (include "callboard.appConfig" .) }}
- name: backstage-app-config
  mountPath: {{ include "callboard.configFolder" . }}
  readOnly: true
{{- end }}
- name: temp
  mountPath: /tmp
{{- end }}

{{/* Volumes of the pod: ours, and those of the original that only a user's container mounts. */}}
{{- define "callboard.volumes" -}}
{{- $backstage := .Values.upstream.backstage -}}
{{- $ours := include "callboard.volumes.ours" . | fromYamlArray -}}
{{- $mounting := printf "%s\n%s\n%s" (toYaml $backstage.initContainers) (toYaml $backstage.extraContainers) (toYaml $backstage.extraVolumeMounts) -}}
{{- range include "callboard.volumes.original" . | fromYamlArray -}}
{{- if regexMatch (printf "name: %s(\\s|$)" .name) $mounting }}{{ $ours = append $ours . }}{{ end -}}
{{- end -}}
{{- $theirs := include "callboard.list" (dict "value" $backstage.extraVolumes "context" .Upstream) | fromYamlArray -}}
{{- include "callboard.joined" (dict "ours" $ours "theirs" $theirs "key" "name") -}}
{{- end }}

{{- define "callboard.volumes.ours" -}}
- name: dynamic-plugins-root
{{- with .Values.dynamicPlugins.cache.volumeClaimSpec }}
  ephemeral:
    volumeClaimTemplate:
      spec:
        {{- include "callboard.render" (dict "value" . "context" $) | nindent 8 }}
{{- else }}
  emptyDir: {}
{{- end }}
- name: dynamic-plugins
  configMap:
    name: {{ .Release.Name }}-dynamic-plugins
    defaultMode: 420
    optional: true
{{- if or .Values.upstream.backstage.extraAppConfig (include "callboard.appConfig" .) }}
- name: backstage-app-config
  projected:
    defaultMode: 420
    sources:
    {{- range .Values.upstream.backstage.extraAppConfig }}
      - configMap:
          name: {{ tpl .configMapRef $.Upstream }}
          items:
            - key: {{ tpl .filename $.Upstream | quote }}
              path: {{ tpl .filename $.Upstream | quote }}
    {{- end }}
    {{- if include "callboard.appConfig" . }}
      - configMap:
          name: {{ include "callboard.fullname" . }}-app-config
          items:
            - key: app-config.yaml
              path: app-config-from-configmap.yaml
    {{- end }}
{{- end }}
- name: temp
  emptyDir: {}
{{- end }}

{{- define "callboard.volumes.original" -}}
- name: dynamic-plugins-npmrc
  secret:
    secretName: {{ .Release.Name }}-dynamic-plugins-npmrc
    defaultMode: 420
    optional: true
- name: dynamic-plugins-registry-auth
  secret:
    secretName: {{ .Release.Name }}-dynamic-plugins-registry-auth
    defaultMode: 416
    optional: true
- name: npmcacache
  emptyDir: {}
- name: extensions-catalog
  emptyDir: {}
{{- end }}

{{/* Init containers. */}}
{{- define "callboard.initContainers" -}}
{{- $ours := include "callboard.initContainers.ours" . | fromYamlArray -}}
{{- $theirs := list -}}
{{- range include "callboard.list" (dict "value" .Values.upstream.backstage.initContainers "context" .Upstream) | fromYamlArray -}}
{{- /* The script of the original is a command of ours. */ -}}
{{- $command := default list .command -}}
{{- if and $command (hasSuffix "install-dynamic-plugins.sh" (first $command)) -}}
{{- $_ := set . "args" (concat (list "install-dynamic-plugins") (rest $command) (default list .args)) -}}
{{- $_ := unset . "command" -}}
{{- end -}}
{{- $theirs = append $theirs . -}}
{{- end -}}
{{- include "callboard.joined" (dict "ours" $ours "theirs" $theirs "key" "name") -}}
{{- end }}

{{- define "callboard.initContainers.ours" -}}
- name: install-dynamic-plugins
  image: {{ include "callboard.image" . }}
  imagePullPolicy: {{ .Values.upstream.backstage.image.pullPolicy }}
  args:
    - install-dynamic-plugins
    - /dynamic-plugins-root
  workingDir: /opt/app-root/src
  {{- with .Values.upstream.backstage.containerSecurityContext }}
  securityContext:
    {{- include "callboard.render" (dict "value" . "context" $.Upstream) | nindent 4 }}
  {{- end }}
  resources:
    requests:
      cpu: 50m
      memory: 32Mi
    limits:
      cpu: "1"
      memory: 256Mi
  volumeMounts:
    - name: dynamic-plugins-root
      mountPath: /dynamic-plugins-root
    - name: dynamic-plugins
      mountPath: /opt/app-root/src/dynamic-plugins.yaml
      subPath: dynamic-plugins.yaml
      readOnly: true
    - name: temp
      mountPath: /tmp
{{- end }}

{{- define "callboard.strategy" -}}
{{- if .Values.upstream.backstage.strategy -}}
{{- include "callboard.render" (dict "value" .Values.upstream.backstage.strategy "context" .Upstream) -}}
{{- else if include "callboard.isSqlite" . -}}
type: Recreate
{{- else -}}
type: RollingUpdate
rollingUpdate:
  maxUnavailable: 0
  maxSurge: 1
{{- end -}}
{{- end }}

{{- define "callboard.affinity" -}}
{{- if .Values.upstream.backstage.affinity -}}
{{- include "callboard.render" (dict "value" .Values.upstream.backstage.affinity "context" .Upstream) -}}
{{- else if include "callboard.isSeveral" . -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "callboard.selector" . | nindent 12 }}
{{- end -}}
{{- end }}

{{- define "callboard.topologySpreadConstraints" -}}
{{- if .Values.upstream.backstage.topologySpreadConstraints -}}
{{- include "callboard.render" (dict "value" .Values.upstream.backstage.topologySpreadConstraints "context" .Upstream) -}}
{{- else if include "callboard.isSeveral" . -}}
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "callboard.selector" . | nindent 6 }}
{{- end -}}
{{- end }}
