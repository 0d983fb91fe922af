"""What planning and validating ask: sources, busy targets, history, rights and facts, each in the words of programs."""

import asyncio

import pytest

from wfcontroller.api import ApiError
from wfcontroller.cluster.inspection import INSPECTED
from wfcore.model.enums import Action
from wfcore.model.workflow import LABEL_WORKFLOW_UID
from wfcore.planning.targets import Target
from wfcore.program import (
    AccessQuestion,
    Consult,
    Consulted,
    FindSource,
    Freshness,
    Inspect,
    Inspected,
    Observe,
    Ref,
    Review,
    Reviewed,
    SourceFound,
    Surroundings,
    Survey,
    Surveyed,
)
from wfcore.resources import (
    CONFIG_MAPS,
    KUBERNETES_EXECUTIONS,
    NAMESPACES,
    NODES,
    PODS,
    SECRETS,
    SUBJECT_ACCESS_REVIEWS,
    WORKFLOW_EXECUTIONS,
)

from .performing import OWN, REF, Broken, run, workflow

FORBIDDEN = ApiError(403, "Forbidden", "m")
WEB = Target("Deployment", "default", "web")


def names(raws):
    return [raw.value["metadata"]["name"] for raw in raws]


def execution(owner_uid, name="w-step-1"):
    return {"apiVersion": KUBERNETES_EXECUTIONS.api_version, "kind": "KubernetesExecution",
            "metadata": {"name": name, "namespace": "default", "labels": {LABEL_WORKFLOW_UID: owner_uid}},
            "spec": {"workflowExecutionRef": {"name": "w", "namespace": "default", "uid": owner_uid}, "stepNumber": 1,
                     "attempt": 1, "kind": "forward", "action": "check-pod-health", "timeout": "5m"}}


def pod(name, namespace="default", **labels):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"containers": [{"name": "main", "image": "web:1"}]}}


def test_a_source_is_read_live_with_its_children():
    async def scenario(performer, server, created):
        for name in ("w-step-2", "w-step-1"):
            await server.create(KUBERNETES_EXECUTIONS, execution(created["metadata"]["uid"], name))
        await server.create(KUBERNETES_EXECUTIONS, execution("somebody-else", "foreign"))
        # Nothing has run since, so the cache knows nothing of them yet.
        return await performer.perform(FindSource(REF)), await performer.perform(FindSource(Ref("default", "absent")))

    found, absent = run(scenario)

    assert ("w", ["w-step-1", "w-step-2"]) == (found.workflow.value["metadata"]["name"], names(found.children))
    assert SourceFound(None) == absent


def test_a_source_is_answered_with_the_workflows_of_its_namespace_that_start_from_it():
    async def scenario(performer, server, created):
        await server.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        for name, word, uid, namespace in (
                ("undo", "rollbackOf", created["metadata"]["uid"], "default"),
                ("again", "retryOf", created["metadata"]["uid"], "default"),
                ("stranger", "rollbackOf", "another", "default"),
                ("far", "rollbackOf", created["metadata"]["uid"], "other")):
            body = workflow(name)
            body["metadata"]["namespace"] = namespace
            body["spec"] = {word: {"name": "w", "uid": uid}}
            await server.create(WORKFLOW_EXECUTIONS, body)
        await asyncio.sleep(1)
        return await performer.perform(FindSource(REF))

    assert ["again", "undo"] == names(run(scenario).followers)


def test_a_survey_answers_with_the_workflows_that_name_a_target_each_once():
    async def scenario(performer, server, created):
        for name, deployment in (("a", "web"), ("b", "api"), ("c", "web")):
            await server.create(WORKFLOW_EXECUTIONS, workflow(name, deployment=deployment))
        await asyncio.sleep(1)
        api = Target("Deployment", "default", "api")
        surveyed = [await performer.perform(Survey(REF, targets)) for targets in ((WEB,), (WEB, api), (api, api), ())]
        await server.delete(WORKFLOW_EXECUTIONS, "default", "a")
        await asyncio.sleep(1)
        return surveyed, await performer.perform(Survey(REF, (WEB,)))

    surveyed, after = run(scenario)

    assert [["a", "c"], ["a", "c", "b"], ["b"], []] == [names(answer.workflows) for answer in surveyed]
    assert ["c"] == names(after.workflows)


