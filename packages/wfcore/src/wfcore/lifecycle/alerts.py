"""New alerts: did the workflow set something else on fire?

An AlertRemediation is defined by its owner, so it is read tolerantly: whatever
looks like the labels of an alert counts, in Prometheus's words or those of an
Event, and what cannot be read is nobody's alert.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from wfcore.codec import Malformed
from wfcore.execution.ledger import clipped
from wfcore.model.enums import StepPhase
from wfcore.model.status import WorkflowExecutionStatus
from wfcore.model.workflow import ObjectMeta
from wfcore.planning.planner import Plan
from wfcore.planning.targets import BY_NAME, Target, targets_of
from wfcore.rawobject import RawObject
from wfcore.snapshot import Facts, Snapshot

_KIND = "AlertRemediation"
_KEPT = 50
_LONGEST_PAYLOAD = 512 * 1024
# Which labels name an object of a kind.  A node is also named by the `instance` that was scraped on it.
_LABELS_OF: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("deployment",), "Pod": ("pod", "pod_name"), "Node": ("node", "kubernetes_node", "nodename"),
    "ConfigMap": ("configmap",), "Secret": ("secret",),
}
# What a Deployment's pods are called after its name: a template hash and five characters of the same alphabet.
_POD_SUFFIX = re.compile(r"-[bcdf-hj-np-tv-xz2456789]{1,10}-[bcdf-hj-np-tv-xz2456789]{5}")


@frozen
class NewAlerts:
    """What a pass saw: `named` says each alert that names a target, `unwatched` the namespaces it could not read."""

    named: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()


def alert_questions(snapshot: Snapshot, plan: Plan) -> tuple[Target, ...]:
    """Where an alert about this workflow would be: its own namespace and those of its targets, sorted."""
    places = {target.namespace for target in _touched(snapshot.workflow.status, plan)} - {""}
    return tuple(Target(_KIND, namespace, "") for namespace in sorted({*places, snapshot.workflow.metadata.namespace}))


def new_alerts(snapshot: Snapshot, plan: Plan) -> NewAlerts:
    """The alerts of the facts that began after execution did, and name what the workflow touched; not its parent."""
    status, facts = snapshot.workflow.status, snapshot.facts or {}
    start = status.execution_start_time
    targets = _touched(status, plan)
    named, unwatched = [], []
    for question in alert_questions(snapshot, plan):
        alerts = facts.get(question)
        if alerts is None:
            unwatched.append(question.namespace)
        for raw in alerts or ():
            meta = raw.metadata()
            if isinstance(meta, Malformed) or _is_older(meta, start) or _is_parent(snapshot, meta):
                continue
            named += _named(meta, raw, targets, facts)
    return NewAlerts(tuple(sorted(named)[:_KEPT]), tuple(unwatched))


def _touched(status: WorkflowExecutionStatus, plan: Plan) -> tuple[Target, ...]:
    done = (e.step_number for e in status.step_statuses if e.status is StepPhase.COMPLETED)
    return tuple(sorted({t for n in done for t in targets_of(plan.rendered[n].parameters)}, key=BY_NAME))


def _is_older(meta: ObjectMeta, start: datetime | None) -> bool:
    # The API server keeps whole seconds: what began within the second of the start is not blamed on the workflow.
    return start is None or meta.creation_timestamp is None or meta.creation_timestamp <= start


def _is_parent(snapshot: Snapshot, meta: ObjectMeta) -> bool:
    workflow, reference = snapshot.workflow.metadata, snapshot.workflow.spec.alert_remediation_ref
    named = reference is not None and (reference.name, reference.namespace or workflow.namespace) == (
        meta.name, meta.namespace)
    return named or any(owner.uid == meta.uid for owner in workflow.owner_references)


def _named(meta: ObjectMeta, raw: RawObject, targets: tuple[Target, ...], facts: Facts) -> list[str]:
    for labels in labels_of(raw.value):
        for target in targets:
            if matches(target, labels, meta.namespace, facts.get(target) or ()):
                about = labels.get("alertname") or labels.get("reason") or "no alertname"
                return [clipped(f"{meta.namespace}/{meta.name} ({about}) names {target}", 1000)]
    return []


def labels_of(alert: Any) -> tuple[Mapping[str, str], ...]:
    """Every set of labels an AlertRemediation carries, the firing alerts of its payload each for itself.

    Looked for in `spec.signalLabels`, `spec.labels` and `spec.originalPayload`,
    which may be an object, its JSON, or that in base64.  Never raises.
    """
    spec = _object(_object(alert).get("spec"))
    payload = _payload(spec.get("originalPayload"))
    payload = {} if payload.get("status") == "resolved" else payload
    candidates = [spec.get("signalLabels"), spec.get("labels"), payload.get("labels"),
                  payload.get("commonLabels"), _of_event(payload)]
    alerts = payload.get("alerts")
    candidates += [_object(one).get("labels") for one in (alerts if isinstance(alerts, list) else ())
                   if _object(one).get("status") != "resolved"]
    found = ({k: v for k, v in _object(c).items() if isinstance(v, str)} for c in candidates)
    return tuple(labels for labels in found if labels)


def _payload(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str) and len(value) <= _LONGEST_PAYLOAD:
        return next((found for text in _texts(value) if (found := _object(_parsed(text)))), {})
    return _object(value)


def _texts(value: str) -> Iterator[str | bytes]:
    yield value
    try:
        yield base64.b64decode(value, validate=True)
    except ValueError:
        return


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_event(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Kubernetes Event in the words of an alert."""
    about = _object(payload.get("involvedObject")) or _object(payload.get("regarding"))
    kind, name = about.get("kind"), about.get("name")
    key = _LABELS_OF.get(kind, (None,))[0] if isinstance(kind, str) else None
    return {} if key is None else {key: name, "namespace": about.get("namespace"), "reason": payload.get("reason")}


def matches(target: Target, labels: Mapping[str, str], place: str, found: Iterable[RawObject]) -> bool:
    """Whether labels name a target; an alert without a namespace is about its own, `place`.

    A Deployment is also named by one of its pods, pods chosen by a selector by
    the name of one that was `found`.
    """
    names = {labels[key] for key in _LABELS_OF.get(target.kind, ()) if key in labels}
    if target.kind == "Node":
        return target.name in {*names, labels.get("instance", "").rsplit(":", 1)[0]}
    if labels.get("namespace", place) != target.namespace:
        return False
    if target.selector:
        seen = (raw.metadata() for raw in found)
        return bool(names & {meta.name for meta in seen if not isinstance(meta, Malformed)})
    if target.kind == "Deployment":
        return target.name in names or _is_its_workload(target.name, labels)
    return target.name in names


def _is_its_workload(deployment: str, labels: Mapping[str, str]) -> bool:
    if labels.get("workload") == deployment and labels.get("workload_type", "deployment").lower() == "deployment":
        return True
    pod = labels.get("pod", "")
    return pod.startswith(deployment) and _POD_SUFFIX.fullmatch(pod, len(deployment)) is not None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
