"""People and the garbage collector: who creates, deletes, tampers and sweeps, at instants drawn by chance."""

from __future__ import annotations

from typing import Any

from wfcore.model.workflow import TRACKING_FINALIZER
from wfcore.resources import KUBERNETES_EXECUTIONS, WORKFLOW_EXECUTIONS, Resource
from wfcore.simulation import operations as op
from wfcore.simulation.objects import StoredObject
from wfcore.simulation.watchlog import Change, ChangeType
from wfcore.testing.simulator.cluster import NAMESPACE, Cluster
from wfcore.testing.simulator.faults import Chance, Fault
from wfcore.testing.simulator.features import Features
from wfcore.testing.simulator.scenario import Body, body, draw_workflow
from wfcore.testing.simulator.workload import Workload

NAME = "user"
_BAD_SPECS: tuple[Any, ...] = ({"workflowDefinition": 7}, {"workflowDefinition": {"name": [], "steps": "all"}}, [],
                               {"workflowDefinition": {"name": "x", "steps": [{"stepNumber": "one"}]}}, "heal")
_BAD_STATUSES: tuple[Any, ...] = ({"phase": 3}, {"phase": "executing"}, {"phase": "rolling_back", "stepStatuses": {}},
                                  {"phase": "executing", "stepStatuses": [{"stepNumber": 1, "status": "executing",
                                                                           "action": "custom"}]}, {"phase": "odd"})
_BAD_CHILDREN: tuple[Any, ...] = ({}, {"stepNumber": "x"}, {"kind": "forward", "stepNumber": 1, "attempt": 1}, 7)


