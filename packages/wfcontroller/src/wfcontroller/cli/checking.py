"""All that can be known to be wrong with files before anything runs: the one gate of `validate`, `plan` and `run`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from wfcontroller.cli.documents import Document, load, object_problems
from wfcontroller.cli.places import Finding
from wfcontroller.sources import FIELDS, place_of, with_uids
from wfcore.codec import Problem
from wfcore.program import Ref
from wfcore.resources import BY_API_VERSION_AND_KIND
from wfcore.settings import Settings
from wfcore.validation.document import check_document

# The user is the operator here: the file's namespaces and nodes are trusted.
OWN_SETTINGS = Settings(trusted_namespaces=None)
_UID_OF_THE_RUN = "given-by-the-run"


@attrs.frozen(eq=False)
class Checked:
    """Files with everything that is wrong with them, sorted by place."""

    files: tuple[str, ...]
    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]

    @property
    def workflows(self) -> tuple[Document, ...]:
        """The WorkflowExecutions, in file order."""
        return tuple(document for document in self.documents if document.is_workflow)


def check(files: Iterable[str], *, needs_workflow: bool = False) -> Checked:
    """Read and check files, `-` for standard input; never raises for any content.

    With `needs_workflow`, files that name no WorkflowExecution at all are a problem too.
    """
    loaded = load(files)
    found = [*loaded.findings, *_findings(loaded.documents), *_twice(loaded.documents)]
    checked = Checked(loaded.files, loaded.documents, ())
    if needs_workflow and not found and not checked.workflows:
        found.append(Finding(loaded.files[0], 1, 1, "$", "NoWorkflow",
                             "no WorkflowExecution; there is nothing to do without one"))
    order = {file: index for index, file in enumerate(loaded.files)}
    return attrs.evolve(checked, findings=tuple(sorted(dict.fromkeys(found), key=lambda f: (order[f.file], f))))


def _findings(documents: Iterable[Document]) -> Iterator[Finding]:
    # A source that stands earlier in the files need not be named by uid: whoever runs them learns it in time.
    earlier: dict[Ref, str] = {}
    for document in documents:
        for problem in _problems(document, earlier):
            yield document.finding(problem)
        if document.is_workflow and _identity(document.value) is not None:
            earlier[place_of(document.value)] = _UID_OF_THE_RUN


def _problems(document: Document, earlier: Mapping[Ref, str]) -> Iterable[Problem]:
    if not document.is_workflow:
        return object_problems(document.value)
    value = document.value
    found = check_document(with_uids(value, earlier) if _identity(value) is not None else value, OWN_SETTINGS)
    return map(_explained, found)


def _explained(problem: Problem) -> Problem:
    if problem.reason != "Missing" or problem.path not in [("spec", field, "uid") for field in FIELDS]:
        return problem
    return attrs.evolve(problem, message=f"{problem.message}; only a workflow that stands earlier in the files may be "
                                         "named without its uid")


def _twice(documents: Iterable[Document]) -> Iterator[Finding]:
    first: dict[tuple[Any, ...], Document] = {}
    for document in documents:
        identity = _identity(document.value)
        if identity is None:
            continue
        if identity in first:
            other = first[identity]
            yield document.finding(Problem(("metadata", "name"), "Duplicate", f"{identity[1]} {identity[-1]!r} is also "
                                           f"in {other.file}, line {other.spot.line}; remove one"))
        first.setdefault(identity, document)


def _identity(value: dict[str, Any]) -> tuple[str, str, str, str] | None:
    meta = value.get("metadata")
    name = meta.get("name") if isinstance(meta, dict) else None
    version, kind = value.get("apiVersion"), value.get("kind")
    if not (isinstance(meta, dict) and isinstance(name, str) and isinstance(version, str) and isinstance(kind, str)):
        return None
    resource = BY_API_VERSION_AND_KIND.get((version, kind))
    if resource is None:
        return None
    namespace = str(meta.get("namespace") or "default") if resource.namespaced else ""
    return version, kind, namespace, name