def test_a_survey_of_what_is_unfinished_leaves_out_what_has_ended_and_names_no_target():
    async def scenario(performer, server, created):
        for name, deployment, phase in (("a", "web", "completed"), ("b", "api", "executing"), ("c", "db", "failed"),
                                        ("d", "api", None)):
            made = await server.create(WORKFLOW_EXECUTIONS, workflow(name, deployment=deployment))
            if phase:
                await server.update_status(WORKFLOW_EXECUTIONS, {**made, "status": {"phase": phase}})
        await asyncio.sleep(1)
        return [names((await performer.perform(Survey(REF, targets, unfinished=True))).workflows)
                for targets in ((WEB,), ())]

    naming, nothing = run(scenario)

    assert ["a", "b", "d", "w"] == naming
    assert ["b", "d", "w"] == nothing


def test_a_workflow_that_cannot_be_read_is_found_under_no_target_and_harms_no_survey():
    async def scenario(performer, server, created):
        await server.create(WORKFLOW_EXECUTIONS, workflow("a", deployment="web"))
        made = await server.create(WORKFLOW_EXECUTIONS, workflow("broken", deployment="web"))
        await asyncio.sleep(1)
        item = {**made, "status": {"phase": "unheard-of"},
                "metadata": {**made["metadata"], "resourceVersion": "999"}}
        performer._reader._cache.remember(WORKFLOW_EXECUTIONS, item)
        return await performer.perform(Survey(REF, (WEB,)))

    answer = run(scenario)

    assert isinstance(answer, Surveyed)
    assert ["a"] == names(answer.workflows)


def test_history_is_asked_of_the_store():
    asked = []

    async def consult(request):
        asked.append(request)
        return Consulted(())

    async def scenario(performer, server, created):
        return await performer.perform(Consult("x", (Action.SCALE_DEPLOYMENT,)))

    assert Consulted(()) == run(scenario, consult=consult)
    assert [Consult("x", (Action.SCALE_DEPLOYMENT,))] == asked


def test_every_kind_a_check_may_look_at_can_be_inspected_and_no_other():
    async def scenario(performer, server, created):
        await server.create(CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "default"}})
        await server.create(SECRETS, {"metadata": {"name": "a", "namespace": "default"}})
        kinds = sorted(INSPECTED)
        known = await performer.perform(Inspect(tuple(Target(kind, "default", "absent") for kind in kinds)))
        other = await performer.perform(Inspect(tuple(Target(k, "default", "a") for k in ("ConfigMap", "Secret", "X"))))
        return kinds, known, other

    kinds, known, other = run(scenario)

    assert {"AlertRemediation", "Deployment", "EndpointSlice", "Lease", "Node", "Pod", "PodDisruptionBudget",
            "ResourceQuota", "Service"} == set(kinds)
    assert Inspected(((),) * len(kinds)) == known
    assert Inspected((None, None, None)) == other


def test_without_a_name_a_target_means_what_a_selector_selects_or_all_of_a_namespace_or_of_the_cluster():
    async def scenario(performer, server, created):
        await server.create(NAMESPACES, {"metadata": {"name": "shop"}})
        for body in (pod("a", app="web"), pod("b", app="api"), pod("c", "shop", app="web")):
            await server.create(PODS, body)
        await server.create(NODES, {"metadata": {"name": "n"}, "spec": {}})
        targets = (Target("Pod", "default", "", "app=web"), Target("Pod", "default", ""), Target("Pod", "", ""),
                   Target("Pod", "", "", "app=web"), Target("Node", "", ""), Target("Pod", "default", "b"))
        return await performer.perform(Inspect(targets))

    found = run(scenario)

    assert [["a"], ["a", "b"], ["a", "b", "c"], ["a", "c"], ["n"], ["b"]] == [names(raws) for raws in found.objects]


def test_long_lists_are_inspected_whole(monkeypatch):
    monkeypatch.setattr("wfcontroller.listing.PAGE_SIZE", 2)

    async def scenario(performer, server, created):
        for name in "abcde":
            await server.create(PODS, pod(name))
        return await performer.perform(Inspect((Target("Pod", "", ""),)))

    assert [list("abcde")] == [names(raws) for raws in run(scenario).objects]


