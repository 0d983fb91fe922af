"""S24: whatever people, recommenders and executors write stays text: nothing is called, labelled or nested by it."""

from __future__ import annotations

import re
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from wfcore.codec import encode
from wfcore.execution.names import child_name
from wfcore.model.definition import WorkflowExecutionSpec
from wfcore.model.enums import ExecutionKind
from wfcore.program import CommitStatus, Create, Emit
from wfcore.reasons import EventReason, Reason
from wfcore.testing.strategies import workflow_specs
from wfcore.testing.walking import Behaviour, Walk

NASTY = st.sampled_from([
    "'; DROP TABLE audit; --", "${jndi:ldap://x}", "{{ .Values.x }}", "../../etc/passwd", "%00%0d%0aSet-Cookie: a=b",
    "line\nlevel=error msg=forged\r\n", "\u202eevil\u2066", '"}, "phase": "completed", {"', "a\\", "<script>x</script>",
    "$(reboot)", "`id`", "{0.__class__}", "%s%n", "\x1b[2J", "label/with=comma,too"]) | st.text(min_size=1, max_size=60)
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
SUBDOMAINS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,80}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?){0,2}",
                           fullmatch=True)


def spoken(spec: WorkflowExecutionSpec, text: str) -> WorkflowExecutionSpec:
    """The spec with a text wherever the author may write one, that no two steps share."""
    definition = spec.workflow_definition
    names = {step.name: f"{text[:200]}{step.step_number}" for step in definition.steps if step.name}
    steps = tuple(attrs.evolve(step, name=names.get(step.name, "")) for step in definition.steps)
    edges = tuple(attrs.evolve(edge, step=names.get(edge.step, edge.step),
                               needs=tuple(names.get(n, n) for n in edge.needs)) for edge in definition.dependencies)
    return attrs.evolve(spec, workflow_definition=attrs.evolve(
        definition, name=text[:250], version=text[:60], steps=steps, dependencies=edges))


def told(spec: WorkflowExecutionSpec, text: str) -> list[Any]:
    """What is written for it by an executor that says the text: structure, names and reasons, no free text."""
    said = {"phase": "failed", "failureClass": "transient", "errorMessage": text}
    walk = Walk(spoken(spec, text), [Behaviour(3, "fail", said), Behaviour(
        5, "succeed", {"phase": "completed", "errorMessage": text, "executionResult": {"success": True}})]).to_the_end()
    return [shape(request) for passed in walk.passes for request in passed.requests
            if isinstance(request, CommitStatus | Create | Emit)]


def shape(request: CommitStatus | Create | Emit) -> Any:
    if isinstance(request, Create):
        return [(child.value["metadata"], keys(child.value["spec"])) for child in request.children]
    if isinstance(request, Emit):
        assert {happening.reason for happening in request.events} <= {*EventReason, *Reason}
        return [(happening.reason, happening.type) for happening in request.events]
    return keys(encode(request.status))


def keys(value: Any) -> Any:
    """The nesting of a JSON value, and in the place of each string whether there is one."""
    if isinstance(value, dict):
        return {key: keys(item) for key, item in value.items() if key != "planDigest"}
    return [keys(item) for item in value] if isinstance(value, list) else type(value).__name__


@given(workflow_specs(max_size=3), NASTY)
def test_what_is_written_has_one_shape_whatever_texts_say(spec: WorkflowExecutionSpec, text: str) -> None:
    plain = "".join("x" if ord(char) > 31 else " " for char in text)

    assert told(spec, plain) == told(spec, text)


@given(SUBDOMAINS, st.sampled_from(ExecutionKind), st.integers(1, 999_999), st.integers(1, 14))
def test_the_name_of_a_child_is_one_that_the_api_server_takes(name: str, kind: ExecutionKind, step: int,
                                                              attempt: int) -> None:
    made = child_name(name, kind, step, attempt)

    assert SUBDOMAIN.fullmatch(made)
    assert len(made) <= 253
    assert LABEL_VALUE.fullmatch(f"{step}")