class User:
    """Whoever uses the cluster.  `names` are the workflows, in the order of their creation."""

    def __init__(self, cluster: Cluster, chance: Chance, features: Features,
                 workload: Workload = Workload.MIXED) -> None:
        self._cluster, self._chance = cluster, chance
        self._draw = workload.draw or (
            lambda name: features.dress(draw_workflow(chance.random, name, workload.most_steps)))
        self._places = ("step", "step", "rollback", *(("dryrun",) if features.peopled else ()))
        self._tampering = chance.group(Fault.CHILD_DELETED, Fault.CHILD_STRIPPED, Fault.SPEC_EDITED)
        self._collecting = False
        self.pending = 0  # workflows still to be created
        random, after = chance.random, cluster.agenda.after
        for number in range(random.choice(workload.counts) if len(workload.counts) > 1 else 1):
            self._create_in(chance.micros(0, 20), f"w{number}")
        if chance.strikes(Fault.POISON_WORKFLOW):
            after(chance.micros(0, 20), self._submit, body("poison", random.choice(_BAD_SPECS)))

    def hear(self, actor: str, resource: Resource, change: Change) -> None:
        """Sometimes somebody does something to what was just created; the collector follows deletions."""
        chance, stored = self._chance, change.object
        if change.type is ChangeType.ADDED and resource is KUBERNETES_EXECUTIONS and actor != NAME:
            struck = chance.first(self._tampering)
            if struck is not None:
                self._cluster.agenda.after(chance.micros(0.01, 15), self._tamper, struck, stored.place[1], stored.uid)
        elif change.type is ChangeType.ADDED and resource is WORKFLOW_EXECUTIONS:
            self._meet(stored)
        elif change.type is ChangeType.DELETED and resource is WORKFLOW_EXECUTIONS:
            if chance.strikes(Fault.RECREATED):
                self._create_in(chance.micros(0.001, 30), stored.place[1])
        if stored.terminating or change.type is ChangeType.DELETED:
            self._sweep_soon()

    def _meet(self, stored: StoredObject) -> None:
        chance, after, name = self._chance, self._cluster.agenda.after, stored.place[1]
        if chance.strikes(Fault.WORKFLOW_DELETED):
            after(chance.micros(0, chance.random.choice((0.2, 2, 30, 120, 400))), self._delete, name, stored.uid)
        if chance.strikes(Fault.FOREIGN_CHILD):
            after(chance.micros(0, 5), self._plant, stored, self._foreign_owner(stored))
        if chance.strikes(Fault.POISON_CHILD):
            after(chance.micros(0, 5), self._poison_child, stored)
        if chance.strikes(Fault.POISON_STATUS):
            after(chance.micros(0, 30), self._poison_status, name, stored.uid)

    def _create_in(self, delay: int, name: str) -> None:
        self.pending += 1
        self._cluster.agenda.after(delay, self._create, name)

    def _create(self, name: str) -> None:
        self.pending -= 1
        self._submit(self._draw(name))

    def _submit(self, workflow: Body) -> None:
        self._cluster.create(NAME, WORKFLOW_EXECUTIONS, workflow)

    def _delete(self, name: str, uid: str) -> None:
        foreground = self._chance.strikes(Fault.FOREGROUND)
        propagation = op.Propagation.FOREGROUND if foreground else op.Propagation.BACKGROUND
        self._cluster.apply(NAME, op.Delete(WORKFLOW_EXECUTIONS, NAMESPACE, name, self._cluster.now, uid=uid,
                                            propagation=propagation))

    def _tamper(self, fault: Fault, name: str, uid: str) -> None:
        stored = self._cluster.find(KUBERNETES_EXECUTIONS, name)
        if stored is None or stored.uid != uid:
            return
        match fault:
            case Fault.CHILD_DELETED:
                self._cluster.apply(NAME, op.Delete(KUBERNETES_EXECUTIONS, NAMESPACE, name, self._cluster.now))
            case Fault.CHILD_STRIPPED:
                self._cluster.strip_and_delete(NAME, KUBERNETES_EXECUTIONS, name)
            case _:
                spec = {**stored.value["spec"], **self._chance.random.choice(({"attempt": 9}, {"planDigest": "x"},
                                                                              {"kind": "rollback"}))}
                self._cluster.apply(NAME, op.Update(KUBERNETES_EXECUTIONS, {**stored.value, "spec": spec},
                                                    self._cluster.now))

    # --- what others leave behind -------------------------------------------------------------------------

    def _foreign_owner(self, workflow: StoredObject) -> list[Body]:
        kind = {"apiVersion": workflow.value["apiVersion"], "kind": workflow.value["kind"], "controller": True}
        return self._chance.random.choice((
            [], [{**kind, "name": "somebody", "uid": "another-uid"}],
            [{**kind, "name": workflow.place[1], "uid": "an-earlier-uid"}]))

    def _plant(self, workflow: StoredObject, owners: list[Body]) -> None:
        """A child that is not ours, where ours will be."""
        number = self._chance.random.randint(1, 9)
        steps = workflow.value["spec"].get("workflowDefinition") if isinstance(workflow.value["spec"], dict) else None
        if isinstance(steps, dict) and isinstance(steps.get("steps"), list):
            number = self._chance.random.choice(steps["steps"]).get("stepNumber", number)
        word = self._chance.random.choice(self._places)
        self._cluster.create(NAME, KUBERNETES_EXECUTIONS, {
            "metadata": {"namespace": NAMESPACE, "name": f"{workflow.place[1]}-{word}-{number}",
                         "ownerReferences": owners},
            "spec": {"kind": "forward", "stepNumber": number, "attempt": 1}})
        stored = self._cluster.find(KUBERNETES_EXECUTIONS, f"{workflow.place[1]}-{word}-{number}")
        if stored is not None and stored.finalizers == ():
            self._cluster.report(NAME, KUBERNETES_EXECUTIONS, stored, {
                "phase": "completed", "executionResult": {"success": True}})

    def _poison_child(self, workflow: StoredObject) -> None:
        """Garbage that names the workflow as its owner."""
        owner = {"apiVersion": workflow.value["apiVersion"], "kind": workflow.value["kind"], "controller": True,
                 "name": workflow.place[1], "uid": workflow.uid}
        self._cluster.create(NAME, KUBERNETES_EXECUTIONS, {
            "metadata": {"namespace": NAMESPACE, "name": f"{workflow.place[1]}-garbage", "ownerReferences": [owner],
                         "finalizers": [TRACKING_FINALIZER]},
            "spec": self._chance.random.choice(_BAD_CHILDREN)})

    def _poison_status(self, name: str, uid: str) -> None:
        stored = self._cluster.find(WORKFLOW_EXECUTIONS, name)
        if stored is not None and stored.uid == uid:
            self._cluster.report(NAME, WORKFLOW_EXECUTIONS, stored, self._chance.random.choice(_BAD_STATUSES))

    # --- the garbage collector ----------------------------------------------------------------------------

    def _sweep_soon(self) -> None:
        if not self._collecting:
            self._collecting = True
            self._cluster.agenda.after(self._chance.micros(0.05, 10), self._sweep)

    def _sweep(self) -> None:
        self._collecting = False
        result = self._cluster.apply("gc", op.CollectGarbage(self._cluster.now))
        if isinstance(result, op.Collected) and result.keys:
            self._sweep_soon()
