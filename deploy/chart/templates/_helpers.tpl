{{/* Stages of each process, as app/assembly/processes/plan.py has them. */}}
{{- define "satu-pintu.stages" -}}
{{- $stages := dict "doors" (list "ingest" "desk") "normalize" (list "normalize") "router" (list "router") "sinks" (list "cases" "sinks" "oversight") "monitor" (list "monitor") -}}
{{- get $stages . | toJson -}}
{{- end -}}

{{- define "satu-pintu.labels" -}}
app.kubernetes.io/name: satu-pintu
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Host names of all operations' ports, separated by commas. Each pod has one (StatefulSet). */}}
{{- define "satu-pintu.hosts" -}}
{{- $root := . -}}
{{- $hosts := list -}}
{{- range $name, $process := .Values.processes -}}
{{- range $number := until (int $process.replicas) -}}
{{- $hosts = append $hosts (printf "%s-%s-%d.%s-%s" $root.Release.Name $name $number $root.Release.Name $name) -}}
{{- end -}}
{{- end -}}
{{- join "," $hosts -}}
{{- end -}}

{{/* Addresses of the same for the monitor. */}}
{{- define "satu-pintu.peers" -}}
{{- $peers := list -}}
{{- range splitList "," (include "satu-pintu.hosts" .) -}}
{{- $peers = append $peers (printf "http://%s:1710" .) -}}
{{- end -}}
{{- join "," $peers -}}
{{- end -}}
