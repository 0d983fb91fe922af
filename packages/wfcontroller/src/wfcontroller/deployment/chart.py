"""The templates of the Helm chart, made from the manifests: the same text, with values in the places that vary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wfcontroller.deployment.files import folder
from wfcontroller.deployment.parts import CONFIG_KEY, IMAGE, NAMESPACE

_HEADER = "# Generated from {}; don't edit.\n"
_RELEASE = "{{ .Release.Namespace }}"
# By template, the manifest it is made from and the value that has to be set for it; empty: always.  A release is kept
# in the namespace that it is installed into, so that has to be there before, and is no template.
SOURCES: Mapping[str, tuple[str, str]] = {
    "accounts": ("base/accounts.yaml", ""),
    "controller-rights": ("base/controller-rights.yaml", ""),
    "executor-rights": ("base/executor-rights.yaml", ""),
    "people": ("base/people.yaml", ""),
    "observer": ("components/observer/observer.yaml", "observer.enabled"),
    "wf-guard": ("base/wf-guard.yaml", ""),
    "created-by": ("components/mutating-policy/created-by.yaml", "mutatingPolicy.enabled"),
    "network": ("base/network.yaml", "networkPolicy.enabled"),
    "controller-config": ("base/controller-config.yaml", ""),
    "executor-config": ("base/executor-config.yaml", ""),
    "controller": ("base/controller.yaml", ""),
    "executor": ("base/executor.yaml", ""),
    "service-monitor": ("components/monitoring/service-monitor.yaml", "monitoring.enabled"),
}
_LINKS = "      enableServiceLinks: false\n"
_POD = (
    (f"image: {IMAGE}", "image: {{ .Values.image.repository }}:{{ .Values.image.tag }}"),
    ("imagePullPolicy: IfNotPresent", "imagePullPolicy: {{ .Values.image.pullPolicy }}"),
    (_LINKS, _LINKS + "{{- if .Values.pod }}\n      {{- toYaml .Values.pod | nindent 6 }}\n{{- end }}\n"),
)
_BINDING = """\
{{- if .Values.scope.namespaces }}
{{- range .Values.scope.namespaces }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: wf-executor-actions
  namespace: {{ . }}
  labels:
    app.kubernetes.io/name: wf-executor
    app.kubernetes.io/part-of: workflow-execution
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: wf-executor-actions
subjects:
  - kind: ServiceAccount
    name: wf-executor
    namespace: {{ $.Release.Namespace }}
---
{{- end }}
{{- else }}
%s
{{- end }}
"""


def template_files() -> Mapping[str, str]:
    """File name to content.  Raises `ValueError` where a manifest no longer has what a value is to replace."""
    return {f"{name}.yaml": _template(name, source, condition) for name, (source, condition) in SOURCES.items()}


def write(templates: Path) -> tuple[Path, ...]:
    """Write `template_files` into an existing folder and return their paths."""
    written = []
    for name, content in template_files().items():
        (templates / name).write_text(content, encoding="utf-8")
        written.append(templates / name)
    return tuple(written)


def _template(name: str, source: str, condition: str) -> str:
    text = (folder() / source).read_text(encoding="utf-8")
    for old, new in _edits(name, text):
        text = _replaced_once(text, old, new, source)
    text = text.replace(NAMESPACE, _RELEASE)
    if condition:
        text = f"{{{{- if .Values.{condition} }}}}\n{text}{{{{- end }}}}\n"
    return _HEADER.format(source) + text


def _edits(name: str, text: str) -> tuple[tuple[str, str], ...]:
    """What varies in a manifest, each with what says it in the template."""
    match name:
        case "controller":
            return (*_POD, _resources("controller", text),
                    ("  replicas: 2\n", "  replicas: {{ .Values.controller.replicas }}\n"),
                    ("name: wf-database\n", "name: {{ .Values.database.secretName }}\n"),
                    ("key: url\n", "key: {{ .Values.database.secretKey }}\n"))
        case "executor":
            return (*_POD, _resources("executor", text))
        case "executor-rights":
            binding = next(each for each in text.split("---\n")
                           if "kind: ClusterRoleBinding" in each and "name: wf-executor-actions" in each)
            return ((binding, _BINDING % binding.rstrip("\n")),)
        case "controller-config" | "executor-config":
            told = f".Values.{name.removesuffix('-config')}.config"
            return ((text.partition(f"{CONFIG_KEY}: |\n")[2], f"    {{{{- toYaml {told} | nindent 4 }}}}\n"),)
        case "network":
            return (("              kubernaut.io/monitoring: enabled\n",
                     "              {{- toYaml .Values.monitoring.namespaceLabels | nindent 14 }}\n"),)
        case _:
            return ()


def _resources(who: str, text: str) -> tuple[str, str]:
    block = text.partition("          resources:\n")[2].partition("          securityContext:\n")[0]
    return block, f"            {{{{- toYaml .Values.{who}.resources | nindent 12 }}}}\n"


def _replaced_once(text: str, old: str, new: str, source: str) -> str:
    if text.count(old) != 1:
        raise ValueError(f"{source} has {old!r} {text.count(old)} times where the chart has a value for it once")
    return text.replace(old, new)
