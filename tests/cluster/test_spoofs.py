"""`wf-guard` on a real API server judges each write as the table says, each writer with a token of their own."""

from __future__ import annotations

import pytest
from tests.manifests.judging import Judge
from tests.manifests.spoofs import ATTEMPTS, GRANTS, NAMESPACE

from wfcontroller.api import Object

from . import guard
from .client import GROUPS, Client, path_of

pytestmark = pytest.mark.timeout(300)
JUDGE = Judge(guard.POLICY)
WRITERS = "spoofs-may-write"
# The definition itself refuses some of them, before any policy is asked.
DEFINITION = ("only suspend and stop can", "spec can't be changed after creation", "stop only goes")
AGAIN = 5


@pytest.fixture(scope="module")
def people(service):
    """Everybody who writes, by name, with a connection of their own."""
    plane = service.plane
    plane.apply(*rights())
    for account in accounts():
        plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": account[0]}})
        plane.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "namespace": account[0], "name": account[1]}})
    named = {f"system:serviceaccount:{':'.join(each)}": plane.account(*each) for each in accounts()}
    found = {name: Client(named.get(name) or plane.kubeconfig_of(name)) for name in {each.user for each in ATTEMPTS}}
    yield found
    for each in found.values():
        each.close()
    plane.kubectl("delete", "role,rolebinding", "-n", NAMESPACE, "-l", f"of={WRITERS}")
    plane.kubectl("delete", "role,rolebinding", "-n", "other", "-l", f"of={WRITERS}")


@pytest.fixture(scope="module")
def written(service, people):
    """What is there before each write, made while nobody guards; gone afterwards, so that nobody works on it."""
    admin = people["admin"]
    guard.is_away(service.plane, admin)
    for attempt in ATTEMPTS:
        if attempt.before is not None:
            create(admin, attempt)
    guard.stands(service.plane, admin)
    yield
    for attempt in ATTEMPTS:
        path = path_of(attempt.resource, NAMESPACE, attempt.name)
        found = admin.ask("GET", path)
        if found.status == 200 and found.body["metadata"].pop("finalizers", None):
            admin.ask("PUT", path, found.body)
        admin.ask("DELETE", path)


def accounts() -> list[tuple[str, str]]:
    """Namespace and name of each account that writes."""
    users = sorted({each.user for each in ATTEMPTS if each.user.startswith("system:serviceaccount:")})
    return [(user.split(":")[2], user.split(":")[3]) for user in users]


def rights() -> list[Object]:
    """Everybody may write everything; `GRANTS` says who may approve what."""
    made: list[Object] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}}]
    made += role(NAMESPACE, "everybody", [{"apiGroups": list(GROUPS.values()), "verbs": ["create", "get", "update"],
                                          "resources": [name + part for name in GROUPS for part in ("", "/status")]}],
                 "Group", "system:authenticated")
    for place, grant in enumerate(GRANTS):
        rule = {"apiGroups": [GROUPS["workflowexecutions"]], "resources": ["workflowapprovals"], "verbs": ["approve"],
                "resourceNames": list(grant.names)}
        kind = "Group" if grant.subject in ("approvers", "system:masters") else "User"
        made += role(grant.namespace, f"grant-{place}", [rule], kind, grant.subject)
    return made


def role(namespace: str, name: str, rules: list[Object], kind: str, subject: str) -> list[Object]:
    meta = {"name": f"{WRITERS}-{name}", "namespace": namespace, "labels": {"of": WRITERS}}
    group = "rbac.authorization.k8s.io"
    return [{"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": rules},
            {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": meta,
             "roleRef": {"apiGroup": group, "kind": "Role", "name": meta["name"]},
             "subjects": [{"apiGroup": group, "kind": kind, "name": subject}]}]


def create(admin: Client, attempt) -> None:
    made = admin.ask("POST", path_of(attempt.resource, NAMESPACE), attempt.before)
    assert 201 == made.status, made.said
    if "status" in attempt.before:
        path = path_of(attempt.resource, NAMESPACE, attempt.name, "status")
        told = admin.ask("PUT", path, {**made.body, "status": attempt.before["status"]})
        assert 200 == told.status, told.said


def write(people, attempt):
    """The write itself, decided on what is there; again if that has changed meanwhile."""
    if attempt.verb == "create":
        return people[attempt.user].ask("POST", path_of(attempt.resource, NAMESPACE), attempt.after)
    part = "status" if attempt.verb == "update_status" else ""
    for _ in range(AGAIN):
        now = people["admin"].get(attempt.resource, NAMESPACE, attempt.name)
        kept = {key: now["metadata"][key] for key in ("uid", "resourceVersion")}
        meant = {**attempt.after, "metadata": {**attempt.after["metadata"], **kept}}
        answer = people[attempt.user].ask("PUT", path_of(attempt.resource, NAMESPACE, attempt.name, part), meant)
        if answer.status != 409:
            return answer
    return answer


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda each: each.name)
def test_a_write_is_judged_as_it_deserves(people, written, attempt):
    answer = write(people, attempt)

    if attempt.allowed:
        assert answer.status in (200, 201), answer.said
    else:
        assert answer.status in (403, 422), answer.said
        why = (*JUDGE.objections(attempt).values(), *DEFINITION)
        assert any(words in answer.said for words in why), answer.said
