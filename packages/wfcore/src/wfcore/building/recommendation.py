"""What is read of a recommendation, and what of the alert it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from wfcore.codec import Malformed, Path, Problem, decode, decode_metadata
from wfcore.codec.limits import matches
from wfcore.codec.problems import shown
from wfcore.model.enums import RiskLevel
from wfcore.model.fields import DNS_LABEL, DNS_SUBDOMAIN, Limits, prop
from wfcore.model.workflow import ObjectMeta
from wfcore.resources import ALERT_REMEDIATIONS

_ID = Limits(doc="Identifier of a recommendation.", min_length=1, max_length=253)


def _share(doc: str) -> float | None:
    value: float | None = prop(doc, default=None, minimum=0, maximum=1)
    return value


@frozen(kw_only=True)
class Recommendation:
    """One recommended action.  Its `parameters` are read apart, because they depend on the action."""

    id: str = prop("Identifier, unique among the recommendations.", min_length=1, max_length=253)
    action: str = prop("What to do; `_` and `-` are the same.", min_length=1, max_length=63)
    depends_on: tuple[str, ...] = prop("Identifiers of what has to succeed first.", default=(), max_items=500,
                                       items=_ID)
    dependencies: tuple[str, ...] = prop("Second spelling of dependsOn; both are united.", default=(), max_items=500,
                                         items=_ID)
    risk_level: RiskLevel = prop("low, medium, high or critical.", default=RiskLevel.MEDIUM)
    effectiveness_probability: float | None = _share("How probably it helps, 0 to 1.")
    historical_success_rate: float | None = _share("How often it has helped, 0 to 1.")
    confidence: float | None = _share("How sure the recommender is, 0 to 1.")
    explanation: str = prop("Why.", default="", max_length=16_384)
    supporting_evidence: tuple[str, ...] = prop("What speaks for it.", default=(), max_items=100,
                                                items=Limits(doc="Evidence.", max_length=4096))


def read_recommendation(raw: Any, path: Path) -> tuple[Recommendation, Any] | Malformed:
    """A recommendation and its raw parameters, or every problem of what is not parameters."""
    if not isinstance(raw, Mapping):
        return Malformed((Problem(path, "WrongType", f"expected an object, got {shown(raw)}"),))
    found = decode(Recommendation, {key: value for key, value in raw.items() if key != "parameters"}, path)
    return found if isinstance(found, Malformed) else (found, raw.get("parameters"))


def read_alert(raw: Any, path: Path = ("alert",)) -> ObjectMeta | Malformed:
    """The metadata of the AlertRemediation: what names it and can own the workflow."""
    if not isinstance(raw, Mapping):
        return Malformed((Problem(path, "WrongType", f"expected an AlertRemediation, got {shown(raw)}"),))
    problems = [Problem((*path, key), "NotSupported", f"expected {wanted}, got {shown(raw[key])}")
                for key, wanted in (("apiVersion", ALERT_REMEDIATIONS.api_version), ("kind", ALERT_REMEDIATIONS.kind))
                if raw.get(key, wanted) != wanted]
    meta = decode_metadata(raw)
    if isinstance(meta, Malformed):
        return Malformed((*problems, *(Problem((*path, *p.path), p.reason, p.message) for p in meta.problems)))
    for key, value, pattern in (("name", meta.name, DNS_SUBDOMAIN), ("namespace", meta.namespace, DNS_LABEL),
                                ("uid", meta.uid, r"^.{1,63}$")):
        if not value:
            problems.append(Problem((*path, "metadata", key), "Missing", "required, but missing"))
        elif not matches(pattern, value):
            problems.append(Problem((*path, "metadata", key), "BadFormat", f"{shown(value)} does not match {pattern}"))
    return Malformed(tuple(problems)) if problems else meta