def test_a_list_that_is_refused_is_unknown_and_one_of_a_missing_kind_is_empty():
    async def scenario(performer, server, created):
        return await performer.perform(Inspect((Target("Pod", "", ""),)))

    assert Inspected((None,)) == run(scenario, lambda api: Broken(api, FORBIDDEN, "list"))
    assert Inspected(((),)) == run(scenario, lambda api: Broken(api, ApiError(404, "NotFound", "m"), "list"))


class Authorizing:
    """A server whose authorizer knows one verb, and fails on another."""

    def __init__(self, api):
        self._api, self.asked = api, []

    async def create(self, resource, body, **options):
        assert resource == SUBJECT_ACCESS_REVIEWS
        self.asked.append(body["spec"])
        verb = body["spec"]["resourceAttributes"]["verb"]
        if verb == "lost":
            raise FORBIDDEN
        status = {"get": {"allowed": True}, "unsure": {"allowed": False, "evaluationError": "no such role"},
                  "sure": {"allowed": False, "denied": True, "evaluationError": "no such role"}}
        return {**body, "status": status.get(verb, {"allowed": False})}


def test_each_question_is_one_review_and_who_cannot_say_has_not_denied():
    authorizing = []

    def wrap(api):
        authorizing.append(Authorizing(api))
        return authorizing[0]

    questions = tuple(AccessQuestion("me", verb, "apps", "deployments", "default") for verb in
                      ("get", "update", "unsure", "sure", "lost"))

    async def scenario(performer, server, created):
        return await performer.perform(Review(questions))

    assert Reviewed((True, False, None, False, None)) == run(scenario, wrap)
    assert {"user": "me", "resourceAttributes": {
        "verb": "get", "group": "apps", "resource": "deployments", "namespace": "default"}} == authorizing[0].asked[0]


def test_a_review_names_groups_subresources_and_single_objects_and_means_the_cluster_without_a_namespace():
    authorizing = []

    def wrap(api):
        authorizing.append(Authorizing(api))
        return authorizing[0]

    async def scenario(performer, server, created):
        await performer.perform(Review((AccessQuestion("me", "create", "", "pods/eviction", "", "p", ("g", "h")),)))

    run(scenario, wrap)

    assert [{"user": "me", "groups": ["g", "h"], "resourceAttributes": {
        "verb": "create", "resource": "pods", "subresource": "eviction", "name": "p"}}] == authorizing[0].asked


def test_the_embedded_server_allows_everything():
    async def scenario(performer, server, created):
        return await performer.perform(Review((AccessQuestion("me", "delete", "", "nodes"),)))

    assert Reviewed((True,)) == run(scenario)


@pytest.mark.parametrize("freshness", Freshness)
def test_an_observation_says_whether_a_freeze_is_on_and_why(freshness):
    async def scenario(performer, server, created):
        seen = [await performer.perform(Observe(REF, freshness))]
        await server.create(CONFIG_MAPS, {"metadata": {"name": "wf-freeze", "namespace": "default"}})
        await asyncio.sleep(1)
        seen.append(await performer.perform(Observe(REF, freshness)))
        await server.create(CONFIG_MAPS, {"metadata": {"name": "wf-freeze", "namespace": OWN},
                                          "data": {"reason": "black friday"}})
        await asyncio.sleep(1)
        seen.append(await performer.perform(Observe(REF, freshness)))
        return [answer.surroundings for answer in seen]

    calm = Surroundings(approvals_guarded=True)

    assert [calm, calm, Surroundings(True, "black friday", True)] == run(scenario)


def test_a_freeze_that_is_being_deleted_freezes_nothing_and_one_without_a_reason_does():
    async def scenario(performer, server, created):
        await server.create(CONFIG_MAPS, {"metadata": {"name": "wf-freeze", "namespace": OWN,
                                                       "finalizers": ["a.example/slow"]}})
        await asyncio.sleep(1)
        on = (await performer.perform(Observe(REF, Freshness.CACHED))).surroundings
        await server.delete(CONFIG_MAPS, OWN, "wf-freeze")
        await asyncio.sleep(1)
        return on, (await performer.perform(Observe(REF, Freshness.CACHED))).surroundings

    on, off = run(scenario, guarded=lambda: False)

    assert Surroundings(True, "", False) == on
    assert Surroundings() == off
