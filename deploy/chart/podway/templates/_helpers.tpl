{{- define "podway.image" -}}
{{- $image := .image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "podway.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: podway
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end -}}

{{- /* Two programs of one host's network never share a port, and probes come from the node itself. */ -}}
{{- define "podway.bindAddress" -}}
{{- if contains ":" .address }}[{{ .address }}]{{ else }}{{ .address }}{{ end }}:{{ int .port }}
{{- end -}}

{{- define "podway.probeHost" -}}
{{- .address | default "127.0.0.1" -}}
{{- end -}}

{{- /* Before kube-proxy runs, the address of the Service leads nowhere. */ -}}
{{- define "podway.apiServer" -}}
{{- with .Values.apiServer }}
{{- if .host }}
- name: KUBERNETES_SERVICE_HOST
  value: {{ .host | quote }}
- name: KUBERNETES_SERVICE_PORT
  value: {{ int .port | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The file of settings of `podway controller`. */ -}}
{{- define "podway.controllerConfig" -}}
{{- $config := deepCopy .Values.controller.config -}}
{{- $_ := set $config "leaderElectResourceNamespace" .Release.Namespace -}}
{{- $_ := set $config "metricsBindAddress" (include "podway.bindAddress" .Values.controller.metrics) -}}
{{- if .Values.controller.pools -}}
{{- $_ := set $config "poolsConfigMap" (printf "%s/podway-pools" .Release.Namespace) -}}
{{- end -}}
apiVersion: podway.dev/v1alpha1
kind: Configuration
controller:
  {{- toYaml $config | nindent 2 }}
{{- end -}}

{{- /* The file of settings of `podway agent`. */ -}}
{{- define "podway.agentConfig" -}}
{{- $config := deepCopy .Values.agent.config -}}
{{- $_ := set $config "metricsBindAddress" (include "podway.bindAddress" .Values.agent.metrics) -}}
apiVersion: podway.dev/v1alpha1
kind: Configuration
agent:
  {{- toYaml $config | nindent 2 }}
{{- end -}}

{{- /* Credentials of Google's libraries for a federation: it says where the token is, and holds none. */ -}}
{{- define "podway.googleCredentials" -}}
{{- $gcp := .Values.controller.identity.gcp -}}
{{- $file := dict "type" "external_account" "audience" $gcp.audience "subject_token_type" "urn:ietf:params:oauth:token-type:jwt" "token_url" "https://sts.googleapis.com/v1/token" "credential_source" (dict "file" "/var/run/secrets/podway/token") -}}
{{- if $gcp.serviceAccount -}}
{{- $_ := set $file "service_account_impersonation_url" (printf "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/%s:generateAccessToken" $gcp.serviceAccount) -}}
{{- end -}}
{{ toPrettyJson $file }}
{{- end -}}

{{- /* The audience of the token that the cloud takes for the controller's; empty if none is asked for. */ -}}
{{- define "podway.audience" -}}
{{- with .Values.controller.identity -}}
{{- if .aws.roleArn }}{{ .aws.audience }}{{ end -}}
{{- if and .azure.clientId .azure.federated }}{{ .azure.audience }}{{ end -}}
{{- if .gcp.audience }}{{ .gcp.audience }}{{ end -}}
{{- end -}}
{{- end -}}

{{- /* What can't work, said before anything is applied. */ -}}
{{- define "podway.check" -}}
{{- with .Values.controller -}}
{{- if .enabled -}}
{{- $provider := required "controller.config.provider is needed: aws, azure or gcp" .config.provider -}}
{{- $name := required "controller.config.clusterName is needed: podway tells its cluster's tables and routes by it" .config.clusterName -}}
{{- if and (gt (int .replicas) 1) (hasKey .config "leaderElect") (not .config.leaderElect) -}}
{{- fail "controller.config.leaderElect is false, so controller.replicas has to be 1: two controllers would write at the same time" -}}
{{- end -}}
{{- if and .config.poolsConfigMap (ne .config.poolsConfigMap (printf "%s/podway-pools" $.Release.Namespace)) -}}
{{- fail (printf "controller.config.poolsConfigMap has to be %s/podway-pools: it is the only ConfigMap that podway may read" $.Release.Namespace) -}}
{{- end -}}
{{- if and .pools (or .config.clusterCidr .config.poolsFile .config.poolsConfigMap) -}}
{{- fail "controller.pools is given, so controller.config can't have clusterCidr, poolsFile or poolsConfigMap" -}}
{{- end -}}
{{- $identities := 0 -}}
{{- if .identity.aws.roleArn }}{{ $identities = add1 $identities }}{{ end -}}
{{- if .identity.azure.clientId }}{{ $identities = add1 $identities }}{{ end -}}
{{- if .identity.gcp.audience }}{{ $identities = add1 $identities }}{{ end -}}
{{- if gt (int $identities) 1 -}}
{{- fail "controller.identity has more than one cloud: a controller works for one" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.monitoring.podMonitor.enabled -}}
{{- range $name := list "controller" "agent" -}}
{{- $part := get $.Values $name -}}
{{- if and $part.enabled (has $part.metrics.address (list "127.0.0.1" "::1")) -}}
{{- fail (printf "monitoring.podMonitor is enabled, and %s.metrics.address is loopback, where no Prometheus comes: set it to '' for all addresses of the node" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
