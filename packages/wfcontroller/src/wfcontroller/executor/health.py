"""check-pod-health: wait until Deployments are rolled out, pods are Ready, nodes are Ready.  Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from wfcontroller.api import Object
from wfcontroller.executor.contract import Broken, Captured, Done, Pending, Verdict, Work
from wfcontroller.executor.failures import ExecutionFailed
from wfcontroller.executor.following import existing, until_done, until_selected_done
from wfcontroller.executor.parts import Place
from wfcontroller.executor.podstate import is_finished, is_ready, place_of, some
from wfcontroller.executor.rollouts import judge_rollout
from wfcontroller.listing import everything
from wfcore.model.actions import CheckPodHealthParams
from wfcore.model.definition import ObjectReference
from wfcore.model.enums import FailureClass
from wfcore.resources import DEPLOYMENTS, NODES, PODS

# A Deployment that is already stuck is unhealthy now: nothing is held to have been so before.
_NOTHING_BEFORE: Object = {}


@frozen
class Subject:
    """What is judged: one Deployment or Node by name, or the pods that match a selector (empty: all)."""

    kind: str
    namespace: str
    name: str = ""
    selector: str = ""


def subject_of(parameters: CheckPodHealthParams) -> Subject:
    """What a check with parameters judges."""
    if parameters.deployment:
        return Subject("Deployment", parameters.namespace, parameters.deployment)
    return Subject("Pod", parameters.namespace, selector=parameters.selector)


def subjects(targets: Iterable[ObjectReference]) -> tuple[Subject, ...]:
    """What a check without parameters judges: the targets of its prerequisites."""
    return tuple(Subject(target.kind, target.namespace, target.name) for target in targets)


@frozen
class HealthCheck:
    """Implements `Operation`; reads only."""

    subjects: tuple[Subject, ...]

    async def capture(self, work: Work) -> Captured:
        unknown = sorted({each.kind for each in self.subjects} - {"Deployment", "Node", "Pod"})
        if unknown:
            raise ExecutionFailed(FailureClass.VALIDATION_ERROR, f"the health of a {unknown[0]} can't be judged")
        if not self.subjects:
            work.warn("nothing to judge: no parameters, and no prerequisite has a target")
        return Captured()

    async def rehearse(self, work: Work, captured: Captured) -> None:
        for subject in self.subjects:
            if subject.kind == "Pod":
                await everything(work.api, PODS, subject.namespace, subject.selector)
            elif await existing(work.api, _place(subject)) is None:
                raise ExecutionFailed(FailureClass.RESOURCE_NOT_FOUND, f"{_place(subject)} does not exist")

    async def act(self, work: Work, captured: Captured) -> None:
        return None

    async def verify(self, work: Work, captured: Captured) -> Done:
        for subject in self.subjects:
            await _healthy(work, subject)
        return Done()

    def changed(self, work: Work, captured: Captured) -> bool:
        return False


async def _healthy(work: Work, subject: Subject) -> None:
    async def judge(pods: list[Object]) -> Verdict:
        return judge_pods(pods, subject)

    if subject.kind == "Pod":
        await until_selected_done(work, PODS, subject.namespace, subject.selector, judge)
    else:
        await until_done(work, _place(subject), lambda found: _judge(subject, found))


def judge_pods(pods: Iterable[Object], subject: Subject) -> Done | Pending:
    """Whether there are pods and all that have not succeeded are Ready."""
    judged = [pod for pod in pods if (pod.get("status") or {}).get("phase") != "Succeeded"]
    if not judged:
        return Pending(f"no pod in {subject.namespace} matches {subject.selector or 'anything'}")
    ill = [place_of(pod) for pod in judged if not is_ready(pod) or is_finished(pod)]
    return Pending(f"not Ready: {some(ill)}") if ill else Done()


def _judge(subject: Subject, found: Object | None) -> Verdict:
    if found is None:
        return Broken(f"{_place(subject)} does not exist")
    if subject.kind == "Deployment":
        return judge_rollout(_NOTHING_BEFORE, found, Done())
    conditions = (found.get("status") or {}).get("conditions") or ()
    if any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions):
        return Done()
    return Pending(f"Node {subject.name} is not Ready")


def _place(subject: Subject) -> Place:
    return Place(DEPLOYMENTS if subject.kind == "Deployment" else NODES, subject.namespace, subject.name)
