"""What both processes need besides what they decide by: where the API server is, whom they answer, how they log."""

from __future__ import annotations

from attrs import frozen

from wfcontroller.configuration.keys import setting
from wfcontroller.configuration.kinds import OneOf, Text, Whole
from wfcontroller.configuration.shared import FILE, WORD

_PORT = Whole(0, 65535)
_HOST = Text("an address or host name, or nothing for every interface", r"^[A-Za-z0-9.:_-]*$")
_LEVELS = ("debug", "info", "warning", "error")
_FORMATS = ("json", "console")


@frozen(kw_only=True)
class KubernetesAccess:
    """How the API server is found; both empty: the pod's own account, or else the user's current context."""

    kubeconfig: str = setting(
        "kubernetes.kubeconfig", FILE, "The kubeconfig that says where the API server is.",
        "Empty: the pod's own account, or outside of a cluster the usual places.", default="", flag="--kubeconfig")
    context: str = setting(
        "kubernetes.context", WORD, "The context of that kubeconfig.", "Empty: its current context.", default="")


@frozen(kw_only=True)
class HealthConfig:
    """Where liveness and readiness are answered, in plain HTTP and by fixed words."""

    host: str = setting(
        "health.host", _HOST, "Where /healthz and /ready are served.", "Empty: on every interface.", default="")
    port: int = setting(
        "health.port", _PORT, "Its port; 0: any free one.", "Probes have to ask there.", default=8080)


@frozen(kw_only=True)
class MetricsConfig:
    """Where metrics are served and to whom."""

    host: str = setting("metrics.host", _HOST, "Where /metrics is served.", "Empty: on every interface.", default="")
    port: int = setting(
        "metrics.port", _PORT, "Its port; 0: any free one.", "Scrapers have to ask there.", default=9090)
    tls_cert_file: str = setting(
        "metrics.tlsCertFile", FILE, "Certificate chain in PEM.", "With it metrics are served by HTTPS.", default="")
    tls_key_file: str = setting(
        "metrics.tlsKeyFile", FILE, "Key of that certificate in PEM.", "Goes with the certificate.", default="")
    audience: str = setting(
        "metrics.audience", WORD, "Audience that a scraper's token has to be made for.",
        "Empty: the API server's own audience.", default="")


@frozen(kw_only=True)
class LogConfig:
    """What is logged to standard error, and how."""

    level: str = setting(
        "log.level", OneOf({name: name for name in _LEVELS}), "The least severe level that is logged.",
        "Anything below it is dropped.", default="info")
    format: str = setting(
        "log.format", OneOf({name: name for name in _FORMATS}), "One JSON object per line, or text for people.",
        "Text is only written to a terminal; anything else gets JSON.", default="json")
