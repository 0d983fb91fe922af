"""Evaluates a ValidatingAdmissionPolicy on one write, as the API server would, with what CEL the library knows."""

from __future__ import annotations

from typing import Any

import cel
from cel.stdlib import STDLIB_FUNCTIONS

from .spoofs import GRANTS, Attempt, Object


class Judge:
    """A policy, compiled.  Raises `ValueError` for an expression that is not CEL."""

    def __init__(self, policy: Object) -> None:
        spec = policy["spec"]
        self._variables = [(each["name"], cel.compile(each["expression"])) for each in spec.get("variables", ())]
        self._validations = [
            (each, cel.compile(each["expression"]),
             cel.compile(each["messageExpression"]) if "messageExpression" in each else None)
            for each in spec["validations"]]

    def objections(self, attempt: Attempt) -> dict[int, str]:
        """The message of each rule that does not hold, by its place."""
        context = given(attempt)
        context["variables"] = {}
        for name, program in self._variables:
            context["variables"][name] = run(program, context, attempt)
        return {place: words(entry, message, context, attempt)
                for place, (entry, program, message) in enumerate(self._validations)
                if run(program, context, attempt) is not True}


def words(entry: Object, message: Any, context: Object, attempt: Attempt) -> str:
    return entry["message"] if message is None else run(message, context, attempt)


def given(attempt: Attempt) -> Object:
    """What expressions are told.  As in the API server, what is empty is absent: no subResource, no name."""
    operation = {"create": "CREATE", "update": "UPDATE", "update_status": "UPDATE"}[attempt.verb]
    part = {"subResource": "status"} if attempt.verb == "update_status" else {}
    group = attempt.after["apiVersion"].split("/")[0]
    return {
        "object": attempt.after, "oldObject": attempt.before, "authorizer": {},
        "request": {
            "operation": operation, **part,
            "resource": {"group": group, "version": "v1", "resource": attempt.resource},
            "namespace": attempt.after["metadata"]["namespace"], "name": attempt.after["metadata"]["name"],
            "userInfo": {"username": attempt.user, "groups": list(attempt.groups)}}}


def run(program: Any, context: Object, attempt: Attempt) -> Any:
    known, used = {**STDLIB_FUNCTIONS, **authorizer(attempt)}, program.functions()
    # Every name and function that a context holds costs time.
    names = {name: context[name] for name in program.variables() if name in context}
    return program.execute(cel.Context(names, {name: known[name] for name in used if name in known}))


def authorizer(attempt: Attempt) -> Object:
    """The library of the API server by which an expression asks the authorizer, over `GRANTS`."""
    def adding(key: str) -> Any:
        return lambda asked, value: {**asked, key: value}

    def allowed(asked: Object) -> bool:
        subjects = {attempt.user, *attempt.groups}
        return (asked["group"], asked["resource"], asked["verb"]) == (
            "workflowexecution.kubernaut.io", "workflowapprovals", "approve") and any(
            grant.subject in subjects and grant.namespace == asked["namespace"]
            and (not grant.names or asked["name"] in grant.names) for grant in GRANTS)

    return {"group": adding("group"), "resource": adding("resource"), "namespace": adding("namespace"),
            "name": adding("name"), "check": adding("verb"), "allowed": allowed}
