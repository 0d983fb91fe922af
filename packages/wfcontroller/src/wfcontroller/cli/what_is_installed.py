"""Checks of `doctor`: the definitions, the policy that keeps approvals honest, and the kind that others bring."""

from __future__ import annotations

from wfcontroller.cli.diagnosis import FAILED, OK, WARNING, Diagnosis, Patient
from wfcontroller.cli.finding import found
from wfcontroller.cli.likeness import stands_as
from wfcontroller.cli.shipping import stands_guard
from wfcontroller.kinds import VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS
from wfcontroller.objects import metadata, status
from wfcontroller.rights import GUARD
from wfcore.crds import crds
from wfcore.resources import ALERT_REMEDIATIONS, CUSTOM_RESOURCE_DEFINITIONS


async def definitions(patient: Patient) -> Diagnosis:
    """Every definition is there, served, and the one of this version."""
    problems = []
    for wanted in crds():
        name = metadata(wanted)["name"]
        current = await found(patient.cluster, CUSTOM_RESOURCE_DEFINITIONS, "", name)
        if current is None:
            problems.append(f"{name} is missing")
        elif not any(c["type"] == "Established" and c["status"] == "True"
                     for c in status(current).get("conditions") or ()):
            problems.append(f"{name} is not established")
        elif not stands_as(current, wanted):
            problems.append(f"{name} is not the one of this version")
    if problems:
        return Diagnosis("definitions", FAILED, "; ".join(problems), "wfctl install --part crds")
    return Diagnosis("definitions", OK, "all are there, and those of this version")


async def guard(patient: Patient) -> Diagnosis:
    """The policy and its binding mean what the shipped ones mean."""
    policy = await found(patient.cluster, VALIDATING_ADMISSION_POLICIES, "", GUARD)
    binding = await found(patient.cluster, VALIDATING_ADMISSION_POLICY_BINDINGS, "", GUARD)
    missing = [word for word, one in (("policy", policy), ("binding", binding)) if one is None]
    if policy is None or binding is None:
        return Diagnosis("wf-guard", FAILED, f"its {' and '.join(missing)} missing: no approval counts",
                         "wfctl install --part policy")
    if not stands_guard(policy, binding, patient.namespace):
        return Diagnosis("wf-guard", FAILED, "policy or binding is not the one of this version for a controller in "
                         f"namespace {patient.namespace}: no approval counts", "wfctl install --part policy")
    return Diagnosis("wf-guard", OK, "policy and binding stand as shipped")


async def alert_remediations(patient: Patient) -> Diagnosis:
    """Whether alerts can be followed; without them workflows stand alone."""
    name = f"{ALERT_REMEDIATIONS.plural}.{ALERT_REMEDIATIONS.group}"
    if await found(patient.cluster, CUSTOM_RESOURCE_DEFINITIONS, "", name) is None:
        return Diagnosis("alert-remediations", WARNING, "there is no AlertRemediation here: workflows have no parent, "
                         "and new alerts are not noticed", "nothing, unless alerts are to be followed")
    return Diagnosis("alert-remediations", OK, "they are served")
